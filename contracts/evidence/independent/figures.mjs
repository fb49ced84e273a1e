// Released figures: they open the commitment that all parties signed, and follow from what the owners signed for this
// session (docs/evidence.md, "Disclosure"). Here sums, joins and CKKS sums; others in engines, training and vertical.
import { canonical, cut, decimal, digest, fields, little, need, number, same } from "./primitives/bytes.mjs";
import { tagged, unhex } from "./primitives/bytes.mjs";
import { needSigned } from "./primitives/curves.mjs";
import { isJoin, isSums, isTraining } from "./asked.mjs";
import { aligned, matched, percentiles } from "./engines.mjs";
import { training } from "./training.mjs";
import { parted, scores } from "./vertical.mjs";

const OTHERS = { "ckks-sums-v1": ckks, "percentiles-v1": percentiles, "aligned-v1": aligned, "matched-v1": matched };
const MODELS = {
  ...{ "training-v1": training, "noised-training-v1": training, "measured-training-v1": training },
  ...{ "boosted-v1": parted, "regression-v1": parted, "scores-v1": scores },
};

export function figures(question, predicate, keys, disclosure, result) {
  const { session, spec, release, transcript } = predicate;
  const { salt, openings, release: shown } = fields(disclosure, "release", "salt", "openings");
  const commitment = tagged("SHUXIN-RELEASE-V1", digest(session), unhex(salt, 32), canonical(shown));
  need(same(commitment, result), "not those the parties committed to");
  const owners = session.parties.map((seat) => seat.party);
  const senders = session.protocol === "ckks-sums-v1" ? [session.terms.holder] : owners;
  need(canonical(Object.keys(openings).sort()) === canonical(senders), "openings of others than who opens");
  const body = (step, party, message) => {
    const [name, sent] = [`SHUXIN-${step}`, unhex(fields(message, "body", "signature").body)];
    const sealed = tagged(name, digest(session), party, session.recipient.party, sent);
    needSigned(keys[party], Buffer.concat([Buffer.from(`${name}\n`), sealed]), unhex(message.signature), party);
    return sent;
  };
  const flags = Buffer.from(question.cells.map((name) => Number(release.opened.includes(name))));
  const agreed = (sent, size, start = 0, told = flags) => {
    need(sent.length === size, "an opening of another length");
    need(same(sent.subarray(start, start + 32), unhex(transcript, 32)), "an owner saw other messages");
    const end = start + 32 + told.length;
    need(same(sent.subarray(start + 32, end), told), "other cells than the statement opens");
    return sent.subarray(end);
  };
  const { cells: names, least } = question;
  const told = { session, spec, question, names, flags, openings, body, agreed, release, transcript, least };
  const count = isSums(session.protocol) ? sums : isJoin(session.protocol) ? join : OTHERS[session.protocol];
  const found = (count ?? MODELS[session.protocol])(told);
  need(canonical(found) === canonical(shown), "the figures are not what the openings give");
  needMinimum(session.protocol, question, found);
  if (session.protocol === "ckks-sums-v1") return `as ${senders[0]} signed them; that they are the owners' sum only it saw`;
  if (!count && !isTraining(session.protocol)) return `as ${owners.length} owners signed them; nobody else sees parts`;
  return `added up again from ${owners.length} owners' openings`;
}

function needMinimum(protocol, { least, follows }, { cells, rows }) {
  const counted = {
    "masked-sums-v1": () => Object.keys(cells).filter((name) => !follows[name]).map((name) => cells[name]),
    "percentiles-v1": () => (cells.count === undefined ? [] : [cells.count]),
    "aligned-v1": () => cells.map((one) => one.rows),
    "matched-v1": () => cells.map((one) => one.rows),
    "training-v1": () => [rows],
    "measured-training-v1": () => [rows],
    "boosted-v1": () => [rows],
    "regression-v1": () => [rows],
    "scores-v1": () => [rows],
  };
  const isExactJoin = isJoin(protocol) && protocol !== "noised-join-v1";
  const found = isExactJoin ? cells.map((one) => one.keys) : (counted[protocol]?.() ?? []);
  need(found.every((count) => decimal(count) >= BigInt(least)), "a cell is smaller than the minimum");
}

