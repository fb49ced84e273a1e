"""PROV statements as values: their kinds, the parameters each kind has, and what it means that one is left out.

Source: W3C PROV-DM (2013), section 5, for the parameters; PROV-CONSTRAINTS (2013), section 4.1, for what is absent: a
parameter that may be expanded stands for something that exists and is not named, another one for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

PROV: Final = "http://www.w3.org/ns/prov#"


class Absent(Enum):
    """What a parameter that is left out means."""

    REFUSED = 1
    SOMETHING = 2
    NOTHING = 3


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. id: None for none, or a blank one. held: its parameters that are given. types: its prov:type."""

    kind: str
    id: str | None
    held: Mapping[str, str]
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Bundle:
    """Statements that are judged together. name: "" for those of the document itself."""

    name: str
    statements: tuple[Statement, ...]


OBJECTS: Final = frozenset({"entity", "activity", "agent"})
TIMES: Final = frozenset({"time", "startTime", "endTime"})
_MUST, _SOME, _NONE = Absent.REFUSED, Absent.SOMETHING, Absent.NOTHING

PARAMETERS: Final[Mapping[str, Mapping[str, Absent]]] = {
    "entity": {},
    "activity": {"startTime": _SOME, "endTime": _SOME},
    "agent": {},
    "wasGeneratedBy": {"entity": _MUST, "activity": _SOME, "time": _SOME},
    "used": {"activity": _MUST, "entity": _SOME, "time": _SOME},
    "wasInformedBy": {"informed": _MUST, "informant": _MUST},
    "wasStartedBy": {"activity": _MUST, "trigger": _SOME, "starter": _SOME, "time": _SOME},
    "wasEndedBy": {"activity": _MUST, "trigger": _SOME, "ender": _SOME, "time": _SOME},
    "wasInvalidatedBy": {"entity": _MUST, "activity": _SOME, "time": _SOME},
    "wasDerivedFrom": {
        "generatedEntity": _MUST, "usedEntity": _MUST, "activity": _NONE, "generation": _NONE, "usage": _NONE,
    },
    "wasAttributedTo": {"entity": _MUST, "agent": _MUST},
    "wasAssociatedWith": {"activity": _MUST, "agent": _SOME, "plan": _NONE},
    "actedOnBehalfOf": {"delegate": _MUST, "responsible": _SOME, "activity": _SOME},
    "wasInfluencedBy": {"influencee": _MUST, "influencer": _MUST},
    "alternateOf": {"alternate1": _MUST, "alternate2": _MUST},
    "specializationOf": {"specificEntity": _MUST, "generalEntity": _MUST},
    "hadMember": {"collection": _MUST, "entity": _MUST},
    "mentionOf": {"specificEntity": _MUST, "generalEntity": _MUST, "bundle": _MUST},
}  # fmt: skip
"""Generation and usage of a derivation whose activity is named are something too (section 4.1)."""

UNNAMED: Final = frozenset({"alternateOf", "specializationOf", "hadMember", "mentionOf"})
"""Relations that have no identifier of their own."""
