// How much noise a private question's figures must have had, from what its specification declares (docs/budget.md,
// docs/privacy.md). Whole numbers only. That an owner added its share nobody can see.
import { decimal, isWithin, need } from "./primitives/bytes.mjs";

const [MICRO, MILLI, TAIL, MARGIN] = [1000000n, 1000n, 12n, 20n];
const LEAST_SHARE = 4n;
// ln 2 to 90 places: OEIS A002162.
const LN2 = 693147180559945309417232121458176568075500134360255254120680009493393621969694715605863326n;
const SCALE = 10n ** 90n;
const NEEDS = {
  count: ["count", "mean", "variance"],
  sum: ["sum", "mean", "variance"],
  squares: ["variance"],
  histogram: ["histogram"],
};

export const up = (over, under) => (over + under - 1n) / under;
export const most = (...values) => values.reduce((left, right) => (right > left ? right : left));
const size = (value) => (value < 0n ? -value : value);

/** The largest whole number whose square is not larger; Newton's method from above. */
export function isqrt(value) {
  if (value < 2n) return value;
  for (let root = 1n << BigInt((value.toString(2).length >> 1) + 1); ; ) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function rootUp(over, under) {
  const [quotient, root] = [up(over, under), isqrt(up(over, under))];
  return root * root === quotient ? root : root + 1n;
}

/** Thousandths of noise that a release of this squared sensitivity needs. */
export const deviation = (squared, rho) =>
  rootUp(squared * MICRO * MILLI ** 2n * ((1n << MARGIN) + 1n), (2n * rho) << MARGIN);

/** rho + 2 sqrt(rho ln(1/delta)), in thousandths, rounded up. */
export function epsilon(rho, delta) {
  const log = BigInt(-delta) * LN2;
  const root = isqrt((rho * log * SCALE) / MICRO);
  return String(up((rho * SCALE) / MICRO * MILLI + 2n * root * MILLI + 1n, SCALE));
}

export function keysOf(groups) {
  if (groups === null) return 0;
  need(Array.isArray(groups?.values) && groups.values.length, "groups have values");
  return groups.values.length;
}

function families(costs, outputs) {
  const needed = Object.keys(NEEDS).filter((name) => NEEDS[name].some((output) => outputs.includes(output)));
  const found = needed.map((name) => [name, decimal(costs[name])]);
  const isOwn = found.length && Object.keys(costs).length === found.length && found.every(([, cost]) => cost > 0n);
  need(isOwn, "each family of figures has a cost, and no other");
  return found;
}

/** The protocol's terms of noised sums. */
export function noisedSums({ rows, edges, outputs, privacy }, owners, contributors) {
  const { max_rows: rowsOf, max_groups: groupsOf, units_at: at, colluders, delta_log2: delta } = privacy;
  need(rowsOf > 0 && groupsOf > 0 && colluders >= 0 && colluders < contributors && delta < 0, "malformed privacy");
  need(["one owner", "several owners"].includes(at), "malformed privacy");
  const largest = most(...[privacy.low, privacy.high].map((bound) => size(decimal(bound))));
  const moved = BigInt(rowsOf) * (at === "several owners" ? BigInt(owners) : 1n);
  const keys = keysOf(privacy.groups);
  const [fewest, all] = [contributors, owners].map((count) => BigInt(count - colluders));
  const costs = families(privacy.micro_rho, outputs);
  const cells = costs.flatMap(([family, cost]) => {
    const perRow = { sum: largest, squares: largest ** 2n }[family] ?? 1n;
    const squared = (keys ? BigInt(groupsOf) : 1n) * (moved * perRow) ** 2n;
    let [grain, wanted] = [1n, deviation(squared, cost)];
    while (wanted ** 2n < LEAST_SHARE * MILLI ** 2n * all) wanted = deviation(squared * (grain *= 2n) ** 2n, cost);
    const bound = decimal(rows) * perRow * grain + rootUp((TAIL * wanted) ** 2n, MILLI ** 2n * fewest);
    const common = { kind: "noised", bound: String(bound), grain: String(grain), deviation_milli: String(wanted) };
    const count = family === "histogram" ? edges.length : keys;
    const name = (place) => (family === "histogram" ? `bin${place}` : `${family}-${place}`);
    const names = family === "histogram" || keys ? Array.from({ length: count }, (_, place) => name(place)) : [family];
    return names.map((one) => ({ name: one, ...common }));
  });
  const total = costs.reduce((sum, [, cost]) => sum + cost, 0n);
  const guarantee = { micro_rho: String(total), delta_log2: delta, epsilon_milli: epsilon(total, delta), colluders };
  return { cells, modulus: "2^128", contributors, guarantee };
}

/** The guarantee of a noised join, with one owner's noise on keys, rows and each sum. */
export function noisedJoin({ epsilon_milli: shown, privacy: { holder, micro_rho: costs } }, columns) {
  const { max_rows: rowsOf, delta_log2: delta } = holder;
  need(rowsOf > 0 && delta < 0 && shown > 0, "malformed privacy");
  need(Object.keys(costs.sums).length === columns.length, "each family of figures has a cost, and no other");
  const moved = [1n, BigInt(rowsOf), ...columns.map((one) => BigInt(rowsOf) * decimal(one.most))];
  const paid = [costs.keys, costs.rows, ...columns.map((one) => costs.sums[one.name])].map(decimal);
  need(paid.every((cost) => cost > 0n), "each family of figures has a cost, and no other");
  const side = 3n * up(BigInt(shown) ** 2n, 2n);
  const total = paid.reduce((sum, cost) => sum + cost, side);
  const worth = { micro_rho: String(total), side: String(side), delta_log2: delta, epsilon_milli: epsilon(total, delta) };
  return { deviations_milli: moved.map((one, at) => String(deviation(one ** 2n, paid[at]))), ...worth };
}

/** The terms of CKKS sums. */
export function ckks({ weights, holder, evaluator, rows, privacy }, owners) {
  const { max_rows: rowsOf, max_groups: groupsOf, units_at: at, delta_log2: delta, micro_rho: costs } = privacy;
  const [factors, cost, keys] = [weights.map((one) => size(decimal(one))), decimal(costs.sum), keysOf(privacy.groups)];
  const isFit = weights.length === owners.length && owners.length >= 4 && rowsOf > 0 && groupsOf > 0 && delta < 0;
  need(isFit && Object.keys(costs).length === 1 && cost > 0n, "malformed CKKS sums");
  const sum = factors.reduce((left, right) => left + right, 0n);
  need(factors.every(Boolean) && sum <= 1n << 16n, "weights other than 0 that the encryption holds");
  need(owners.includes(holder) && owners.includes(evaluator) && holder !== evaluator, "key holder and evaluator");
  need(["one owner", "several owners"].includes(at), "malformed privacy");
  const names = keys ? Array.from({ length: keys }, (_, place) => `sum-${place}`) : ["sum"];
  const [low, high] = [privacy.low, privacy.high].map(decimal);
  const moved = BigInt(rowsOf) * most(size(low), size(high));
  const touched = Math.min(groupsOf, names.length);
  const copies = BigInt(touched * (at === "several owners" ? owners.length : 1));
  const noise = String(deviation(copies * moved ** 2n, cost));
  const [least, greatest] = [low < 0n ? low : 0n, most(high, 0n)].map((bound) => String(decimal(rows) * bound));
  const column = { scale: 1, least, most: greatest, moved: String(moved) };
  const worth = { micro_rho: String(cost), delta_log2: delta, epsilon_milli: epsilon(cost, delta) };
  return {
    format: "ckks-sums-v1",
    holder,
    evaluator,
    weights: owners.map((party, place) => ({ party, weight: weights[place] })),
    columns: names.map((name) => ({ name, ...column })),
    touched,
    spans_owners: at === "several owners",
    guarantee: { owner_milli: names.map(() => noise), holder_milli: "2000", ...worth },
    encryption: { scheme: "ckks", degree: 8192, moduli: [60, 40, 40, 60], scale_bits: 40 },
  };
}

const isCost = (text) => decimal(text) > 0n && decimal(text) <= 10n ** 9n;
const isPersons = (text) => decimal(text) > 0n && decimal(text) <= 1n << 40n;
const isProtected = (rows, delta) => isWithin(rows, 1, 1 << 20) && isWithin(delta, -128, -20);

function isEvaluation(found) {
  if (found === undefined) return true;
  const { bins, counts, micro_rho: cost, held_out: held = 50, ...more } = found;
  const isCounted = ["joint", "by-department"].includes(counts) && isCost(cost);
  return isCounted && isWithin(bins, 8, 64) && isWithin(held, 50, 500) && !Object.keys(more).length;
}

/** Grain and noise of one release that a person moves by so many units at each of ``spread`` departments. */
function release(spread, longest, first, paid, count) {
  let grain = first;
  const found = () => deviation((spread * longest(grain)) ** 2n, paid);
  while (found() ** 2n < LEAST_SHARE * MILLI ** 2n * BigInt(count)) grain *= 2n;
  const told = { grain: String(grain), deviation_milli: String(found()), shares: count };
  return { ...told, longest: String(longest(grain)) };
}

/** The counts by which an exact run is measured, on a fifth of the persons. */
export function counted({ sources, algorithm, contributors, quality }) {
  const { unit, neighbours, max_rows: rowsOf, units_at: at, colluders, nulls, period, ...more } = quality;
  const { delta_log2: delta, noise, recipient_class: group, evaluation, ...others } = more;
  const isNamed = [unit, period, group].every((text) => typeof text === "string") && !Object.keys(others).length;
  need(isNamed && neighbours === "add-or-remove-one-unit" && nulls === "refused", "malformed quality");
  need(isProtected(rowsOf, delta) && isWithin(colluders, 0, contributors - 1), "malformed quality");
  need(["local", "distributed"].includes(noise) && ["one owner", "several owners"].includes(at), "malformed quality");
  need(evaluation !== undefined && isEvaluation(evaluation) && evaluation.held_out === 200, "malformed quality");
  const parties = sources.map((source) => source.party).sort();
  const isApart = evaluation.counts === "by-department";
  const [paid, shares] = [decimal(evaluation.micro_rho), noise === "local" || isApart ? 1 : contributors - colluders];
  const spread = at === "several owners" ? BigInt(parties.length) : 1n;
  const made = release(spread, (grain) => grain * BigInt(rowsOf), 1n, paid, shares);
  const worth = { micro_rho: String(paid), delta_log2: delta, epsilon_milli: epsilon(paid, delta) };
  const bins = evaluation.bins * (algorithm.model === "logistic" ? 2 : 1);
  return { slots: isApart ? parties : ["*"], bins, guarantee: { ...worth, colluders, noise, evaluation: made } };
}

/** What of a specification a training run with noise depends on; released: numbers of a round's sum. */
export function noisedRun({ sources, algorithm, rounds, contributors, privacy }, released) {
  const { max_rows: rowsOf, units_at: at, colluders, delta_log2: delta, noise, persons, evaluation } = privacy;
  const [clip, cost] = [privacy.clip_milli, privacy.micro_rho].map(decimal);
  const isBounded = isProtected(rowsOf, delta) && isCost(privacy.micro_rho) && clip > 0n && clip <= 1000000n;
  need(isBounded && isWithin(colluders, 0, contributors - 1) && isEvaluation(evaluation), "malformed privacy");
  const { step, epochs, proximal, rate, ridge, model } = algorithm;
  need(step === "average" && epochs === 1 && proximal === "0" && isPersons(persons), "malformed privacy");
  const parties = sources.map((source) => source.party).sort();
  const shares = noise === "local" ? 1 : contributors - colluders;
  need(["local", "distributed"].includes(noise) && ["one owner", "several owners"].includes(at), "malformed privacy");
  const spread = at === "several owners" ? BigInt(parties.length) : 1n;
  const made = (longest, first, paid, count) => release(spread, longest, first, paid, count);
  const rounded = MILLI * (isqrt(BigInt(released)) + 1n);
  const round = made((grain) => up(2n * clip * grain + rounded, 2n * MILLI), 1024n, cost, shares);
  const isApart = evaluation?.counts === "by-department";
  const paid = evaluation ? decimal(evaluation.micro_rho) : 0n;
  const count = evaluation ? made((grain) => grain * BigInt(rowsOf), 1n, paid, isApart ? 1 : shares) : null;
  const bins = evaluation ? evaluation.bins * (["logistic", "softmax"].includes(model) ? 2 : 1) : 0;
  const total = BigInt(rounds) * cost + paid;
  const worth = { micro_rho: String(total), delta_log2: delta, epsilon_milli: epsilon(total, delta) };
  const guarantee = { ...worth, colluders, noise, round, evaluation: count };
  const numbers = [persons, rate, ridge].map((one) => Number(decimal(one)));
  return { parties, grain: Number(round.grain), bins, slots: isApart ? parties.length : 1, isApart, numbers, guarantee };
}
