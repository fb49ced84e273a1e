// The proof of a title: the whole histories of a unit and of those it came from, the past that its registrar closed, what
// stands against it as of the newest block, and the names that the file opens (docs/evidence.md, "A title").
import { canonical, fields, keccak256, list, need, number, parse, same } from "./primitives/bytes.mjs";
import { sha256, unbase64, unhex, whole, word } from "./primitives/bytes.mjs";
import { leafOf, needIncluded } from "./primitives/trees.mjs";
import { heldDigest } from "./certificate.mjs";
import { entry, isText } from "./register.mjs";
import { id, record, slot } from "./primitives/layouts.mjs";
import { contracts, form, historyOf, moment, needComplete, needSlots, network, valueOf } from "./chain.mjs";

const [ALTERATION, OPENING, SUCCEEDED, STANDING, SEIZURE] = [2n, 9n, 3n, 1n, 2n];
const REGISTRAR = 16n;
const [DAY, OFFSET, NEVER] = [86400n, 28800n, 1n << 256n];
const LABELS = ["SHUXIN-HOLDER-V1", "SHUXIN-SPATIAL-1", "SHUXIN-CLAIM--V1"];
const NOBODY = Buffer.alloc(32);
const KINDS = ["mortgages", "seizures", "objections", "pre-notices", "rights of residence", "responsibilities"];

function readUnit(unit) {
  fields(unit, "unit", "titles", "restrictions", "parts", "past");
  [unit.unit, ...list(unit.parts)].forEach((one) => unhex(one, 32));
  [...list(unit.titles), ...list(unit.restrictions)].forEach((one) => unhex(fields(one, "type", "data").type, 32));
  if (unit.past === null) return;
  const { stream, salt, records, closing } = fields(unit.past, "stream", "salt", "records", "closing");
  need(isText(stream, 1 << 16) && unhex(salt, 16) && list(records).length, "no past");
  for (const one of records) {
    if (Object.hasOwn(one, "leaf")) unhex(fields(one, "leaf").leaf, 32);
    else unhex(fields(one, "record", "salt").salt, 16);
  }
  if (closing === null) return;
  const names = ["spatial", "right", "holder", "index", "size", "path"];
  const { spatial, right, holder, index, size, path } = fields(closing, ...names);
  [spatial, holder, ...list(path, 64)].forEach((one) => unhex(one, 32));
  [right, index, size].forEach(whole);
}

function readTitle(file) {
  fields(file, "format", "version", "units", "chain", "names", "parties");
  need(file.version === 1 && list(file.units, 64).length, "no units");
  file.units.forEach(readUnit);
  for (const one of list(file.names)) {
    fields(one, "label", "salt", "text");
    need(isText(one.label, 1 << 16) && isText(one.text, 1 << 16) && unhex(one.salt, 16), "no name");
  }
  need(list(file.parties).every((code) => isText(code, 1 << 16)), "no codes of parties");
  return form(file.chain);
}

const today = (now) => (now + OFFSET) / DAY;
const endOf = (day) => day * DAY + DAY - OFFSET;
const around = (now) => Array.from({ length: 60 }, (_, at) => today(now) - 15n + BigInt(at));
const dayWords = (day) => ["known", "working"].map((name) => slot("Calendar", name, word(day / 256n)));

/** Whether a day is a working day; null where no span of the Calendar covers it. */
function working(words, day) {
  const [known, free] = dayWords(day).map((at) => (words.has(at.toString("hex")) ? number(valueOf(words, at)) : 0n));
  return (known >> (day % 256n)) & 1n ? Boolean((free >> (day % 256n)) & 1n) : null;
}

/** When a restriction other than a seizure lapses; an end of days rolls over holidays. */
function ends({ since, days, until }, now, words) {
  if (until) return until;
  if (!days || !since) return NEVER;
  const plain = endOf(today(since) + days);
  const late = plain + 14n * DAY;
  if (now < plain || now >= late) return now < plain ? plain : late;
  const known = new Set(around(now).map(String));
  for (let day = today(since) + days; ; day++) {
    const found = known.has(String(day)) ? working(words, day) : null;
    if (found === null) return late;
    if (found) return endOf(day);
  }
}

