"""Verifying a title certificate offline: its text, a status file and a trust file in, a verdict out.

It takes nothing from the certificate on its word: that it was issued, for which state of which title and that it is not
revoked stand in proven storage, and so do its issuer's key and the title as of the status file's block. Holders and
description that are shown in full are compared with the chain's digests; shown in part they rest on the issuer's
signature. A certificate under a key that was declared compromised is refused whatever date it bears.

What a verdict that holds does NOT say: anything after the status file's block, what burdens the title, or that who
shows the certificate is one of its holders. Trust assumption: the trust file, and what its assurance says.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts.addresses import CERTIFICATES, PARTIES, TITLES
from contracts.certificates import bits, sdjwt
from contracts.certificates import client as certificates
from contracts.certificates import content as contents
from contracts.certificates import credential as credentials
from contracts.certificates.content import Content
from contracts.certificates.credential import Certified, Shown, write_time
from contracts.certificates.rules import list_id
from contracts.certificates.sdjwt import SdJwt
from contracts.certificates.telling import sentences
from contracts.evidence.network import Network, require_network
from contracts.evidence.register import status as statuses
from contracts.evidence.register.status import Status, slots_of
from contracts.evidence.report import FORM, Failed, Record, Verdict, Words
from contracts.evidence.states import Proven, require_states
from contracts.parties.client import decode_keys, party_id
from contracts.parties.record import Keys
from contracts.proven import history_fact
from contracts.titles import client as titles
from contracts.titles.record import UnitState
from ledger.crypto import signing
from ledger.errors import InvalidRecord, VerificationError
from ledger.proofs.trust import Trust

SUITE = "ed25519"


@dataclass(frozen=True, slots=True)
class Read:
    """A certificate and its status, read and not yet verified."""

    text: SdJwt
    shown: Shown
    content: Content
    status: Status

    @property
    def certified(self) -> Certified:
        return self.shown.certified

    @property
    def list(self) -> bytes:
        """Id on chain of the list that the certificate stands in."""
        return list_id(party_id(self.certified.issuer.party), self.certified.number)


def verify_certificate(text: str, status: bytes, trust: Trust) -> Verdict:
    """Verify a certificate, whole or in part; the verdict ends with the first step that does not hold."""
    steps = Record()
    try:
        found = _examine(text, status, trust, steps)
    except Failed:
        return Verdict(tuple(steps.steps), trust.assurance)
    en, zh = sentences(found.shown, found.content)
    return Verdict(tuple(steps.steps), trust.assurance, figures=dict(found.shown.content), shown=Words(en, zh))


def _examine(text: str, status: bytes, trust: Trust, steps: Record) -> Read:
    read = steps.take(FORM, lambda: _read(text, status))
    network = steps.take("network", lambda: require_network(read.status.chain, trust))
    proven = steps.take("contracts", lambda: require_states(read.status.chain, network, statuses.CONTRACTS))
    found = steps.take("certificate", lambda: _require_recorded(read, proven, trust))
    keys = steps.take("issuer", lambda: _require_signed(read, proven))
    steps.take("status", lambda: _require_standing(read, found, keys, network))
    steps.take("title", lambda: _require_title(read, proven))
    steps.take("period", lambda: _require_period(read.certified, network))
    return read


def _read(text: str, encoded: bytes) -> tuple[Read, Words]:
    parsed = sdjwt.parse(text)
    shown = credentials.read(parsed)
    read = Read(parsed, shown, contents.read(shown), statuses.parse(encoded))
    count = len(parsed.disclosures)
    return read, Words(f"{len(text)} characters, {count} members disclosed", f"{len(text)} 个字符,披露 {count} 项")


def _require_recorded(read: Read, proven: Proven, trust: Trust) -> tuple[certificates.Status, Words]:
    """Verify that the chain recorded these very bytes at this place, for this state of this unit."""
    certified = read.certified
    if certified.issuer.genesis != trust.genesis_hash:
        raise VerificationError("certificate: of another network")
    if read.status.chain.moments:
        raise VerificationError("certificate: expected no receipts")
    for contract, slots in slots_of(certified).items():
        proven.require_slots(contract, slots)
    found = certificates.decode_status(read.list, certified.place, proven.values[CERTIFICATES])
    record = found.certificate
    if not record.since:
        raise VerificationError(f"certificate: {certified.issuer.party} issued none at place {certified.place}")
    if (record.digest, record.unit, record.version) != (read.text.digest, certified.unit, certified.version):
        raise VerificationError(f"certificate: another one was issued at place {certified.place}")
    time = write_time(record.since)
    return found, Words(f"issued {time}, place {certified.place}", f"签发于 {time},序位 {certified.place}")


def _require_signed(read: Read, proven: Proven) -> tuple[Keys, Words]:
    issuer = read.certified.issuer
    keys = decode_keys(party_id(issuer.party), issuer.epoch, proven.values[PARTIES])
    if not keys.since:
        raise VerificationError(f"issuer: {issuer.party} has no statement key of epoch {issuer.epoch}")
    if keys.compromised:
        raise VerificationError(f"issuer: the key is compromised since {write_time(keys.compromised)}")
    if keys.until and keys.until <= read.certified.valid_from:
        raise VerificationError(f"issuer: the key was replaced at {write_time(keys.until)}")
    _require_signature(keys, read.text)
    return keys, Words(f"{issuer.party}, key {issuer.epoch}", f"{issuer.party},第 {issuer.epoch} 号密钥")


def _require_signature(keys: Keys, text: SdJwt) -> None:
    try:
        signing.verify(SUITE, keys.statement, text.signed, text.signature)
    except (VerificationError, InvalidRecord) as fault:
        raise VerificationError("issuer: the signature does not hold") from fault


def _require_standing(read: Read, found: certificates.Status, keys: Keys, network: Network) -> tuple[None, Words]:
    number, time = network.newest.number, write_time(network.newest.timestamp)
    if found.is_revoked:
        raise VerificationError(f"status: revoked, as of block {number}, {time}")
    if read.status.list is not None:
        _require_list(read, read.status.list, found, keys)
    return None, Words(f"as of block {number}, {time}", f"截至第 {number} 块,{time}")


def _require_list(read: Read, text: str, found: certificates.Status, keys: Keys) -> None:
    """Verify that a list that came along is this issuer's, and bit by bit the one that the chain has."""
    certified, list = read.certified, SdJwt(*sdjwt.parse_jws(text))
    issuer, number, encoded = credentials.read_status_list(list.header, list.payload)
    if (issuer, number) != (certified.issuer, certified.number):
        raise VerificationError(f"status: the list is {issuer.list_url(number)}, signed by key {issuer.epoch}")
    _require_signature(keys, list)
    if bits.root_of(bits.unpack(encoded)) != found.root:
        raise VerificationError("status: the list is not the one that the chain has after this block")