/** Of what an owner of sums sent: the digest of the keys it saw, its masked cells, its pads and its randomness. */
function uploads({ names, openings, body, agreed }) {
  const n = names.length;
  const sent = Object.entries(openings).map(([party, messages]) => {
    const { upload, opening } = fields(messages, "upload", "opening");
    const [left, right] = [body("MS-V1 masked", party, upload), body("MS-V1 open", party, opening)];
    need(left.length === 160 + 48 * n, "an upload of another length");
    const shares = agreed(right, 32 + 49 * n);
    const [pads, random] = [cut(shares.subarray(0, 16 * n), 16), cut(shares.subarray(16 * n), 32)];
    return { keys: left.subarray(0, 32), masked: cut(left.subarray(32, 32 + 16 * n), 16), pads, random };
  });
  need(sent.every((one) => same(one.keys, sent[0].keys)), "the owners saw other keys than each other");
  return sent;
}

function sums(told) {
  const { spec, names, flags, release } = told;
  const sent = uploads(told);
  const figure = (name, at) => {
    const total = (part) => sent.reduce((sum, one) => sum + little(one[part][at]), 0n);
    const isClosed = sent.every((one) => !little(one.pads[at]) && !little(one.random[at]));
    need(flags[at] || isClosed, `something of the withheld ${name}`);
    return flags[at] ? [[name, String(BigInt.asIntN(128, total("masked") - total("pads")))]] : [];
  };
  const cells = Object.fromEntries(names.flatMap(figure));
  const found = { cells, withheld: release.withheld };
  return spec.table ? { ...found, table: arranged(spec, cells) } : found;
}

/** The same figures as rows of a declared table; a withheld cell is null. */
function arranged({ table: { column, values }, edges }, cells) {
  const cell = (name) => {
    const named = (moment) => (name === "count" ? moment : `${name}-${moment}`);
    const above = ["sum", "squares"].filter((moment) => cells[named(moment)] !== undefined);
    const moments = Object.fromEntries(above.map((moment) => [moment, cells[named(moment)]]));
    return cells[name] === undefined ? null : { count: cells[name], ...moments };
  };
  const row = (group, margin, prefix) => {
    return { group, bins: edges.map((_, at) => cell(`${prefix}bin${at}`)), all: cell(margin) };
  };
  const rows = [...values.map((group, at) => row(group, `group${at}`, `group${at}-`)), row(null, "count", "")];
  return { column, edges, rows };
}

function join({ session: { protocol, terms }, question: { sources }, names, flags, openings, body, agreed, release }) {
  const rows = decimal(terms.rows);
  const spans = terms.columns.map((one) => rows * (decimal(one.most) - decimal(one.least)));
  const most = [decimal(terms.holder_keys), rows, ...spans];
  const noise = (terms.guarantee?.deviations_milli ?? []).map((deviation) => (12n * decimal(deviation) + 999n) / 1000n);
  const parties = sources.map((one) => one.party);
  const carry = 40 + (parties.length - 1).toString(2).length;
  const bits = most.map((one, at) => (one > (noise[at] ?? 0n) ? one : noise[at]).toString(2).length);
  const widths = bits.map((size) => Math.ceil((size + carry) / 8));
  const width = widths.reduce((sum, one) => sum + one);
  const size = 64 + names.length * (1 + width);
  const sent = parties.map((party) => {
    return cut(agreed(body("PJC-V1 join-share", party, openings[party]), size, 32), width);
  });
  const cells = names.flatMap((group, place) => {
    need(flags[place] || sent.every((shares) => !number(shares[place])), `a share of the withheld ${group}`);
    if (!flags[place]) return [];
    const starts = widths.map((_, at) => widths.slice(0, at).reduce((sum, one) => sum + one, 0));
    const [keys, count, ...above] = widths.map((bytes, at) => {
      const [held, ...masks] = sent.map((shares) => number(shares[place].subarray(starts[at], starts[at] + bytes)));
      const value = masks.reduce((left, mask) => left - mask, held);
      return protocol === "noised-join-v1" ? BigInt.asIntN(8 * bytes, value) : value;
    });
    const columns = terms.columns.map((one, at) => [one.name, String(above[at] + count * decimal(one.least))]);
    return [{ group, keys: String(keys), rows: String(count), sums: Object.fromEntries(columns) }];
  });
  return { cells, withheld: release.withheld };
}

function ckks({ session: { terms }, names, openings, body, agreed, release }) {
  need(!release.withheld.length, "the key holder released other figures than the statement says");
  const released = body("CKKS-V1 ckks-release", terms.holder, openings[terms.holder]);
  const sent = agreed(released, 32 + 16 * names.length, 0, Buffer.alloc(0));
  const found = cut(sent, 16).map((one, at) => [names[at], String(BigInt.asIntN(128, number(one)))]);
  return { cells: Object.fromEntries(found), withheld: [] };
}
