// Bytes: canonical JSON (RFC 8785), Keccak-256, tagged hashes, RLP. Strict: whatever has a second form is refused.
// Sources: RFC 8785; the Keccak reference, version 3.0 (padding 01, not SHA-3's 06); yellow paper, appendix B.
import { createHash } from "node:crypto";

export class Refused extends Error {}

export function need(holds, message) {
  if (!holds) throw new Refused(message);
}

export const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
export const number = (bytes) => (bytes.length ? BigInt("0x" + bytes.toString("hex")) : 0n);
export const little = (bytes) => number(Buffer.from(bytes).reverse());
export const word = (value, size = 32) => Buffer.from(BigInt(value).toString(16).padStart(2 * size, "0"), "hex");
export const same = (left, right) => Buffer.compare(left, right) === 0;
export const cut = (bytes, size) => {
  const part = (from, to) => (Array.isArray(bytes) ? bytes.slice(from, to) : bytes.subarray(from, to));
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => part(at * size, (at + 1) * size));
};

export function unhex(text, size) {
  need(typeof text === "string" && /^([0-9a-f]{2})*$/.test(text), "expected lower-case hex");
  need(size === undefined || text.length === 2 * size, `expected ${size} bytes of hex`);
  return Buffer.from(text, "hex");
}

export function unbase64(text) {
  const found = Buffer.from(typeof text === "string" ? text : "!", "base64");
  need(found.toString("base64") === text, "expected base64 in its one form");
  return found;
}

export function decimal(text) {
  need(typeof text === "string" && /^(0|-?[1-9][0-9]{0,79})$/.test(text), "expected a decimal text");
  return BigInt(text);
}

/** Whether a value is a whole number within bounds; a text or a list that reads as one is none. */
export const isWithin = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;

