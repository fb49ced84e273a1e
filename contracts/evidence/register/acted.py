"""What one entry of a unit's complete history is, in words: what was entered, by which party and on what ground.

What it does NOT do: prove that the history is complete (``contracts.proven``), or say what stands since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts.addresses import TITLES
from contracts.applications.rules import RegistrationType
from contracts.evidence.bundle import History
from contracts.evidence.register.entered import TYPES
from contracts.evidence.report import Words
from contracts.evidence.title.sentences import KINDS
from contracts.restrictions.record import RestrictionKind, RestrictionState
from contracts.titles.record import NOTHING, UnitState
from contracts.titles.replay import BurdenEntry, Entry, read_burden, read_entry

APPLICATION: Final = Words("application on chain", "链上申请标识")
REASON: Final = Words("reason on chain", "链上更正理由摘要")
EXTRACT: Final = Words("extract on chain", "链上登记摘要")
ORDER: Final = Words("order on chain", "链上文书摘要")
SOURCE: Final = Words("ground on chain", "链上登记依据")


@dataclass(frozen=True, slots=True)
class Said:
    """One entry. ground: what ``source`` is."""

    act: Words
    party: bytes
    ground: Words
    source: bytes


def say(history: History, n: int) -> Said:
    """Say what the n-th entry of a history is; raises InvalidRecord."""
    if history.contract == TITLES:
        return _title(read_entry(history.events[n - 1]))
    burdens = [read_burden(history.entity, event) for event in history.events[:n]]
    return _seizure(burdens) if burdens[-1].after.kind == RestrictionKind.SEIZURE else _restriction(burdens)


def _title(entry: Entry) -> Said:
    match entry.kind:
        case RegistrationType.OPENING:
            return Said(Words("opening of a past unit", "历史单元启用"), entry.registrar, EXTRACT, entry.source)
        case RegistrationType.CORRECTION if entry.origin == NOTHING:
            own = Words("correction of the registrar's own motion", "依职权更正登记")
            return Said(own, entry.registrar, REASON, entry.source)
        case RegistrationType.CORRECTION:
            return Said(Words(*TYPES[entry.kind]), entry.registrar, REASON, entry.source)
        case RegistrationType.ALTERATION if entry.state is UnitState.SUCCEEDED:
            ended = Words("end of the unit by division or merger", "因分割或合并注销原单元")
            return Said(ended, entry.registrar, APPLICATION, entry.source)
        case RegistrationType.ALTERATION if entry.origin != NOTHING:
            made = Words("unit made by division or merger", "因分割或合并设立单元")
            return Said(made, entry.registrar, APPLICATION, entry.source)
    return Said(Words(*TYPES[entry.kind]), entry.registrar, APPLICATION, entry.source)


def _seizure(burdens: Sequence[BurdenEntry]) -> Said:
    *before, entry = burdens
    after, known = entry.after, any(one.id == entry.id for one in before)
    if after.state is RestrictionState.ENDED:
        act = Words("seizure lifted", "解除查封") if after.since else Words("queued seizure lifted", "解除轮候查封")
    elif known and before[-1].source == entry.source:  # the order that lifted the one ahead of it
        act = Words("queued seizure takes effect", "轮候查封生效")
    elif known:
        act = Words("seizure renewed", "续行查封")
    elif after.since:
        act = Words("seizure", "查封登记")
    else:
        act = Words("queued seizure", "轮候查封登记")
    return Said(act, after.holder, ORDER, entry.source)


def _restriction(burdens: Sequence[BurdenEntry]) -> Said:
    *before, entry = burdens
    en, zh = KINDS[RestrictionKind(entry.after.kind)]
    if entry.after.state is RestrictionState.ENDED:
        act = Words(f"{en} released", f"{zh}注销登记")
    elif any(one.id == entry.id for one in before):
        act = Words(f"{en} changed", f"{zh}变更登记")
    else:
        act = Words(f"{en} entered", f"{zh}登记")
    return Said(act, entry.after.registrar, SOURCE, entry.source)
