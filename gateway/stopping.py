"""Stop everything: every authorization a department has granted is suspended at once, and exactly those resumed later.

Which ones there are follows from the chronicle, so none can be hidden from the one who stops. A suspension bites at the
next step of every running job. What was stopped stands in a file beside the node's state, so that resuming lifts these
suspensions and no other; what was suspended before stays so.
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
from contracts.oversight.permits import Permits
from contracts.parties.client import party_id
from contracts.proven import history_fact
from gateway.connecting import MAX_AGAIN, submit_anew
from ledger.chain import Chain, Operation
from ledger.errors import InvalidRecord, NotFound, TrustError
from ledger.hashing import tagged
from ledger.view import ProvenView
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
    """One department's officer at the chain, and the file of what was stopped."""

    party: str
    chain: Chain
    view: ProvenView
    file: Path

    def stop(self, acts: Iterable[Act], reason: str) -> list[Done]:
        """Suspend all that is granted; one that cannot be suspended keeps nobody from suspending the others."""
        done, stopped = [], self.stopped()
        for id, record in granted(acts, party_id(self.party)).items():
            digest = tagged("SHUXIN-REASON-V1", id, reason.encode())
            found = self._change(id, record, "to suspended", partial(_suspend, id, digest))
            if not found.fault and id not in stopped:
                stopped.append(id)
                self._keep(stopped)
            done.append(found)
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
                found = self._change(id, record, "to granted", partial(_resume, id))
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

    def _keep(self, stopped: list[bytes]) -> None:
        write_whole(self.file, json.dumps({"stopped": [id.hex() for id in stopped]}).encode())

    def _change(self, id: bytes, record: Authorization, change: str, call: Callable[[bytes], Operation]) -> Done:
        """Make a call numbered by the changes so far, as every officer's command does."""
        try:
            seen, fact = self.view.head().number, history_fact(AUTHORIZATIONS, id)
            count = int.from_bytes(self.view.value(fact.contract, fact.slots)[fact.slots[1]], "big")
            by = party_id(self.party)

            def numbered(again: int) -> Operation:
                return call(authorizations.operation_id(id, change, by, count * MAX_AGAIN + again))

            submit_anew(self.chain, numbered, seen)
        except TrustError as fault:
            return Done(id, record.grantee, str(fault))
        return Done(id, record.grantee)


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
