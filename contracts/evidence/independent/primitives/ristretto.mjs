// ristretto255 (RFC 9496 section 4), the group of the owners' commitments. All values are public: not constant-time.
// Sources: RFC 9496; Hisil, Wong, Carter, Dawson 2008 (extended coordinates, a = -1).
import { little, need } from "./bytes.mjs";
import { mod, power, times } from "./curves.mjs";

export const GENERATOR = Buffer.from("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76", "hex");
export const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
export const IDENTITY = [0n, 1n, 1n, 0n];
const Q = 2n ** 255n - 19n;
const D = mod(-121665n * power(121666n, Q - 2n, Q), Q);
const ROOT = power(2n, (Q - 1n) / 4n, Q);

export function add(a, b) {
  const [A, B] = [(a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])];
  const [C, Z] = [2n * D * a[3] * b[3], 2n * a[2] * b[2]];
  const [E, F, G, H] = [B - A, Z - C, Z + C, B + A];
  return [E * F, G * H, F * G, E * H].map((coordinate) => mod(coordinate, Q));
}

export const multiply = (factor, point) => times(mod(factor, ORDER), point, IDENTITY, add);
export const equal = (a, b) => mod(a[0] * b[1] - a[1] * b[0], Q) === 0n || mod(a[1] * b[1] - a[0] * b[0], Q) === 0n;

function root(u, v) {
  const found = mod(u * v ** 3n * power(u * mod(v, Q) ** 7n, (Q - 5n) / 8n, Q), Q);
  const check = mod(v * found * found, Q);
  const isSquare = check === mod(u, Q) || check === mod(-u, Q);
  const turned = check === mod(u, Q) ? found : mod(found * ROOT, Q);
  return [isSquare, turned & 1n ? Q - turned : turned];
}

export function element(encoded) {
  const s = little(encoded);
  need(encoded.length === 32 && s < Q && !(s & 1n) && s !== 0n, "no element of ristretto255, or its identity");
  const [u1, u2] = [mod(1n - s * s, Q), mod(1n + s * s, Q)];
  const v = mod(-D * u1 * u1 - u2 * u2, Q);
  const [isSquare, inverse] = root(1n, mod(v * u2 * u2, Q));
  const even = (value) => (value & 1n ? Q - value : value);
  const x = even(mod(2n * s * inverse * u2, Q));
  const y = mod(u1 * inverse * inverse * u2 * v, Q);
  need(isSquare && y !== 0n && !(mod(x * y, Q) & 1n), "no element of ristretto255");
  return [x, y, 1n, mod(x * y, Q)];
}
