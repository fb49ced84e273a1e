"""A job that one node's guard permits, until a test changes a fact that it is told."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import granting
import pytest
from specs import join

from contracts.authorizations.record import Authorization, AuthorizationState, Operations
from contracts.authorizations.terms import Terms, identifier
from contracts.catalogue.rules import Asset, AssetState, Category
from contracts.entries.statement import Statement
from contracts.jobs.record import NOTHING, Inputs, Job, JobState, roster_of
from contracts.parties.record import Keys, Party
from ledger import canonical
from mpc.kinds.registry import kind_of
from mpc.node.assets import AssetConfig
from mpc.node.guarding.guard import Guard, Refused
from mpc.node.whole import write_whole
from mpc.spec import job as job_spec
from mpc.spec.job import JobSpec, JoinSpec, SumsSpec
from mpc.tables.schema import Integer, Schema, Text

JOB = b"\x0a" * 32
NOW = 1_000_000
COLUMNS = ("bbl", "borough", "sale_price")
SCHEMA = Schema(
    {"bbl": Text("[0-9]{10}"), "borough": Text("[1-5]"), "sale_price": Integer(0, 1 << 32)},
    key="bbl",
    groups=("borough",),
    rows=100_000,
)
SALT = b"\5" * 32


@dataclass
class Told:
    """Facts as a test tells them."""

    time: int = NOW
    jobs: dict[bytes, Job] = field(default_factory=dict)
    authorizations: dict[bytes, Authorization] = field(default_factory=dict)
    assets: dict[bytes, Asset] = field(default_factory=dict)
    keyring: dict[bytes, Keys] = field(default_factory=dict)
    levels: dict[bytes, int] = field(default_factory=dict)

    def job(self, job: bytes) -> Job:
        return self.jobs.get(job, Job())

    def inputs(self, job: bytes, attempt: int, party: bytes) -> Inputs:
        return Inputs()

    def authorization(self, id: bytes) -> Authorization:
        return self.authorizations.get(id, Authorization())

    def asset(self, asset: bytes) -> Asset:
        return self.assets.get(asset, Asset())

    def party(self, party: bytes) -> Party:
        return Party()

    def level(self, party: bytes) -> int:
        return self.levels.get(party, 1)

    def keys(self, party: bytes) -> Keys:
        return self.keyring.get(party, Keys())


def terms(**changes: object) -> Terms:
    given = (Operations.COUNT, COLUMNS, SALT, "article 9", 0, 1, 1)
    plain = Terms("sales-2019", "audit-office", "rent-audit", "text", *given)
    return replace(plain, **changes)  # type: ignore[arg-type]


def specification() -> JoinSpec:
    plain = join()
    sources = (replace(plain.holder, authorization=b"\1" * 32), replace(plain.lister, authorization=b"\2" * 32))
    return replace(plain, holder=sources[0], lister=sources[1])


def recorded(spec: JobSpec) -> Job:
    supplies = [(identifier(source.party), source.authorization) for source in spec.sources]
    roster = roster_of([*supplies, (identifier(spec.recipient), NOTHING)])
    return Job(
        requester=identifier(spec.recipient),
        recipient=identifier(spec.recipient),
        spec=job_spec.digest(spec),
        purpose=identifier(spec.purpose),
        operations=int(kind_of(spec).operations()),
        minimum=spec.minimum,
        contributors=kind_of(spec).contributors,
        deadline=NOW + 100,
        roster=roster.digest,
        suppliers=roster.suppliers,
        attempt=1,
        state=JobState.PROPOSED,
        members=(1 << len(roster.parties)) - 1,
    )


def granted(spec: JoinSpec | SumsSpec, party: str, asset: str, document: Terms) -> Authorization:
    return Authorization(
        asset=identifier(asset),
        owner=identifier(party),
        grantee=identifier(spec.recipient),
        purpose=identifier(spec.purpose),
        operations=int(kind_of(spec).operations()),
        terms=document.digest,
        valid_from=NOW - 100,
        valid_until=NOW + 100,
        max_uses=1,
        state=AuthorizationState.GRANTED,
    )


class Case:
    """A job that finance's guard permits, until a test changes something."""

    def __init__(self, directory: Path, spec: JoinSpec | None = None) -> None:
        self.spec = spec or specification()
        (directory / "terms.json").write_bytes(canonical.encode(terms().json()))
        assets = {"sales-2019": AssetConfig("sales-2019", directory / "sales.csv", SCHEMA)}
        self.guard = Guard("finance", assets, directory, minimum=10, entries=directory / "entries")
        self.facts = Told(jobs={JOB: recorded(self.spec)})
        for source in self.spec.sources:
            self.facts.authorizations[source.authorization] = granted(self.spec, source.party, source.asset, terms())
            asset = Asset(identifier(source.party), category=Category.CONDITIONAL, state=AssetState.MOUNTED)
            self.facts.assets[identifier(source.asset)] = asset
        self.state(granting.stated("sales-2019", *COLUMNS))
        for party in self.spec.parties:
            self.facts.keyring[identifier(party)] = Keys(b"\7" * 32, b"\7" * 32, b"\7" * 32, since=1)

    def state(self, statement: Statement, *, is_in_force: bool = True) -> None:
        """Keep a statement at finance's node, and have the catalogue name it."""
        write_whole(self.guard.entries / "sales-2019.json", canonical.encode(statement.json()))
        if is_in_force:
            asset, document = identifier("sales-2019"), statement.document(identifier("finance"))
            self.facts.assets[asset] = replace(self.facts.assets[asset], document=document)

    def authorization(self, number: int, **changes: object) -> None:
        id = bytes([number]) * 32
        self.facts.authorizations[id] = replace(self.facts.authorizations[id], **changes)  # type: ignore[arg-type]

    def record(self, **changes: object) -> None:
        self.facts.jobs[JOB] = replace(self.facts.jobs[JOB], **changes)  # type: ignore[arg-type]

    def permitted(self) -> None:
        mandate = self.guard.check(self.facts, JOB, self.spec)
        assert mandate.parties == ("audit-office", "finance", "tax")
        assert [source.party for source in mandate.owners] == ["finance", "tax"]

    def refused(self, ground: bytes, text: str) -> None:
        with pytest.raises(Refused, match=text) as fault:
            self.guard.check(self.facts, JOB, self.spec)
        assert fault.value.code == ground
        assert len(ground) == 32
