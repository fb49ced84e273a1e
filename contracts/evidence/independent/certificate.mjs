// A title certificate with its status: the chain recorded these bytes, the issuer's registered key signed them, they are
// not revoked, and the title has not moved on (docs/certificates.md). What burdens the title it does not say.
import { canonical, fields, keccak256, need, number, parse, same } from "./primitives/bytes.mjs";
import { sha256, unhex, whole, word } from "./primitives/bytes.mjs";
import { needSigned } from "./primitives/curves.mjs";
import { disclosed, jws, listBits, members, rootOfBits, sdJwt } from "./primitives/paper.mjs";
import { isText } from "./register.mjs";
import { id, record, slot } from "./primitives/layouts.mjs";
import { contracts, form, historyOf, needSlots, network, valueOf } from "./chain.mjs";

const DID = /^did:shuxin:([0-9a-f]{64}):([a-z0-9][a-z0-9.-]{0,63})$/;
const W3C = "https://www.w3.org/ns/credentials/";
const PLACES = 131072;
const REGISTERED = 1n;

function openPart({ did, number: list, place, unit, version, holdings, from, until }) {
  const [period, url] = [until === undefined ? {} : { validUntil: until }, `${did}/certificates/${list}`];
  const entry = { type: "BitstringStatusListEntry", statusPurpose: "revocation", statusListIndex: place };
  return {
    "@context": [`${W3C}v2`, `${W3C}undefined-terms/v2`],
    type: ["VerifiableCredential", "RealEstateTitleCertificate"],
    issuer: did,
    validFrom: from,
    ...period,
    credentialStatus: { ...entry, statusListCredential: url },
    credentialSubject: { type: "RealEstateTitle", unit, version, holdings },
  };
}

function seconds(text) {
  need(typeof text === "string" && /^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z$/.test(text), "no time");
  const found = Date.parse(text);
  need(found >= 0 && new Date(found).toISOString() === text.replace("Z", ".000Z"), "no time");
  return BigInt(found) / 1000n;
}