function standing(burdens, registrar, now, words) {
  const all = new Map();
  for (const one of burdens) all.set(String(one.burden.toString("hex")), one);
  const entered = [...all.values()].filter((one) => one.state === STANDING);
  const others = entered.filter((one) => one.kind !== SEIZURE && now < ends(one, now, words));
  const own = others.filter((one) => same(registrar, NOBODY) || same(registrar, one.registrar));
  const seizures = entered.filter((one) => one.kind === SEIZURE);
  let free = 0n;
  const holding = seizures.findIndex(({ since, days, until }) => {
    const end = since ? until : endOf(today(free - 1n) + days);
    free = end;
    return now < end;
  });
  return [...own, ...(holding < 0 ? [] : seizures.slice(holding))];
}

/** The units that one was divided or merged from, none for one that was registered or opened first. */
function parents({ titles: [first], parts }) {
  if (first?.kind !== ALTERATION) return need(!parts.length, "a unit that was not merged has parts") ?? [];
  if (!parts.length) return [first.origin];
  const flat = parts.map((part) => unhex(part));
  need(same(keccak256(word(32), word(flat.length), ...flat), first.origin), "not the parts that the merger names");
  return flat;
}

function lineage(units) {
  const [byName, found] = [new Map(units.map((unit) => [unit.name, unit])), []];
  for (const waiting = [units[0].name]; waiting.length && found.length <= 64; ) {
    const name = waiting.shift();
    if (found.includes(name)) continue;
    found.push(name);
    for (const parent of parents(byName.get(name)).map((one) => one.toString("hex"))) {
      const last = byName.get(parent)?.titles.at(-1);
      need(byName.has(parent), "a unit that this one came from is left out");
      const { source } = byName.get(name).titles[0];
      need(last?.state === SUCCEEDED && same(last.source, source), "a unit that did not end in the other");
      waiting.push(parent);
    }
  }
  return found;
}

const recordLeaf = (one) => (Object.hasOwn(one, "leaf") ? unhex(one.leaf) : leafOf(unhex(one.salt), unbase64(one.record)));

/** The past of a unit is the one that its registrar closed; returns the commitments and the owner it brings. */
function past(unit, at, words) {
  const [first, told] = [unit.titles[0], unit.past];
  if (first?.kind === OPENING) need(told && told.closing === null, "opened from a past that is left out");
  else if (!told) return { known: [], owner: NOBODY };
  else need(at === 0 && !unit.titles.length && told.closing, "not opened from the past that is shown");
  const end = told.records.reduce((sum, one) => sha256("SHUXIN-PAST-V1--", sum, recordLeaf(one)), NOBODY);
  const codes = told.records.filter((one) => !Object.hasOwn(one, "leaf")).map((one) => {
    const found = parse(unbase64(one.record));
    const isText = [found.unit, found.day, found.kind].every((part) => typeof part === "string");
    need(found.format === "shuxin-registration" && isText, "a record that is no registration");
    return found.unit;
  });
  need(new Set(codes).size < 2, "records of several units");
  const stream = id(told.stream);
  const extract = (spatial, right, held) =>
    leafOf(unhex(told.salt), Buffer.concat([Buffer.from("SHUXIN-EXTRACT-1"), unhex(unit.name), spatial, right, held, end]));
  if (told.closing === null) {
    const { origin, source, spatial, right, held } = first;
    const { holders, digest } = shares(held);
    need(same(origin, stream) && same(extract(spatial, right, digest), source), "not the past it was opened from");
    return { known: [spatial, ...holders], owner: NOBODY };
  }
  const { spatial, right, holder, index, size, path } = told.closing;
  const root = valueOf(words, slot("Notary", "roots", stream, word(size)));
  need(!same(root, NOBODY), "a past that is not anchored at this size");
  const held = heldDigest([unhex(holder)], [1n], 1n);
  needIncluded(extract(unhex(spatial), word(right), held), index, size, path.map((one) => unhex(one)), root);
  const { owner } = record("Notary", "streams", stream);
  return { known: [spatial, holder].map((one) => unhex(one)), owner: valueOf(words, owner) };
}

/** Holders and the digest of their shares, from the words of an entry. */
function shares([, , denominator, ...rest]) {
  const count = Number(number(rest[0]));
  const [holders, parts] = [rest.slice(1, 1 + count), rest.slice(2 + count)];
  return { holders, digest: heldDigest(holders, parts.map(number), number(denominator)) };
}

