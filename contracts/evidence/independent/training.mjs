// A training run added up again: every wave's sum from what the departments signed, the model that follows, and the root
// of the waves (docs/evidence.md, "A model"). That a department's vector follows from its rows nobody can see.
import { canonical, cut, decimal, digest, fields, list, need, same, sha256 } from "./primitives/bytes.mjs";
import { tagged, unhex, word } from "./primitives/bytes.mjs";
import { leafOf, rootOf } from "./primitives/trees.mjs";
import { first, grown, stream, words, written } from "./shapes.mjs";

const [RATE, FIRST, SECOND, FLOOR, SMALLEST] = [0.05, 0.9, 0.99, 1e-3, 1e-12];
const MOST_WEIGHT = 2 ** 40;
const POINT = 2 ** 40;

/** A double as the release writes it: the shortest text that reads as it, as Python's repr. */
export function repr(value) {
  const size = Math.abs(value);
  if (Object.is(value, -0)) return "-0.0";
  if (value === 0 || (size >= 1e-4 && size < 1e16)) return `${value}${Number.isInteger(value) ? ".0" : ""}`;
  const [digits, power] = value.toExponential().split("e");
  return `${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

const even = (value) => {
  const near = Math.round(value);
  return Math.abs(value % 1) === 0.5 && near % 2 ? near - 1 : near;
};
export const doubles = (numbers) => Buffer.from(new Float64Array(numbers).buffer);
export const saltOf = (session, at) => tagged("SHUXIN-TRAIN-V1 leaf", session, word(at, 8)).subarray(0, 16);

/** The sum of a wave, as signed numbers. */
function total(places, bodies, lost) {
  const totals = Array.from({ length: places }, () => 0n);
  for (const [party, { committed, upload, opened }] of bodies) {
    const sizes = [committed, upload, opened].map((one) => one.length);
    need(canonical(sizes) === canonical([32, 8 * places, 32 * (1 + lost.length)]), "a message of another length");
    const [pad, ...masks] = cut(opened, 32).map((seed) => words(stream(seed, 8 * places)));
    words(upload).forEach((value, at) => (totals[at] += value - pad[at]));
    masks.forEach((mask, place) => {
      mask.forEach((value, at) => (totals[at] += party < lost[place] ? -value : value));
    });
  }
  return totals.map((value) => BigInt.asIntN(64, value));
}

const named = (names, bins, sum) => {
  const texts = sum.map(String);
  return Object.fromEntries(names.map((name, at) => [name, texts.slice(at * bins, (at + 1) * bins)]));
};

function exact({ spec, features, counted }, fit, sum, wave) {
  if (wave === spec.rounds + 3) return { ...fit, evaluation: named(counted.slots, counted.bins, sum) };
  const [share, ...rest] = sum.map((value) => Number(value) / POINT);
  need(share > 0, "a wave without rows");
  const found = rest.map((value) => value / share);
  if (wave === 1) {
    const variances = features.map((_, at) => found[features.length + at] - found[at] * found[at]);
    need(variances.every((one) => one >= SMALLEST), "a column without spread");
    const size = (value) => (value < 0n ? -value : value);
    const bounds = features.map(({ least, most }) => [least, most].map((one) => Number(size(decimal(one)))));
    const widest = bounds.map((pair) => Math.max(...pair));
    const means = widest.map((bound, at) => found[at] * bound);
    const deviations = widest.map((bound, at) => Math.sqrt(variances[at]) * bound);
    return { ...fit, means, deviations, rows: even(share * Number(decimal(spec.rows))) };
  }
  if (wave === spec.rounds + 2) return { ...fit, report: found.slice(0, 2) };
  const average = found.slice(0, 1 + features.length);
  const next = { ...fit };
  if (spec.curve === "loss") {
    const [told, lost] = rest.slice(1 + features.length);
    need(told === share, "a loss of other rows than its model");
    next.curve = [...fit.curve, lost / told];
  }
  if (spec.algorithm.step !== "adam") return { ...next, weights: average };
  const steps = average.map((value, at) => value - fit.weights[at]);
  next.momentum = fit.momentum.map((value, at) => FIRST * value + (1 - FIRST) * steps[at]);
  next.speed = fit.speed.map((value, at) => SECOND * value + (1 - SECOND) * (steps[at] * steps[at]));
  const moved = (value, at) => value + (RATE * next.momentum[at]) / (Math.sqrt(next.speed[at]) + FLOOR);
  return { ...next, weights: fit.weights.map(moved) };
}

function noised({ spec, run }, fit, sum, wave) {
  if (wave > spec.rounds) {
    return { ...fit, evaluation: named(run.isApart ? run.parties : ["*"], run.bins, sum) };
  }
  const { trees } = run.shape;
  if (trees) return { ...fit, weights: grown(trees, fit.weights, sum, wave, run.grain) };
  const [persons, rate, ridge] = run.numbers;
  const penalty = ridge / 1e6 / persons;
  const slope = (at) => Number(sum[at]) / run.grain / persons;
  const weights = fit.weights.map((weight, at) => weight - (rate / 1e6) * (slope(at) + penalty * weight));
  need(weights.every((weight) => Math.abs(weight) <= MOST_WEIGHT), "a round that diverged makes no model");
  return { ...fit, weights };
}

function released({ spec, features, run }, fit) {
  const { algorithm, label, curve } = spec;
  const names = features.map((one) => one.column);
  const scale = run?.shape.trees ? {} : { means: fit.means.map(repr), deviations: fit.deviations.map(repr) };
  const shown = run ? written(run.shape, fit.weights, repr) : { weights: fit.weights.map(repr) };
  const app = algorithm.app === undefined ? {} : { assurance: "app", app: unhex(algorithm.app, 32).toString("hex") };
  const model = { model: algorithm.model, features: names, label: label.column, ...shown, ...scale, ...app };
  if (fit.evaluation) model.evaluation = fit.evaluation;
  if (run) return model;
  const [loss, error] = fit.report.map(repr);
  const found = { ...model, rows: String(fit.rows), loss, squared_error: error };
  return curve === "loss" ? { ...found, curve: fit.curve.map(repr) } : found;
}

export function training({ session, spec, question: { run, counted, terms, contributors }, openings, body, transcript }) {
  const { features } = spec;
  const [parties, asked] = [Object.keys(openings).sort(), { spec, features, run, counted }];
  const zeros = [0, ...features.map(() => 0)];
  const bounds = features.map(({ least, most }) => [least, most].map((one) => Number(decimal(one))));
  const middle = run ? bounds.map(([least, most]) => (least + most) / 2) : features.map(() => 0);
  const width = run ? bounds.map(([least, most]) => (most - least) / 2) : features.map(() => 1);
  const weights = run ? first(run.shape) : zeros;
  let fit = { weights, means: middle, deviations: width, momentum: zeros, speed: zeros, curve: [] };
  let [before, leaves, place] = [parties, [], digest(session)];
  for (let wave = 1; wave <= terms.waves; wave++) {
    const signed = (party) => {
      need(list(openings[party]).length === terms.waves, "other waves");
      return openings[party][wave - 1];
    };
    const present = parties.filter((party) => signed(party) !== null);
    const isFit = present.length >= contributors && present.every((party) => before.includes(party));
    need(isFit, `wave ${wave} is of other departments than the run allows`);
    const lost = parties.filter((party) => !present.includes(party));
    const bodies = present.map((party) => {
      const parts = fields(signed(party), "committed", "upload", "opened");
      const read = ([step, one]) => [step, body(`TRAIN-V1 ${step}/${wave}`, party, one)];
      return [party, Object.fromEntries(Object.entries(parts).map(read))];
    });
    const sum = total(terms.places, bodies, lost);
    fit = run ? noised(asked, fit, sum, wave) : exact(asked, fit, sum, wave);
    const model = tagged("SHUXIN-MODEL-V1", doubles([...fit.weights, ...fit.means, ...fit.deviations])).toString("hex");
    const contributions = bodies.map(([party, { committed, upload }]) => {
      return { party, masked: sha256(upload).toString("hex"), committed: committed.toString("hex") };
    });
    leaves.push(leafOf(saltOf(place, wave - 1), canonical({ wave, contributions, model })));
    before = present;
  }
  need(same(rootOf(leaves), unhex(transcript, 32)), "the waves are not those whose root all parties signed");
  return released(asked, fit);
}
