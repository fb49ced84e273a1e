"""What a step is, and what one kind of event does to the case it belongs to: the rows that the tables are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from contracts.regulation.rule_set import Wording
from contracts.world import AgentRole

EVERYBODY: Final = bytes(32)
"""Stands for a step that waits for whichever party has an agent of the role."""


OFFICE: Final = AgentRole.OFFICER | AgentRole.HEAD
"""Handler and head of the sharing body: one carries it out, the other agrees to it (rule R02)."""


@dataclass(frozen=True, slots=True)
class Step:
    """What waits.

    Attributes:
        bound: the fact that names the party or parties; empty for everybody with the role.
        role: which duties of the party's agents it needs.
        due: the fact with the moment it ends; empty if a limit says it, or nothing does.
        limit: code of the rule set's limit that runs from the step's beginning.
        rules: which rules ask for it; empty for a step of the network's own working.
        late: what follows when the moment passes.
        lapses: nobody can take the step any more then, so that it waits no longer.
        breach: the item of articles 39 to 41 that a late step is; its event carries that number.
    """

    code: str
    bound: str
    role: AgentRole
    what: Wording
    late: Wording
    due: str = ""
    limit: str = ""
    rules: tuple[str, ...] = ()
    lapses: bool = False
    breach: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one kind of event does to its case.

    Attributes:
        kind: of the case.
        case: the arguments that together name it, words or numbers.
        facts: name of the fact -> argument that holds it.
        begins, ends: steps; a step that is begun again keeps its beginning and gets the new moment.
        ends_own: steps that end for the acting party (argument ``party``) alone.
        closes: nothing of the case waits any more.
        late: the argument that is not zero if the step it ends was late.
        unless: the argument that is zero in the events that this row is about; empty for all of them.
        lends: nothing waits in the case, but others take its facts.
        lender: kind of the case whose facts this one takes over, and the argument that names it.
    """

    kind: str
    case: tuple[str, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    ends_own: tuple[str, ...] = ()
    closes: bool = False
    late: str = ""
    unless: str = ""
    lends: bool = False
    lender: tuple[str, str] | None = None


Row: TypeAlias = tuple[str, str, Turn]
"""Which event does what: contract, event, turn."""
