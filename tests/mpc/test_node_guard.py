"""The guard decides alone, on the facts it is given: each ground is refused with its code, its neighbour passes."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import granting
import pytest
from privatespecs import private
from specs import join, sums

from contracts.authorizations.reasons import Ground
from contracts.authorizations.record import Authorization, AuthorizationState, Operations
from contracts.authorizations.terms import Terms, identifier
from contracts.catalogue.rules import Asset, AssetState, Category
from contracts.entries.statement import Graded, Statement
from contracts.jobs.record import NOTHING, Inputs, Job, JobState, roster_of
from contracts.parties.record import Keys, Party
from ledger import canonical
from mpc import spec as job_spec
from mpc.kinds.registry import kind_of
from mpc.node.assets import AssetConfig
from mpc.node.guard import OVER, Guard, Refused, code, read_code
from mpc.node.whole import write_whole
from mpc.privacy.declaration import Declaration, Neighbours, Nulls, UnitsAt
from mpc.schema import Integer, Schema, Text
from mpc.spec import JoinSpec, SumsSpec

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
GOOD = Keys(b"\7" * 32, b"\7" * 32, b"\7" * 32, since=1)


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


def recorded(spec: JoinSpec | SumsSpec) -> Job:
    supplies = [(identifier(source.party), source.authorization) for source in spec.sources]
    roster = roster_of([*supplies, (identifier(spec.recipient), NOTHING)])
    return Job(
        requester=identifier(spec.recipient),
        recipient=identifier(spec.recipient),
        spec=job_spec.digest(spec),
        purpose=identifier(spec.purpose),
        operations=int(kind_of(spec).operations()),
        minimum=spec.minimum,
        contributors=spec.contributors if isinstance(spec, SumsSpec) else len(spec.sources),
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


@pytest.fixture
def case(tmp_path):
    return Case(tmp_path)


def test_a_job_under_two_valid_authorizations_is_permitted(case):
    case.permitted()


@pytest.mark.parametrize("number", [1, 2], ids=["own", "other owner's"])
@pytest.mark.parametrize(
    ("changes", "ground"),
    [
        ({"state": AuthorizationState.UNKNOWN}, Ground.UNKNOWN),
        ({"state": AuthorizationState.SUSPENDED}, Ground.SUSPENDED),
        ({"state": AuthorizationState.REVOKED}, Ground.REVOKED),
        ({"state": AuthorizationState.DISPOSED}, Ground.DISPOSED),
        ({"valid_until": NOW}, Ground.EXPIRED),
        ({"valid_from": NOW + 1}, Ground.NOT_YET_VALID),
        ({"uses": 1}, Ground.EXHAUSTED),
        ({"purpose": identifier("market-audit")}, Ground.PURPOSE),
        ({"operations": int(Operations.COUNT | Operations.SUM | Operations.JOIN)}, Ground.OPERATION),
        ({"owner": identifier("stranger")}, Ground.ASSET),
    ],
)
def test_every_unusable_authorization_is_refused_with_its_ground(case, number, changes, ground):
    case.authorization(number, **changes)
    case.refused(ground.code, ground.text)


@pytest.mark.parametrize("field", ["grantee", "asset"])
def test_an_authorization_of_somebody_or_something_else_is_refused(case, field):
    case.authorization(2, **{field: identifier("stranger")})
    case.refused(Ground.UNKNOWN.code, "not tax's for rent-stabilised")


def test_a_missing_authorization_is_refused(case):
    del case.facts.authorizations[b"\2" * 32]
    case.refused(Ground.UNKNOWN.code, "unknown")


@pytest.mark.parametrize("changes", [{"valid_until": NOW + 1}, {"valid_from": NOW}, {"uses": 0}, {"max_uses": 2}])
def test_an_authorization_right_inside_its_bounds_is_enough(case, changes):
    case.authorization(1, **changes)
    case.permitted()


def test_the_use_that_the_job_itself_has_made_is_not_held_against_it(case):
    case.record(state=JobState.OPENING, frozen=7)
    case.authorization(1, uses=1)
    case.permitted()
    case.authorization(1, state=AuthorizationState.REVOKED)  # but a revocation after the first opening is
    case.refused(Ground.REVOKED.code, "revoked")


@pytest.mark.parametrize(
    "asset",
    [
        Asset(),
        Asset(identifier("tax"), state=AssetState.UNMOUNTED),
        Asset(identifier("tax"), state=AssetState.DESTROYED),
    ],
    ids=["unknown", "withdrawn", "destroyed"],
)
def test_an_asset_that_is_not_offered_is_refused(case, asset):
    case.facts.assets[identifier("rent-stabilised")] = replace(asset, category=Category.CONDITIONAL)
    case.refused(Ground.ASSET.code, "asset withdrawn")


def test_a_column_outside_the_terms_is_refused(case, tmp_path):
    narrow = terms(columns=("bbl", "sale_price"))
    (tmp_path / "terms.json").write_bytes(canonical.encode(narrow.json()))
    case.authorization(1, terms=narrow.digest)
    case.refused(Ground.COLUMN.code, "column borough is not among the granted")


def test_a_column_that_the_node_has_not_declared_is_refused(case):
    columns = {name: column for name, column in SCHEMA.columns.items() if name != "borough"}
    schema = replace(SCHEMA, columns=columns, groups=())
    assets = {"sales-2019": replace(case.guard.assets["sales-2019"], schema=schema)}
    case.guard = replace(case.guard, assets=assets)
    case.refused(Ground.COLUMN.code, "column borough is not declared")


@pytest.mark.parametrize(
    "changes",
    [{"grantee": "press"}, {"purpose": "market-audit"}, {"asset": "sales-2018"}],
    ids=["grantee", "purpose", "asset"],
)
def test_terms_for_something_else_are_refused(case, tmp_path, changes):
    other = terms(**changes)
    (tmp_path / "terms.json").write_bytes(canonical.encode(other.json()))
    case.authorization(1, terms=other.digest)
    case.refused(Ground.TERMS.code, "terms: granted")


def test_terms_that_the_chain_does_not_name_are_refused(case):
    case.authorization(1, terms=b"\x09" * 32)
    case.refused(Ground.TERMS.code, "no document here")


def test_an_unreadable_terms_document_is_refused(case, tmp_path):
    (tmp_path / "another.json").write_text("{")
    case.refused(Ground.TERMS.code, "another.json cannot be read")


def test_an_asset_this_node_does_not_hold_is_refused(case):
    case.guard = replace(case.guard, assets={})
    case.refused(Ground.ASSET.code, "holds no asset sales-2019")


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": identifier("other")},
        {"operations": int(Operations.COUNT)},
        {"recipient": identifier("press")},
        {"minimum": 9},
        {"contributors": 1},
        {"roster": b"\3" * 32},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_record_that_differs_from_the_specification_is_refused(case, changes):
    case.record(**changes)
    case.refused(code("job: record"), "differs from the specification")


def test_another_specification_than_the_proposed_one_is_refused(case):
    case.spec = replace(case.spec, epsilon_milli=case.spec.epsilon_milli + 1)
    case.refused(code("job: specification"), "not the one proposed")


def test_a_job_that_nobody_proposed_is_refused(case):
    case.facts.jobs.clear()
    case.refused(OVER, "state unknown")


@pytest.mark.parametrize("state", [JobState.RELEASED, JobState.ABORTED, JobState.REFUSED])
def test_a_job_that_is_over_is_refused(case, state):
    case.record(state=state)
    case.refused(OVER, f"state {state.name.lower()}")


def test_the_deadline_itself_is_too_late(case):
    case.record(deadline=NOW + 1)
    case.permitted()
    case.record(deadline=NOW)
    case.refused(code("job: deadline"), "deadline has passed")


@pytest.mark.parametrize("minimum", [9, 11])
def test_another_minimum_than_the_nodes_own_is_refused(case, minimum):
    """The gate's bits under many minima would tell a cell's size, so a larger one is refused too."""
    case.guard = replace(case.guard, minimum=minimum)
    case.refused(code("job: minimum"), f"this node asks for {minimum}")


@pytest.mark.parametrize(
    ("changes", "ground"),
    [
        ({"rows": (1 << 17) + 1}, "job: bounds"),
        ({"key": None, "groups": ()}, "job: key"),
        ({"groups": ()}, "job: bounds"),
    ],
)
def test_a_specification_that_does_not_hold_the_declaration_is_refused(case, changes, ground):
    schema = replace(SCHEMA, **changes)
    case.guard = replace(case.guard, assets={"sales-2019": replace(case.guard.assets["sales-2019"], schema=schema)})
    case.refused(code(ground), "job: ")


def test_a_node_that_takes_no_part_refuses(case):
    case.guard = replace(case.guard, party="police")
    case.refused(code("job: not a member"), "police takes no part")


@pytest.mark.parametrize(
    "keys",
    [Keys(), replace(GOOD, until=NOW), replace(GOOD, compromised=NOW)],
    ids=["none", "ended", "compromised"],
)
def test_keys_that_are_not_in_force_are_refused(case, keys):
    case.facts.keyring[identifier("tax")] = keys
    case.refused(code("party: keys"), "tax has no keys in force")


@dataclass
class Masked:
    """A masked sum of five registrars that the first one's guard permits."""

    spec: SumsSpec
    facts: Told
    guard: Guard


