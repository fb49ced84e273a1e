// A model in parts, of trees or of weights, and scores of trees: who trained what with whom, on how many rows, as every
// owner signed it (docs/evidence.md, "A model in parts"). That a model follows from rows nobody but their owners could see.
import { canonical, cut, digest, fields, list, need, number, same, unhex } from "./primitives/bytes.mjs";
import { leafOf, rootOf } from "./primitives/trees.mjs";
import { repr, saltOf } from "./training.mjs";

function shares({ openings, body, transcript }, own) {
  const read = ([party, messages]) => {
    const { share } = fields(messages, ...(party === own ? ["share", "leaves"] : ["share"]));
    const sent = body("VERTICAL-V1 share", party, share);
    need(sent.length === 80, "a share of another length");
    need(same(sent.subarray(0, 32), unhex(transcript, 32)), "an owner holds another record of the run");
    const [rows, loss] = [number(sent.subarray(64, 72)), sent.readDoubleBE(72)];
    need(Number.isFinite(loss) && loss >= 0, "a loss that is no number");
    need(!loss || own === undefined || party === own, "a loss from an owner without labels");
    return [party, { part: sent.subarray(32, 64).toString("hex"), rows, loss }];
  };
  const found = Object.entries(openings).map(read);
  need(found.every(([, one]) => one.rows === found[0][1].rows), "the owners say different numbers of rows");
  const parts = Object.fromEntries(found.map(([party, one]) => [party, one.part]));
  return { parts, rows: String(found[0][1].rows), told: Object.fromEntries(found) };
}

function leaf(at, sent, features) {
  need(sent.length === 1 + 32 * (features.length + 1) && sent[0] < 2, "a leaf of another form");
  const digests = cut(sent.subarray(1), 32).map((one) => one.toString("hex"));
  const exchanged = Object.fromEntries(features.map((party, place) => [party, digests[place]]));
  return canonical({ round: at, shared: Boolean(sent[0]), exchanged, model: digests.at(-1) });
}

export function parted(told) {
  const { session, spec: { algorithm, label, sides }, question: { terms }, openings, body, transcript } = told;
  const { parts, rows, told: held } = shares(told, label.party);
  const features = sides.map((side) => side.party).filter((party) => party !== label.party).sort();
  const leaves = list(openings[label.party].leaves);
  need(leaves.length === terms.waves, "other leaves than the run has");
  const run = digest(session);
  const salted = leaves.map((one, at) => {
    const content = leaf(at + 1, body(`VERTICAL-V1 leaf/${at + 1}`, label.party, one), features);
    return leafOf(saltOf(run, at), content);
  });
  need(same(rootOf(salted), unhex(transcript, 32)), "the leaves are not those that all parties signed");
  const figure = algorithm.model === "logistic" ? "slope" : "loss";
  const shown = { [figure]: repr(held[label.party].loss) };
  return { model: algorithm.model, label, rounds: terms.waves, rows, ...shown, parts, assurance: "node" };
}

export function scores(told) {
  const { parts, rows } = shares(told);
  return { ...told.spec.algorithm, rows, parts, assurance: "node" };
}
