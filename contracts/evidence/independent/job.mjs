// What the chain and the parties say of one job: its history, the statement and its signatures, authorizations, budget,
// cells, and the anchored stream of a model (docs/evidence.md, steps job to anchor). Not judged: that the protocol's
// terms, roles and operations are those that the specification implies, and what the leakage ledger says; all parties
// signed them.
import { canonical, decimal, digest, fields, need, number, parse, Refused, same } from "./bytes.mjs";
import { sha256, unbase64, unhex, word } from "./bytes.mjs";
import { id, needComplete, needSlots, record, slot, topic } from "./chain.mjs";
import { needSigned } from "./curves.mjs";
import { isJoin, isSums, isTraining, STEPS as OPENED } from "./figures.mjs";

const hex = (bytes) => bytes.toString("hex");
const history = (contract, entity) => ["history", "count"].map((name) => slot(contract, name, entity));
const isType = (event, contract, name) => same(event.type, topic(contract, name));
const STEPS = ["JobAccepted", "JobCommitted", "JobOpened", "JobSigned"];
const TYPES = ["statistic", "model"].map((of) => `urn:shuxin:evidence:joint-${of}:v1`);
const word256 = (words, at) => words.get(hex(at));

export function job([told], { words }) {
  need(told?.contract === "Jobs", "expected the job's history first");
  needSlots(words, history("Jobs", unhex(told.entity, 32)), "Jobs");
  const events = needComplete(told, words);
  const [first, last] = [events[0].words, events.at(-1)];
  need(isType(events[0], "Jobs", "JobProposed") && isType(last, "Jobs", "JobSigned"), "does not end in a release");
  const array = (at) => {
    const start = Number(number(first[at]) / 32n);
    return first.slice(start + 1, start + 1 + Number(number(first[start])));
  };
  const [parties, authorizations] = [array(10), array(11)];
  const { attempt, members, done, inputs } = lastAttempt(events, parties.map(hex));
  const supplies = Object.fromEntries(parties.map((party, at) => [hex(party), authorizations[at]]));
  const owners = members.filter((party) => number(supplies[party]));
  const took = (step, who) => canonical([...new Set(done[step])].sort()) === canonical([...who].sort());
  const all = took("JobAccepted", members) && took("JobCommitted", members) && took("JobSigned", members);
  need(all && took("JobOpened", owners) && number(last.words[1]) === 5n, "not every party took every step");
  const opened = events.find((event) => isType(event, "Jobs", "JobOpened"));
  const [, , , recipient, spec, purpose, operations, minimum, contributors, deadline] = first;
  const [result, statement] = last.words.slice(4);
  const asked = { recipient, spec, purpose, operations: number(operations), minimum: number(minimum) };
  const limits = { contributors: number(contributors), deadline: number(deadline) };
  const outcome = { attempt, members, owners, supplies, inputs, opened, last, result, statement };
  return { id: last.entity, ...asked, ...limits, ...outcome };
}

function lastAttempt(events, parties) {
  let [attempt, members, done, inputs] = [1n, parties, {}, {}];
  const [, , , signedIn, ...signed] = events.at(-1).words;
  for (const event of events.slice(1)) {
    const [, , party, tried, ...more] = event.words;
    if (isType(event, "Jobs", "JobRetried")) {
      [attempt, done, inputs] = [number(tried), {}, {}];
      members = parties.filter((_, at) => (number(more[0]) >> BigInt(at)) & 1n);
    }
    const step = STEPS.find((name) => isType(event, "Jobs", name));
    if (step) done[step] = [...(done[step] ?? []), hex(party)];
    if (step === "JobCommitted") inputs[hex(party)] = hex(more[0]);
    const isSame = () => same(tried, signedIn) && more.every((one, at) => same(one, signed[at]));
    need(step !== "JobSigned" || isSame(), "the parties signed different results");
  }
  need(attempt === number(signedIn), "signed in another attempt than the last");
  return { attempt, members, done, inputs };
}

