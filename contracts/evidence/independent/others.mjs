// Two short kinds of evidence: a record of a stream, and a voucher of a data asset (docs/evidence.md).
import { canonical, fields, keccak256, list, need, number, same } from "./primitives/bytes.mjs";
import { tagged, unhex, whole, word } from "./primitives/bytes.mjs";
import { leafOf, needIncluded } from "./primitives/trees.mjs";
import { id, record, slot } from "./primitives/layouts.mjs";
import { contracts, form, needSlots, network, valueOf } from "./chain.mjs";

const hex = (bytes) => bytes.toString("hex");

export function streamProof(file, trust, take, bytes) {
  const { stream, index, size, salt, path, root } = file;
  const read = take("form", () => {
    fields(file, "format", "version", "stream", "index", "size", "salt", "path", "root", "anchor");
    need(file.version === 1 && typeof stream === "string" && whole(index) < whole(size), "no place in the stream");
    return form(file.anchor);
  });
  take("network", () => network(file.anchor, read, trust));
  const { Notary } = take("contracts", () => contracts(file.anchor, read, trust, ["Notary"]));
  take("anchor", () => {
    const held = slot("Notary", "roots", id(stream), word(size));
    needSlots(Notary.words, [...Object.values(record("Notary", "streams", id(stream))), held], "Notary");
    need(!file.anchor.moments.length && hex(valueOf(Notary.words, held)) === root, "the chain holds another root");
  });
  take("inclusion", () => {
    const flat = list(path, 64).map((one) => unhex(one, 32));
    needIncluded(leafOf(unhex(salt, 16), bytes), index, size, flat, unhex(root, 32));
  });
}

export function voucherProof(file, trust, take) {
  const { voucher, holding, chain } = file;
  const read = take("form", () => {
    fields(file, "format", "version", "voucher", "holding", "chain");
    const names = ["number", "issuer", "asset", "title", "provider", "content", "valid_from", "valid_until", "salt"];
    fields(voucher, "format", "version", ...names);
    if (holding !== null) fields(holding, "format", "version", "party", "salt");
    const forms = [[file, "-proof"], [voucher, ""], ...(holding ? [[holding, "-holding"]] : [])];
    const isOne = ([part, of]) => part.format === `shuxin-voucher${of}` && part.version === 1;
    need(forms.every(isOne), "a voucher, holding or proof of another format or version");
    return form(chain);
  });
  take("network", () => network(chain, read, trust));
  const { Vouchers } = take("contracts", () => contracts(chain, read, trust, ["Vouchers"]));
  const slots = record("Vouchers", "vouchers", tagged("shuxin-voucher v1", canonical(voucher)));
  const held = (name) => valueOf(Vouchers.words, slots[name]);
  take("voucher", () => {
    needSlots(Vouchers.words, Object.values(slots), "Vouchers");
    const [from, until] = [held("valid_from"), held("valid_until")].map(number);
    need(same(held("issuer"), id(voucher.issuer)) && from === BigInt(voucher.valid_from), "no such voucher");
    need(until === BigInt(voucher.valid_until) && !chain.moments.length, "no such voucher");
    const now = read.headers.at(-1).time;
    need(!number(held("revoked")) && from <= now && now < until, "revoked, or not in its period");
  });
  const commitment = () => keccak256(id("shuxin voucher holder v1"), id(holding.party), unhex(holding.salt, 32));
  if (holding) take("holder", () => need(same(held("holder"), commitment()), "the chain has another holder"));
}
