"""Whether a job fits what the catalogue says of this node's own asset: its grades, and its terms of private questions.

Decided from the statement behind the catalogue entry in force, which this department keeps, and from the recipient's
level as proven; that terms were covered honestly when they were granted is not relied on. Of columns of grades 3 and 4
only sums over all their values leave: figures broken down by their own values (groups, bins) would hand the values
over. What it does NOT see: other owners' columns, which their nodes judge.
Source: GB/T 43697 and 39477; Regulation on Government Data Sharing, articles 13 and 25.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from contracts.authorizations.terms import identifier
from contracts.entries import statement as statements
from contracts.entries.statement import Statement
from contracts.grades.record import COMPUTE_ONLY
from ledger.errors import NotAuthorized, NotFound
from mpc.kinds.registry import kind_of
from mpc.node.assets import AssetConfig
from mpc.node.registry import Facts
from mpc.spec.job import JobSpec

ENTRY = "entry: not in force"
LEVEL = "grade: recipient's level"
EXPORT = "grade: compute only"


class Ungraded(NotAuthorized):
    """A job does not fit the grades; ``ground`` is the code recorded on chain."""

    def __init__(self, ground: str, text: str) -> None:
        super().__init__(text)
        self.ground = ground


def require_stated(facts: Facts, asset: AssetConfig, party: str, entries: Path) -> Statement:
    """Return what is stated of an asset, if the catalogue has exactly that in force.

    An asset that is asked with noise only has its terms among the entry's conditions, so that neither the owner nor
    anybody who changes the node's configuration can loosen them without the catalogue showing another entry.

    Raises:
        Ungraded: with the ground.
        InvalidRecord: the statement cannot be read.
    """
    statement = _statement(entries / f"{asset.code}.json", asset.code)
    if statement.document(identifier(party)) != facts.asset(identifier(asset.code)).document:
        raise Ungraded(ENTRY, f"entry: the catalogue has another entry of {asset.code} in force than is stated here")
    if asset.privacy is not None and asset.privacy.condition not in statement.conditions:
        raise Ungraded(ENTRY, f"entry: the terms of private questions on {asset.code} are not those of the catalogue")
    return statement


def require_graded(facts: Facts, spec: JobSpec, party: str, statement: Statement) -> None:
    """Refuse a job that reads a column above the recipient's level, or would hand over one that is only computed with.

    Who is told which keys the asset holds must have the level for the key.

    Raises:
        Ungraded: with the ground.
    """
    kind = kind_of(spec)
    _require_level(facts, statement, kind.columns(party), spec.recipient)
    for learner in kind.learners:
        if learner != party:
            _require_level(facts, statement, kind.broken_down(party), learner)
    for name in sorted(kind.broken_down(party)):
        if _grade(statement, name) >= COMPUTE_ONLY:
            raise Ungraded(EXPORT, f"grade: column {name} is computed with only, its values do not leave as groups")


def _require_level(facts: Facts, statement: Statement, columns: Collection[str], learner: str) -> None:
    level = facts.level(identifier(learner))
    for name in sorted(columns):
        grade = _grade(statement, name)
        if grade > level:
            raise Ungraded(LEVEL, f"grade: column {name} has grade {grade}, {learner} level {level}")


def _grade(statement: Statement, name: str) -> int:
    try:
        return statement.graded(name).grade
    except NotFound as fault:
        raise Ungraded(ENTRY, str(fault)) from fault


def _statement(path: Path, asset: str) -> Statement:
    if not path.is_file():
        raise Ungraded(ENTRY, f"entry: nothing is stated of asset {asset} at this node")
    return statements.parse(path.read_bytes())
