"""The masked sum of the committed evidence, run once more with every owner's node keeping its record.

The town's seeds, salts and rows are known, so the run gives the very bytes that the evidence holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from jobtown import ROWS, all_but_a_bin, salt_of, secret_of, seed_of
from jobtowngenesis import OFFICE, REGISTRARS, statement_key

from contracts.evidence.verify import examine
from gateway.statistics.auditing import released
from ledger.crypto.keys import PrivateKey
from ledger.errors import VerificationError
from ledger.proofs import trust as trust_file
from mpc.inputs import CellValues
from mpc.node.messages.transcripts import Locker, Retention, Transcripts
from mpc.opened import record
from mpc.opened.check import Released
from mpc.opened.record import Head, Opened
from mpc.opened.rerun import session_of
from mpc.protocols.sums.office import run_recipient
from mpc.protocols.sums.owner import run_owner
from mpc.protocols.sums.run import LABEL
from mpc.sessions.memory_channel import Intercept, Message, Network, deliver
from mpc.sessions.rehearsal import MemoryJournal
from mpc.sessions.session import Session, statement

VECTORS = Path(__file__).parents[1] / "vectors" / "evidence" / "v1"


@dataclass(frozen=True)
class OpenedJob:
    """What the evidence says, and each owner's record as its node kept it."""

    released: Released
    kept: Mapping[str, bytes]

    def opened(self, party: str) -> Opened:
        return record.parse(self.kept[party])


def sessions_of(found: Released) -> dict[str, Session]:
    owners = {
        party: replace(session_of(found.statement.session, party, seed_of(party)), signer=statement_key(party))
        for party in REGISTRARS
    }
    office = replace(owners[REGISTRARS[0]], me=OFFICE, signer=statement_key(OFFICE), seed=seed_of(OFFICE))
    return {**owners, OFFICE: office}


def head_of(found: Released, party: str) -> Head:
    data = CellValues(ROWS[party]).json()
    origin = {"asset": f"sales-{party}"}
    return Head(party, found.job, found.attempt, seed_of(party), salt_of(party), origin, data)


def locker_of(party: str) -> Locker:
    return Locker(party, PrivateKey("x25519", seed_of(f"seal {party}")), statement_key(party))


def run(directory: Path, intercept: Intercept = deliver) -> OpenedJob:
    """Run it; an intercepting owner deviates, and its node keeps what really left."""
    trust = trust_file.parse((VECTORS / "trust.json").read_bytes())
    found = released(examine((VECTORS / "sums.json").read_bytes(), trust))
    sessions = sessions_of(found)
    stores = {p: Transcripts(directory / p, Retention(), locker_of(p)) for p in REGISTRARS}

    def owner(party: str):  # type: ignore[no-untyped-def]
        data = CellValues(ROWS[party])

        def program(channel):  # type: ignore[no-untyped-def]
            kept = stores[party].begin(head_of(found, party), channel)
            secret, journal = secret_of(party, data), MemoryJournal()
            return run_owner(sessions[party], kept, data.values, all_but_a_bin, journal, secret)

        return program

    programs = {party: owner(party) for party in REGISTRARS}
    programs[OFFICE] = lambda channel: run_recipient(sessions[OFFICE], channel)
    outcomes = Network((*REGISTRARS, OFFICE), intercept=intercept).run(programs)
    for outcome in outcomes.values():
        if isinstance(outcome, Exception) and not isinstance(outcome, VerificationError):
            raise outcome
    return OpenedJob(found, {p: store.read(store.find(found.job, None)) for p, store in stores.items()})


def signed_anew(job: OpenedJob, party: str, to: str, step: str, body: bytes) -> bytes:
    """A message as its sender might have signed it."""
    session = sessions_of(job.released)[party]
    return body + session.signer.sign(statement(LABEL, step, session.digest, party, to, body))


def encode(opened: Opened) -> bytes:
    """Write a record again."""
    parts = [opened.head.encode()]
    for way, messages in ((record.Way.SENT, opened.sent), (record.Way.RECEIVED, opened.received)):
        parts += [record.message(way, party, step, body) for (party, step), body in messages.items()]
    return b"".join(parts)


def changed_message(message: Message, body: bytes) -> list[Message]:
    return [replace(message, body=body)]
