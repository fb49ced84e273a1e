// Signatures: who sealed a block (secp256k1), and of statements and messages (Ed25519, by Node's own library). All
// values are public: nothing here is constant-time. Sources: SEC 1 section 4.1.6, SEC 2 section 2.4.1; Renes, Costello,
// Batina 2016, section 3.3 (complete sums for a = 0).
import { createPublicKey, verify } from "node:crypto";
import { keccak256, little, need, number, word } from "./bytes.mjs";

export const mod = (value, by) => ((value % by) + by) % by;

export function power(base, exponent, by) {
  let found = 1n;
  for (base = mod(base, by); exponent; exponent >>= 1n, base = (base * base) % by) {
    if (exponent & 1n) found = (found * base) % by;
  }
  return found;
}

export function times(scalar, point, zero, add) {
  let sum = zero;
  for (const bit of scalar.toString(2)) {
    sum = add(sum, sum);
    if (bit === "1") sum = add(sum, point);
  }
  return sum;
}

const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const BASE = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
  1n,
];

function sum(a, b) {
  const [xx, yy, zz] = [a[0] * b[0], a[1] * b[1], 21n * a[2] * b[2]];
  const [xy, yz, xz] = [a[0] * b[1] + a[1] * b[0], a[1] * b[2] + a[2] * b[1], a[0] * b[2] + a[2] * b[0]];
  const found = [xy * (yy - zz) - 21n * yz * xz, (yy + zz) * (yy - zz) + 63n * xx * xz, yz * (yy + zz) + 3n * xx * xy];
  return found.map((coordinate) => mod(coordinate, P));
}

export function sealer(hash, seal) {
  const [r, s, v] = [number(seal.subarray(0, 32)), number(seal.subarray(32, 64)), seal[64]];
  need(seal.length === 65 && v < 2 && r > 0n && r < N && s > 0n && s <= N / 2n, "a malformed seal");
  const root = power(r ** 3n + 7n, (P + 1n) / 4n, P);
  need(mod(root * root - r ** 3n - 7n, P) === 0n, "a seal that no key made");
  const y = root % 2n === BigInt(v) ? root : P - root;
  const inverse = power(r, N - 2n, N);
  const nonce = times(mod(s * inverse, N), [r, y, 1n], [0n, 1n, 0n], sum);
  const key = sum(nonce, times(mod(-number(hash) * inverse, N), BASE, [0n, 1n, 0n], sum));
  need(key[2] !== 0n, "a seal that no key made");
  const scale = power(key[2], P - 2n, P);
  return keccak256(word(mod(key[0] * scale, P)), word(mod(key[1] * scale, P))).subarray(12);
}

const Q = 2n ** 255n - 19n;
const ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const SMALL = [0n, 1n, Q - 1n, ORDER_8, Q - ORDER_8];

/** A point in its one form and not of small order, under which anything would be signed. */
function needPoint(encoded, what) {
  const y = little(encoded) & (2n ** 255n - 1n);
  need(y < Q && !SMALL.includes(y), `${what} is no point in its one form, or of small order`);
}

export function needSigned(key, message, signature, whose) {
  need(key.length === 32 && signature.length === 64, `the signature of ${whose} has another length`);
  [key, signature.subarray(0, 32)].forEach((point) => needPoint(point, `a point of ${whose}`));
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key]);
  const found = createPublicKey({ key: spki, format: "der", type: "spki" });
  need(verify(null, message, found, signature), `the signature of ${whose} does not hold`);
}