@pytest.fixture
def masked(tmp_path):
    plain = sums()
    sources = tuple(replace(source, authorization=bytes([n]) * 32) for n, source in enumerate(plain.sources, start=1))
    spec = replace(plain, sources=sources)
    document = terms(asset="sales-1", purpose="market-audit", columns=("sale_price",))
    (tmp_path / "terms.json").write_bytes(canonical.encode(document.json()))
    facts = Told(jobs={JOB: recorded(spec)})
    for source in sources:
        facts.authorizations[source.authorization] = granted(spec, source.party, source.asset, document)
        asset = Asset(identifier(source.party), category=Category.CONDITIONAL, state=AssetState.MOUNTED)
        facts.assets[identifier(source.asset)] = asset
    facts.keyring = {identifier(party): Keys(b"\7" * 32, b"\7" * 32, b"\7" * 32, since=1) for party in spec.parties}
    assets = {"sales-1": AssetConfig("sales-1", tmp_path / "sales.csv", SCHEMA)}
    guard = Guard("registrar-1", assets, tmp_path, minimum=10, entries=tmp_path / "entries")
    statement, own = granting.stated("sales-1", *COLUMNS), identifier("sales-1")
    write_whole(guard.entries / "sales-1.json", canonical.encode(statement.json()))
    facts.assets[own] = replace(facts.assets[own], document=statement.document(identifier("registrar-1")))
    return Masked(spec, facts, guard)


