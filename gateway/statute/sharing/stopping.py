"""Stop everything: every authorization a department has granted is suspended at once, and exactly those resumed later.

Which ones there are follows from the chronicle, so none can be hidden from the one who stops. A suspension bites at the
next step of every running job. What is stopped stands in a file beside the node's state, so that resuming lifts these
suspensions and no other; what was suspended before stays so. It is written before the chain is asked and taken back if
the chain refuses, so that an interruption leaves one too many there and never one too few.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from contracts.addresses import AUTHORIZATIONS
from contracts.authorizations import client as authorizations
from contracts.authorizations.record import Authorization, AuthorizationState
from contracts.oversight.acts import Act
from contracts.oversight.watching.permits import Permits
from contracts.parties.client import party_id
from gateway.statute.matter import DIRECTORY
from gateway.statute.officers import Officer
from gateway.statute.papers import Papers, act_matter
from ledger.chain.port import Operation
from ledger.errors import InvalidRecord, NotAuthorized, NotFound, TrustError
from mpc.node.whole import write_whole

FILE: Final = "stopped.json"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one authorization. fault: why nothing was done, empty if it was."""

    id: bytes
    grantee: bytes
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Brake:
    """One department's officer at the chain, and the file of what is stopped."""

    officer: Officer
    file: Path

    def stop(self, acts: Iterable[Act], reason: str) -> list[Done]:
        """Suspend all that is granted; one that cannot be suspended keeps nobody from suspending the others."""
        done, stopped, papers = list[Done](), self.stopped(), Papers(self.file.parent / DIRECTORY)
        for id, record in granted(acts, party_id(self.officer.party)).items():
            digest, before = papers.of(act_matter(id, "suspend"), reason).digest, tuple(stopped)
            if id not in stopped:
                stopped.append(id)
                self._keep(stopped)
            fault = self._change(id, "to suspended", partial(_suspend, id, digest))
            if isinstance(fault, NotAuthorized):  # of any other fault it is not known what became of the call
                stopped = list(before)
                self._keep(stopped)
            done.append(Done(id, record.grantee, str(fault or "")))
        return done

    def resume(self, acts: Iterable[Act]) -> list[Done]:
        """Lift the suspensions that ``stop`` has made; what ended meanwhile is named and left.

        Raises:
            NotFound: nothing was stopped.
        """
        stopped = self.stopped()
        if not stopped:
            raise NotFound(f"{self.file}: nothing is stopped from here")
        records, done = permits(acts), list[Done]()
        for id in tuple(stopped):
            record = records.authorization(id)
            if record.state is AuthorizationState.SUSPENDED:
                found = Done(id, record.grantee, str(self._change(id, "to granted", partial(_resume, id)) or ""))
            else:
                found = Done(id, record.grantee, f"{record.state.name.lower()} by now")
            done.append(found)
            if not found.fault or record.state is not AuthorizationState.SUSPENDED:
                stopped.remove(id)
                self._keep(stopped)
        return done

    def stopped(self) -> list[bytes]:
        """Return what is stopped from here. Raises: InvalidRecord for a damaged file."""
        if not self.file.is_file():
            return []
        try:
            return [bytes.fromhex(id) for id in json.loads(self.file.read_bytes())["stopped"]]
        except (ValueError, TypeError, KeyError) as fault:
            raise InvalidRecord(f"{self.file}: damaged") from fault

    def _change(self, id: bytes, change: str, call: Callable[[bytes], Operation]) -> TrustError | None:
        """Make a call; return what kept it from being made."""
        try:
            self.officer.change(AUTHORIZATIONS, id, change, call)
        except TrustError as fault:
            return fault
        return None

    def _keep(self, stopped: list[bytes]) -> None:
        write_whole(self.file, json.dumps({"stopped": [id.hex() for id in stopped]}).encode())


def permits(acts: Iterable[Act]) -> Permits:
    """Return all authorizations as the acts leave them."""
    found = Permits()
    for act in acts:
        for event in act.events:
            found.take(event)
    return found


def granted(acts: Iterable[Act], owner: bytes) -> dict[bytes, Authorization]:
    """Return an owner's authorizations that are granted now, expired ones too: they cost nothing to suspend."""
    return {
        id: record
        for id, record in permits(acts).authorizations.items()
        if record.owner == owner and record.state is AuthorizationState.GRANTED
    }


def _suspend(id: bytes, digest: bytes, op_id: bytes) -> Operation:
    return authorizations.suspend(id, digest, op_id=op_id)


def _resume(id: bytes, op_id: bytes) -> Operation:
    return authorizations.resume(id, op_id=op_id)
