"""One alignment with all owners and the recipient as threads of one process: for dry runs on invented data.

It runs the real protocol on in-memory channels; it is NOT a way to align real tables, since one process sees them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mpc.protocols.align.messages import SHARE
from mpc.protocols.align.moments import Rows
from mpc.protocols.align.office import Released, run_recipient
from mpc.protocols.align.owner import OwnerOutcome, run_owner
from mpc.protocols.align.run import PROTOCOL
from mpc.protocols.align.terms import AlignedTerms
from mpc.protocols.join.rehearsal import RECIPIENT, all_that_passed
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Message, Network, Seen
from mpc.sessions.rehearsal import MemoryJournal, sessions
from mpc.sessions.session import Session


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of it: by party, an outcome or what ended its run; sessions; everything handed to the network."""

    outcomes: Mapping[str, OwnerOutcome | Released | Exception]
    sessions: Mapping[str, Session]
    sent: tuple[Message, ...]
    views: Mapping[str, Sequence[Seen]]

    @property
    def released(self) -> Released:
        found = self.outcomes[RECIPIENT]
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, Released)
        return found

    def owner(self, party: str) -> OwnerOutcome:
        """Return an owner's outcome, or raise what ended its run."""
        found = self.outcomes[party]
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, OwnerOutcome)
        return found


def rehearse(
    terms: AlignedTerms,
    tables: Mapping[str, Rows],
    *,
    wrap: Callable[[str, Channel], Channel] = lambda _party, channel: channel,
    attempt: int = 1,
    timeout_s: float = 60.0,
) -> Rehearsal:
    """Run all owners that have a table, and the recipient, to the end; ``wrap`` may change a party's channel."""
    common = sessions(terms.parties, RECIPIENT, PROTOCOL, terms.record(), attempt=attempt)
    network = Network((*terms.parties, RECIPIENT), timeout_s=timeout_s)

    def owner(party: str, rows: Rows) -> Callable[[Channel], OwnerOutcome | Released]:
        return lambda channel: run_owner(
            common[party], wrap(party, channel), rows, all_that_passed, MemoryJournal(SHARE), terms=terms
        )

    programs = {party: owner(party, rows) for party, rows in tables.items()}
    programs[RECIPIENT] = lambda channel: run_recipient(common[RECIPIENT], channel, terms=terms)
    return Rehearsal(network.run(programs), common, tuple(network.sent), network.views)
