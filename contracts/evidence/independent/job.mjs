// What the chain and the parties say of one job: its history, the statement with its terms and signatures,
// authorizations, budget, cells, and the protocol's leakage ledger (docs/evidence.md, steps job to rules, and leakage).
import { readFileSync } from "node:fs";
import { canonical, decimal, digest, fields, need, number, parse, Refused, same } from "./primitives/bytes.mjs";
import { sha256, unbase64, unhex, word } from "./primitives/bytes.mjs";
import { needSigned } from "./primitives/curves.mjs";
import { asked, isJoin } from "./asked.mjs";
import { id, record, slot, topic } from "./primitives/layouts.mjs";
import { historyOf, needComplete, needSlots, valueOf } from "./chain.mjs";

const hex = (bytes) => bytes.toString("hex");
export const isType = (event, contract, name) => same(event.type, topic(contract, name));
const STEPS = ["JobAccepted", "JobCommitted", "JobOpened", "JobSigned"];
const MODELS = ["training", "vertical-training"];
const TYPE = "https://in-toto.io/Statement/v1";

export function job([told], { words }) {
  need(told?.contract === "Jobs", "expected the job's history first");
  needSlots(words, historyOf("Jobs", unhex(told.entity, 32)), "Jobs");
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
  const begun = events.find((event) => isType(event, "Jobs", "JobOpened") && number(event.words[3]) === attempt);
  const outcome = { attempt, members, owners, supplies, inputs, opened, begun, last, result, statement };
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
  const value = fields(parse(unbase64(payload)), "_type", "subject", "predicateType", "predicate");
  need(same(sha256(unbase64(payload)), released.statement), "not the one the parties recorded on chain");
  const { subject, predicate } = value;
  const release = [{ name: "release", digest: { sha256: hex(released.result) } }];
  need(value._type === TYPE && canonical(subject) === canonical(release), "its subject is not the result on chain");
  const { session, spec, members } = fields(predicate, "session", "spec", "members", "release", "transcript", "leakage");
  need(same(digest(spec), released.spec), "another specification than was proposed on chain");
  const of = MODELS.includes(spec.statistic) ? "model" : "statistic";
  need(value.predicateType === `urn:shuxin:evidence:joint-${of}:v1`, "of no statistic and no model");
  const question = asked(spec);
  needProposal(question, spec, released);
  const codes = [...new Set([...question.sources.map((one) => one.party), spec.recipient])].sort();
  const present = codes.filter((code) => released.members.includes(hex(id(code))));
  need(present.includes(spec.recipient) && present.length > question.contributors, "lacks recipient or contributors");
  const sources = question.sources.filter((one) => present.includes(one.party));
  const seats = present.map((code) => {
    const own = sources.find((one) => one.party === code);
    return own ? { ...own, authorization: own.authorization.slice(2) } : { party: code, role: "recipient" };
  });
  need(canonical(members) === canonical(seats), "its members are not the parties of the attempt");
  const keys = Object.fromEntries(present.map((code) => [code, key(parties.words, id(code), [opened, signed])]));
  needSlots(parties.words, [...released.members].sort().flatMap((one) => epoch(parties.words, unhex(one))), "Parties");
  const bound = Object.entries(session.terms).filter(([name]) => !question.free.includes(name));
  need(canonical(Object.fromEntries(bound)) === canonical(question.terms), "other terms than the specification's");
  const seat = (party) => ({ party, key: hex(keys[party]), input: released.inputs[hex(id(party))] });
  const owners = present.filter((code) => code !== spec.recipient).map(seat);
  const recipient = { party: spec.recipient, key: hex(keys[spec.recipient]) };
  const attempt = { genesis: hex(genesis), job: hex(released.id), attempt: Number(released.attempt) };
  const kind = { format: "shuxin-job-attempt-v1", protocol: question.protocol, suite: "ed25519", terms: session.terms };
  const expected = { ...kind, ...attempt, parties: owners, recipient };
  need(canonical(session) === canonical(expected), "its session record is not the one the chain implies");
  return { predicate, question, keys, sources };
}

function needProposal({ sources, operations, contributors }, spec, released) {
  const listed = sources.map((one) => [hex(id(one.party)), one.authorization.slice(2)]);
  const roster = Object.entries(released.supplies).map(([party, held]) => [party, hex(held)]);
  const expected = [...listed, [hex(released.recipient), "0".repeat(64)]];
  need(canonical(expected.sort()) === canonical(roster.sort()), "another roster");
  need(same(id(spec.recipient), released.recipient), "another recipient");
  need(same(id(spec.purpose), released.purpose), "another purpose");
  need(BigInt(operations) === released.operations, "other operations");
  need(BigInt(spec.minimum) === released.minimum, "another minimum");
  need(BigInt(contributors) === released.contributors, "another number of contributors");
}

