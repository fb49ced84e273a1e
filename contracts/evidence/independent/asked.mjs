// What a specification asks for: its protocol, parties with their roles, operations, cells, and the terms that the
// parties' session must have (docs/node.md; docs/evidence.md, step statement). One function a statistic.
import { canonical, decimal, isWithin, need, unhex } from "./primitives/bytes.mjs";
import { ckks, most, noisedJoin, noisedSums } from "./noise.mjs";
import { trained } from "./trained.mjs";

const [COUNT, SUM, MEAN, VARIANCE, HISTOGRAM, JOIN, DISTINCT, ALIGN, TRAIN] = [1, 2, 4, 8, 16, 32, 64, 256, 512];
const OUTPUTS = { count: COUNT, sum: SUM, mean: MEAN, variance: VARIANCE, histogram: HISTOGRAM };
const range = (count) => Array.from({ length: count }, (_, at) => at);

export const isTraining = (protocol) => ["training-v1", "noised-training-v1", "measured-training-v1"].includes(protocol);
export const isSums = (protocol) => ["masked-sums-v1", "noised-sums-v1"].includes(protocol);
export const isJoin = (protocol) => protocol.endsWith("join-v1");

function source(value, role) {
  const { party, asset, authorization } = value;
  need([party, asset, authorization].every((text) => typeof text === "string"), "a source without party or asset");
  need(authorization.startsWith("0x") && unhex(authorization.slice(2), 32), "a source without authorization");
  return { party, asset, authorization, role };
}

const group = ({ prime_group: named = "ristretto255" }) => {
  need(["ristretto255", "sm2"].includes(named), "a group of prime order that this verifier does not know");
  return named;
};

function added(spec, operations, cells) {
  const { minimum, contributors } = spec;
  const terms = { cells, modulus: "2^128", minimum, contributors, prime_group: group(spec) };
  const sources = spec.sources.map((one) => source(one, "owner"));
  return { protocol: "masked-sums-v1", sources, operations, contributors, terms, cells: cells.map((one) => one.name) };
}

function sums(spec) {
  const { rows, edges, outputs, value, table, privacy, contributors } = spec;
  const bins = range(edges.length).map((at) => `bin${at}`);
  const groups = range(table?.values.length ?? 0).map((at) => `group${at}`);
  const crossed = (row) => bins.map((bin) => `${row}-${bin}`);
  const parts = Object.fromEntries([
    ...(bins.length && groups.length ? groups.map((row) => [row, crossed(row)]) : []),
    ...(bins.length && groups.length ? bins.map((bin) => [bin, groups.map((row) => `${row}-${bin}`)]) : []),
    ...(bins.length || groups.length ? [["count", finest(bins, groups, crossed)]] : []),
  ]);
  const bound = decimal(value.bound);
  const moments = [
    ...(["sum", "mean", "variance"].some((one) => outputs.includes(one)) ? [["sum", bound]] : []),
    ...(outputs.includes("variance") ? [["squares", bound ** 2n]] : []),
  ];
  const cells = ["count", ...groups, ...bins, ...groups.flatMap(crossed)].flatMap((name) => {
    const own = { name, kind: "count", bound: rows, ...(parts[name] ? { parts: parts[name] } : {}) };
    const above = groups.length || name === "count" ? moments : [];
    const named = (moment) => (name === "count" ? moment : `${name}-${moment}`);
    const total = ([moment, largest]) => ({ name: named(moment), bound: String(decimal(rows) * largest) });
    return [own, ...above.map((moment) => ({ ...total(moment), kind: "sum", follows: name }))];
  });
  need(outputs.every((one) => OUTPUTS[one]), "an output that this verifier does not know");
  const operations = outputs.reduce((all, one) => all | OUTPUTS[one], Object.hasOwn(value, "by") ? VARIANCE : 0);
  const exact = added(spec, operations, cells);
  if (privacy === undefined) return exact;
  const noised = { ...noisedSums(spec, spec.sources.length, contributors), prime_group: group(spec) };
  return { ...exact, protocol: "noised-sums-v1", terms: noised, cells: noised.cells.map((one) => one.name) };
}

function finest(bins, groups, crossed) {
  if (bins.length && groups.length) return groups.flatMap(crossed);
  return bins.length ? bins : groups;
}

function moments(spec) {
  const { step = null } = spec;
  const [isLogistic, rows] = [step?.family === "logistic", decimal(spec.rows)];
  const bounds = [1n, ...spec.columns.map((column) => decimal(column.bound))];
  const pairs = bounds.flatMap((_, i) => range(bounds.length - i).map((at) => [i, i + at]));
  const totals = (name, listed, scale) => listed.map(([i, j]) => [`${name}-${i}-${j}`, scale * bounds[i] * bounds[j]]);
  const found = step === null ? totals("product", pairs.slice(1), 1n) : stepped(step, pairs, totals, bounds);
  const counts = isLogistic ? ["count", "bin0", "bin1"] : ["count"];
  const parts = (name) => (isLogistic && name === "count" ? { parts: ["bin0", "bin1"] } : {});
  const cells = [
    ...counts.map((name) => ({ name, kind: "count", bound: spec.rows, ...parts(name) })),
    ...found.map(([name, bound]) => ({ name, kind: "sum", bound: String(rows * bound), follows: "count" })),
  ];
  return added(spec, COUNT | SUM | MEAN | VARIANCE | (isLogistic ? HISTOGRAM : 0), cells);
}

