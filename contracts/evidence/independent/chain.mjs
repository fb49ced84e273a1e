// The chain's side of every kind of evidence, from the trust file: sealed headers, changes of the validators, words of
// contracts, complete histories, receipts (docs/evidence.md, steps network and contracts). Takes no address and no code
// on the file's word.
import { canonical, fields, keccak256, list, need, number, rlp, same, scalar, trimmed } from "./primitives/bytes.mjs";
import { unbase64, unhex, unrlp, whole, word } from "./primitives/bytes.mjs";
import { sealer } from "./primitives/curves.mjs";
import { artefact, id, record, slot } from "./primitives/layouts.mjs";
import { lookup } from "./primitives/trees.mjs";

const MIX = Buffer.from("ctical byzantine fault tolerance");

export function trusted(value) {
  const names = ["format_version", "chain_id", "genesis_hash", "validators", "directory", "assurance", "code_hashes"];
  const trust = fields(value, ...names);
  need(trust.format_version === 1, "a trust file of another version");
  const bytes = (text, size) => unhex(String(text).slice(2), size);
  const codes = Object.entries(trust.code_hashes).map(([name, code]) => [name, bytes(code, 32)]);
  const validators = list(trust.validators, 256).map((member) => bytes(member, 20));
  const [genesis, directory] = [bytes(trust.genesis_hash, 32), bytes(trust.directory, 20)];
  return { genesis, directory, validators, codes: Object.fromEntries(codes), assurance: trust.assurance };
}

function header(raw) {
  const items = rlp(raw);
  need(raw.length <= 1 << 16 && items.length >= 15 && items.length <= 21 && items.every(Buffer.isBuffer), "no header");
  [32, 32, 20, 32, 32, 32, 256].forEach((size, at) => need(items[at].length === size, "no header"));
  [8, 9, 10, 11].forEach((at) => scalar(items[at]));
  scalar(items[7], 32);
  need(same(items[13], MIX) && items[14].length === 8, "a header of another consensus");
  const [vanity, members, vote, round, seals] = rlp(items[12]);
  need(rlp(items[12]).length === 5 && vanity.length === 32 && [0, 2].includes(vote.length), "extraData: malformed");
  need(members.length && members.every((member) => member.length === 20), "extraData: validators");
  need(members.every((member, at) => !at || Buffer.compare(members[at - 1], member) < 0), "extraData: unsorted");
  need(scalar(round, 4) >= 0n && seals.every((seal) => seal.length === 65), "extraData: seals");
  const hash = (...behind) =>
    keccak256(unrlp([...items.slice(0, 12), unrlp([vanity, members, vote, ...behind]), ...items.slice(13)]));
  const found = { number: scalar(items[8]), time: scalar(items[11]), state: items[3], receipts: items[5] };
  return { ...found, vanity, members, round, seals, hash: hash(Buffer.alloc(0), []), signed: hash(round, []) };
}

function needSeals(block, validators) {
  const expected = [...validators].sort(Buffer.compare);
  need(canonical(block.members.map(String)) === canonical(expected.map(String)), "other validators than the trusted");
  const signers = block.seals.map((seal) => sealer(block.signed, seal));
  need(signers.every((one, at) => !at || Buffer.compare(signers[at - 1], one) < 0), "seals doubled or out of order");
  need(signers.every((one) => expected.some((member) => same(one, member))), "sealed by somebody who is no validator");
  need(3 * signers.length >= 2 * expected.length, `block ${block.number}: too few seals`);
}

function stored(root, proof, nodes, trust, contract, account) {
  need(same(unhex(proof.address, 20), account), `${contract}: proven of another account`);
  const value = lookup(root, keccak256(account), nodes(proof.account));
  need(value, `${contract}: no such account`);
  const [, , storage, code] = rlp(value);
  need(code.toString("hex") === artefact(contract).code_hash, `${contract}: runs code that is not known`);
  need(same(trust.codes[contract] ?? code, code), `${contract}: the trust file pins other code`);
  const words = new Map();
  for (const { slot: at, path } of proof.slots) {
    const found = lookup(storage, keccak256(unhex(at, 32)), nodes(path));
    words.set(at, found ? word(scalar(rlp(found), 32)) : Buffer.alloc(32));
  }
  return words;
}

export function needSlots(words, expected, what) {
  const names = expected.map((at) => at.toString("hex"));
  need(canonical([...words.keys()]) === canonical(names), `${what}: the proof shows other words than expected`);
}

export function form(chain) {
  fields(chain, "headers", "nodes", "changes", "states", "moments");
  const [nodes, used] = [list(chain.nodes).map(unbase64), new Set()];
  need(nodes.every((node, at) => !at || Buffer.compare(nodes[at - 1], node) < 0), "nodes are not sorted");
  const headers = list(chain.headers).map((raw) => header(unbase64(raw)));
  need(headers.every((one, at) => !at || headers[at - 1].number < one.number), "headers do not ascend");
  const path = (places) => list(places).map((at) => (need(nodes[whole(at)], "no such node"), used.add(at), nodes[at]));
  const proof = (value) => {
    path(value.account);
    list(value.slots, 1024).forEach((one) => (fields(one, "slot", "path"), path(one.path), unhex(one.slot, 32)));
    need(new Set(value.slots.map((one) => one.slot)).size === value.slots.length, "a slot twice");
  };
  for (const state of list(chain.states)) {
    proof(fields(state, "contract", "header", "address", "account", "slots"));
  }
  for (const change of list(chain.changes)) {
    fields(change, "header", "directory", "governance", "validators");
    [change.directory, change.governance].forEach((one) => proof(fields(one, "address", "account", "slots")));
  }
  const receipt = (one) => path(fields(one, "header", "index", "log", "path").path) && [one.index, one.log].map(whole);
  list(chain.moments).forEach(receipt);
  const users = [...chain.states, ...chain.changes, ...chain.moments];
  need(used.size === nodes.length && users.every((one) => headers[whole(one.header)]), "missing header or spare node");
  return { headers, path, users };
}