def _require_title(read: Read, proven: Proven) -> tuple[None, Words]:
    """Verify that the title has not moved on, and what is shown in full against the chain's digests."""
    certified, content, values = read.certified, read.content, proven.values[TITLES]
    unit = titles.decode_unit(certified.unit, values)
    _, count = history_fact(TITLES, certified.unit).slots
    entries = int.from_bytes(values[count], "big")
    if entries != certified.version:
        raise VerificationError(
            f"title: entry {entries} came at {write_time(unit.since)}, the certificate states entry {certified.version}"
        )
    if unit.state is not UnitState.REGISTERED or unit.registrar != party_id(certified.issuer.party):
        raise VerificationError("title: not in force in this registrar's register")
    if unit.holdings != certified.holdings or content.right not in (None, unit.right):
        raise VerificationError("title: another right or other holders than on chain")
    has_all = len(content.holders) == read.shown.holders > 0
    if has_all and content.holdings.digest() != unit.holdings:
        raise VerificationError("title: the holders are not those of the chain")
    if content.spatial not in (None, unit.spatial):
        raise VerificationError("title: the description is not that of the chain")
    return None, Words(
        f"entry {entries} of {write_time(unit.since)}{'; all holders compared with the chain' if has_all else ''}",
        f"第 {entries} 次登记,{write_time(unit.since)}{';全部权利人与链上一致' if has_all else ''}",
    )


def _require_period(certified: Certified, network: Network) -> tuple[None, Words]:
    now = network.newest.timestamp
    if now < certified.valid_from:
        raise VerificationError(f"period: begins {write_time(certified.valid_from)}")
    if certified.valid_until is None:
        return None, Words("without an end of its own", "未设截止日")
    end = write_time(certified.valid_until)
    if now >= certified.valid_until:
        raise VerificationError(f"period: ended {end}")
    return None, Words(f"until {end}", f"至 {end}")
