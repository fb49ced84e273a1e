"""What must be declared for a private join, by either owner; and the neighbour of each case that is refused."""

from dataclasses import replace

import pytest
from privatejoins import COSTS, HELD, LISTED, private_join
from townspecs import PARCELS, SALES, join

from ledger.errors import InvalidRecord
from mpc.node.guarding.limits import NoiseLimits, faults
from mpc.privacy.declaration import UnitsAt
from mpc.privacy.joined import Clip, JoinCosts, JoinPrivacy, side_of
from mpc.spec import job as job_spec
from mpc.spec import reader as spec_reader
from mpc.spec.parts import Grouping, Interval
from mpc.tables.schema import Integer

SPEC = private_join()
NOISE = NoiseLimits(epsilon_milli=2000, delta_log2=-20)


def document(part: str, **changes: object):
    """The specification with one part of its member changed; None takes a term away."""
    found = SPEC.json()
    member = found["privacy"] if part == "privacy" else found["privacy"][part]
    for name, value in changes.items():
        if value is None:
            del member[name]
        else:
            member[name] = value
    return found


def test_a_private_join_is_read_as_it_was_written():
    assert spec_reader.from_json(SPEC.json()) == SPEC
    bare = private_join(groups=(), costs=JoinCosts(1, 1, {}))
    assert spec_reader.from_json(bare.json()) == bare
    assert job_spec.digest(SPEC) != job_spec.digest(replace(SPEC, privacy=None))
    assert "privacy" not in join().json()


@pytest.mark.parametrize("part", ["holder", "lister"])
@pytest.mark.parametrize("term", list(SPEC.json()["privacy"]["holder"]))
def test_no_term_of_either_owner_has_a_default(part, term):
    with pytest.raises(InvalidRecord, match=f"'{term}' is missing"):
        spec_reader.from_json(document(part, **{term: None}))


@pytest.mark.parametrize("term", ["holder", "lister", "micro_rho", "recipient_class"])
def test_no_term_of_the_question_has_a_default(term):
    with pytest.raises(InvalidRecord, match=f"'{term}' is missing"):
        spec_reader.from_json(document("privacy", **{term: None}))


@pytest.mark.parametrize(
    ("part", "changes", "said"),
    [
        ("holder", {"units_at": "one owner"}, "several owners"),
        ("lister", {"units_at": "one owner"}, "several owners"),
        ("holder", {"units_at": "nowhere"}, "one owner, several owners"),
        ("holder", {"unit": "owner"}, "the unit of a private join is its key"),
        ("lister", {"unit": "owner"}, "the unit of a private join is its key"),
        ("holder", {"max_rows": 0}, "max_rows"),
        ("holder", {"neighbours": "replace"}, "neighbours"),
        ("holder", {"nulls": "zero"}, "nulls"),
        ("holder", {"bounds": {}}, "columns that have bounds"),
        ("holder", {"bounds": {"price": {"low": "-1", "high": "6000", "scale": 0}}}, "0 <= low < high"),
        ("holder", {"bounds": {"price": {"low": "0", "high": "7000", "scale": 0}}}, "largest clipped value"),
        ("holder", {"groups": {"column": "borough", "values": ["1", "2"]}}, "grouped by the public keys"),
        ("holder", {"groups": {"column": "bbl", "values": ["1"]}}, "groups are not units"),
        ("holder", {"delta_log2": -30}, "one delta"),
        ("holder", {"epsilon": 1}, "unknown fields epsilon"),
        ("lister", {"groups": {"column": "borough", "values": ["1"]}}, "neither values nor groups"),
        ("lister", {"bounds": {"price": {"low": "0", "high": "1", "scale": 0}}}, "neither values nor groups"),
        ("micro_rho", {"keys": "0"}, "costs 1.."),
        ("micro_rho", {"sums": {}}, "columns that have bounds"),
        ("micro_rho", {"median": "1"}, "unknown fields median"),
        ("privacy", {"recipient_class": ""}, "recipient_class"),
        ("privacy", {"colluders": 1}, "unknown fields colluders"),
    ],
)
def test_faulty_terms_are_refused_by_name(part, changes, said):
    with pytest.raises(InvalidRecord, match=said):
        spec_reader.from_json(document(part, **changes))