function stepped({ family, response }, pairs, totals, bounds) {
  const [unit, mean] = [1n << 32n, 8886111n];
  need(["logistic", "poisson"].includes(family), "a step of a family that this verifier does not know");
  const largest = family === "poisson" ? decimal(response.bound) : 0n;
  const size = largest ? BigInt(largest.toString(2).length) : 0n;
  const [weight, residual, deviance] = family === "logistic"
    ? [unit / 4n, unit, 61n * unit]
    : [mean * unit, most(largest, mean) * unit, 2n * (largest * (size + 30n) + mean) * unit];
  const scores = bounds.map((bound, at) => [`score-${at}`, residual * bound]);
  return [...totals("weight", pairs, weight), ...scores, ["deviance", deviance]];
}

const groupsOf = (grouping) => {
  need(grouping === null || grouping.values.every((one) => typeof one === "string"), "groups are texts");
  return grouping === null ? ["*"] : grouping.values;
};

function join(spec) {
  const { holder, lister, further = [], rows, minimum, epsilon_milli, delta_log2 } = spec;
  const listers = [lister, ...further];
  const sources = [source(holder, "holder"), ...listers.map((one) => source(one, "lister"))];
  const [groups, own] = [groupsOf(holder.grouping), Object.hasOwn(lister, "grouping") ? groupsOf(lister.grouping) : null];
  const sifters = sources.slice(1, -1).map((one) => one.party);
  const columns = holder.sums.map(({ column, bound }) => ({ name: column, least: "0", most: bound }));
  const terms = {
    format: "shuxin-private-join-v1",
    holder: sources[0].party,
    lister: sources.at(-1).party,
    groups,
    ...(own ? { lister_groups: own } : {}),
    ...(sifters.length ? { sifters } : {}),
    columns,
    holder_keys: holder.most,
    lister_keys: further.length ? String(most(...listers.map((one) => decimal(one.most)))) : lister.most,
    rows,
    minimum,
    epsilon_milli,
    delta_log2,
    prime_group: group(spec),
  };
  const crossed = () => groups.flatMap((one) => own.map((other) => canonical([one, other])));
  const cells = !own || canonical(groups) === '["*"]' ? own ?? groups : crossed();
  const protocol = further.length ? "sifted-join-v1" : own ? "grouped-join-v1" : "private-join-v1";
  const operations = COUNT | SUM | JOIN | DISTINCT;
  const exact = { protocol, sources, operations, contributors: sources.length, cells };
  if (spec.privacy === undefined) return { ...exact, terms, free: ["list_unit", "group_unit", "encryption"] };
  const { minimum: _, ...kept } = terms;
  const noised = { ...kept, format: "shuxin-noised-join-v1", guarantee: noisedJoin(spec, columns) };
  return { ...exact, protocol: "noised-join-v1", terms: noised, free: ["encryption"] };
}

const computing = (engines) => (one) => source(one, engines.includes(one.party) ? "engine" : "provider");

function percentiles(spec) {
  const { engines, value, rows, percentiles: asked, minimum, contributors } = spec;
  const shares = asked.map((one) => Number(decimal(one)));
  need(engines.length === 3 && shares.every((one, at) => one > (shares[at - 1] ?? 0) && one < 1000), "no percentiles");
  const half = Math.ceil(minimum / 2);
  const apart = shares.slice(1).map((share, at) => [share - shares[at], 2 * half + 1]);
  const beside = shares.flatMap((share) => [share, 1000 - share]).map((share) => [share, minimum + half]);
  const least = 1 + Math.max(...[...apart, ...beside].map(([share, count]) => Math.ceil((count * 1000) / share)));
  const terms = { engines, percentiles: asked, bound: value.bound, rows, minimum, contributors };
  const cells = ["count", ...asked.map((one) => `p${one}`)];
  const [operations, sources] = [COUNT | SUM | HISTOGRAM, spec.sources.map(computing(engines))];
  const found = { protocol: "percentiles-v1", sources, operations, contributors, cells, least };
  const follows = Object.fromEntries(cells.slice(1).map((name) => [name, "count"]));
  return { ...found, follows, terms: { format: "shuxin-percentiles-v1", ...terms } };
}

const named = ({ asset, columns }) =>
  columns.map(({ column, least, most: greatest }) => ({ name: `${asset}.${column}`, least, most: greatest }));

