// Released figures: they open the commitment that all parties signed, follow from the owners' signed openings and, in
// sums, are what the owners had committed to on chain (docs/evidence.md, "Disclosure", "Commitments"). Added up again:
// masked and noised sums, joins, CKKS sums. Of other protocols the openings' signatures are checked, and no figure.
// Sources: RFC 9496 section 4; Hisil, Wong, Carter, Dawson 2008 (extended coordinates, a = -1); Pedersen 1991.
import { createHash } from "node:crypto";
import { canonical, cut, decimal, digest, fields, little, need, number, same, tagged, unhex, word } from "./bytes.mjs";
import { mod, needSigned, power, times } from "./curves.mjs";

const GENERATOR = Buffer.from("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76", "hex");
const SECOND = Buffer.from("1a6fbb7e5821f4b5be599f0210b08b71049ce68241c54c9ef432f9c754887b5b", "hex");
export const STEPS = {
  "percentiles-v1": "PCT-V1 open",
  "aligned-v1": "ALIGN-V1 align-share",
  "matched-v1": "MATCH-V1 open",
};
export const isTraining = (protocol) => ["training-v1", "noised-training-v1"].includes(protocol);
export const isSums = (protocol) => ["masked-sums-v1", "noised-sums-v1"].includes(protocol);
export const isJoin = (protocol) => protocol.endsWith("join-v1");

export function figures(names, predicate, keys, disclosure, result) {
  const { session, spec, release, transcript } = predicate;
  const { salt, openings, release: shown } = fields(disclosure, "release", "salt", "openings");
  const commitment = tagged("SHUXIN-RELEASE-V1", digest(session), unhex(salt, 32), canonical(shown));
  need(same(commitment, result), "not those the parties committed to");
  const owners = session.parties.map((seat) => seat.party);
  const senders = session.protocol === "ckks-sums-v1" ? [session.terms.holder] : owners;
  need(canonical(Object.keys(openings).sort()) === canonical(senders), "openings of others than who opens");
  const body = (step, party, message) => {
    const [name, sent] = [`SHUXIN-${step}`, unhex(fields(message, "body", "signature").body)];
    const sealed = tagged(name, digest(session), party, session.recipient.party, sent);
    needSigned(keys[party], Buffer.concat([Buffer.from(`${name}\n`), sealed]), unhex(message.signature), party);
    return sent;
  };
  const flags = Buffer.from(names.map((name) => Number(release.opened.includes(name))));
  const agreed = (sent, size, start = 0, told = flags) => {
    need(sent.length === size, "an opening of another length");
    need(same(sent.subarray(start, start + 32), unhex(transcript, 32)), "an owner saw other messages");
    const end = start + 32 + told.length;
    need(same(sent.subarray(start + 32, end), told), "other cells than the statement opens");
    return sent.subarray(end);
  };
  const told = { session, spec, names, flags, shown, openings, body, agreed };
  if (isSums(session.protocol)) return sums(told);
  if (isJoin(session.protocol)) return join(told);
  if (session.protocol === "ckks-sums-v1") return ckks(told);
  for (const [party, opened] of Object.entries(openings)) {
    if (!isTraining(session.protocol)) body(STEPS[session.protocol], party, opened);
    else opened.forEach((wave, at) => parts(wave).map(([step, one]) => body(`TRAIN-V1 ${step}/${at + 1}`, party, one)));
  }
  return "signed openings of the signed commitment; not added up again";
}

const parts = (wave) => (wave ? Object.entries(fields(wave, "committed", "upload", "opened")) : []);

function sums({ session, names, flags, shown, openings, body, agreed }) {
  const n = names.length;
  const sent = Object.entries(openings).map(([party, messages]) => {
    const { upload, opening } = fields(messages, "upload", "opening");
    const [left, right] = [body("MS-V1 masked", party, upload), body("MS-V1 open", party, opening)];
    need(left.length === 160 + 48 * n, "an upload of another length");
    const [start, shares] = [32 + 16 * n, agreed(right, 32 + 49 * n)];
    return {
      party,
      keys: left.subarray(0, 32),
      masked: cut(left.subarray(32, start), 16),
      detail: left.subarray(start, start + 32),
      points: cut(left.subarray(start + 32, -96), 32),
      proof: left.subarray(-96),
      pads: cut(shares.subarray(0, 16 * n), 16),
      random: cut(shares.subarray(16 * n), 32),
    };
  });
  need(sent.every((one) => same(one.keys, sent[0].keys)), "the owners saw other keys than each other");
  const [G, H] = [element(GENERATOR), element(SECOND)];
  const points = sent.map((one) => known(session, names, one, G, H));
  names.forEach((name, at) => {
    const total = (part) => sent.reduce((sum, one) => sum + little(one[part][at]), 0n);
    const told = shown.cells[name];
    const isClosed = told === undefined && !total("pads") && !total("random");
    if (!flags[at]) return need(isClosed, `something of the withheld ${name}`);
    const value = BigInt.asIntN(128, total("masked") - total("pads"));
    need(decimal(told) === value, `${name}: ${told} is not what the openings give`);
    const isCount = session.terms.cells[at].kind === "count" && session.protocol === "masked-sums-v1";
    need(!isCount || value >= BigInt(session.terms.minimum), `${name} is smaller than the minimum`);
    const product = points.reduce((sum, row) => add(sum, row[at]), IDENTITY);
    const expected = add(multiply(value, G), multiply(total("random"), H));
    need(equal(product, expected), `${name} is not the sum of what the owners committed to`);
  });
  return `${flags.filter(Boolean).length} totals added up again, and equal to what ${sent.length} owners committed to`;
}

