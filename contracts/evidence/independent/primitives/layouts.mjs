// Where contracts keep their words, and how their events are named: from contracts/artefacts, which the gate rebuilds from
// the contracts' source (Vyper's order of mappings and members, docs/evidence.md, "Encodings").
import { existsSync, readFileSync } from "node:fs";
import { keccak256, need, number, same, word } from "./bytes.mjs";

const folder = new URL("../../../artefacts/", import.meta.url);
const known = new Map();
export const id = (name) => keccak256(name);

export function artefact(name) {
  const file = new URL(`${name}.json`, folder);
  need(/^[A-Z][A-Za-z]{2,30}$/.test(name) && existsSync(file), "no contract of this network");
  if (!known.has(name)) known.set(name, JSON.parse(readFileSync(file)));
  return known.get(name);
}

export function topic(contract, event) {
  const { name, inputs } = artefact(contract).abi.find((one) => one.type === "event" && one.name === event);
  return keccak256(`${name}(${inputs.map((one) => one.type)})`);
}

export const eventName = (contract, type) =>
  artefact(contract).abi.find((one) => one.type === "event" && same(topic(contract, one.name), type))?.name;

export function slot(contract, variable, ...keys) {
  return keys.reduce((at, key) => keccak256(at, key), word(artefact(contract).layout[variable]));
}

export function record(contract, variable, ...keys) {
  const [start, members] = [number(slot(contract, variable, ...keys)), artefact(contract).members[variable]];
  const names = Object.keys(members).sort((a, b) => members[a] - members[b]);
  return Object.fromEntries(names.map((name) => [name, word(BigInt.asUintN(256, start + BigInt(members[name])))]));
}
