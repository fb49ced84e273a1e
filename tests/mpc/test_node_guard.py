"""The guard decides alone, on the facts it is given: each ground is refused with its code, its neighbour passes."""

from dataclasses import replace

import pytest
from guardedjob import NOW, SCHEMA, Case, terms

from contracts.authorizations.reasons import Ground
from contracts.authorizations.record import AuthorizationState, Operations
from contracts.authorizations.terms import identifier
from contracts.catalogue.rules import Asset, AssetState, Category
from contracts.jobs.record import JobState
from contracts.parties.record import Keys
from ledger import canonical
from mpc.node.guarding.guard import OVER, code, read_code

GOOD = Keys(b"\7" * 32, b"\7" * 32, b"\7" * 32, since=1)


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


def test_codes_are_readable_ascii_of_32_bytes():
    assert read_code(code("job: deadline")) == "job: deadline"
    assert len(code("x" * 40)) == 32


@pytest.mark.parametrize(
    ("text", "ground"), [("job: no", b"job: no"), ("job: 拒绝", b"job: ??"), ("x" * 40, b"x" * 32)]
)
def test_any_reason_becomes_a_ground(text, ground):
    """A reason comes from an RPC: what does not fit on chain must not keep the refusal itself from it."""
    assert code(text) == ground.ljust(32, b"\0")