/** Who signed by which key: header and claims name the same issuer. */
function issuer(header, did, typ) {
  const [, genesis, party] = DID.exec(did) ?? need(false, "an issuer without a name");
  const found = members(header);
  const [, key, epoch] = /^(did:[^#]+)#statement-([1-9][0-9]{0,8})$/.exec(found.kid) ?? need(false, "no key's name");
  need(key === did && canonical(found) === canonical({ alg: "EdDSA", cty: "vc", kid: found.kid, typ }), "other header");
  return { did, genesis: unhex(genesis), party, epoch: Number(epoch) };
}

function read(text) {
  const shown = sdJwt(text);
  const claims = disclosed(shown);
  const { issuer: did, validFrom: from, validUntil: until, credentialStatus: { statusListIndex: place } } = claims;
  const { unit, version, holdings, type, ...content } = claims.credentialSubject;
  const url = claims.credentialStatus.statusListCredential;
  const named = issuer(shown.header, did, "vc+sd-jwt");
  const [, list] = /\/certificates\/(0|[1-9][0-9]{0,9})$/.exec(url) ?? need(false, "no status list of the issuer");
  need(/^(0|[1-9][0-9]{0,8})$/.test(place) && Number(place) < PLACES && Number(list) < 2 ** 32, "no place in a list");
  need(whole(version) > 0 && unhex(unit, 32) && unhex(holdings, 32), "no state of a title");
  const found = openPart({ did, number: list, place, unit, version, holdings, from, until });
  const expected = { ...found, credentialSubject: { ...content, ...found.credentialSubject } };
  need(canonical(claims) === canonical(expected), "members that a certificate does not have");
  const period = [seconds(from), until === undefined ? null : seconds(until)];
  need(period[1] === null || period[1] > period[0], "ends before it begins");
  const listed = members(shown.payload).credentialSubject?.holders;
  const told = { shown, issuer: named, list: Number(list), place: Number(place), unit, version, holdings, period };
  return { ...told, content: readContent(content), holders: Array.isArray(listed) ? listed.length : 0 };
}

function readContent({ code, right, holders = [], spatialUnit = [], spatialSalt, ...more }) {
  need(canonical(more) === "{}" && (code === undefined || isText(code, 2000)), "content that a certificate does not have");
  need(right === undefined || (whole(right) > 0 && right < 11), "no kind of right");
  const shares = holders.map((one) => {
    const { name, share, salt } = fields(one, "name", "share", "salt");
    need(isText(name, 2000) && /^[1-9][0-9]{0,19}(\/[1-9][0-9]{0,19})?$/.test(share), "no holder");
    const [over, under = "1"] = share.split("/");
    return { share: [BigInt(over), BigInt(under)], held: sha256("SHUXIN-HOLDER-V1", unhex(salt, 16), name) };
  });
  const features = spatialUnit.map((one) => {
    const { term, value } = fields(one, "term", "value");
    need(isText(term, 2000) && (value === null || typeof value !== "object"), "no feature");
    return [term, value];
  });
  need(new Set(features.map(([term]) => term)).size === features.length, "a feature twice");
  const salt = spatialSalt === undefined ? null : unhex(spatialSalt, 16);
  const spatial = salt && sha256("SHUXIN-SPATIAL-1", salt, canonical(Object.fromEntries(features)));
  return { right, shares, spatial };
}

const divisor = (a, b) => (b ? divisor(b, a % b) : a);

/** The digest by which the register knows holders and shares (docs/property.md). */
export function holdingsOf(shares) {
  const sorted = [...shares].sort((a, b) => Buffer.compare(a.held, b.held));
  const least = (sum, { share: [over, under] }) => {
    const own = under / divisor(over, under);
    return (sum * own) / divisor(sum, own);
  };
  const denominator = sorted.reduce(least, 1n);
  const parts = sorted.map(({ share: [over, under] }) => (over * denominator) / under);
  need(parts.reduce((sum, one) => sum + one, 0n) === denominator && denominator <= 1n << 64n, "shares do not sum to one");
  need(new Set(sorted.map((one) => String(one.held))).size === sorted.length && sorted.length <= 16, "a holder twice");
  return heldDigest(sorted.map((one) => one.held), parts, denominator);
}

export function heldDigest(holders, parts, denominator) {
  const count = word(holders.length);
  const places = [word(96), word(128 + 32 * holders.length), word(denominator)];
  return keccak256(...places, count, ...holders, count, ...parts.map((part) => word(part)));
}

export function certificate(text, proof, trust, take) {
  const { told, status, chain } = take("form", () => {
    const found = parse(proof);
    fields(found, "format", "list", "chain");
    need(found.format === "shuxin-certificate-status-v1", "a status of another format");
    need(found.list === null || (typeof found.list === "string" && found.list.length <= 1 << 16), "no list");
    return { told: read(text), status: found, chain: form(found.chain) };
  });
  take("network", () => network(status.chain, chain, trust));
  const names = ["Certificates", "Parties", "Titles"];
  const proven = take("contracts", () => contracts(status.chain, chain, trust, names));
  const { issuer: by, unit, place, list, version, period, content, shown } = told;
  const [party, flat, now] = [id(by.party), unhex(unit), chain.headers.at(-1).time];
  const key = keccak256(party, word(list));
  const issued = record("Certificates", "certificates", key, word(place));
  const [bits, root] = [slot("Certificates", "words", key, word(place >> 8)), slot("Certificates", "nodes", key, word(1))];
  const keys = record("Parties", "keyring", party, word(by.epoch));
  const title = record("Titles", "units", flat);
  const held = (contract, at) => valueOf(proven[contract].words, at);
  take("certificate", () => {
    need(same(by.genesis, trust.genesis) && !status.chain.moments.length, "of another network, or with receipts");
    needSlots(proven.Certificates.words, [...Object.values(issued), bits, root], "Certificates");
    needSlots(proven.Parties.words, Object.values(keys), "Parties");
    needSlots(proven.Titles.words, [...Object.values(title), ...historyOf("Titles", flat)], "Titles");
    const is = (name, value) => same(held("Certificates", issued[name]), value);
    need(number(held("Certificates", issued.since)), "none was issued at its place");
    const digest = sha256(shown.text);
    need(is("digest", digest) && is("unit", flat) && is("version", word(version)), "another one was issued there");
  });
  take("issuer", () => {
    const times = ["since", "until", "compromised"].map((name) => number(held("Parties", keys[name])));
    const [since, until, compromised] = times;
    need(since && !compromised && (!until || until > period[0]), "a key that is none, compromised, or was replaced");
    needSigned(held("Parties", keys.statement), shown.signed, shown.signature, by.party);
  });
  take("status", () => {
    need(!((number(held("Certificates", bits)) >> BigInt(255 - (place % 256))) & 1n), "revoked");
    const signer = held("Parties", keys.statement);
    if (status.list !== null) needList(status.list, by, list, signer, held("Certificates", root));
    return `as of block ${chain.headers.at(-1).number}`;
  });
  take("title", () => {
    const is = (name, value) => same(held("Titles", title[name]), value);
    need(same(held("Titles", slot("Titles", "count", flat)), word(version)), "the title has had another entry since");
    need(is("state", word(REGISTERED)) && is("registrar", party), "not in force in this registrar's register");
    need(is("holdings", unhex(told.holdings)), "other holders than on chain");
    need(content.right === undefined || is("right", word(content.right)), "another right than on chain");
    const hasAll = content.shares.length === told.holders && told.holders > 0;
    need(!hasAll || is("holdings", holdingsOf(content.shares)), "the holders are not those of the chain");
    need(!content.spatial || is("spatial", content.spatial), "the description is not that of the chain");
    return hasAll ? "all holders compared with the chain" : "holders not all shown";
  });
  take("period", () => need(period[0] <= now && (period[1] === null || now < period[1]), "not in its period"));
}

/** A list that came along is this issuer's, and bit by bit the one that the chain has. */
function needList(text, by, number, key, root) {
  const list = jws(text);
  const claims = members(list.payload);
  const url = `${by.did}/certificates/${number}`;
  const named = issuer(list.header, claims.issuer, "vc+jwt");
  seconds(claims.validFrom);
  const subject = { id: `${url}#list`, type: "BitstringStatusList", statusPurpose: "revocation" };
  const type = ["VerifiableCredential", "BitstringStatusListCredential"];
  const { encodedList } = claims.credentialSubject;
  const open = { "@context": [`${W3C}v2`], id: url, type, issuer: by.did, validFrom: claims.validFrom };
  const expected = { ...open, credentialSubject: { ...subject, encodedList } };
  need(named.epoch === by.epoch && canonical(claims) === canonical(expected), "a list of another issuer or number");
  needSigned(key, list.signed, list.signature, by.party);
  const known = same(root, word(0)) ? rootOfBits(Buffer.alloc(PLACES / 8)) : root;
  need(same(rootOfBits(listBits(encodedList)), known), "the list is not the one that the chain has");
}
