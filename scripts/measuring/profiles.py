"""The three loads that the design names, against what was measured: how much of each was run, and what follows.

    wuhan-day    1,000 cases of five registrations
    hunan-mesh   60 departments x 180 systems: 10,800 pairs, one request each
    quzhou-day   298 million records: 3,450 leaves a second, all day

What was not run to its end is extrapolated in proportion, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CASES, REGISTRATIONS, PAIRS, RECORDS, LEAVES_A_SECOND = 1000, 5, 10_800, 298_000_000, 3450
CALLS_A_REQUEST = 4
"""Agreement, request, agreement and answer."""
STREAM_LINES = 1_000_000


@dataclass(frozen=True, slots=True)
class Profile:
    """One load. share: how much of it was run. needed_s: of processor time (quzhou-day: by the clock) for all of it."""

    name: str
    asks: str
    measured: str
    share: float
    needed_s: float

    @property
    def is_extrapolated(self) -> bool:
        return self.share < 1

    def sentence(self) -> str:
        """Say it in one line of a table."""
        how = f"extrapolated from {self.share:.2%} of it" if self.is_extrapolated else "run whole"
        return f"| {self.name} | {self.asks} | {self.measured} | {self.needed_s:,.0f} s, {how} |"


def profiles(rates: Mapping[str, float]) -> list[Profile]:
    """Hold rates, by label, against the loads; a load without its rates is left out."""
    found = []
    if {"wuhan-day registrations", "wuhan-day cases"} <= set(rates):
        rate = rates["wuhan-day registrations"]
        measured = f"{rate:,.0f} registrations a second of processor time"
        share, needed = min(1.0, rates["wuhan-day cases"] / CASES), CASES * REGISTRATIONS / rate
        found.append(
            Profile("wuhan-day", f"{CASES:,} cases a day, {REGISTRATIONS} registrations each", measured, share, needed)
        )
    if {"hunan-mesh transactions", "hunan-mesh requests run"} <= set(rates):
        rate, done = rates["hunan-mesh transactions"], rates["hunan-mesh requests run"]
        measured = f"{rate:,.0f} transactions a second of processor time, over all pairs"
        needed = PAIRS * CALLS_A_REQUEST / rate
        found.append(Profile("hunan-mesh", f"{PAIRS:,} authorization pairs", measured, min(1.0, done / PAIRS), needed))
    if "leaves, durable and anchored" in rates:
        rate = rates["leaves, durable and anchored"]
        measured = f"{rate:,.0f} leaves a second by the clock, {rate / LEAVES_A_SECOND:.0f} times what is asked"
        asks = f"{RECORDS / 10**6:.0f} million records a day, {LEAVES_A_SECOND:,} a second"
        found.append(Profile("quzhou-day", asks, measured, STREAM_LINES / RECORDS, RECORDS / rate))
    return found