def test_every_source_of_masked_sums_is_checked(masked):
    assert len(masked.guard.check(masked.facts, JOB, masked.spec).owners) == 5
    last = masked.spec.sources[-1].authorization
    held = masked.facts.authorizations
    held[last] = replace(held[last], state=AuthorizationState.SUSPENDED)
    with pytest.raises(Refused, match="registrar-5, sales-5"):
        masked.guard.check(masked.facts, JOB, masked.spec)


@pytest.mark.parametrize("asked", [3, 4, 5])
def test_another_number_of_contributors_than_the_nodes_own_is_refused(masked, asked):
    """Asked under every number, the bits would say how many owners have rows in a cell."""
    for own in (3, 4, 5):
        guard = replace(masked.guard, contributors=own)
        spec = replace(masked.spec, contributors=asked)
        masked.facts.jobs[JOB] = recorded(spec)
        if own == asked:
            assert len(guard.check(masked.facts, JOB, spec).owners) == 5
            continue
        with pytest.raises(Refused, match=f"{asked} contributors, this node asks for {own}") as refused:
            guard.check(masked.facts, JOB, spec)
        assert read_code(refused.value.code) == "job: contributors"


def test_a_private_question_has_no_bits_and_may_ask_any_number_of_contributors(tmp_path):
    guard = Guard("registrar-1", {}, tmp_path, minimum=10, contributors=5, entries=tmp_path)
    spec = private()
    facts = Told(jobs={JOB: replace(recorded(spec), minimum=spec.minimum)})
    with pytest.raises(Refused, match="authorization") as refused:  # what comes after the numbers
        guard.check(facts, JOB, spec)
    assert read_code(refused.value.code) == "authorization: unknown"


