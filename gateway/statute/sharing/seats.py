"""Where a party sits and which limits hold for it there, by proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contracts.parties.client import party_id
from contracts.regions import client as regions
from contracts.regulation import client as regulation
from contracts.regulation.client import limit_id
from contracts.regulation.reader import national
from contracts.regulation.rule_set import Wording
from contracts.regulation.rules import NATIONAL, Limit, LimitUnit, effective
from gateway.statute.officers import Officer

UNITS: Final = {
    LimitUnit.WORKING: Wording("个工作日", "working days"),
    LimitUnit.CALENDAR: Wording("日", "calendar days"),
    LimitUnit.YEARS: Wording("年", "years"),
}


@dataclass(frozen=True, slots=True)
class Seat:
    """A party's region with all above it, the nation last, and the strictest limits on that way, by their codes."""

    way_up: tuple[bytes, ...]
    limits: Mapping[str, Limit]

    @property
    def units(self) -> dict[str, Wording]:
        return {code: UNITS[LimitUnit(limit.unit)] for code, limit in self.limits.items()}


def seat_of(officer: Officer, party: str) -> Seat:
    """Read where a party sits and its limits, as the contract would compute them.

    Raises:
        NotFound: no national rule set is in force.
    """
    id = party_id(party)
    way = [regions.decode_place(id, officer.proven(regions.place_fact(id)))]
    while way[-1] != NATIONAL:
        way.append(regions.decode_above(way[-1], officer.proven(regions.above_fact(way[-1]))))
    limits = {}
    for code in (stated.code for stated in national().limits):
        stated = [_stated(officer, region, limit_id(code)) for region in reversed(way)]
        found = effective(stated[0], stated[0])
        for own in stated[1:]:
            found = effective(own, found)
        limits[code] = found
    return Seat(tuple(way), limits)


def _stated(officer: Officer, jurisdiction: bytes, code: bytes) -> Limit:
    standing = regulation.decode_standing(jurisdiction, officer.proven(regulation.standing_fact(jurisdiction)))
    fact = regulation.limit_fact(jurisdiction, standing.version, code)
    return regulation.decode_limit(jurisdiction, standing.version, code, officer.proven(fact))
