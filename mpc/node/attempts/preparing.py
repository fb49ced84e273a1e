"""An owner's input for one attempt: may its asset be asked this, and its own rows, read once for what was asked.

Nothing was promised before, and nothing leaves here. What depends on the question alone is decided before a row is
read. A table that is missing, faulty or changing ends the job.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from contracts.authorizations.terms import identifier
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotAuthorized, NotFound
from mpc import commitment
from mpc.commitment import Secret
from mpc.disclosure.before.audit import require_answerable
from mpc.inputs import Input
from mpc.kinds.registry import kind_of
from mpc.node.assets import AssetConfig
from mpc.node.attempts import origin
from mpc.node.attempts.desk import Desk
from mpc.node.guarding import admission, private
from mpc.node.guarding.guard import Mandate, Refused, code
from mpc.node.guarding.limits import domain
from mpc.node.guarding.private import Private
from mpc.node.memory import versions
from mpc.node.memory.versions import OwnRows
from mpc.node.workplace import Workplace
from mpc.privacy import budget
from mpc.spec.job import JobSpec
from mpc.spec.training import TrainingSpec
from mpc.tables.table import Table

OWN_TABLE = "input: own table"


@dataclass(frozen=True, slots=True)
class Prepared:
    """An owner's protocol input, the rows it was made of, and the record of where they come from."""

    data: Input = field(repr=False)
    own: OwnRows | Private
    origin: JsonValue = field(repr=False)

    def secret(self, salt: bytes) -> Secret:
        """Hide input and origin under this job's salt."""
        return commitment.hide(salt, self.origin, self.data.json())


def prepare(desk: Desk, mandate: Mandate) -> Prepared | None:
    """Read this party's own rows, if it supplies any.

    Raises:
        Refused: the asset is not to be asked this, or its table cannot be read.
    """
    place = desk.place
    source = next((source for source in mandate.owners if source.party == place.party), None)
    if source is None:
        return None
    admission.count(place, mandate, source.asset, desk.facts())
    require_mode(place, source.asset, mandate.spec)
    asset = place.assets[source.asset]
    return (_exact if mandate.spec.privacy is None else _private)(desk, mandate, asset)


def require_mode(place: Workplace, asset: str, spec: JobSpec, *, fix: bool = False) -> None:
    """Hold a job against how the asset was released before; ``fix`` right before something of it may be shown.

    Raises:
        Refused: the asset is released in the other mode.
    """
    usage, period = place.journal.usage, place.assets[asset].period
    decide = usage.fix if fix else usage.require
    try:
        decide(asset, period, budget.mode(spec))
    except NotAuthorized as fault:
        raise Refused(code(private.GROUND), str(fault)) from fault


def _exact(desk: Desk, mandate: Mandate, asset: AssetConfig) -> Prepared:
    place, answers, spec = desk.place, desk.place.journal.answers, mandate.spec
    cells = kind_of(spec).cells([owner.asset for owner in mandate.owners])
    rows = domain(spec, asset.code, asset.schema)
    try:
        with answers.past(spec.recipient, desk.job, desk.attempt) as history:
            require_answerable(history, cells, rows)
    except NotAuthorized as fault:
        raise Refused(code("disclosure"), str(fault)) from fault
    with desk.report.step("own rows read"), _reading(asset) as (table, file):
        own = versions.read(spec, place.party, asset.code, table, place.journal.row_key(), rows)
        data = _entered(desk, mandate, table)
    try:
        versions.require_steady(own, cells, answers.earlier(asset.code, desk.job, desk.attempt), answers.rows_of)
    except NotAuthorized as fault:
        raise Refused(code(versions.GROUND), str(fault)) from fault
    return Prepared(data, own, origin.describe(spec, asset, own, file))


def _entered(desk: Desk, mandate: Mandate, table: Table) -> Input:
    """Compute an exact input; of a run that is measured with the noise of its counts, drawn once."""
    place, spec = desk.place, mandate.spec
    if isinstance(spec, TrainingSpec) and spec.quality is not None:
        key, owners = place.journal.row_key(), len(mandate.owners)
        return kind_of(spec).prepare_private(place.party, table, key, owners, place.sampler)
    return kind_of(spec).prepare(place.party, table)


def _private(desk: Desk, mandate: Mandate, asset: AssetConfig) -> Prepared:
    """Truncate, add up and draw the noise, once: the members of this attempt are known, nothing has left."""
    journal, facts, spec = desk.place.journal, desk.facts(), mandate.spec
    published = {owner.asset: facts.asset(identifier(owner.asset)).versions for owner in mandate.owners}
    question = private.identify(spec, published)
    try:
        after = private.find(journal.usage, facts, asset.code, question)
    except NotAuthorized as fault:
        raise Refused(code(private.GROUND), str(fault)) from fault
    with desk.report.step("own rows read"), _reading(asset) as (table, file):
        key, owners = journal.row_key(), len(mandate.owners)
        own = Private(asset.code, versions.of_table(table, key), question, after)
        data = kind_of(spec).prepare_private(desk.place.party, table, key, owners, desk.place.sampler)
    return Prepared(data, own, origin.describe(spec, asset, own, file))


def faults(assets: Iterable[AssetConfig]) -> Iterator[str]:
    """Read every table whole, as a job would, and say which ones no job could use, and why."""
    for asset in assets:
        try:
            with _reading(asset):
                continue
        except Refused as fault:
            yield f"asset {asset.code}: {fault}"


@contextmanager
def _reading(asset: AssetConfig) -> Iterator[tuple[Table, str]]:
    """Open the own table, and the digest of its file; a fault of either ends the job, and so does a change."""
    try:
        with origin.unchanged(asset.file) as file, closing(Table(asset.file, asset.schema)) as table:
            yield table, file
    except (InvalidRecord, NotFound, OSError) as fault:
        # One ground for every fault of the own table; which it is stays in this node's own log.
        raise Refused(code(OWN_TABLE), str(fault)) from fault
