"""A released model as an asset of the catalogue: derived from its run's evidence, permitted what all its inputs permit.

The file of evidence is verified first, with the department's own trust file. The entry says in its conditions from
which job and evidence the model comes, and the intersection of its inputs' authorizations: operations, time, purpose
and the office they were granted to. Its grade is the strictest of its inputs'; a column is graded as this department
grades it, or strictest where it does not hold it. The item's code on chain is the release itself, so a model is entered
once, and the provenance leads from the asset to the release, the run and every input.

It does NOT enforce the conditions: whoever grants an authorization for the model is bound by the entry it signed, as
for every asset. Nor does it publish the model, which lies with the parties of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contracts.authorizations.record import Operations
from contracts.authorizations.terms import identifier
from contracts.catalogue import client as catalogue
from contracts.catalogue.rules import Category, Grade
from contracts.entries.record import Secrecy
from contracts.entries.statement import SALT_BYTES, TEXTS, Graded, Statement
from contracts.evidence import bundle
from contracts.evidence.jobs.derived import Permission, permitted
from contracts.evidence.verify import examine
from contracts.grades.record import HIGHEST, Personal
from gateway.statute.officers import Officer
from gateway.statute.sharing import entering
from ledger.errors import InvalidRecord, NotAuthorized, NotFound
from ledger.proofs.trust import Trust
from mpc.codes import is_code
from mpc.node.config import NodeConfig

CODE_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Derived:
    """A model as its evidence shows it. release, statement: by which the chain knows figures and evidence."""

    job: bytes
    release: bytes
    statement: bytes
    parties: tuple[str, ...]
    assets: Mapping[str, str]
    model: str
    columns: tuple[str, ...]
    purpose: str
    recipient: str
    permission: Permission

    @property
    def code(self) -> str:
        """The asset's code, unless another is chosen."""
        return f"model-{self.release.hex()[:CODE_DIGITS]}"

    @property
    def conditions(self) -> tuple[str, ...]:
        """What the entry binds whoever uses the model to."""
        found = self.permission
        names = ", ".join(str(operation.name).lower() for operation in Operations if operation in found.operations)
        return (
            f"derived: model of job {self.job.hex()}, evidence {self.statement.hex()}",
            f"permitted: {names}; {found.valid_from}..{found.valid_until} (unix seconds); purpose {self.purpose}; "
            f"granted to {self.recipient}",
        )


def derived(data: bytes, trust: Trust) -> Derived:
    """Read a model from a file of evidence.

    Raises:
        Failed: a step of its verification does not hold, and is named.
        InvalidRecord: evidence of something else. NotAuthorized: an input's authorization was stopped since.
    """
    found = examine(data, trust)
    agreed, asked = found.agreement.statement, found.agreement.question
    spec = agreed.spec
    if not agreed.is_model or not isinstance(spec, dict):
        raise InvalidRecord("mount: evidence of a model expected; figures of a statistic are no asset")
    permission = permitted(bundle.parse(data), found.released)
    model, columns = _described(spec)
    return Derived(
        job=found.released.id,
        release=agreed.result,
        statement=agreed.digest,
        parties=asked.parties,
        assets={source.party: source.asset for source in asked.sources},
        model=model,
        columns=columns,
        purpose=asked.purpose,
        recipient=asked.recipient,
        permission=permission,
    )


def require_current(found: Derived, party: str, now: int) -> None:
    """Refuse a party that was not in the run, and a model whose permission is over; raises NotAuthorized."""
    if party not in found.parties:
        raise NotAuthorized(f"mount: {party} took no part in the run; {', '.join(found.parties)} did")
    if now >= found.permission.valid_until:
        raise NotAuthorized(f"mount: what its inputs permit ended at {found.permission.valid_until} (unix seconds)")


def entry(
    found: Derived, code: str, name: str, assessment: str, grade: Grade, own: Callable[[str], Graded | None]
) -> Statement:
    """State the entry of a model.

    Args:
        assessment: what both assessments found. own: how this department grades a column, if it holds it.

    Raises:
        InvalidRecord: a code or text that no entry has.
    """
    if not is_code(code):
        raise InvalidRecord(f"mount: {code!r} is not a code (a-z, 0-9 and '-', at most 63 characters)")
    items = f"{found.model}: {', '.join(found.columns)}"
    texts = (name, items, "model", "once", "joint computation", assessment, assessment)
    columns = tuple(own(column) or Graded(column, HIGHEST, Personal.SENSITIVE) for column in sorted(found.columns))
    return Statement(
        code, dict(zip(TEXTS, texts, strict=True)), Category.CONDITIONAL, grade, Secrecy.NONE, "",
        found.conditions, columns, bytes(SALT_BYTES),
    )  # fmt: skip


def stated(officer: Officer, config: NodeConfig, found: Derived, code: str, name: str, assessment: str) -> Statement:
    """State and keep the entry as this department enters it: graded by what the chain says of its inputs."""
    grades = []
    for asset in found.assets.values():
        id = identifier(asset)
        grades.append(catalogue.decode_asset(id, officer.proven(catalogue.asset_fact(id))).grade)
    if not all(grades):
        raise NotFound("mount: an input of the model stands in the catalogue no more")
    own = found.assets.get(config.party)

    def graded(column: str) -> Graded | None:
        if own is None:
            return None
        try:
            return entering.kept(config.entries, own).graded(column)
        except NotFound:
            return None

    statement = entry(found, code, name, assessment, Grade(max(grades)), graded)
    return entering.salted(config.entries, statement)


def _described(spec: Mapping[str, object]) -> tuple[str, tuple[str, ...]]:
    """Return what kind of model it is, and the columns that it knows."""
    match spec:
        case {"algorithm": {"model": str(model)}, "features": list(features), "label": {"column": str(label)}}:
            names = [feature["column"] for feature in features if isinstance(feature, dict)]
            return model, (*map(str, names), label)
    raise InvalidRecord("mount: a model over columns of several departments lies in parts, and is no one's to enter")
