"""Opened audits between a department and an auditor: the department seals its record, the auditor checks it.

The department's side reads what its node has kept and the auditor's registered key from the chain, proven. The
auditor's side needs no network: the file, the recipient's evidence, the trust file and the auditor's own seal key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from contracts.artefacts import interfaces
from contracts.evidence import bundle
from contracts.evidence.verify import Examined, examine
from contracts.parties.client import party_id
from gateway.network.connecting import officer_chain
from ledger.errors import InvalidRecord, NotFound, VerificationError
from ledger.files import read_bounded
from ledger.proofs import trust as trust_file
from ledger.proofs.view import ProvenView
from mpc.node.config import NodeConfig
from mpc.node.node import open_keys, open_transcripts, read_trust
from mpc.node.registry import ProvenFacts
from mpc.node.whole import write_whole
from mpc.opened import envelope, record
from mpc.opened.check import Released, check
from mpc.opened.envelope import Address
from mpc.opened.verdict import Verdict

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file for an auditor."""

    address: Address
    path: Path
    size: int


def open_audit(config: NodeConfig, job: bytes, attempt: int | None, auditor: str, output: Path) -> Sealed:
    """Seal this department's record of an attempt for an auditor.

    Raises:
        NotFound: no record is kept, no such directory, or no key of a name that the configuration gives.
        InvalidRecord: the auditor has no usable key on chain, or the record opens with none of this party's keys.
    """
    if not output.parent.is_dir():
        raise NotFound(f"{output.parent}: no such directory")
    transcripts = open_transcripts(config, open_keys(config), retired=True)
    kept = transcripts.find(job, attempt)
    address = Address(config.party, job, kept.attempt, auditor)
    data = transcripts.read(kept)
    signer = transcripts.locker_of(kept).signer  # the auditor knows the party by the key that the evidence names
    sealed = envelope.seal(address, data, auditor_key=registered_key(config, auditor), signer=signer)
    write_whole(output, sealed)
    return Sealed(address, output, len(sealed))


def registered_key(config: NodeConfig, auditor: str) -> bytes:
    """Return a party's seal key as proven from the chain.

    Raises:
        NotFound: no such party, or it has no keys.
    """
    chain = officer_chain(config)
    try:
        view = ProvenView(chain, read_trust(config.trust), config.state / "officer-belief.sqlite", interfaces())
        facts = ProvenFacts(view, view.head())
        keys, now = facts.keys(party_id(auditor)), facts.time
        view.close()
    finally:
        chain.close()
    if not keys.is_good_at(now):
        raise NotFound(f"party {auditor}: no seal key is registered for it")
    return keys.seal


def check_audit(config: NodeConfig, file: Path, evidence: Path, trust: Path, progress: Progress) -> Verdict:
    """Check a department's opened audit at its auditor.

    Raises:
        InvalidRecord: a file cannot be read, is for another auditor, or of another job than the evidence.
        Failed: the evidence does not hold.
    """
    data = read_bounded(file, envelope.LIMIT)
    address = envelope.read_address(data)
    found = released(examine(read_bounded(evidence, bundle.LIMIT), trust_file.load(trust)))
    if (address.job, address.attempt) != (found.job, found.attempt):
        raise InvalidRecord(f"{file}: of another job or attempt than {evidence}")
    parsed = record.parse(_unseal(config, data, found.keys, file))
    if parsed.head.party != address.party:
        raise InvalidRecord(f"{file}: the record is not that of {address.party}, who sealed it")
    return check(found, parsed, progress)


def _unseal(config: NodeConfig, data: bytes, statement_keys: Mapping[str, bytes], file: Path) -> bytes:
    """Open a file with the auditor's seal key, or one that it used before."""
    keys, names = open_keys(config), config.key_names
    for name in dict.fromkeys([names.seal, *(pair.seal for pair in names.retired)]):
        try:
            return envelope.unseal(data, auditor=config.party, private=keys.load(name), keys=statement_keys)
        except VerificationError:
            continue
    raise InvalidRecord(
        f"{file}: does not open under the seal key of {config.party}, nor under one of [[keys.retired]], or was changed"
    )


def released(found: Examined) -> Released:
    """Take from verified evidence what an opened audit is held against."""
    entry, agreement = found.released.entry, found.agreement
    committed = found.released.story.commitments
    inputs = {code: committed[entry.attempt, party_id(code)] for code in agreement.owners}
    openings = None if found.disclosure is None else found.disclosure.openings
    return Released(found.released.id, entry.attempt, agreement.statement, agreement.keys, inputs, openings)
