// What a training run asks for, of its own rounds (docs/federated.md; docs/evidence.md, "A model"): with noise, exact, or
// exact and measured with noise on a fifth of the persons.
import { decimal, isWithin, need } from "./primitives/bytes.mjs";
import { counted, noisedRun } from "./noise.mjs";
import { shaped } from "./shapes.mjs";

const hasTruth = (value) =>
  typeof value === "boolean" || (typeof value === "object" && Object.values(value ?? {}).some(hasTruth));

/** What a training run asks of every department: protocol, cells, terms, and what its model follows from. */
export function trained(spec) {
  const { features, label, rounds, contributors, minimum, curve, privacy, quality } = spec;
  need(!hasTruth(spec), "a training run says nothing by true or false");
  const shape = shaped(spec);
  need(isWithin(contributors, 1, spec.sources.length), "malformed training run");
  need(privacy !== undefined || shape.isLinear, "a model that exact rounds are not of");
  need(privacy === undefined || quality === undefined, "an evaluation beside that of the noise");
  const run = privacy === undefined ? null : { ...noisedRun(spec, shape.released), shape };
  const common = { contributors, run };
  if (run) {
    const [waves, places] = [rounds + Number(run.bins > 0), Math.max(shape.released, run.slots * run.bins)];
    const terms = { waves, places, point_bits: 8, minimum, contributors, guarantee: run.guarantee };
    return { ...common, protocol: "noised-training-v1", cells: ["*"], terms };
  }
  const [low, high] = [label.least, label.most].map(decimal);
  const classes = high - low === 1n ? [low, high].map((value) => `${label.column}=${value}`) : [];
  const held = quality === undefined ? null : counted(spec);
  const names = ["*", ...classes];
  const cells = held ? [...names, "held", ...classes.map((name) => `held ${name}`)] : names;
  const rows = Math.max(1 + 2 * features.length, 2 + features.length + (curve === "loss" ? 2 : 0));
  const places = Math.max(rows, held ? held.slots.length * held.bins : 0);
  const bounds = Object.fromEntries(["clip", "norm", "least_rows"].map((name) => [name, spec[name] ?? null]));
  const terms = { waves: rounds + 2 + Number(held !== null), places, point_bits: 40, ...bounds, minimum, contributors };
  if (!held) return { ...common, protocol: "training-v1", cells, terms };
  const worth = { ...terms, guarantee: held.guarantee };
  return { ...common, protocol: "measured-training-v1", cells, terms: worth, counted: held };
}
