// What a certificate is written in: SD-JWT (RFC 9901 sections 4 and 7.1), base64url in its one spelling, lists of bits
// (Bitstring Status List 1.0), and the texts of printed codes (RFC 9285, RFC 1950; docs/certificates.md).
import { gunzipSync, inflateSync } from "node:zlib";
import { canonical, cut, list, need, parseAny, rlp, same, sha256, word } from "./bytes.mjs";
import { rootOf } from "./trees.mjs";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const PART = /^SX1:([CSE]):([0-9]{1,2})\/([0-9]{1,2}):([0-9A-F]{8}):([0-9A-Z $%*+\-./:]*)$/;
const LIMIT = 1 << 20;
const LIST_BYTES = 16384;
// What certificates have in common, by which codes are packed: part of the format.
const KNOWN = [
  '{"format":"shuxin-entry-receipt-v1","entry":{"application":","registrar":"',
  '{"chain":{"changes":[],"headers":["","moments":[],"nodes":["],"states":[{"account":[],"address":"',
  '00000000000000000000000000000000000053","contract":"Directory","header":1,"slots":[{"path":[],"slot":"',
  '{"name":","salt":","share":"1/2"}]",{"term":"address","value":"area","spatialSalt","right",2],"code","',
  '{"alg":"EdDSA","cty":"vc","kid":"#statement-1","typ":"vc+sd-jwt"}',
  '{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"],',
  '"_sd_alg":"sha-256","credentialStatus":{"statusListCredential":"did:shuxin:/certificates/0","statusListIndex":"',
  '","statusPurpose":"revocation","type":"BitstringStatusListEntry"},"credentialSubject":{"_sd":["',
  '"],"holders":[{"...":"","holdings":"","spatialUnit":[{"...":""},{"...":""}]',
  '","type":"RealEstateTitle","unit":"","version":1},"issuer":"did:shuxin:',
  '","type":["VerifiableCredential","RealEstateTitleCertificate"],"validFrom":"2026-01-01T00:00:00Z"}',
].join("");

export function unbase64url(text) {
  const found = Buffer.from(typeof text === "string" ? text : "!", "base64url");
  need(found.toString("base64url") === text, "expected base64url in its one spelling");
  return found;
}

/** A compact JWS: header, payload, signature, and the bytes that the signature covers. */
export function jws(text) {
  const parts = text.split(".");
  need(parts.length === 3, "JWS: expected three parts");
  const [header, payload, signature] = parts.map(unbase64url);
  return { text, header, payload, signature, signed: Buffer.from(parts.slice(0, 2).join(".")) };
}

export function sdJwt(text) {
  const [issued, ...disclosures] = text.split("~");
  need(text.length <= 1 << 16 && disclosures.length && disclosures.length <= 257, "SD-JWT: no compact form");
  need(disclosures.pop() === "" && disclosures.every((one) => unbase64url(one).length), "SD-JWT: a key binding");
  return { ...jws(issued), disclosures };
}

export function members(bytes) {
  const value = parseAny(bytes);
  need(value !== null && typeof value === "object" && !Array.isArray(value), "JWS: expected a JSON object");
  return value;
}