export function network(chain, { headers, path, users }, trust) {
  const [genesis, ...sealed] = headers;
  need(sealed.length && genesis.number === 0n && same(genesis.hash, trust.genesis), "another network's first block");
  need(!genesis.seals.length && !genesis.round.length, "nobody seals the first block");
  const eras = [[0n, trust.validators]];
  for (const change of chain.changes) {
    const block = headers[change.header];
    const [first, members] = eras.at(-1);
    needSeals(block, members);
    need(block.number >= (first || 1n), "a change of the validators out of order");
    const entry = record("Directory", "entries", id("Governance"));
    const listed = stored(block.state, change.directory, path, trust, "Directory", trust.directory);
    needSlots(listed, Object.values(entry), "Directory");
    const account = listed.get(entry.account.toString("hex")).subarray(12);
    const words = stored(block.state, change.governance, path, trust, "Governance", account);
    needSlots(words, [slot("Governance", "validators_hash")], "Governance");
    const named = list(change.validators, 256).map((member) => unhex(member, 20));
    need(same([...words.values()][0], keccak256(...[...named].sort(Buffer.compare))), "other validators than proven");
    eras.push([block.number + 1n, named]);
  }
  sealed.forEach((block, at) => {
    needSeals(block, eras.findLast(([first]) => first <= block.number)[1]);
    need(same(genesis.vanity, Buffer.alloc(32)) || same(block.vanity, genesis.vanity), "a block of another network");
    need(!at || sealed[at - 1].time < block.time, "times do not ascend");
    need(users.some((one) => headers[one.header] === block), `nothing stands under block ${block.number}`);
  });
}

export function contracts(chain, { headers, path }, trust, names) {
  need(canonical(chain.states.map((one) => one.contract)) === canonical(["Directory", ...names]), "other contracts");
  const newest = headers.at(-1);
  need(chain.states.every((one) => headers[one.header] === newest), "a state that is not the newest block's");
  const listed = stored(newest.state, chain.states[0], path, trust, "Directory", trust.directory);
  const entries = names.map((name) => record("Directory", "entries", id(name)));
  needSlots(listed, entries.flatMap(Object.values), "Directory");
  const found = names.map((name, at) => {
    const told = (member) => listed.get(entries[at][member].toString("hex"));
    need(told("code_hash").toString("hex") === artefact(name).code_hash, `${name}: other code than is registered`);
    const account = told("account").subarray(12);
    return [name, { account, words: stored(newest.state, chain.states[at + 1], path, trust, name, account) }];
  });
  return Object.fromEntries(found);
}

export const historyOf = (contract, entity) => ["history", "count"].map((name) => slot(contract, name, entity));
export const valueOf = (words, at) => words.get(at.toString("hex"));

export function needComplete(history, words) {
  fields(history, "contract", "entity", "events");
  const [entity, at] = [unhex(history.entity, 32), (name) => slot(history.contract, name, unhex(history.entity, 32))];
  const events = list(history.events).map((event) => {
    fields(event, "type", "data");
    return { type: unhex(event.type, 32), data: unbase64(event.data), entity };
  });
  const folded = events.reduce((sum, one) => keccak256(sum, one.type, keccak256(one.data)), Buffer.alloc(32));
  need(events.every((one, n) => same(one.data.subarray(0, 32), word(n + 1))), "a history's events are not in order");
  need(same(folded, words.get(at("history").toString("hex"))), "a history that is not the chain's");
  need(same(word(events.length), words.get(at("count").toString("hex"))), "a history with another count");
  return events.map((event) => ({ ...event, words: chunked(event.data) }));
}

const chunked = (data) => Array.from({ length: data.length / 32 }, (_, at) => data.subarray(32 * at, 32 * at + 32));

/** The event that a receipt under a sealed header shows: who logged it, in which block, at which place. */
export function logged(shown, { headers, path }) {
  const block = headers[shown.header];
  need(shown.header > 0, "a receipt under the first block, which nobody sealed");
  const value = lookup(block.receipts, unrlp(trimmed(shown.index)), path(shown.path));
  need(value, `block ${block.number} has no such transaction`);
  const [status, , , logs] = rlp(value[0] < 0x80 ? value.subarray(1) : value);
  need(same(status, word(1, 1)) && logs[shown.log], "no such event");
  const [from, topics, data] = logs[shown.log];
  return { from, topics, data, block, place: [block.number, BigInt(shown.index), BigInt(shown.log)] };
}

export function moment(shown, read, account, event) {
  const { from, topics: [type, entity, ...more], data, block, place } = logged(shown, read);
  const fits = same(from, account) && same(type, event.type) && same(entity, event.entity) && same(data, event.data);
  need(fits && !more.length, `block ${block.number} shows another event than the history's`);
  return { time: block.time, block: block.number, place };
}