export function statement(envelope, released, parties, { opened, signed }, genesis) {
  const { payload } = fields(envelope, "payloadType", "payload", "signatures");
  need(envelope.payloadType === "application/vnd.in-toto+json", "another payload");
  const value = parse(unbase64(payload));
  need(same(sha256(unbase64(payload)), released.statement), "not the one the parties recorded on chain");
  const { subject, predicate } = fields(value, "_type", "subject", "predicateType", "predicate");
  need(subject[0].digest.sha256 === hex(released.result), "its subject is not the result on chain");
  need(value.predicateType === TYPES[Number(predicate.spec.statistic === "training")], "of no statistic and no model");
  const { session, spec, members } = predicate;
  need(same(digest(spec), released.spec), "another specification than was proposed on chain");
  const sources = spec.sources ?? spec.sides ?? [spec.holder, spec.lister, ...(spec.further ?? [])];
  const listed = sources.map((one) => [hex(id(one.party)), one.authorization.slice(2)]);
  const roster = Object.entries(released.supplies).map(([party, held]) => [party, hex(held)]);
  const expectedRoster = [...listed, [hex(released.recipient), "0".repeat(64)]];
  need(canonical(expectedRoster.sort()) === canonical(roster.sort()), "another roster");
  need(same(id(spec.recipient), released.recipient), "another recipient");
  need(same(id(spec.purpose), released.purpose), "another purpose");
  need(BigInt(spec.minimum) === released.minimum, "another minimum");
  need(BigInt(spec.contributors ?? sources.length) === released.contributors, "another number of contributors");
  const codes = [...new Set([...sources.map((one) => one.party), spec.recipient])].sort();
  const present = codes.filter((code) => released.members.includes(hex(id(code))));
  const supplied = (code) => sources.find((one) => one.party === code);
  const seats = present.map((code) => [code, supplied(code)?.asset, supplied(code)?.authorization.slice(2)].join(" "));
  const named = members.map((one) => [one.party, one.asset, one.authorization].join(" "));
  need(canonical(named) === canonical(seats), "its members are not the parties of the attempt");
  const keys = Object.fromEntries(present.map((code) => [code, key(parties.words, id(code), [opened, signed])]));
  needSlots(parties.words, [...released.members].sort().flatMap((one) => epoch(parties.words, unhex(one))), "Parties");
  const seat = (party) => ({ party, key: hex(keys[party]), input: released.inputs[hex(id(party))] });
  const owners = present.filter((code) => code !== spec.recipient).map(seat);
  const { protocol, terms } = session;
  const recipient = { party: spec.recipient, key: hex(keys[spec.recipient]) };
  const attempt = { genesis: hex(genesis), job: hex(released.id), attempt: Number(released.attempt) };
  const kind = { format: "shuxin-job-attempt-v1", protocol, suite: "ed25519", terms };
  const expected = { ...kind, ...attempt, parties: owners, recipient };
  need(canonical(session) === canonical(expected), "its session record is not the one the chain implies");
  return { value, predicate, keys, sources: sources.filter((one) => present.includes(one.party)) };
}

function epoch(words, party) {
  const at = slot("Parties", "epoch", party);
  need(words.has(hex(at)), "a member without keys");
  for (let n = number(word256(words, at)), left = 64; n > 0n && left > 0; n--, left--) {
    const slots = Object.values(record("Parties", "keyring", party, word(n)));
    if (words.has(hex(slots[0]))) return [at, ...slots];
  }
  throw new Refused("a member without keys");
}

function key(words, party, times) {
  const [, statement, , , ...rest] = epoch(words, party).map((at) => word256(words, at));
  const [since, until, compromised] = rest.map(number);
  const isGood = (time) => since && since <= time && (!until || time < until) && (!compromised || time < compromised);
  need(times.every(isGood), "keys that were not in force during the job");
  return statement;
}

export function authorizations(histories, { words }, released, sources, opened) {
  const expected = released.owners.map((party) => released.supplies[party]).sort(Buffer.compare);
  need(canonical(histories.map((one) => one.entity)) === canonical(expected.map(hex)), "histories of others");
  needSlots(words, expected.flatMap((one) => history("Authorizations", one)), "Authorizations");
  for (const told of histories) {
    need(told.contract === "Authorizations", "a history of another contract");
    const [grant, ...later] = needComplete(told, words);
    const source = sources.find((one) => one.authorization === `0x${told.entity}`);
    const used = (event) => isType(event, "Authorizations", "AuthorizationUsed") && same(event.words[3], released.id);
    need(isType(grant, "Authorizations", "AuthorizationGranted"), "expected its grant first");
    need(later.filter(used).length === 1, "not used once by this job");
    const [, , owner, grantee, asset, purpose, operations, , from, until, uses] = grant.words;
    need(same(owner, id(source.party)) && same(asset, id(source.asset)), "of another owner or asset");
    need(same(grantee, released.recipient) && same(purpose, released.purpose), "of another grantee or purpose");
    need(!(released.operations & ~number(operations)), "does not cover the job's operations");
    need(number(from) <= opened && opened < number(until), "not in force at the first opening");
    const place = later.findIndex(used);
    need(number((later[place - 1] ?? grant).words[1]) === 1n, "not granted at the moment of use");
    need(number(later[place].words[4]) <= number(uses), "used more often than granted");
  }
}