/** What a signed payload and its disclosures say together; every disclosure belongs to one digest. */
export function disclosed({ payload, disclosures }) {
  const { _sd_alg: algorithm = "sha-256", ...claims } = members(payload);
  need(algorithm === "sha-256", "SD-JWT: expected digests by sha-256");
  const given = new Map(disclosures.map((one) => [sha256(one).toString("base64url"), one]));
  need(given.size === disclosures.length, "SD-JWT: a disclosure is given twice");
  const seen = new Set();
  const opened = (digest) => {
    need(typeof digest === "string" && !seen.has(digest), "SD-JWT: a digest is there twice, or is no text");
    seen.add(digest);
    return given.has(digest) ? list(parseAny(unbase64url(given.get(digest)))) : null;
  };
  const hides = (item) => item !== null && typeof item === "object" && canonical(Object.keys(item)) === '["..."]';
  const element = (item) => {
    if (!hides(item)) return [read(item)];
    const found = opened(item["..."]);
    need(!found || (found.length === 2 && typeof found[0] === "string"), "SD-JWT: expected salt and value");
    return found ? [read(found[1])] : [];
  };
  const read = (value) => {
    if (Array.isArray(value)) return value.flatMap(element);
    if (value === null || typeof value !== "object") return value;
    const { _sd: digests = [], ...open } = value;
    need(!Object.hasOwn(open, "..."), "SD-JWT: a digest of an element outside an array");
    const found = Object.fromEntries(Object.entries(open).map(([name, item]) => [name, read(item)]));
    for (const member of list(digests).map(opened).filter(Boolean)) {
      const [salt, name, item] = member;
      need(member.length === 3 && [salt, name].every((one) => typeof one === "string"), "SD-JWT: no member");
      need(!["_sd", "...", "__proto__"].includes(name) && !Object.hasOwn(found, name), "SD-JWT: a member twice");
      found[name] = read(item);
    }
    return found;
  };
  const found = read(claims);
  need([...given.keys()].every((digest) => seen.has(digest)), "SD-JWT: a disclosure belongs to no digest");
  return found;
}

/** The bits of a list of revocations that travels as text, and the root by which the chain knows them. */
export function listBits(text) {
  need(typeof text === "string" && text[0] === "u" && text.length <= 1 << 16, "status list: no multibase base64url");
  const packed = Buffer.from(text.slice(1), "base64url");
  const { buffer, engine } = gunzipSync(packed, { maxOutputLength: LIST_BYTES + 1, info: true });
  need(buffer.length === LIST_BYTES && engine.bytesWritten === packed.length, "status list: of another size");
  return buffer;
}

export const rootOfBits = (bits) => rootOf(cut(bits, 32).map((part) => sha256(Buffer.of(0), part)));

function unbase45(text) {
  const pieces = Array.from({ length: Math.ceil(text.length / 3) }, (_, at) => text.slice(3 * at, 3 * at + 3));
  return Buffer.concat(pieces.map((piece) => {
    const value = [...piece].reduceRight((sum, letter) => 45 * sum + ALPHABET.indexOf(letter), 0);
    need(piece.length > 1 && value < 256 ** (piece.length - 1), "code: not base45");
    return word(value, piece.length - 1);
  }));
}

/** What a scanner read: the bytes of each kind, from texts in any order. */
export function scanned(text) {
  const papers = new Map();
  const lines = text.replace(/\n$/, "").split("\n").map((line) => line.replace(/\r$/, ""));
  need(lines.length <= 192, "code: too many lines");
  for (const line of lines) {
    const [, kind, number, of, check, piece] = (line.length <= 4296 && PART.exec(line)) || need(false, "code: no part");
    const [at, count] = [Number(number), Number(of)];
    need(at > 0 && at <= count && count <= 64, "code: no such part");
    const known = papers.get(kind) ?? { check, count, pieces: [] };
    need(known.check === check && known.count === count, "code: parts of different papers");
    need((known.pieces[at - 1] ?? piece) === piece, "code: parts of different papers");
    known.pieces[at - 1] = piece;
    papers.set(kind, known);
  }
  return Object.fromEntries([...papers].map(([kind, { check, count, pieces }]) => {
    need(Object.keys(pieces).length === count, "code: a part is missing");
    const packed = Buffer.concat(pieces.map(unbase45));
    need(sha256(packed).subarray(0, 4).toString("hex").toUpperCase() === check, "code: parts that do not belong together");
    const options = { dictionary: Buffer.from(KNOWN), maxOutputLength: LIMIT, info: true };
    const { buffer, engine } = inflateSync(packed, options);
    need(engine.bytesWritten === packed.length, "code: something behind what is packed");
    return [kind, buffer];
  }));
}

/** A certificate's text from the bytes in its codes. */
export function unpacked(bytes) {
  const [header, payload, signature, disclosures, ...more] = rlp(bytes);
  const items = [header, payload, signature, ...list(disclosures, 256)];
  need(items.every(Buffer.isBuffer) && !more.length && same(items[0], header), "code: no certificate in it");
  const [first, second, third, ...rest] = items.map((item) => item.toString("base64url"));
  return [[first, second, third].join("."), ...rest, ""].join("~");
}