export function titleProof(file, trust, take) {
  const { units: told, chain, names, parties } = file;
  const read = take("form", () => readTitle(file));
  take("network", () => network(chain, read, trust));
  const [{ past: first }, now] = [told[0], read.headers.at(-1).time];
  const proven = take("contracts", () => states(told, first, chain, read, trust, now));
  const units = take("register", () => {
    const read = (contract, unit, events) => {
      const whole = needComplete({ contract, entity: unit.unit, events }, proven[contract].words);
      return whole.map((event) => ({ event, ...entry(contract, event) }));
    };
    const found = told.map((unit) => {
      const titles = read("Titles", unit, unit.titles);
      return { ...unit, name: unit.unit, titles, restrictions: read("Restrictions", unit, unit.restrictions) };
    });
    const expected = found.map((unit) => unit.name);
    need(canonical(lineage(found)) === canonical(expected), "not the unit and those it came from, each once");
    return found;
  });
  take("entries", () => {
    const left = [...chain.moments];
    const dated = (contract, part) => part.reduce((before, { event }) => {
      need(left.length, "an entry without its receipt");
      const { block } = moment(left.shift(), read, proven[contract].account, event);
      need(before <= block, "an entry before the one that it follows");
      return block;
    }, 0n);
    units.forEach((unit) => [dated("Titles", unit.titles), dated("Restrictions", unit.restrictions)]);
    need(!left.length, "a receipt of no entry");
    return `${chain.moments.length} entries; as of block ${read.headers.at(-1).number}`;
  });
  const pasts = take("past", () => units.map((unit, at) => past(unit, at, proven.Notary?.words)));
  take("restrictions", () => {
    const registrar = units[0].titles.at(-1)?.registrar ?? NOBODY;
    const isLiving = units[0].titles.length ? "" : "not in the living register; ";
    const found = standing(units[0].restrictions, registrar, now, proven.Calendar.words);
    const count = (at) => found.filter((one) => one.kind === BigInt(at + 1)).length;
    return isLiving + KINDS.map((kind, at) => `${kind} ${count(at)}`).join(", ");
  });
  take("names", () => opened(names, parties, units, pasts));
}

function states(told, first, chain, read, trust, now) {
  const closing = first?.closing ? ["Notary", "Parties"] : [];
  const proven = contracts(chain, read, trust, ["Calendar", ...closing, "Restrictions", "Titles"]);
  const flat = told.map((unit) => unhex(unit.unit));
  for (const name of ["Restrictions", "Titles"]) {
    needSlots(proven[name].words, flat.flatMap((unit) => historyOf(name, unit)), name);
  }
  const days = new Map(around(now).flatMap(dayWords).map((at) => [at.toString("hex"), at]));
  needSlots(proven.Calendar.words, [...days.values()], "Calendar");
  if (!first?.closing) return proven;
  const held = record("Notary", "streams", id(first.stream));
  const root = slot("Notary", "roots", id(first.stream), word(first.closing.size));
  needSlots(proven.Notary.words, [...Object.values(held), root], "Notary");
  const party = record("Parties", "parties", valueOf(proven.Notary.words, held.owner));
  needSlots(proven.Parties.words, Object.values(party), "Parties");
  const { roles, valid_from: from, valid_until: until } = Object.fromEntries(
    Object.entries(party).map(([name, at]) => [name, number(valueOf(proven.Parties.words, at))]),
  );
  need(roles & REGISTRAR && from <= now && now < until, "the stream that closes the past is no registrar's");
  return proven;
}

/** Every name opens a commitment of these units, and every party has entered or imposed something. */
function opened(names, parties, units, pasts) {
  const entries = units.flatMap((unit) => unit.titles);
  const burdens = units.flatMap((unit) => unit.restrictions);
  const hex = (list) => new Set(list.map((one) => one.toString("hex")));
  const known = hex([
    ...entries.flatMap(({ spatial, held }) => [spatial, ...shares(held).holders]),
    ...burdens.flatMap(({ holder, claim }) => [holder, claim]),
    ...pasts.flatMap((one) => one.known),
  ]);
  const listed = names.map(({ label, salt, text }) => sha256(label, unhex(salt), text));
  need(names.every((one) => LABELS.includes(one.label)), "a name of another label");
  need(listed.every((one, at) => !at || Buffer.compare(listed[at - 1], one) < 0), "names out of order");
  need([...hex(listed)].every((one) => known.has(one)), "a name that the chain does not have");
  const sorted = parties.every((code, at) => !at || Buffer.compare(Buffer.from(parties[at - 1]), Buffer.from(code)) < 0);
  need(sorted, "parties out of order");
  const makers = [...entries.map((one) => one.registrar), ...burdens.flatMap((one) => [one.registrar, one.holder])];
  const active = hex([...makers, ...pasts.map((one) => one.owner)]);
  need(parties.every((code) => active.has(id(code).toString("hex"))), "a party without a part in this title");
  return `${names.length} opened; the others stay commitments`;
}