function epoch(words, party) {
  const at = slot("Parties", "epoch", party);
  need(words.has(hex(at)), "a member without keys");
  for (let n = number(valueOf(words, at)), left = 64; n > 0n && left > 0; n--, left--) {
    const slots = Object.values(record("Parties", "keyring", party, word(n)));
    if (words.has(hex(slots[0]))) return [at, ...slots];
  }
  throw new Refused("a member without keys");
}

function key(words, party, times) {
  const [, statement, , , ...rest] = epoch(words, party).map((at) => valueOf(words, at));
  const [since, until, compromised] = rest.map(number);
  const isGood = (time) => since && since <= time && (!until || time < until) && (!compromised || time < compromised);
  need(times.every(isGood), "keys that were not in force during the job");
  return statement;
}

export function authorizations(histories, { words }, released, sources, opened) {
  const expected = released.owners.map((party) => released.supplies[party]).sort(Buffer.compare);
  need(canonical(histories.map((one) => one.entity)) === canonical(expected.map(hex)), "histories of others");
  needSlots(words, expected.flatMap((one) => historyOf("Authorizations", one)), "Authorizations");
  return histories.map((told) => {
    need(told.contract === "Authorizations", "a history of another contract");
    const events = needComplete(told, words);
    const [grant, ...later] = events;
    const source = sources.find((one) => one.authorization === `0x${told.entity}`);
    const used = (event) => isType(event, "Authorizations", "AuthorizationUsed") && same(event.words[3], released.id);
    need(isType(grant, "Authorizations", "AuthorizationGranted"), "expected its grant first");
    need(later.filter(used).length === 1, "not used once by this job");
    const [, , owner, grantee, asset, purpose, operations, , from, until, uses] = grant.words;
    need(same(owner, id(source.party)) && same(asset, id(source.asset)), "of another owner or asset");
    need(same(grantee, released.recipient) && same(purpose, released.purpose), "of another grantee or purpose");
    need(!(released.operations & ~number(operations)), "does not cover the job's operations");
    need(number(from) <= opened && opened < number(until), "not in force at the first opening");
    need(!later.some((event) => isType(event, "Authorizations", "AuthorizationGranted")), "granted twice");
    const place = later.findIndex(used);
    need(number((later[place - 1] ?? grant).words[1]) === 1n, "not granted at the moment of use");
    need(number(later[place].words[4]) <= number(uses), "used more often than granted");
    return events;
  });
}

export function budget({ words }, released, { predicate, question, sources }) {
  const { session: { protocol, terms }, spec } = predicate;
  const ordered = [...sources].sort((a, b) => (a.asset < b.asset ? -1 : 1));
  const places = (source) => record("Budgets", "reservations", released.id, word(released.attempt), id(source.asset));
  needSlots(words, ordered.flatMap((source) => Object.values(places(source))), "Budgets");
  const [isPaid, isMeasured] = [terms.guarantee !== undefined, protocol === "measured-training-v1"];
  const shown = isJoin(protocol) && !isPaid ? (BigInt(terms.epsilon_milli) ** 2n + 1n) / 2n : 0n;
  for (const source of ordered) {
    const held = Object.fromEntries(Object.entries(places(source)).map(([name, at]) => [name, valueOf(words, at)]));
    const found = [held.state, held.mode, held.amount, held.side].map(number);
    const { micro_rho: rho, side } = terms.guarantee ?? {};
    const cost = isPaid ? [isMeasured ? 1n : 2n, decimal(rho), decimal(side ?? "0")] : [1n, shown, shown];
    need(found[0] >= 1n && found[0] <= 3n, `${source.asset}'s reservation is not spent`);
    need(canonical(found.slice(1).map(String)) === canonical(cost.map(String)), `${source.asset} paid something else`);
    const period = (isJoin(protocol) ? spec.privacy?.[source.role] : isMeasured ? spec.quality : spec.privacy)?.period;
    const isNamed = isPaid ? same(held.period, id(period)) : number(held.period);
    need(isNamed, `${source.asset} paid out of another data period`);
  }
  return question.protocol;
}

export function rules({ release: { opened, withheld } }, { cells, follows }) {
  const split = [cells.filter((name) => opened.includes(name)), cells.filter((name) => !opened.includes(name))];
  need(canonical(split) === canonical([opened, withheld]), "not the specification's cells, each once");
  const isDecided = (name) => follows[name] === undefined || opened.includes(follows[name]);
  need(opened.every(isDecided), "a figure is open whose count is not");
}

export function leakage({ leakage: ledger }, { protocol }) {
  const known = JSON.parse(readFileSync(new URL("ledgers.json", import.meta.url)));
  need(known[protocol]?.includes(hex(digest(ledger))), "not a ledger of the protocol that this verifier knows");
}

export function signatures({ payload, signatures }, keys) {
  const body = unbase64(payload);
  const pae = Buffer.concat([Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${body.length} `), body]);
  need(canonical(signatures.map((one) => one.keyid)) === canonical(Object.keys(keys).sort()), "not one of each member");
  signatures.forEach((one) => needSigned(keys[one.keyid], pae, unbase64(fields(one, "keyid", "sig").sig), one.keyid));
}