export function budget({ words }, released, { predicate, sources }) {
  const { session: { protocol, terms }, spec } = predicate;
  const ordered = [...sources].sort((a, b) => (a.asset < b.asset ? -1 : 1));
  const places = (source) => record("Budgets", "reservations", released.id, word(released.attempt), id(source.asset));
  needSlots(words, ordered.flatMap((source) => Object.values(places(source))), "Budgets");
  const isNoised = terms.guarantee !== undefined;
  const shown = isJoin(protocol) && !isNoised ? (BigInt(terms.epsilon_milli) ** 2n + 1n) / 2n : 0n;
  for (const source of ordered) {
    const held = Object.fromEntries(Object.entries(places(source)).map(([name, at]) => [name, word256(words, at)]));
    const found = [held.state, held.mode, held.amount, held.side].map(number);
    const { micro_rho: rho, side } = terms.guarantee ?? {};
    const cost = isNoised ? [2n, decimal(rho), decimal(side ?? "0")] : [1n, shown, shown];
    need(found[0] >= 1n && found[0] <= 3n, `${source.asset}'s reservation is not spent`);
    need(canonical(found.slice(1).map(String)) === canonical(cost.map(String)), `${source.asset} paid something else`);
    const role = source === spec.holder ? "holder" : "lister";
    const period = isJoin(protocol) ? spec.privacy?.[role].period : spec.privacy?.period;
    const isNamed = period ? same(held.period, id(period)) : number(held.period);
    need(isNamed, `${source.asset} paid out of another data period`);
  }
}

export function cells({ protocol, terms }, spec) {
  if (isSums(protocol)) return terms.cells.map((cell) => cell.name);
  if (protocol === "ckks-sums-v1") return terms.columns.map((column) => column.name);
  if (protocol === "percentiles-v1") return ["count", ...terms.percentiles.map((one) => `p${one}`)];
  if (protocol === "training-v1") {
    const { column, least, most } = spec.label;
    return ["*", ...(decimal(most) - decimal(least) === 1n ? [`${column}=${least}`, `${column}=${most}`] : [])];
  }
  const isTaken = isJoin(protocol) || isTraining(protocol) || Object.hasOwn(OPENED, protocol);
  if (!isTaken) throw new Error(`${protocol} is of no kind that this verifier takes`);
  const [groups, own] = [terms.groups ?? ["*"], terms.lister_groups];
  if (!own || canonical(groups) === '["*"]') return own ?? groups;
  return groups.flatMap((group) => own.map((found) => canonical([group, found])));
}

export function rules({ session, spec, release: { opened, withheld } }) {
  const names = cells(session, spec);
  const split = [names.filter((name) => opened.includes(name)), names.filter((name) => !opened.includes(name))];
  need(canonical(split) === canonical([opened, withheld]), "not the specification's cells, each once");
  const follows = (session.terms.cells ?? []).filter((cell) => cell.follows && opened.includes(cell.name));
  need(follows.every((cell) => opened.includes(cell.follows)), "a sum is open whose count is not");
}

export function anchor({ session, transcript }, { words }, released) {
  const [stream, size] = [id(`run/${session.job}/${session.attempt}`), word(session.terms.waves)];
  const [held, root] = [Object.values(record("Notary", "streams", stream)), slot("Notary", "roots", stream, size)];
  needSlots(words, [...held, root], "Notary");
  need(same(word256(words, root), unhex(transcript, 32)), "the chain holds another root of the run's waves");
  const [owner, anchored] = held.map((at) => word256(words, at));
  need(same(owner, released.recipient) && same(anchored, size), "not the coordinator's stream");
}

export function signatures({ payload, signatures }, keys) {
  const body = unbase64(payload);
  const pae = Buffer.concat([Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${body.length} `), body]);
  need(canonical(signatures.map((one) => one.keyid)) === canonical(Object.keys(keys).sort()), "not one of each member");
  signatures.forEach((one) => needSigned(keys[one.keyid], pae, unbase64(fields(one, "keyid", "sig").sig), one.keyid));
}
