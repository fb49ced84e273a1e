// In sums, released figures are what the owners had committed to on chain, and each owner proved that it knew what it
// committed to (docs/evidence.md, "Commitments"). Source: Pedersen 1991.
import { createHash } from "node:crypto";
import { cut, decimal, digest, little, need, tagged, unhex, word } from "./primitives/bytes.mjs";
import { add, element, equal, GENERATOR, IDENTITY, multiply, ORDER } from "./primitives/ristretto.mjs";

const SECOND = Buffer.from("1a6fbb7e5821f4b5be599f0210b08b71049ce68241c54c9ef432f9c754887b5b", "hex");

/** An owner's two messages, whose sizes and signatures have been judged. */
function parts([party, { upload, opening }], n) {
  const [left, right] = [upload, opening].map((message) => unhex(message.body));
  const [start, random] = [32 + 16 * n, cut(right.subarray(32 + 17 * n), 32)];
  const points = cut(left.subarray(start + 32, -96), 32);
  return { party, detail: left.subarray(start, start + 32), points, proof: left.subarray(-96), random };
}

/** Hold opened totals against the commitments of all owners, beside figures that follow from what they signed. */
export function commitments({ session, release }, names, { openings, release: { cells } }) {
  const sent = Object.entries(openings).map((one) => parts(one, names.length));
  const [G, H] = [element(GENERATOR), element(SECOND)];
  const points = sent.map((one) => known(session, names, one, G, H));
  names.forEach((name, at) => {
    if (!release.opened.includes(name)) return;
    const random = sent.reduce((sum, one) => sum + little(one.random[at]), 0n);
    need(sent.every((one) => little(one.random[at]) < ORDER), "randomness that is not reduced");
    const product = points.reduce((sum, row) => add(sum, row[at]), IDENTITY);
    const expected = add(multiply(decimal(cells[name]), G), multiply(random, H));
    need(equal(product, expected), `${name} is not the sum of what the owners committed to`);
  });
  return `${release.opened.length} totals are what ${sent.length} owners committed to`;
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
