"""Who is told which keys an asset holds is a recipient of its key column, and needs the level for its grade."""

from __future__ import annotations

from dataclasses import dataclass, replace

import granting
import pytest
import specs

from contracts.authorizations.terms import identifier
from contracts.entries.statement import Graded
from mpc.node.guarding.classification import LEVEL, Ungraded, require_graded
from mpc.spec.aligned import AlignedSpec


@dataclass(frozen=True)
class Levels:
    """Facts of a chain that knows levels alone."""

    known: dict[str, int]

    def level(self, party: bytes) -> int:
        return next((level for name, level in self.known.items() if identifier(name) == party), 1)


def judge(spec: AlignedSpec, **levels: int) -> None:
    stated = granting.stated("fines-2019", "fines", "id")
    columns = tuple(Graded(name, 2 if name == "id" else 1) for name in ("fines", "id"))
    known = {name.replace("_", "-"): level for name, level in levels.items()}
    require_graded(Levels(known), spec, "court", replace(stated, columns=columns))  # type: ignore[arg-type]


def test_an_owner_below_the_grade_of_the_key_is_not_told() -> None:
    with pytest.raises(Ungraded, match="column id has grade 2, bureau level 1") as found:
        judge(specs.aligned(), audit_office=2, treasury=2)
    assert found.value.ground == LEVEL
    judge(specs.aligned(), audit_office=2, treasury=2, bureau=2)


def test_an_owner_that_is_told_nothing_needs_no_level_and_neither_does_the_assets_own() -> None:
    judge(specs.aligned(counted=True, told=("court", "treasury")), audit_office=2, treasury=2)
