"""Entries in the register as a case sees them: entered or not, of which type, and how long each took.

Read by proof from the chain's applications. What is in an entry is none of a case's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from contracts.addresses import APPLICATIONS
from contracts.applications import client
from contracts.applications.rules import ApplicationState, RegistrationType
from ledger.chain.port import StateFact
from ledger.errors import Conflict
from ledger.proofs.view import ProvenEvent


class Reader(Protocol):
    """Whoever reads the chain by proof; ``gateway.statute.officers.Officer`` is one."""

    def proven(self, fact: StateFact) -> Mapping[bytes, bytes]: ...

    def history(self, contract: str, id: bytes) -> list[ProvenEvent]: ...


@dataclass(frozen=True, slots=True)
class Entries:
    """Numbers of applications of one registrar, in the order of a case's steps."""

    registrar: str
    codes: tuple[str, ...]

    @property
    def ids(self) -> tuple[bytes, ...]:
        return tuple(client.application_id(self.registrar, code) for code in self.codes)


@dataclass(frozen=True, slots=True)
class Taken:
    """How long an entry took: from its acceptance to its entry; unix seconds of the blocks."""

    code: str
    registration: RegistrationType
    accepted: int
    entered: int

    @property
    def seconds(self) -> int:
        return self.entered - self.accepted


def taken(reader: Reader, entries: Entries) -> tuple[Taken, ...]:
    """Say how long each entry took.

    Raises:
        Conflict: one has not been entered.
    """
    found = []
    for code, id in zip(entries.codes, entries.ids, strict=True):
        application = client.decode_application(id, reader.proven(client.application_fact(id)))
        if application.state is not ApplicationState.ENTERED:
            state = application.state.name.lower()
            raise Conflict(f"application {code}: expected an entry in the register, it is {state}")
        times = [event.header.timestamp for event in reader.history(APPLICATIONS, id)]
        found.append(Taken(code, RegistrationType(application.kind), times[0], times[-1]))
    return tuple(found)


def require_types(found: Sequence[Taken], wanted: Sequence[RegistrationType]) -> None:
    """Refuse entries of other types than the steps of a case."""
    types = [one.registration for one in found]
    if types != list(wanted):
        told = [", ".join(kind.name.lower() for kind in kinds) or "none" for kinds in (wanted, types)]
        raise Conflict(f"entries: expected {told[0]}, got {told[1]}")
