"""A department's officer in a town of tests: the real one, over a chain whose clock and blocks are moved by hand."""

from __future__ import annotations

from statutetown import Stepped, Town

from gateway.statute.officers import Officer


class TownOfficer(Officer):
    """Reads by proof like any other; each of its calls is signed and gets a block of its own."""

    def __init__(self, town: Town, party: str) -> None:
        self.party = party
        self._town = town
        self._chain = Stepped(town, party)
        self._view = town.observer(f"officer of {party}").view

    def close(self) -> None:
        """The town closes what it opened."""


def at(town: Town, seconds: float) -> None:
    """Let the next block be of this second, and heads that officers look at be fresh."""
    town.clock.now = seconds - 1.0
    while town.now - town.node._replica.tip.header.timestamp > 60:
        town.node.step()
