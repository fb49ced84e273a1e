// What lies between a model's columns and its scores in a run with noise: how many numbers it has, with which it begins,
// and how a tree grows from sums by bin (docs/federated.md; docs/evidence.md, "A model").
import { createCipheriv } from "node:crypto";
import { cut, decimal, isWithin, little, need, tagged, word } from "./primitives/bytes.mjs";

const [NODE, LEAF, SMALLEST, MILLION] = [3, 4, 1e-9, 1e6];
const [MODELS, STEPS] = [["logistic", "poisson", "ridge", "softmax"], ["average", "adam"]];

export const stream = (seed, size) => createCipheriv("aes-256-ctr", seed, Buffer.alloc(16)).update(Buffer.alloc(size));
export const words = (bytes) => cut(bytes, 8).map(little);

/** Read what of a specification says it. */
export function shaped({ algorithm, label, features, rounds, rows, seed }) {
  const { model, step, app = "0".repeat(64), hidden = 0 } = algorithm;
  need(isWithin(features.length, 1, 64) && isWithin(rounds, 1, 500), "malformed training run");
  need(decimal(rows) > 0n && decimal(rows) <= 50_000_000n && STEPS.includes(step), "malformed training run");
  need(typeof app === "string" && /^[0-9a-f]{64}$/.test(app), "an app is named by 64 hexadecimal digits");
  const [columns, start] = [features.length, decimal(seed)];
  const outputs = model === "softmax" ? Number(decimal(label.most)) + 1 : 1;
  need(MODELS.includes(model) && start >= 0n && start < 1n << 32n, "no model, or no seed");
  need(isWithin(hidden, 0, 64), "malformed hidden layer");
  need(model !== "softmax" || (label.least === "0" && outputs > 2 && outputs <= 16), "malformed classes");
  const trees = algorithm.trees === undefined ? null : treesOf(algorithm, features);
  const isWhole = trees && !hidden && rounds % (trees.depth * outputs) === 0 && model !== "poisson";
  need(!trees || isWhole, "rounds of trees are whole trees, without a layer");
  const weights = hidden * (columns + 1) + outputs * ((hidden || columns) + 1);
  const numbers = trees ? (rounds / trees.depth) * trees.nodes * NODE : weights;
  const released = trees ? (columns * trees.bins * 2) << (trees.depth - 1) : weights;
  const isLinear = outputs === 1 && !hidden && !trees;
  return { columns, outputs, hidden, trees, numbers, released, isLinear, seed: String(start) };
}

function treesOf({ trees: { depth, bins, least, ...more }, ridge, rate }, features) {
  need(!Object.keys(more).length && isWithin(depth, 1, 6) && isWithin(bins, 2, 64), "malformed trees");
  need(decimal(least) > 0n, "malformed trees");
  const edges = features.map((one) => Math.min(bins, Number(decimal(one.most) - decimal(one.least)) + 1) - 1);
  const parts = { least, ridge, rate };
  const scaled = Object.fromEntries(Object.entries(parts).map(([name, one]) => [name, Number(decimal(one)) / MILLION]));
  return { depth, bins, edges, nodes: (2 << depth) - 1, ...scaled };
}

/** The numbers that a run begins with: zeros, and of a layer numbers drawn from the seed. */
export function first({ columns, hidden, numbers, seed }) {
  const size = hidden * (columns + 1);
  const drawn = words(stream(tagged("SHUXIN-FIRST-WEIGHTS-V1", word(BigInt(seed), 8)), 8 * size));
  const wide = Math.sqrt(3 / (columns + 1));
  const layer = drawn.map((one) => (Number(one >> 11n) / 2 ** 52 - 1) * wide);
  return [...layer, ...Array.from({ length: numbers - size }, () => 0)];
}

const part = (units, grain) => Number(units) / grain;
const score = ({ ridge }, [g, h], grain) => {
  const [slope, weight] = [part(g, grain), Math.max(part(h, grain), 0)];
  return (slope * slope) / (weight + ridge + SMALLEST);
};
const leafWeight = ({ least, ridge, rate }, slope, weight) =>
  rate * Math.min(Math.max(-slope / (Math.max(weight, least) + ridge), -LEAF), LEAF);
const plus = (one, other) => [one[0] + other[0], one[1] + other[1]];

/** The split of the largest gain, the first of equal ones; null where none gains. */
function best(trees, columns, grain) {
  let [most, found] = [0, null];
  columns.forEach((bins, column) => {
    let left = [0n, 0n];
    const whole = bins.reduce(plus);
    for (const [bin, own] of bins.slice(0, trees.edges[column]).entries()) {
      left = plus(left, own);
      const right = [whole[0] - left[0], whole[1] - left[1]];
      const fewest = left[1] < right[1] ? left[1] : right[1];
      if (part(fewest, grain) < trees.least) continue;
      const gain = score(trees, left, grain) + score(trees, right, grain) - score(trees, whole, grain);
      if (gain > most) [most, found] = [gain, { column, bin, left, right }];
    }
  });
  return found;
}

/** The model's numbers after a round's sums, which are a level of a tree. */
export function grown(trees, numbers, sums, round, grain) {
  const [units, level] = [sums.map(BigInt), (round - 1) % trees.depth];
  const [start, found] = [Math.floor((round - 1) / trees.depth) * trees.nodes * NODE, [...numbers]];
  const place = (node) => start + (node - 1) * NODE;
  const size = trees.edges.length * trees.bins * 2;
  for (let node = 1 << level; node < 2 << level; node++) {
    if (level && !found[place(node >> 1)]) continue;
    const own = units.slice((node - (1 << level)) * size).slice(0, size);
    const columns = cut(own.flat(), trees.bins * 2).map((column) => cut(column, 2));
    const split = best(trees, columns, grain);
    if (split) {
      const { column, bin, left, right } = split;
      [column + 1, bin, 0].forEach((value, at) => (found[place(node) + at] = value));
      const children = [[2 * node, left], [2 * node + 1, right]];
      for (const [child, [g, h]] of children) found[place(child) + 2] = leafWeight(trees, part(g, grain), part(h, grain));
    } else if (!level) {
      const total = columns.flat().reduce(plus).map((sum) => part(sum, grain) / columns.length);
      found[place(1) + 2] = leafWeight(trees, ...total);
    }
  }
  return found;
}

/** What the release says of the model beside its names, means and deviations. */
export function written({ outputs, hidden, trees }, numbers, repr) {
  const classes = outputs > 1 ? { classes: outputs } : {};
  if (!trees) return { ...classes, ...(hidden ? { hidden } : {}), weights: numbers.map(repr) };
  return { ...classes, bins: trees.bins, trees: cut(numbers, trees.nodes * NODE).map((one) => tree(one, repr)) };
}

function tree(numbers, repr) {
  const nodes = cut(numbers, NODE).map((own, at) => [at + 1, own]);
  const splits = nodes.filter(([, [column]]) => column);
  const inner = new Set(splits.map(([node]) => node));
  const below = splits.flatMap(([node]) => [2 * node, 2 * node + 1]).filter((node) => !inner.has(node));
  const leaves = splits.length ? below : nodes[0][1][2] ? [1] : [];
  return {
    splits: Object.fromEntries(splits.map(([node, [column, bin]]) => [node, [String(column - 1), String(bin)]])),
    weights: Object.fromEntries(leaves.map((node) => [node, repr(nodes[node - 1][1][2])])),
  };
}
