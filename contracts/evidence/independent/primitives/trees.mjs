// Trees: Merkle Patricia lookups (yellow paper, appendix D), roots and inclusion in append-only logs (RFC 9162 section
// 2.1), and the leaf of a stream (docs/evidence.md, "A record of a stream").
import { keccak256, need, rlp, same, sha256, unrlp } from "./bytes.mjs";

const EMPTY = keccak256(unrlp(Buffer.alloc(0)));
const nibbles = (bytes) => [...bytes.toString("hex")].map((digit) => parseInt(digit, 16));
const joined = (left, right) => sha256(Buffer.of(1), left, right);

/** The value of a key under a root, null where the nodes prove that there is none; every node is used. */
export function lookup(root, key, nodes) {
  let [reference, path, next, found] = [root, nibbles(key), 0, null];
  while (!(same(root, EMPTY) && next === 0) && reference.length) {
    let node = reference;
    if (Buffer.isBuffer(reference)) {
      need(next < nodes.length && same(keccak256(nodes[next]), reference), "trie: a node is missing or another");
      node = rlp(nodes[next++]);
    } else need(unrlp(reference).length < 32, "trie: embedded although it is long");
    need(Array.isArray(node) && [2, 17].includes(node.length), "trie: no node");
    if (node.length === 17 && path.length) [reference, path] = [node[path[0]], path.slice(1)];
    else if (node.length === 17) [reference, found] = ["", node[16]];
    else {
      const packed = nibbles(node[0]);
      need(packed[0] < 4 && (packed[0] % 2 || packed[1] === 0), "trie: malformed path");
      const [step, isLeaf] = [packed.slice(2 - (packed[0] % 2)), packed[0] > 1];
      need(step.length || isLeaf, "trie: an extension of nothing");
      const fits = step.every((one, at) => one === path[at]) && (!isLeaf || step.length === path.length);
      [reference, path] = [fits && !isLeaf ? node[1] : "", path.slice(step.length)];
      if (fits && isLeaf) found = node[1];
    }
  }
  need(next === nodes.length, "trie: a node is not needed");
  return found?.length ? found : null;
}

export const leafOf = (salt, record) => sha256(Buffer.of(0), sha256("SHUXIN-STREAM-V1", salt, record));

export function rootOf(leaves) {
  let level = leaves;
  while (level.length > 1) {
    const pairs = Array.from({ length: Math.ceil(level.length / 2) }, (_, at) => level.slice(2 * at, 2 * at + 2));
    level = pairs.map(([left, right]) => (right ? joined(left, right) : left));
  }
  return level.length ? level[0] : sha256(Buffer.alloc(0));
}

export function needIncluded(leaf, index, size, path, root) {
  need(index < size, "a place outside the stream");
  let [hash, at, last] = [leaf, BigInt(index), BigInt(size) - 1n];
  for (const node of path) {
    need(last > 0n, "a path that is too long");
    const isRight = at & 1n || at === last;
    hash = isRight ? joined(node, hash) : joined(hash, node);
    while (isRight && !(at & 1n) && at) [at, last] = [at >> 1n, last >> 1n];
    [at, last] = [at >> 1n, last >> 1n];
  }
  need(last === 0n && same(hash, root), "the record is not in the stream");
}