def test_a_grouping_that_the_declaration_does_not_name_is_refused():
    with pytest.raises(InvalidRecord, match="grouped by the public keys"):
        replace(SPEC, grouping=None)
    with pytest.raises(InvalidRecord, match="grouped by the public keys"):
        replace(SPEC, grouping=Grouping("street", ("1", "2", "3")))


# beside the owners' own declarations


def grounds(spec, party, declared):
    schema = SALES if party == "finance" else PARCELS
    return [(ground, text) for ground, text in faults(spec, party, schema, NOISE, declared)]


OWNERS = {"finance": HELD, "tax": LISTED}


@pytest.mark.parametrize("party", OWNERS)
def test_what_repeats_the_declarations_is_answered_by_both(party):
    assert grounds(SPEC, party, OWNERS[party]) == []


@pytest.mark.parametrize("party", OWNERS)
def test_an_asset_without_a_declaration_answers_no_private_join_and_one_with_it_no_exact_one(party):
    ((ground, said),) = grounds(SPEC, party, None)
    assert (ground, "no declaration" in said) == ("job: privacy", True)
    said = [text for ground, text in grounds(join(), party, OWNERS[party]) if ground == "job: privacy"]
    assert "exact questions about it are not answered" in said[0]


@pytest.mark.parametrize(
    ("party", "change"),
    [
        ("finance", {"max_rows": 3}), ("finance", {"bounds": {"price": (1, 6000)}}), ("finance", {"period": "2020"}),
        ("finance", {"groups": {"borough": ("1", "2")}}), ("tax", {"max_rows": 2}), ("tax", {"period": "2020"}),
        ("tax", {"delta_log2": -30}),
    ],
)  # fmt: skip
def test_each_owner_refuses_what_differs_from_its_own_declaration_and_names_it(party, change):
    ((ground, said),) = grounds(SPEC, party, replace(OWNERS[party], **change))
    assert ground == "job: privacy"
    assert next(iter(change)) in said
    other = "tax" if party == "finance" else "finance"
    assert grounds(SPEC, other, OWNERS[other]) == []  # what the other one declares is not for it to judge


@pytest.mark.parametrize("party", OWNERS)
def test_units_declared_at_one_owner_are_joined_with_nobody(party):
    ((ground, said),) = grounds(SPEC, party, replace(OWNERS[party], units_at=UnitsAt.ONE))
    assert (ground, "several owners" in said) == ("job: privacy", True)


def test_bounds_that_hold_less_than_the_tables_are_refused_before_a_row_is_read():
    assert ("job: bounds", "job: rows of 399 is less than the declared 400") in grounds(
        replace(SPEC, rows=399), "finance", HELD
    )
    for party, change in (("finance", {"holder_most": 399}), ("tax", {"lister_most": 399})):
        ((ground, said),) = grounds(replace(SPEC, **change), party, OWNERS[party])
        assert (ground, "most keys" in said) == ("job: bounds", True)


def test_weak_noise_on_counts_and_noise_that_cannot_be_drawn_are_refused():
    strict = NoiseLimits(epsilon_milli=100, delta_log2=-40)
    assert [ground for ground, _ in faults(SPEC, "tax", PARCELS, strict, LISTED)] == ["job: noise"]
    cheap = private_join(costs=replace(COSTS, keys=200_000))
    ((ground, said),) = grounds(cheap, "tax", LISTED)
    assert (ground, "below variance 4" in said) == ("job: privacy", True)


def test_columns_of_another_kind_and_undeclared_bounds_are_refused():
    assert grounds(replace(SPEC, filters=(Interval("area", 0, None),)), "finance", HELD)[0][0] == "job: bounds"
    with pytest.raises(InvalidRecord, match="no bounds are declared for column 'area'"):
        side_of(HELD, {"area": 0}, None)
    with pytest.raises(InvalidRecord, match="no keys are declared for column 'street'"):
        side_of(HELD, {}, "street")
    scaled = replace(SALES, columns={**SALES.columns, "price": Integer(0, 10**9, scale=2)})
    ((ground, said),) = faults(SPEC, "finance", scaled, NOISE, HELD)
    assert (ground, "bounds" in said) == ("job: privacy", True)


def test_values_are_objects_that_hold_their_rules():
    with pytest.raises(InvalidRecord):
        Clip(5, 5, 0)
    with pytest.raises(InvalidRecord, match="class of recipients"):
        JoinPrivacy(SPEC.privacy.holder, SPEC.privacy.lister, COSTS, "")
