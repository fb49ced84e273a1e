// Single events: the proof that an event of an entity happened, and the receipts of entries in a register
// (docs/evidence.md, "An event of an entity"; docs/certificates.md). Who stands behind a digest they do not say.
import { fields, need, number, same, sha256, tagged, unhex, whole } from "./primitives/bytes.mjs";
import { eventName, id, record, slot, topic } from "./primitives/layouts.mjs";
import { contracts, form, historyOf, logged, moment, needComplete, needSlots, network, valueOf } from "./chain.mjs";

const TYPES = ["first registration", "alteration", "transfer", "cancellation", "correction", "objection", "pre-notice",
  "seizure", "opening"];
const KINDS = ["mortgage", "seizure", "objection", "pre-notice", "residence", "responsibility"];
const SEIZURE = 2n;
export const ENTERED = { Titles: "TitleEntered", Restrictions: "RestrictionEntered" };
export const isText = (value, most) => typeof value === "string" && value.length > 0 && [...value].length <= most;

/** An entry of Titles or Restrictions, read from an event whose history is complete. */
export function entry(contract, { type, words }) {
  need(same(type, topic(contract, ENTERED[contract])), "an event that is no entry");
  const [, state, party, ...rest] = words;
  if (contract === "Titles") {
    const [kind, source, origin, spatial, right, ...held] = rest;
    const found = { state: number(state), registrar: party, party, kind: number(kind), source, origin, spatial };
    need(found.state < 4n && found.kind > 0n && found.kind < 10n, "an entry of a type that is none");
    return { ...found, right, held, said: TYPES[Number(found.kind) - 1] };
  }
  const [burden, kind, source, holder, claim, since, days, until] = rest;
  const found = { state: number(state), burden, kind: number(kind), source, holder, claim };
  need(found.state < 3n && found.kind > 0n && found.kind < 7n, "an entry of a kind that is none");
  const times = { since: number(since), days: number(days), until: number(until) };
  const maker = found.kind === SEIZURE ? { registrar: Buffer.alloc(32), party: holder } : { registrar: party, party };
  const said = `${KINDS[Number(found.kind) - 1]} ${found.state === 1n ? "stands" : "ends"}`;
  return { ...found, ...times, ...maker, said };
}

function whole32(history) {
  unhex(fields(history, "contract", "entity", "events").entity, 32);
  return history.events.length;
}

function complete(history, words) {
  needSlots(words, historyOf(history.contract, unhex(history.entity)), history.contract);
  return needComplete(history, words);
}

const when = (time) => new Date(Number(time) * 1000).toISOString().replace(".000Z", "Z");

export function eventProof(file, trust, take) {
  const { n, history, chain } = file;
  const read = take("form", () => {
    fields(file, "format", "n", "history", "chain");
    need(whole(n) > 0 && n <= whole32(history), "no event of this history");
    slot(history.contract, "history");
    return form(chain);
  });
  take("network", () => network(chain, read, trust));
  const { contract } = history;
  const { account, words } = take("contracts", () => contracts(chain, read, trust, [contract]))[contract];
  const events = take("history", () => complete(history, words));
  take("event", () => {
    need(chain.moments.length === 1, "expected one receipt");
    const { block, time } = moment(chain.moments[0], read, account, events[n - 1]);
    need(eventName(contract, events[n - 1].type), `no event that ${contract} has`);
    return `${eventName(contract, events[n - 1].type)}, ${n} of ${events.length}, block ${block}, ${when(time)}`;
  });
}

export function actReceipt(file, trust, take) {
  const { entry: told, history, chain } = file;
  const read = take("form", () => {
    fields(file, "format", "entry", "history", "chain");
    const { kind, n, party, order } = fields(told, "kind", "n", "party", "order");
    need(kind === "act" && whole(n) > 0 && n <= whole32(history) && isText(party, 200), "no receipt of an entry");
    need(history.contract in ENTERED, "an entry of neither Titles nor Restrictions");
    if (order !== null) [order.file, order.salt].forEach((part) => unhex(part, 32));
    if (order !== null) fields(order, "file", "salt");
    return form(chain);
  });
  take("network", () => network(chain, read, trust));
  const { contract } = history;
  const { account, words } = take("contracts", () => contracts(chain, read, trust, [contract]))[contract];
  const events = take("register", () => {
    const found = complete(history, words);
    const { party, source } = found.map((event) => entry(contract, event))[told.n - 1];
    need(same(party, id(told.party)), "the entry is of another party");
    const paper = ({ file: of, salt }) => tagged("SHUXIN-PAPER-V1", unhex(salt), `sha256:${of}`);
    need(told.order === null || same(paper(told.order), source), "another order than on chain");
    return found;
  });
  take("entry", () => {
    need(chain.moments.length === 1, "expected one receipt");
    const { block, time } = moment(chain.moments[0], read, account, events[told.n - 1]);
    const { said } = entry(contract, events[told.n - 1]);
    return `${contract} ${told.n} of ${events.length}: ${said}; block ${block}, ${when(time)}`;
  });
}

export function entryReceipt(file, trust, take) {
  const { entry: told, chain } = file;
  const read = take("form", () => {
    fields(file, "format", "entry", "chain");
    fields(told, "party", "register", "application", "papers", "papers_salt");
    need([told.party, told.register, told.application].every((text) => isText(text, 200)), "a text of another length");
    [unhex(told.papers, 32), unhex(told.papers_salt, 16)];
    return form(chain);
  });
  take("network", () => network(chain, read, trust));
  const { account, words } = take("contracts", () => contracts(chain, read, trust, ["Applications"])).Applications;
  const asked = tagged("SHUXIN-APPLICATION-V1", told.register, told.application);
  take("application", () => {
    const slots = record("Applications", "applications", asked);
    needSlots(words, [...Object.values(slots), ...historyOf("Applications", asked)], "Applications");
    const held = (name) => valueOf(words, slots[name]);
    need(number(held("state")) === 2n, "not entered");
    need(same(held("registrar"), id(told.party)), "of another registrar");
    const papers = sha256("SHUXIN-PAPERS-V1", unhex(told.papers_salt), unhex(told.papers));
    need(same(held("papers"), papers), "other papers than on chain");
    return `${TYPES[Number(number(held("kind"))) - 1]}, accepted ${when(number(held("accepted")))}`;
  });
  take("entry", () => {
    need(chain.moments.length === 1, "expected one receipt");
    const { from, topics, block } = logged(chain.moments[0], read);
    const expected = [topic("Applications", "ApplicationEntered"), asked];
    const fits = topics.length === 2 && topics.every((one, at) => same(one, expected[at]));
    need(same(from, account) && fits, `block ${block.number} shows another event`);
    return `block ${block.number}, ${when(block.time)}`;
  });
}