function known(session, names, { party, detail, points, proof }, G, H) {
  const parts = [unhex(session.genesis), unhex(session.job), party, detail, ...points];
  const seat = session.parties.find((one) => one.party === party);
  need(tagged("SHUXIN-INPUT-V2", ...parts).toString("hex") === seat.input, `${party} committed to something else`);
  const context = tagged("SHUXIN-MS-V1 openings", digest(session), party, ...names);
  const [nonce, z, w] = cut(proof, 32);
  const said = ["SHUXIN-OPENINGS-V01", "ristretto255", GENERATOR, SECOND, context, ...points, nonce];
  const hash = createHash("sha512");
  for (const part of said) hash.update(word(part.length, 4)).update(part);
  const [e, found] = [little(hash.digest()) % ORDER, points.map(element)];
  need(little(z) < ORDER && little(w) < ORDER, "a proof that is not reduced");
  const right = found.reduceRight((sum, point) => multiply(e, add(point, sum)), IDENTITY);
  const left = add(multiply(little(z), G), multiply(little(w), H));
  need(equal(left, add(element(nonce), right)), `${party} did not prove that it knew what it committed to`);
  return found;
}

function join({ session: { protocol, terms }, spec, names, flags, shown, openings, body, agreed }) {
  const rows = decimal(terms.rows);
  const spans = terms.columns.map((one) => rows * (decimal(one.most) - decimal(one.least)));
  const most = [decimal(terms.holder_keys), rows, ...spans];
  const noise = (terms.guarantee?.deviations_milli ?? []).map((deviation) => (12n * decimal(deviation) + 999n) / 1000n);
  const parties = [spec.holder, spec.lister, ...(spec.further ?? [])].map((one) => one.party);
  const carry = 40 + (parties.length - 1).toString(2).length;
  const bits = most.map((one, at) => (one > (noise[at] ?? 0n) ? one : noise[at]).toString(2).length);
  const widths = bits.map((size) => Math.ceil((size + carry) / 8));
  const width = widths.reduce((sum, one) => sum + one);
  const size = 64 + names.length * (1 + width);
  const shareOf = (party) => agreed(body("PJC-V1 join-share", party, openings[party]), size, 32);
  const sent = parties.map((party) => cut(shareOf(party), width));
  const found = names.flatMap((group, place) => {
    need(flags[place] || sent.every((shares) => !number(shares[place])), `a share of the withheld ${group}`);
    if (!flags[place]) return [];
    const starts = widths.map((_, at) => widths.slice(0, at).reduce((sum, one) => sum + one, 0));
    const [keys, count, ...above] = widths.map((bytes, at) => {
      const [held, ...masks] = sent.map((shares) => number(shares[place].subarray(starts[at], starts[at] + bytes)));
      const value = masks.reduce((left, mask) => left - mask, held);
      return protocol === "noised-join-v1" ? BigInt.asIntN(8 * bytes, value) : value;
    });
    need(protocol === "noised-join-v1" || keys >= BigInt(terms.minimum), `${group} is smaller than the minimum`);
    const columns = terms.columns.map((one, at) => [one.name, String(above[at] + count * decimal(one.least))]);
    return [{ group, keys: String(keys), rows: String(count), sums: Object.fromEntries(columns) }];
  });
  need(canonical(found) === canonical(shown.cells), "the figures are not what the openings give");
  return `${found.length} groups added up again from ${parties.length} owners' openings`;
}

function ckks({ session: { terms }, names, shown, openings, body, agreed }) {
  const released = body("CKKS-V1 ckks-release", terms.holder, openings[terms.holder]);
  const sent = agreed(released, 32 + 16 * names.length, 0, Buffer.alloc(0));
  const found = cut(sent, 16).map((one, at) => [names[at], String(BigInt.asIntN(128, number(one)))]);
  need(canonical(Object.fromEntries(found)) === canonical(shown.cells), "not the figures that the key holder signed");
  return `as ${terms.holder} signed them; that they are the owners' sum only it could see`;
}

const Q = 2n ** 255n - 19n;
const D = mod(-121665n * power(121666n, Q - 2n, Q), Q);
const ROOT = power(2n, (Q - 1n) / 4n, Q);
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const IDENTITY = [0n, 1n, 1n, 0n];

function add(a, b) {
  const [A, B] = [(a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])];
  const [C, Z] = [2n * D * a[3] * b[3], 2n * a[2] * b[2]];
  const [E, F, G, H] = [B - A, Z - C, Z + C, B + A];
  return [E * F, G * H, F * G, E * H].map((coordinate) => mod(coordinate, Q));
}

const multiply = (factor, point) => times(mod(factor, ORDER), point, IDENTITY, add);
const equal = (a, b) => mod(a[0] * b[1] - a[1] * b[0], Q) === 0n || mod(a[1] * b[1] - a[0] * b[0], Q) === 0n;

function root(u, v) {
  const found = mod(u * v ** 3n * power(u * mod(v, Q) ** 7n, (Q - 5n) / 8n, Q), Q);
  const check = mod(v * found * found, Q);
  const isSquare = check === mod(u, Q) || check === mod(-u, Q);
  const turned = check === mod(u, Q) ? found : mod(found * ROOT, Q);
  return [isSquare, turned & 1n ? Q - turned : turned];
}

function element(encoded) {
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

