"""What an exhibit is made from and what it says: the facts of one block, a verdict, and the evidence in words.

Three verdicts. MET: what a chain can show of an item holds here. NOT MET: the chain shows the contrary. NOT SHOWN: it
shows nothing of it here, because it cannot or because nothing of the kind has happened; never counted as met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from contracts.oversight.counting.figures import Figure
from contracts.oversight.selfchecks.contrary import Contrary
from contracts.oversight.watching.alert import Kind
from contracts.parties.record import Party
from contracts.regulation.rule_set import Wording
from contracts.world import PartyRole


class Verdict(StrEnum):
    """How an item stands by what the chain shows."""

    MET = "met"
    NOT_MET = "not met"
    NOT_SHOWN = "not shown"


VERDICTS: Final[Mapping[Verdict, Wording]] = {
    Verdict.MET: Wording("符合", "met"),
    Verdict.NOT_MET: Wording("不符合", "NOT MET"),
    Verdict.NOT_SHOWN: Wording("链上未体现", "not shown by the chain"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What exhibits are made from, all as of one block.

    Attributes:
        acts, refused, senders: calls since the founding, those refused, accounts that made them.
        parties: valid now, as registered, by proof.
        events: how many distinct entities had an event of a kind, ever: contract and event.
        personal: authorizations' terms that cover personal information.
        figures: of all parties, in the year before the block.
        alerts: raised in that year, by kind.
        overdue: steps that are overdue now, by code.
        quorum, members, validators: of Governance, by proof.
        is_single: all validators' keys are in one hand, by the trust file.
        rules: version of the national rule set in force, by proof.
        contrary: what the acts themselves say against an item.
    """

    acts: int = 0
    refused: int = 0
    senders: int = 0
    parties: Mapping[bytes, Party] = field(default_factory=dict)
    events: Mapping[tuple[str, str], int] = field(default_factory=dict)
    personal: int = 0
    figures: Mapping[Figure, int] = field(default_factory=dict)
    alerts: Mapping[Kind, int] = field(default_factory=dict)
    overdue: Mapping[str, int] = field(default_factory=dict)
    quorum: int = 0
    members: int = 0
    validators: int = 0
    is_single: bool = True
    rules: int = 0
    contrary: Contrary = field(default_factory=Contrary)

    def count(self, contract: str, event: str) -> int:
        return self.events.get((contract, event), 0)

    def of(self, figure: Figure) -> int:
        return self.figures.get(figure, 0)

    def alarms(self, *kinds: Kind) -> int:
        return sum(self.alerts.get(kind, 0) for kind in kinds)

    def waiting(self, *steps: str) -> int:
        """Count steps of these codes that are overdue now."""
        return sum(self.overdue.get(step, 0) for step in steps)

    def holding(self, role: PartyRole) -> list[Party]:
        return [party for party in self.parties.values() if party.roles & role]


@dataclass(frozen=True, slots=True)
class Shown:
    """A verdict and the evidence for it."""

    verdict: Verdict
    evidence: Wording


Exhibit: TypeAlias = Callable[[Facts], Shown]


def judged(holds: bool, *, if_any: int = 1) -> Verdict:
    """MET or NOT MET where there is anything to judge."""
    if not if_any:
        return Verdict.NOT_SHOWN
    return Verdict.MET if holds else Verdict.NOT_MET
