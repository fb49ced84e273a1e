"""One CKKS sum with all parties as threads of one process: for tests and dry runs on invented figures.

It is NOT a way to compute over real inputs, since one process sees them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from mpc.privacy.noise import Sampler, discrete_gaussian
from mpc.protocols.ckks.noise import cover, noised
from mpc.protocols.ckks.parties import Announce, Released, run_evaluator, run_holder, run_owner, run_recipient
from mpc.protocols.ckks.terms import PROTOCOL, CkksTerms, Figure
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Intercept, Message, Network, Seen, deliver
from mpc.sessions.rehearsal import MemoryJournal, sessions
from mpc.sessions.session import Journal, Session

RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Each party's outcome or error, everything handed to the network, each party's transcript."""

    outcomes: Mapping[str, Released | Exception | bytes]
    sent: tuple[Message, ...]
    views: Mapping[str, Sequence[Seen]]

    @property
    def released(self) -> Released:
        """The recipient's result; raises what ended the recipient."""
        outcome = self.outcomes[RECIPIENT]
        if isinstance(outcome, Exception):
            raise outcome
        assert isinstance(outcome, Released)
        return outcome


def freely() -> None:
    """Announce nothing: invented figures have no budget."""


def rehearse(
    terms: CkksTerms,
    figures: Mapping[str, Mapping[str, Figure]],
    *,
    announce: Announce = freely,
    sampler: Sampler = discrete_gaussian,
    intercept: Intercept = deliver,
    journals: Mapping[str, Journal] | None = None,
    attempt: int = 1,
) -> Rehearsal:
    """Run owners, evaluator, key holder and recipient to the end or to their errors; ``announce`` is every owner's."""
    owners = terms.owners
    common = sessions(owners, RECIPIENT, PROTOCOL, terms.record(), attempt=attempt)
    kept = journals or {party: MemoryJournal() for party in owners}
    network = Network((*owners, RECIPIENT), intercept=intercept)
    programs: dict[str, Callable[[Channel], Released | bytes]] = {
        owner: partial(_owner, terms, common[owner], figures[owner], kept[owner], announce, sampler) for owner in owners
    }
    programs[RECIPIENT] = lambda channel: run_recipient(common[RECIPIENT], channel, terms=terms)
    return Rehearsal(network.run(programs), tuple(network.sent), network.views)


def _owner(
    terms: CkksTerms,
    session: Session,
    figures: Mapping[str, Figure],
    journal: Journal,
    announce: Announce,
    sampler: Sampler,
    channel: Channel,
) -> bytes:
    units = noised(terms, figures, sampler)
    if session.me == terms.holder:
        return run_holder(session, channel, units, journal, announce, terms=terms, cover=cover(terms, sampler))
    run = run_evaluator if session.me == terms.evaluator else run_owner
    return run(session, channel, units, journal, announce, terms=terms)