def test_codes_are_readable_ascii_of_32_bytes():
    assert read_code(code("job: deadline")) == "job: deadline"
    assert len(code("x" * 40)) == 32


@pytest.mark.parametrize(
    ("text", "ground"), [("job: no", b"job: no"), ("job: 拒绝", b"job: ??"), ("x" * 40, b"x" * 32)]
)
def test_any_reason_becomes_a_ground(text, ground):
    """A reason comes from an RPC: what does not fit on chain must not keep the refusal itself from it."""
    assert code(text) == ground.ljust(32, b"\0")


def graded(**grades: int) -> Statement:
    """The statement of the sales with some grades raised."""
    plain = granting.stated("sales-2019", *COLUMNS)
    return replace(plain, columns=tuple(Graded(name, grades.get(name, 1)) for name in COLUMNS))


def test_a_column_above_the_recipients_level_is_not_read(case):
    case.state(graded(sale_price=2))
    case.refused(code("grade: recipient's level"), "sale_price has grade 2, audit-office level 1")
    case.facts.levels[identifier("audit-office")] = 2
    case.permitted()


def test_a_column_the_job_does_not_read_may_have_any_grade(case):
    columns = (*(Graded(name, 1) for name in COLUMNS), Graded("owner", 4))
    case.state(replace(graded(), columns=tuple(sorted(columns, key=lambda column: column.name))))
    case.permitted()


@pytest.mark.parametrize(
    ("column", "grade", "leaves"), [("borough", 2, True), ("borough", 3, False), ("sale_price", 4, True)]
)
def test_columns_that_are_computed_with_only_label_no_released_figure(case, column, grade, leaves):
    case.facts.levels[identifier("audit-office")] = 4
    case.state(graded(**{column: grade}))
    if leaves:
        case.permitted()
    else:
        case.refused(code("grade: compute only"), "borough is computed with only")


def test_a_node_without_the_statement_in_force_takes_no_part(case):
    case.state(graded(sale_price=2), is_in_force=False)
    case.refused(code("entry: not in force"), "another entry of sales-2019 in force")
    (case.guard.entries / "sales-2019.json").unlink()
    case.refused(code("entry: not in force"), "nothing is stated of asset sales-2019")
    case.state(graded())
    case.permitted()


def test_the_terms_of_private_questions_are_those_of_the_catalogue(case):
    asset = case.guard.assets["sales-2019"]
    bounds, keys = {"sale_price": (0, 2_000_000)}, {}
    terms = Declaration(
        "bbl", Neighbours.ONE_UNIT, 5, 1, bounds, keys, UnitsAt.ONE, 1, Nulls.REFUSED, asset.period, -40
    )
    case.guard.assets["sales-2019"] = replace(asset, privacy=terms)
    stated = "the terms of private questions on sales-2019 are not those of the catalogue"
    case.refused(code("entry: not in force"), stated)
    loosened = replace(terms, max_rows=4)
    case.state(granting.stated("sales-2019", *COLUMNS, privacy=loosened))
    case.refused(code("entry: not in force"), stated)
    case.state(granting.stated("sales-2019", *COLUMNS, privacy=terms))
    case.refused(code("job: privacy"), "the asset is declared private")


def test_every_term_of_private_questions_is_in_the_condition_of_the_catalogue() -> None:
    terms = Declaration(
        "bbl", Neighbours.ONE_UNIT, 5, 1, {"sale_price": (0, 9)}, {"borough": ("1",)}, UnitsAt.ONE, 1, Nulls.REFUSED,
        "2019", -40,
    )  # fmt: skip
    others = {
        "unit": "lot", "max_rows": 4, "max_groups": 2, "bounds": {"sale_price": (0, 10)}, "groups": {}, "colluders": 2,
        "units_at": UnitsAt.SEVERAL, "period": "2020", "delta_log2": -41,
    }  # fmt: skip
    conditions = {replace(terms, **{name: value}).condition for name, value in others.items()}
    assert len(conditions | {terms.condition}) == len(others) + 1


def test_an_ungraded_column_is_not_read(case):
    case.state(granting.stated("sales-2019", "bbl", "borough"))
    case.refused(code("entry: not in force"), "no graded column sale_price")
