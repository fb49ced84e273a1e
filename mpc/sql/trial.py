"""What jobs would release from tables that all lie here: the owners' own computation, added up without a protocol.

For invented tables (``mpc.sql.samples``) and tests. The release rule is the gate's: cells of fewer rows than the
minimum, or of fewer contributors, stay closed, and with them the margins that they belong to. Earlier answers count for
nothing here, so the disclosure audit of real owners may refuse what a trial answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from ledger.canonical import JsonValue
from mpc import computation
from mpc.disclosure.places import moments, places
from mpc.inputs import CellValues, HolderRows, Input, ListedKeys
from mpc.spec import JobSpec, JoinSpec, SumsSpec
from mpc.tables import Table

Open: TypeAlias = Callable[[str], Table]
"""From the code of an asset to its table."""


def release(spec: JobSpec, tables: Open) -> Mapping[str, JsonValue]:
    """Compute the release document of an exact job."""
    inputs = {source.party: _input(spec, source.party, tables(source.asset)) for source in spec.sources}
    return _summed(spec, inputs) if isinstance(spec, SumsSpec) else _joined(spec, inputs)


def _input(spec: JobSpec, party: str, table: Table) -> Input:
    try:
        return computation.prepare(spec, party, table)
    finally:
        table.close()


def _summed(spec: SumsSpec, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
    owned = [found.values for found in inputs.values() if isinstance(found, CellValues)]
    totals = {name: sum(own[name] for own in owned) for name in owned[0]}
    passed = {
        place.name
        for place in places(spec)
        if totals[place.name] >= spec.minimum and sum(own[place.name] > 0 for own in owned) >= spec.contributors
    }
    opened = {place.name for place in places(spec) if passed >= {place.name, *place.parts}}
    sums = {place.moment(kind): place.name for place in places(spec) for kind in moments(spec)}
    return {"cells": {name: str(total) for name, total in totals.items() if sums.get(name, name) in opened}}


def _joined(spec: JoinSpec, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
    held, listed = inputs[spec.holder.party], inputs[spec.lister.party]
    assert isinstance(held, HolderRows)
    assert isinstance(listed, ListedKeys)
    keys, cells = set(listed.keys), list[JsonValue]()
    for group in computation.groups(spec):
        rows = [totals for key, totals in held.table.get(group, {}).items() if key in keys]
        sums: JsonValue = {a.column: str(sum(row.sums[place] for row in rows)) for place, a in enumerate(spec.sums)}
        cell: JsonValue = {
            "group": group,
            "keys": str(len(rows)),
            "rows": str(sum(row.rows for row in rows)),
            "sums": sums,
        }
        if len(rows) >= spec.minimum:
            cells.append(cell)
    return {"cells": cells}