export function canonical(value, depth = 0) {
  need(depth <= 64, "nested deeper than 64");
  if (typeof value === "string") need(!/\p{Surrogate}/u.test(value), "a lone surrogate");
  const size = typeof value === "number" ? Math.abs(value) : 0;
  need(size <= Number.MAX_SAFE_INTEGER || size >= 1e21, "a number beyond the exact integers");
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join()}]`;
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${canonical(name)}:${canonical(value[name], depth + 1)}`).join()}}`;
}

export const digest = (value) => sha256(canonical(value));

export function parse(bytes) {
  need(bytes.length <= 1 << 24, "longer than 16 MiB");
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new Refused("not JSON");
  }
  need(same(Buffer.from(canonical(value)), bytes), "not canonical JSON");
  return value;
}

/** JSON in any of its forms, for what was signed as bytes: a member twice is refused. */
export function parseAny(bytes) {
  let [value, members] = [null, 0];
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    value = JSON.parse(text.decode(bytes), (_, found) => {
      if (found !== null && typeof found === "object" && !Array.isArray(found)) members += Object.keys(found).length;
      return found;
    });
  } catch {
    throw new Refused("not JSON");
  }
  canonical(value);
  const strings = bytes.toString().match(/"(?:[^"\\]|\\.)*"\s*:?/g) ?? [];
  need(strings.filter((one) => one.endsWith(":")).length === members, "a member twice");
  return value;
}

export function fields(value, ...names) {
  need(value !== null && typeof value === "object" && !Array.isArray(value), "expected an object");
  need(canonical(Object.keys(value).sort()) === canonical([...names].sort()), `expected the fields ${names}`);
  return value;
}

export function list(value, most = 4096) {
  need(Array.isArray(value) && value.length <= most, "expected a list");
  return value;
}

export function whole(value) {
  need(Number.isSafeInteger(value) && value >= 0, "expected a whole number, not a text or list of one");
  return value;
}

export function tagged(label, ...parts) {
  const found = [label, ...parts].map((part) => Buffer.from(part));
  return sha256(...found.flatMap((part) => [word(part.length, 8), part]));
}

// A lane of 64 bits is two words of 32, the low one first.
function turned(low, high, by) {
  if (by >= 32) [low, high] = [high, low];
  by %= 32;
  return by ? [(low << by) | (high >>> (32 - by)), (high << by) | (low >>> (32 - by))] : [low, high];
}

function permute(words) {
  const sums = new Uint32Array(10);
  for (let round = 0, register = 1; round < 24; round++) {
    for (let x = 0; x < 10; x++) sums[x] = words[x] ^ words[x + 10] ^ words[x + 20] ^ words[x + 30] ^ words[x + 40];
    for (let x = 0; x < 10; x += 2) {
      const [low, high] = turned(sums[(x + 2) % 10], sums[(x + 3) % 10], 1);
      for (let at = x; at < 50; at += 10) {
        words[at] ^= low ^ sums[(x + 8) % 10];
        words[at + 1] ^= high ^ sums[(x + 9) % 10];
      }
    }
    let [x, y, low, high] = [1, 0, words[2], words[3]];
    for (let step = 1; step <= 24; step++) {
      [x, y] = [y, (2 * x + 3 * y) % 5];
      const [at, by] = [2 * (x + 5 * y), ((step * (step + 1)) / 2) % 64];
      const next = [words[at], words[at + 1]];
      [words[at], words[at + 1]] = turned(low, high, by);
      [low, high] = next;
    }
    for (let row = 0; row < 50; row += 10) {
      const old = words.slice(row, row + 10);
      for (let at = 0; at < 10; at++) words[row + at] = old[at] ^ (~old[(at + 2) % 10] & old[(at + 4) % 10]);
    }
    for (const bit of [0, 1, 3, 7, 15, 31, 63]) {
      if (register & 1) words[bit >> 5] ^= 1 << (bit & 31);
      register = (register << 1) ^ ((register >> 7) * 0x171);
    }
  }
}

export function keccak256(...parts) {
  const data = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const padded = Buffer.alloc(136 * (Math.floor(data.length / 136) + 1));
  data.copy(padded);
  padded[data.length] ^= 0x01;
  padded[padded.length - 1] ^= 0x80;
  const words = new Uint32Array(50);
  for (const block of cut(padded, 136)) {
    for (let at = 0; at < 34; at++) words[at] ^= block.readUInt32LE(4 * at);
    permute(words);
  }
  const hash = Buffer.alloc(32);
  for (let at = 0; at < 8; at++) hash.writeUInt32LE(words[at], 4 * at);
  return hash;
}

export function rlp(bytes) {
  const [item, end] = readItem(bytes, 0, 0);
  need(end === bytes.length && same(unrlp(item), bytes), "RLP: not the one encoding");
  return item;
}

function readItem(data, at, depth) {
  need(at < data.length && depth <= 16, "RLP: truncated or too deep");
  const isList = data[at] >= 0xc0;
  const long = Math.max(0, data[at] - (isList ? 0xf7 : 0xb7));
  if (data[at] < 0x80) return [data.subarray(at, at + 1), at + 1];
  const start = at + 1 + long;
  const size = long ? Number(number(data.subarray(at + 1, start))) : data[at] - (isList ? 0xc0 : 0x80);
  need(start + size <= data.length, "RLP: truncated");
  if (!isList) return [data.subarray(start, start + size), start + size];
  const items = [];
  for (let next = start, item; next < start + size; items.push(item)) [item, next] = readItem(data, next, depth + 1);
  return [items, start + size];
}

export function unrlp(item) {
  const body = Buffer.isBuffer(item) ? item : Buffer.concat(item.map(unrlp));
  if (body === item && body.length === 1 && body[0] < 0x80) return body;
  const [offset, size] = [body === item ? 0x80 : 0xc0, trimmed(body.length)];
  const prefix = body.length < 56 ? [offset + body.length] : [offset + 55 + size.length, ...size];
  return Buffer.concat([Buffer.from(prefix), body]);
}

export const trimmed = (value) => (value ? word(value, Math.ceil(value.toString(16).length / 2)) : Buffer.alloc(0));

export function scalar(item, most = 8) {
  need(Buffer.isBuffer(item) && item.length <= most && item[0] !== 0, "RLP: expected a number");
  return number(item);
}
