"""One private join with both owners and the recipient as threads of one process: for dry runs on invented data.

It runs the real protocol on in-memory channels; it is NOT a way to join real tables, since one process sees them all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from mpc.protocols.join import messages
from mpc.protocols.join.holder import run_holder
from mpc.protocols.join.lister import run_lister
from mpc.protocols.join.office import Released, run_recipient
from mpc.protocols.join.opening import OwnerOutcome
from mpc.protocols.join.run import PROTOCOL
from mpc.protocols.join.table import HolderTable
from mpc.protocols.join.terms import JoinTerms
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Message, Network
from mpc.sessions.rehearsal import MemoryJournal, sessions
from mpc.sessions.session import Session

RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of it: the recipient's result, each party's session, everything handed to the network."""

    released: Released
    sessions: Mapping[str, Session]
    sent: tuple[Message, ...]

    def body(self, sender: str, step: str) -> bytes:
        """Return what a party sent at a step, its signature included."""
        (body,) = {message.body for message in self.sent if (message.sender, message.step) == (sender, step)}
        return body


def rehearse(terms: JoinTerms, table: HolderTable, keys: Collection[str], *, attempt: int = 1) -> Rehearsal:
    """Run all three to the end; raises what ended the first of them."""
    common = sessions((terms.holder, terms.lister), RECIPIENT, PROTOCOL, terms.record(), attempt=attempt)
    network = Network((terms.holder, terms.lister, RECIPIENT))

    def holder(channel: Channel) -> OwnerOutcome:
        return run_holder(common[terms.holder], channel, table, all_that_passed, journal(), terms=terms)

    def lister(channel: Channel) -> OwnerOutcome:
        return run_lister(common[terms.lister], channel, keys, all_that_passed, journal(), terms=terms)

    def recipient(channel: Channel) -> Released:
        return run_recipient(common[RECIPIENT], channel, terms=terms)

    programs: dict[str, Callable[[Channel], OwnerOutcome | Released]] = {
        terms.holder: holder,
        terms.lister: lister,
        RECIPIENT: recipient,
    }
    outcomes = network.run(programs)
    for outcome in outcomes.values():
        if isinstance(outcome, Exception):
            raise outcome
    released = outcomes[RECIPIENT]
    assert isinstance(released, Released)
    return Rehearsal(released, common, tuple(network.sent))


def all_that_passed(bits: Mapping[str, bool]) -> frozenset[str]:
    """Decide to open every group that the gate passed."""
    return frozenset(group for group, passed in bits.items() if passed)


def journal() -> MemoryJournal:
    """Return a journal for one run, for which the shares are the opening."""
    return MemoryJournal(messages.SHARE)
