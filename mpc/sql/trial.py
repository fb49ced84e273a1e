"""What jobs would release from tables that all lie here: the owners' own computation, added up without a protocol.

For invented tables (``mpc.sql.samples``) and tests. The release rule is the gate's: cells of fewer rows than the
minimum, or of fewer contributors, stay closed, and with them the margins that they belong to. Earlier answers count for
nothing here, so the disclosure audit of real owners may refuse what a trial answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from ledger.canonical import JsonValue
from mpc.inputs import Input
from mpc.kinds.kind import Kind
from mpc.kinds.registry import kind_of
from mpc.spec import JobSpec
from mpc.tables import Table

Open: TypeAlias = Callable[[str], Table]
"""From the code of an asset to its table."""


def release(spec: JobSpec, tables: Open) -> Mapping[str, JsonValue]:
    """Compute the release document of an exact job."""
    kind = kind_of(spec)
    return kind.pooled({source.party: _input(kind, source.party, tables(source.asset)) for source in spec.sources})


def _input(kind: Kind, party: str, table: Table) -> Input:
    try:
        return kind.prepare(party, table)
    finally:
        table.close()
