"""The report of an import: what became of every row of a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

from gateway.property.imports.profile import Profile
from gateway.property.imports.rows import Source
from gateway.property.imports.sorting import Bucket, Sorted
from ledger.canonical import JsonValue

FORMAT: Final = "shuxin-property-import"
# Rejected rows that a report lists one by one.
REJECTS_TOLD: Final = 1000


@dataclass(frozen=True, slots=True)
class Report:
    """What an import came to; the counts of the buckets add up to the rows.

    Attributes:
        profile_sha256: of all in the profile that decides what becomes of a row.
        deeds: considerations that cover several parcels.
        units_identified: False where the source masks which unit a row is about.
        rejects: line and reason of the first thousand.
    """

    registrar: str
    profile: str
    profile_sha256: str
    file: str
    sha256: str
    rows: int
    buckets: dict[str, int]
    deeds: int
    units: int
    holder: str
    units_identified: bool
    rejects: list[tuple[int, str]]

    def as_json(self) -> dict[str, JsonValue]:
        """Return the report as its file has it."""
        rejects: list[JsonValue] = [{"line": line, "reason": reason} for line, reason in self.rejects]
        return {"format": FORMAT, "version": 1, **asdict(self), "rejects": rejects}

    def text(self) -> str:
        """Write the report for the registrar's book."""
        return json.dumps(asdict(self), ensure_ascii=False)


def read(text: str) -> Report:
    """Read back what ``Report.text`` wrote."""
    values = json.loads(text)
    return Report(**{**values, "rejects": [(line, reason) for line, reason in values["rejects"]]})


def of(registrar: str, source: Source, profile: Profile, found: Sorted, units: int) -> Report:
    """Report on a file whose rows have been sorted.

    Raises:
        AssertionError: a row is in no bucket, or in two.
    """
    if sum(found.counts.values()) != found.rows:
        raise AssertionError("a row is in no bucket, or in two")
    return Report(
        registrar=registrar,
        profile=profile.name,
        profile_sha256=profile.digest,
        file=source.name,
        sha256=source.sha256,
        rows=found.rows,
        buckets={str(bucket): found.counts[bucket] for bucket in Bucket},
        deeds=found.deeds,
        units=units,
        holder=profile.holder,
        units_identified=profile.identified,
        rejects=[(reject.line, reject.reason) for reject in found.rejects[:REJECTS_TOLD]],
    )
