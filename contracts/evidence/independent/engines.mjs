// Figures that three engines computed on shares, and moments over aligned rows, added up again from what the owners
// signed (docs/evidence.md, "Disclosure"; docs/spu.md).
import { cut, decimal, little, need, number, same } from "./primitives/bytes.mjs";

const ALIGNED_WORD = 32;
const pairs = (list) => list.flatMap((one, at) => list.slice(at).map((other) => [one, other]));

/** The engines' shares of every cell, by rank; of closed cells and of owners that compute nothing they are zeros. */
function shares({ session, names, flags, openings, body, agreed }, label, sizes) {
  const total = sizes.reduce((sum, one) => sum + one, 0);
  const opened = (party) => agreed(body(label, party, openings[party]), 32 + names.length + total);
  const sent = Object.fromEntries(Object.keys(openings).map((party) => [party, opened(party)]));
  const { engines } = session.terms;
  const others = Object.keys(sent).filter((party) => !engines.includes(party));
  need(others.every((party) => !number(sent[party])), "a share of an owner that does not compute");
  return names.map((name, place) => {
    const start = sizes.slice(0, place).reduce((sum, one) => sum + one, 0);
    const held = engines.map((engine) => sent[engine].subarray(start, start + sizes[place]));
    need(flags[place] || held.every((one) => !number(one)), `a share of the withheld cell ${name}`);
    return held;
  });
}

/** Three engines' residues added up, each two of them alike; size: bytes a number and engine. */
function combined(held, size) {
  const half = size / 2;
  return cut(held[0], size).map((_, at) => {
    const own = held.map((piece) => piece.subarray(at * size, (at + 1) * size));
    const isAlike = own.every((piece, place) => same(piece.subarray(half), own[(place + 1) % 3].subarray(0, half)));
    need(isAlike, "two engines hold different residues");
    return BigInt.asIntN(8 * half, own.reduce((sum, piece) => sum + little(piece.subarray(0, half)), 0n));
  });
}

export function percentiles(told) {
  const { names, release } = told;
  const held = shares(told, "PCT-V1 open", names.map(() => 16));
  const numbers = names.map((name, at) => [name, String(combined(held[at], 16)[0])]);
  const cells = Object.fromEntries(numbers.filter(([name]) => release.opened.includes(name)));
  return { cells, withheld: release.withheld };
}

const cell = (rows, columns, sums, products) => ({
  group: "*",
  rows: String(rows),
  sums: Object.fromEntries(columns.map((one, at) => [one, String(sums[at])])),
  products: Object.fromEntries(pairs(columns).map(([a, b], at) => [`${a} * ${b}`, String(products[at])])),
});

export function matched(told) {
  const { terms } = told.session;
  const columns = terms.members.flatMap((one) => one.columns.map((column) => column.name));
  const count = 1 + columns.length + (columns.length * (columns.length + 1)) / 2;
  const [held] = shares(told, "MATCH-V1 open", [32 * count]);
  if (!told.release.opened.length) return { cells: [], withheld: told.release.withheld };
  const [rows, ...numbers] = combined(held, 32);
  need(rows <= decimal(terms.rows), "more rows than an owner shares");
  const [sums, products] = [numbers.slice(0, columns.length), numbers.slice(columns.length)];
  return { cells: [cell(rows, columns, sums, products)], withheld: [] };
}

export function aligned({ session: { terms: { members } }, openings, body, agreed, release }) {
  const every = members.flatMap((one) => one.columns);
  const own = members.map((one) => one.columns.length);
  const longest = (count) => count + (count * (count + 1)) / 2 + count * (every.length - count);
  const words = 1 + Math.max(...own.map(longest));
  const share = (party) => agreed(body("ALIGN-V1 align-share", party, openings[party]), 65 + ALIGNED_WORD * words, 32);
  const held = Object.keys(openings).map((party) => [party, cut(share(party), ALIGNED_WORD).map(number)]);
  const left = Object.fromEntries(held);
  if (!release.opened.length) {
    need(Object.values(left).every((own) => own.every((one) => !one)), "a share although nothing was opened");
    return { cells: [], withheld: release.withheld };
  }
  const counts = Object.values(left).map((held) => held.shift());
  need(counts.every((count) => count === counts[0]), "the owners say different numbers of rows");
  const [rows, sums, products] = [counts[0], {}, {}];
  const key = (a, b) => `${a.name} * ${b.name}`;
  for (const { party, columns } of members) {
    columns.forEach((one) => (sums[one.name] = left[party].shift()));
    pairs(columns).forEach(([a, b]) => (products[key(a, b)] = left[party].shift()));
  }
  members.forEach((one, at) => members.slice(at + 1).forEach((other) => {
    for (const b of other.columns) {
      for (const a of one.columns) products[key(a, b)] = left[one.party].shift() - left[other.party].shift();
    }
  }));
  need(Object.values(left).every((own) => own.every((one) => !one)), "a share holds more than the figures need");
  const least = Object.fromEntries(every.map((one) => [one.name, decimal(one.least)]));
  const full = pairs(every).map(([a, b]) => {
    const [x, y] = [a.name, b.name];
    return products[key(a, b)] + least[x] * sums[y] + least[y] * sums[x] + rows * least[x] * least[y];
  });
  const named = every.map((one) => one.name);
  return { cells: [cell(rows, named, named.map((name) => sums[name] + rows * least[name]), full)], withheld: [] };
}
