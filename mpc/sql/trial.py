"""What jobs would release from tables that all lie here: the owners' own computation, added up without a protocol.

For invented tables (``mpc.sql.samples``) and tests. The release rule is the gate's: cells of fewer rows than the
minimum, or of fewer contributors, stay closed, and with them the margins that they belong to. Earlier answers count for
nothing here, so the disclosure audit of real owners may refuse what a trial answers. Of a private question every figure
is released, with the noise that owners would add.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from ledger.canonical import JsonValue
from mpc.inputs import Input
from mpc.kinds.registry import kind_of
from mpc.privacy.noise import Sampler, discrete_gaussian
from mpc.spec.job import JobSpec
from mpc.tables.table import Table

Open: TypeAlias = Callable[[str], Table]
"""From the code of an asset to its table."""


def release(spec: JobSpec, tables: Open, sampler: Sampler = discrete_gaussian) -> Mapping[str, JsonValue]:
    """Compute the release document of a job; ``sampler`` draws the noise of a private one."""
    kind, owners = kind_of(spec), len(spec.sources)

    def prepared(party: str, table: Table) -> Input:
        if spec.privacy is None:
            return kind.prepare(party, table)
        return kind.prepare_private(party, table, bytes(32), owners, sampler)

    return kind.pooled({source.party: _input(prepared, source.party, tables(source.asset)) for source in spec.sources})


def _input(prepared: Callable[[str, Table], Input], party: str, table: Table) -> Input:
    try:
        return prepared(party, table)
    finally:
        table.close()
