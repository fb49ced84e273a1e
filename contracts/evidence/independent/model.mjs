// What evidence of a model proves besides: its waves are anchored, no authorization was stopped before the last of them,
// and what the model may be used for (docs/evidence.md, "A model", steps anchor, throughout and derived).
import { need, number, same, unhex, word } from "./primitives/bytes.mjs";
import { isType } from "./job.mjs";
import { id, record, slot, topic } from "./primitives/layouts.mjs";
import { logged, moment, needSlots, valueOf } from "./chain.mjs";

const GRANTED = 1n;
const NAMES = ["count", "sum", "mean", "variance", "histogram", "join", "distinct", "export", "align", "train"];
const streamOf = ({ job, attempt }) => id(`run/${job}/${attempt}`);

export function anchor({ session, transcript }, { words }, released) {
  const [stream, size] = [streamOf(session), word(session.terms.waves)];
  const [held, root] = [Object.values(record("Notary", "streams", stream)), slot("Notary", "roots", stream, size)];
  needSlots(words, [...held, root], "Notary");
  need(same(valueOf(words, root), unhex(transcript, 32)), "the chain holds another root of the run's waves");
  const [owner, anchored] = held.map((at) => valueOf(words, at));
  need(same(owner, released.recipient) && same(anchored, size), "not the coordinator's stream");
}

/** Every change of an authorization's standing since a job used it. */
function changes(events, job) {
  let [isUsed, before] = [false, GRANTED];
  return events.filter((event) => {
    const state = number(event.words[1]);
    const isChange = isUsed && state !== before;
    isUsed ||= isType(event, "Authorizations", "AuthorizationUsed") && same(event.words[3], job);
    before = state;
    return isChange;
  });
}

const before = (left, right) => {
  const at = left.findIndex((part, place) => part !== right[place]);
  return at >= 0 && left[at] < right[at];
};

export function throughout({ session, transcript }, grants, { moments }, read, proven, released) {
  const stopped = grants.map((events) => changes(events, released.id));
  const [opening, last, ...left] = moments.slice(2);
  const count = stopped.reduce((sum, one) => sum + one.length, 0);
  need(last && left.length === count, "expected the attempt's opening, the last anchor, and every change since");
  const begun = moment(opening, read, proven.Jobs.account, released.begun).place;
  const { from, topics, data, block, place } = logged(last, read);
  const expected = [topic("Notary", "Anchored"), streamOf(session)];
  const isAnchor = topics.length === 2 && topics.every((one, at) => same(one, expected[at]));
  need(same(from, proven.Notary.account) && isAnchor, "no anchor of the run's stream");
  const ended = Buffer.concat([word(session.terms.waves), unhex(transcript)]);
  need(data.length === 160 && same(data.subarray(96), ended), "an anchor of other waves than all of the run's");
  stopped.forEach((events, at) => {
    const places = events.map((event) => moment(left.shift(), read, proven.Authorizations.account, event).place);
    events.forEach((event, n) => {
      const isOver = n + 1 < places.length && !before(begun, places[n + 1]);
      const stands = number(event.words[1]) === GRANTED || !before(places[n], place) || isOver;
      need(stands, "an authorization was stopped before the waves were anchored");
    });
    need(block.time < number(grants[at][0].words[9]), "an authorization was over before the waves were anchored");
  });
}

export function derived(grants) {
  const terms = grants.map(([grant]) => [6, 8, 9].map((at) => number(grant.words[at])));
  const operations = terms.reduce((all, [own]) => all & own, (1n << 256n) - 1n);
  const from = terms.reduce((most, [, own]) => (own > most ? own : most), 0n);
  const until = terms.reduce((least, [, , own]) => (own < least ? own : least), 1n << 256n);
  need(operations && from < until, "the authorizations have no operation, or no moment, in common");
  const ended = grants.filter((events) => number(events.at(-1).words[1]) !== GRANTED).length;
  if (ended) return `nothing any more: ${ended} inputs stopped since`;
  return `${NAMES.filter((_, at) => (operations >> BigInt(at)) & 1n).join(", ")}; ${from}..${until} (unix seconds)`;
}
