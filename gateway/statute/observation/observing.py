"""An observer of the chain: the chronicle brought up to date, and what follows from it, as of one proven block.

Needs no signing key: every party, the authority and the auditor see the same. What it does NOT do: act.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from contracts.artefacts import interfaces
from contracts.calendar.rules import State as CalendarState
from contracts.oversight.acts import Act
from contracts.oversight.counting.figures import Figure
from contracts.oversight.counting.tally import Period, Tally
from contracts.oversight.pending.agenda import Item, dated
from contracts.oversight.watching.alert import Alert, Moment
from gateway.network.connecting import reading_chain
from gateway.statute.folding import Counting, Folding, Watching
from gateway.statute.observation.chronicle import Chronicle, Progress
from gateway.statute.observation.standing import Statute, in_force, registered
from ledger.chain.port import Chain
from ledger.errors import NotFound
from ledger.proofs.headers import Header
from ledger.proofs.view import ProvenView
from mpc.node.config import NodeConfig
from mpc.node.node import read_trust

CHRONICLE = "chronicle.sqlite"
KEPT = 8
"""Lists of alerts: of the newest blocks, and of one that somebody pages through."""
EVER = 1 << 62
"""Unix seconds behind everything."""


@dataclass(frozen=True, slots=True)
class Observer:
    """A chain, what is proven of it, and the chronicle; alerts and figures are brought on by what is new."""

    chain: Chain
    view: ProvenView
    chronicle: Chronicle
    _watching: Folding[Watching, None] = field(init=False, repr=False, compare=False)
    _alerts: dict[bytes, tuple[Alert, ...]] = field(init=False, default_factory=dict, repr=False, compare=False)
    _counting: Folding[Counting, CalendarState] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        view = self.view
        object.__setattr__(self, "_watching", Folding(lambda _: Watching(view)))
        object.__setattr__(self, "_counting", Folding(lambda days: Counting(view, Tally(Period(0, EVER), days, {}))))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.chronicle.close()
        self.view.close()
        self.chain.close()

    @property
    def chain_id(self) -> int:
        return self.chain.capabilities().chain_id

    def follow(self, say: Progress | None = None) -> Header:
        """Bring the chronicle up to the proven head."""
        return self.chronicle.follow(self.chain, self.view, say=say)

    def at(self, head: Header, number: int | None) -> Header:
        """Return the proven header a list is made as of; the head for None. Raises: NotFound past the head."""
        if number is None or number == head.number:
            return head
        if not 0 < number < head.number:
            raise NotFound(f"block {number}: the chain has blocks 1 to {head.number}")
        return self.view.header(number)

    def statute(self, at: Header) -> Statute:
        return in_force(self.view, at, since=self.chain.header(0).timestamp)

    def acts(self, at: Header) -> list[Act]:
        return list(self.chronicle.acts(at.number))

    def alerts(self, at: Header) -> list[Alert]:
        """Return all alerts as of a block; of the last few blocks asked for they are kept."""
        known = self._alerts.get(at.block_hash)
        if known is not None:
            return list(known)
        statute, moment = self.statute(at), moment_of(at)
        found = self._watching.read(self.chronicle, at, None, lambda told: told.watch.alerts(moment, statute))
        if len(self._alerts) >= KEPT:
            self._alerts.clear()
        self._alerts[at.block_hash] = tuple(found)
        return found

    def figures(self, at: Header, known: Iterable[bytes]) -> tuple[dict[bytes, Counter[Figure]], dict[bytes, int]]:
        """Return what every party did since the founding, and the roles of those, and of the known, that it has."""
        days = self.statute(at).days
        figures, seen = self._counting.read(
            self.chronicle, at, days, lambda told: (told.tally.as_of(at.timestamp), frozenset(told.seen))
        )
        return figures, {party: one.roles for party, one in registered(self.view, at, {*known, *seen}).items()}

    def inbox(self, party: bytes, at: Header) -> list[Item]:
        """Return what waits for a party after the last block followed, soonest first."""
        return dated(self.chronicle.items(party, at.timestamp), self.statute(at))


def moment_of(header: Header) -> Moment:
    return Moment(header.number, header.timestamp, header.block_hash)


def observer(config: NodeConfig, *, clock: Callable[[], float] = time.time) -> Observer:
    """Open the observer of a configured department."""
    chain = reading_chain(config)
    view = ProvenView(
        chain, read_trust(config.trust), config.state / "observer-belief.sqlite", interfaces(), clock=clock
    )
    view.head()  # also holds block 0 against the trust file
    return Observer(chain, view, Chronicle(config.state / CHRONICLE, view.header(0)))
