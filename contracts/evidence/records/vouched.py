"""Proof that a voucher of a public data asset is in force, and who holds it, verified offline.

The file carries the voucher's document, the holding if its holder shows it, and the chain's side: sealed headers,
changes of validators, the Directory's entry of Vouchers and the voucher's record there. ``contracts.evidence.collect``
makes it.

What it does NOT say: that what the document claims is true (its issuer answers for that), or anything of the time after
the newest header; who decides on a voucher asks for a proof of today.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts import slip
from contracts.addresses import VOUCHERS
from contracts.evidence import facts
from contracts.evidence.facts import ChainFacts
from contracts.evidence.network import Network, require_network
from contracts.evidence.report import FORM, Failed, Record, Verdict, Words
from contracts.evidence.states import Proven, require_states
from contracts.parties.client import party_id
from contracts.records import choice
from contracts.vouchers.client import decode_voucher, voucher_fact
from contracts.vouchers.document import Document, Holding
from contracts.vouchers.rules import Ground, Voucher
from ledger import canonical
from ledger.errors import InvalidRecord, VerificationError
from ledger.proofs.trust import Trust

FORMAT = "shuxin-voucher-proof"
VERSION = 1
LIMIT = 1 << 22

GROUNDS = {
    Ground.ERROR: Words("issued in error", "发证错误"),
    Ground.FALSEHOOD: Words("obtained by false statements", "以虚假陈述取得"),
    Ground.ASSET_GONE: Words("the asset is no more", "数据资产已不存在"),
    Ground.ORDERED: Words("ordered by a court or authority", "法院或主管部门决定"),
    Ground.RENOUNCED: Words("asked for by the holder", "持有人申请"),
}


@dataclass(frozen=True, slots=True)
class VoucherProof:
    """A voucher, who holds it if that is shown, and the chain's side."""

    document: Document
    holding: Holding | None
    chain: ChainFacts

    def encode(self) -> bytes:
        """Write the proof file."""
        return canonical.encode(
            {
                "format": FORMAT,
                "version": VERSION,
                "voucher": slip.json_of(self.document),
                "holding": None if self.holding is None else slip.json_of(self.holding),
                "chain": self.chain.json(),
            }
        )


def parse(data: bytes) -> VoucherProof:
    """Read a proof file.

    Raises:
        InvalidRecord: not exactly what ``encode`` writes.
    """
    match canonical.decode(data, limit=LIMIT):
        case {"format": form, "version": version, "voucher": voucher, "holding": holding, "chain": chain}:
            if (form, version) != (FORMAT, VERSION):
                raise InvalidRecord(f"voucher proof: expected {FORMAT} of version {VERSION}")
            shown = None if holding is None else slip.read(Holding, holding)
            proof = VoucherProof(slip.read(Document, voucher), shown, facts.read(chain))
        case _:
            raise InvalidRecord("voucher proof: expected voucher, holding and chain")
    if proof.encode() != data:
        raise InvalidRecord("voucher proof: unknown fields, or tables that are not sorted and used")
    return proof


def is_voucher_proof(data: bytes) -> bool:
    """Say whether a file calls itself a voucher's proof; nothing is verified."""
    return slip.form_of(data, limit=LIMIT) == FORMAT


def verify_voucher(data: bytes, trust: Trust) -> Verdict:
    """Verify that a voucher is in force on the trust file's network, and who holds it if that is shown."""
    steps = Record()
    try:
        _examine(data, trust, steps)
    except Failed:
        return Verdict(tuple(steps.steps), trust.assurance)
    return Verdict(tuple(steps.steps), trust.assurance)


def _examine(data: bytes, trust: Trust, steps: Record) -> None:
    proof = steps.take(FORM, lambda: (parse(data), Words(f"{len(data)} bytes", f"{len(data)} 字节")))
    network = steps.take("network", lambda: require_network(proof.chain, trust))
    proven = steps.take("contracts", lambda: require_states(proof.chain, network, (VOUCHERS,)))
    record = steps.take("voucher", lambda: _require_in_force(proof, network, proven))
    if proof.holding is not None:
        held = proof.holding
        steps.take("holder", lambda: _require_held(record, held))


def _require_in_force(proof: VoucherProof, network: Network, proven: Proven) -> tuple[Voucher, Words]:
    if proof.chain.moments:
        raise VerificationError("voucher: expected no receipts")
    document, now = proof.document, network.newest.timestamp
    proven.require_slots(VOUCHERS, voucher_fact(document.id).slots)
    found = decode_voucher(document.id, proven.values[VOUCHERS])
    expected = (party_id(document.issuer), document.valid_from, document.valid_until)
    if (found.issuer, found.valid_from, found.valid_until) != expected:
        raise VerificationError("voucher: the chain has none with this document, issuer and period")
    if found.revoked:
        raise VerificationError(f"voucher: revoked at {found.revoked}: {GROUNDS[choice(Ground, found.ground)].en}")
    if not found.is_valid(now):
        raise VerificationError(f"voucher: in force from {found.valid_from} to {found.valid_until}, not at {now}")
    words = Words(
        f"{document.issuer} no. {document.number}: {document.title}, provided by {document.provider}; in force at {now}"
        f" and until {document.valid_until} (unix seconds)",
        f"{document.issuer} 第 {document.number} 号:{document.title},提供方 {document.provider};{now} 时有效,"
        f"有效期至 {document.valid_until}(unix 秒)",
    )
    return found, words


def _require_held(record: Voucher, holding: Holding) -> tuple[None, Words]:
    if record.holder != holding.commitment:
        raise VerificationError(f"holder: the chain does not have it held by {holding.party}")
    return None, Words(f"held by {holding.party}", f"持有人 {holding.party}")