/** What aligned and matched rows have in common: columns of several owners side by side, in one cell. */
function beside(spec, terms, operations) {
  const count = terms.members.flatMap((one) => one.columns).length;
  const least = Math.max(spec.minimum, count ? 10 * (1 + count + (count * (count + 1)) / 2) : 1);
  const all = COUNT | JOIN | DISTINCT | (count ? SUM | MEAN | VARIANCE : 0) | operations;
  return { operations: all, contributors: spec.sides.length, cells: ["*"], terms, least };
}

function aligned(spec) {
  const { sides, told, minimum } = spec;
  const members = sides.map((side) => ({ party: side.party, columns: named(side), most: side.most }));
  const terms = { format: "shuxin-aligned-v1", members, told, minimum, prime_group: group(spec) };
  const matcher = sides.find((side) => !told.includes(side.party)) ?? sides[0];
  const role = (side) => (side === matcher ? "matcher" : told.includes(side.party) ? "named" : "unnamed");
  const sources = sides.map((side) => source(side, role(side)));
  const found = beside(spec, terms, ALIGN);
  return { ...found, protocol: "aligned-v1", sources, free: ["set_unit", "encryption"] };
}

function matched(spec) {
  const { sides, engines, rows, minimum } = spec;
  need(sides.length >= 3 && engines.length === 3, "malformed matching");
  const members = sides.map((side) => ({ party: side.party, columns: named(side) }));
  const terms = { format: "shuxin-matched-v1", members, engines, rows, minimum };
  return { ...beside(spec, terms, 0), protocol: "matched-v1", sources: sides.map(computing(engines)) };
}

function weighed(spec) {
  const owners = spec.sources.map((one) => one.party);
  const terms = ckks(spec, owners);
  const role = (party) => ({ [terms.holder]: "keyholder", [terms.evaluator]: "evaluator" })[party] ?? "owner";
  const sources = spec.sources.map((one) => source(one, role(one.party)));
  const cells = terms.columns.map((one) => one.name);
  return { protocol: "ckks-sums-v1", sources, operations: SUM, contributors: owners.length, cells, terms };
}

function vertical(spec) {
  const { sides, label, algorithm, minimum, least_rows, key_bits, form = "exact", statistic } = spec;
  const { model, trees, steps, components } = algorithm;
  const protocol = { boosted: "boosted-v1", logistic: "regression-v1", scores: "scores-v1" }[model];
  need(protocol && (model === "scores") === (statistic === "vertical-prediction"), "a model of another statistic");
  const isTrees = model === "boosted";
  if (isTrees) {
    need(isWithin(trees, 1, 500) && typeof algorithm.loss === "string", "trees of another form");
    need(decimal(algorithm.least) >= BigInt(minimum), "sums by bin of fewer rows than the minimum");
  } else if (model === "logistic") {
    need(sides.length === 2 && isWithin(steps, 1, 20) && isWithin(components, 0, 24), "a regression of another form");
    const opened = steps * (1 + (components || Math.max(...sides.map((side) => side.columns.length))));
    need(decimal(least_rows) >= BigInt(40 * opened), "more numbers of gradients than its rows bear");
  }
  need(sides.some((side) => side.party === label.party) && isWithin(sides.length, 2, 15), "no owner of the labels");
  const outputs = algorithm.loss === "softmax" ? Number(decimal(label.most)) + 1 : 1;
  need(isWithin(outputs, 1, 64), "malformed classes");
  const waves = isTrees ? trees * outputs : (steps ?? 0);
  const terms = { sides, label, algorithm, minimum, least_rows, key_bits, form, waves, prime_group: group(spec) };
  const sources = sides.map((side) => source(side, side.party === label.party ? "label" : "feature"));
  const operations = COUNT | JOIN | DISTINCT | ALIGN | TRAIN;
  const least = Number(decimal(least_rows));
  return { protocol, sources, operations, contributors: sides.length, cells: ["*"], terms, least };
}

const STATISTICS = {
  "masked-sums": sums,
  "masked-moments": moments,
  "private-join": join,
  percentiles,
  aligned,
  "ckks-sums": weighed,
  matched,
  training: (spec) => ({ ...trained(spec), sources: spec.sources.map((one) => source(one, "owner")), operations: TRAIN }),
  "vertical-training": vertical,
  "vertical-prediction": vertical,
};

/** Read a specification; throws an Error that is no Refused for a statistic that this verifier does not judge. */
export function asked(spec) {
  if (spec.version !== 1 || !Object.hasOwn(STATISTICS, spec.statistic)) {
    throw new Error(`not judged: a statistic that this verifier does not know: ${spec.statistic}`);
  }
  need(isWithin(spec.minimum, 1, Infinity), "the minimum is a positive number");
  need(spec.quality === undefined || spec.statistic === "training", "quality is of training runs alone");
  const found = { free: [], least: spec.minimum, ...STATISTICS[spec.statistic](spec) };
  const cells = found.terms.cells?.filter((cell) => cell.follows).map((cell) => [cell.name, cell.follows]) ?? [];
  return { follows: Object.fromEntries(cells), ...found };
}
