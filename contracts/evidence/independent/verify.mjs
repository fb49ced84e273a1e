#!/usr/bin/env node
// A second verifier of evidence, written from docs/evidence.md, with none of our Python. Node 18 or later, no package:
//
//     node verify.mjs EVIDENCE TRUST [RECORD | STATUS]
//
// RECORD is what a stream proof is about, STATUS how a certificate stands. Exit code 0: every step holds. 1: one does
// not, and is named. 2: a file that cannot be read, or of a kind that is not judged. It opens those files,
// contracts/artefacts and ledgers.json beside it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fields, need, parse, Refused, unbase64 } from "./primitives/bytes.mjs";
import { scanned, unpacked } from "./primitives/paper.mjs";
import { certificate } from "./certificate.mjs";
import { commitments } from "./commitments.mjs";
import { isSums } from "./asked.mjs";
import { figures } from "./figures.mjs";
import { authorizations, budget, job, leakage, rules, signatures, statement } from "./job.mjs";
import { anchor, derived, throughout } from "./model.mjs";
import { streamProof, voucherProof } from "./others.mjs";
import { actReceipt, entryReceipt, eventProof } from "./register.mjs";
import { titleProof } from "./title.mjs";
import { contracts, form, moment, network, trusted } from "./chain.mjs";

const JUDGES = {
  "shuxin-evidence-v1": jobEvidence,
  "shuxin-stream-proof": streamProof,
  "shuxin-voucher-proof": voucherProof,
  "shuxin-title": titleProof,
  "shuxin-event-proof-v1": eventProof,
  "shuxin-entry-receipt-v1": entryReceipt,
  "shuxin-act-receipt-v1": actReceipt,
};

function jobEvidence(file, trust, take) {
  const model = '"predicateType":"urn:shuxin:evidence:joint-model:v1"';
  const needed = ["Authorizations", "Budgets", "Jobs", "Parties"];
  const read = take("form", () => {
    fields(file, "format", "envelope", "chain", "histories", "disclosure");
    need(typeof file.disclosure === "object", "a disclosure that is none");
    return form(file.chain);
  });
  const isModel = String(unbase64(file.envelope.payload)).includes(model);
  take("network", () => network(file.chain, read, trust));
  const proven = take("contracts", () => contracts(file.chain, read, trust, isModel ? [...needed, "Notary"] : needed));
  const released = take("job", () => job(file.histories, proven.Jobs));
  const times = take("moments", () => {
    need(file.chain.moments.length === 2 || isModel, "expected the first opening and the last signature");
    const events = [released.opened, released.last];
    const time = (event, at) => moment(file.chain.moments[at], read, proven.Jobs.account, event).time;
    const [opened, signed] = events.map(time);
    need(opened <= signed && signed < released.deadline, "not in order, or after the deadline");
    return { opened, signed };
  });
  const found = take("statement", () => statement(file.envelope, released, proven.Parties, times, trust.genesis));
  const { predicate, question, keys, sources } = found;
  take("signatures", () => signatures(file.envelope, keys));
  const grants = take("authorizations", () =>
    authorizations(file.histories.slice(1), proven.Authorizations, released, sources, times.opened));
  take("budget", () => budget(proven.Budgets, released, found));
  take("rules", () => rules(predicate, question));
  if (isModel) {
    take("anchor", () => anchor(predicate, proven.Notary, released));
    take("throughout", () => throughout(predicate, grants, file.chain, read, proven, released));
    take("derived", () => derived(grants));
  }
  const shown = file.disclosure;
  const isShown = shown !== null;
  const judged = () => figures(question, predicate, keys, shown, released.result);
  take("figures", () => (isShown ? judged() : "withheld: an owner's copy"));
  if (isShown && isSums(question.protocol)) take("commitments", () => commitments(predicate, question.cells, shown));
  take("leakage", () => leakage(predicate, question));
}

/** What came: the kind and the bytes to judge, a certificate's text, the file beside it. Throws for what is none. */
function opened(bytes, beside) {
  const head = bytes.subarray(0, 4).toString("latin1");
  if (head.startsWith("eyJ")) return { text: bytes.toString("latin1").replace(/\n$/, ""), proof: beside };
  if (head === "SX1:") {
    need(bytes.length <= 1 << 19, "too many codes");
    const { C: packed, E: receipt, S: status } = scanned(bytes.toString("latin1"));
    need(!packed !== !receipt, "not the codes of one certificate or of one receipt");
    return packed ? { text: unpacked(packed), proof: beside ?? status } : opened(receipt, beside);
  }
  let kind;
  try {
    kind = parse(bytes).format;
  } catch {
    kind = Object.keys(JUDGES).find((name) => bytes.includes(`"${name}"`));
  }
  if (!Object.hasOwn(JUDGES, kind)) throw new Error("of a kind that is not judged");
  if ((kind === "shuxin-stream-proof") !== Boolean(beside)) throw new Error("a record belongs to a stream proof alone");
  return { kind, bytes, record: beside };
}

/** Judge bytes: which steps hold, the first that does not and why. Throws for a file of no kind that is judged. */
export function verdict(bytes, trustBytes, beside) {
  const { kind, bytes: file, record, text, proof } = opened(bytes, beside);
  if (text !== undefined && !proof) throw new Error("a certificate is judged with its status");
  const [trust, steps] = [trusted(parse(trustBytes)), []];
  const take = (name, act) => {
    steps.push({ name });
    return (steps.at(-1).detail = act());
  };
  try {
    if (text !== undefined) certificate(text, proof, trust, take);
    else JUDGES[kind](take("canonical", () => parse(file)), trust, take, record);
    return { steps, failed: null, assurance: trust.assurance };
  } catch (fault) {
    const isOurs = [Refused, TypeError, RangeError].some((one) => fault instanceof one) || /^Z_/.test(fault.code);
    if (!isOurs) throw fault;
    const failed = steps.at(-1).name;
    return { steps: steps.slice(0, -1), failed: failed === "canonical" ? "form" : failed, reason: fault.message };
  }
}

function main(paths) {
  try {
    const [evidence, trust, beside] = paths.map((path) => readFileSync(path));
    const { steps, failed, reason, assurance } = verdict(evidence, trust, beside);
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
