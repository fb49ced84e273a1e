"""A chain in one process, and members of Governance who come to it one after another, each with an own key."""

from __future__ import annotations

from pathlib import Path

from foundedchain import START, Standing, embedded, open_node, trust_of

from contracts.addresses import CALENDAR
from contracts.artefacts import interfaces
from contracts.calendar import client
from contracts.calendar.dates import number_of
from contracts.calendar.notice import Notice
from gateway.network.governing import Member
from ledger.crypto.keys import PrivateKey
from ledger.proofs.view import ProvenView


class Town:
    """A chain in process, a clock, and members who come one after another."""

    def __init__(self, directory: Path) -> None:
        self.clock, self.directory = Standing(), directory
        self.clock.now = START + 1.0  # the founding block itself is fresh: a member may come before the next one
        self.node = open_node(directory / "chain", self._tick)
        self.node.start()
        self.trust = trust_of(self.node.genesis_hash)
        self.members: list[Member] = []

    def _tick(self) -> float:
        self.clock.now += 0.5
        return self.clock.now

    def member(self, key: PrivateKey) -> Member:
        name = key.address.hex()
        chain = embedded(self.node, key, self.directory / f"{name}.sqlite")
        belief = self.directory / f"{name}-{len(self.members)}.sqlite"
        view = ProvenView(chain, self.trust, belief, interfaces(), clock=self._tick)
        self.members.append(Member(chain, view, key.address, clock=self._tick))
        return self.members[-1]

    def covers(self, notice: Notice) -> bool:
        chain = embedded(self.node, None, None)
        fact = client.span_fact(number_of(notice.first))
        view = ProvenView(chain, self.trust, self.directory / "reader.sqlite", interfaces(), clock=self._tick)
        held = client.decode_span(number_of(notice.first), view.value(CALENDAR, fact.slots))
        view.close()
        return held.notice == notice.digest

    def close(self) -> None:
        for member in self.members:
            member.close()
        self.node.close()
