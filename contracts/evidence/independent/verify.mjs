#!/usr/bin/env node
// A second verifier of evidence, written from docs/evidence.md, with none of our Python. Node 18 or later, no package:
//
//     node verify.mjs EVIDENCE TRUST [RECORD]
//
// Exit code 0: every step that it takes holds. 1: one does not, and is named. 2: a file that cannot be read, or of a
// kind that it does not take. Which steps it takes: docs/independent.md. It opens those files and contracts/artefacts.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fields, need, parse, Refused, unbase64 } from "./bytes.mjs";
import { contracts, form, moment, network, trusted } from "./chain.mjs";
import { figures } from "./figures.mjs";
import { anchor, authorizations, budget, cells, job, rules, signatures, statement } from "./job.mjs";
import { streamProof, voucherProof } from "./others.mjs";

function jobEvidence(file, trust, take) {
  const model = '"predicateType":"urn:shuxin:evidence:joint-model:v1"';
  const needed = ["Authorizations", "Budgets", "Jobs", "Parties"];
  const read = take("form", () => {
    fields(file, "format", "envelope", "chain", "histories", "disclosure");
    need(file.format === "shuxin-evidence-v1" && typeof file.disclosure === "object", "evidence of another format");
    return form(file.chain);
  });
  const isModel = String(unbase64(file.envelope.payload)).includes(model);
  take("network", () => network(file.chain, read, trust));
  const proven = take("contracts", () => contracts(file.chain, read, trust, isModel ? [...needed, "Notary"] : needed));
  const released = take("job", () => job(file.histories, proven.Jobs));
  const times = take("moments", () => {
    need(file.chain.moments.length === 2 || isModel, "expected the first opening and the last signature");
    const events = [released.opened, released.last];
    const time = (event, at) => moment(file.chain.moments[at], read, proven.Jobs.account, event);
    const [opened, signed] = events.map(time);
    need(opened <= signed && signed < released.deadline, "not in order, or after the deadline");
    return { opened, signed };
  });
  const found = take("statement", () => statement(file.envelope, released, proven.Parties, times, trust.genesis));
  take("signatures", () => signatures(file.envelope, found.keys));
  take("authorizations", () =>
    authorizations(file.histories.slice(1), proven.Authorizations, released, found.sources, times.opened));
  take("budget", () => budget(proven.Budgets, released, found));
  take("rules", () => rules(found.predicate));
  if (isModel) take("anchor", () => anchor(found.predicate, proven.Notary, released));
  const names = cells(found.predicate.session, found.predicate.spec);
  const shown = file.disclosure;
  take("figures", () => shown !== null && figures(names, found.predicate, found.keys, shown, released.result));
}

/** Judge bytes: which steps hold, the first that does not and why. Throws for a file of no kind that is taken. */
export function verdict(bytes, trustBytes, record) {
  const [, kind] = /"format":"(shuxin-evidence-v1|shuxin-stream-proof|shuxin-voucher-proof)"/.exec(bytes) ?? [];
  if (!kind || (kind === "shuxin-stream-proof") !== Boolean(record)) throw new Error("of a kind that is not taken");
  const [trust, steps] = [trusted(parse(trustBytes)), []];
  const take = (name, act) => {
    steps.push({ name });
    return (steps.at(-1).detail = act());
  };
  const judge = { "shuxin-stream-proof": streamProof, "shuxin-voucher-proof": voucherProof }[kind] ?? jobEvidence;
  try {
    judge(take("canonical", () => parse(bytes)), trust, take, record);
    return { steps, failed: null, assurance: trust.assurance };
  } catch (fault) {
    const isOurs = fault instanceof Refused || fault instanceof TypeError || fault instanceof RangeError;
    if (!isOurs) throw fault;
    const failed = steps.at(-1).name;
    return { steps: steps.slice(0, -1), failed: failed === "canonical" ? "form" : failed, reason: fault.message };
  }
}

function main(paths) {
  try {
    const [evidence, trust, record] = paths.map((path) => readFileSync(path));
    const { steps, failed, reason, assurance } = verdict(evidence, trust, record);
    const told = (detail) => (typeof detail === "string" ? ` (${detail})` : "");
    for (const { name, detail } of steps) console.log(`ok   ${name}${told(detail)}`);
    console.log(failed ? `FAIL ${failed}: ${reason}` : `holds; the trust file says: ${assurance}`);
    process.exitCode = failed ? 1 : 0;
  } catch (fault) {
    console.error(`cannot read: ${fault.message}`);
    process.exitCode = 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
