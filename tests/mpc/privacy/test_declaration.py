"""No term of a private question has a default, and each is refused where it is missing or out of range."""

from dataclasses import replace

import pytest
from privatespecs import DECLARED, private

from ledger.errors import InvalidRecord
from mpc.privacy.declaration import Family, Privacy, UnitsAt
from mpc.spec import job as job_spec
from mpc.spec import reader as spec_reader
from mpc.spec.parts import Amount

SPEC = private(grouped=True)
MEMBERS = sorted(SPEC.json()["privacy"])


def member(**changes):
    return {**SPEC.json(), "privacy": {**SPEC.json()["privacy"], **changes}}


def test_a_private_question_survives_its_canonical_form():
    for spec in (SPEC, private(("histogram",), edges=(0, 100)), private(("variance",))):
        assert spec_reader.from_json(spec.json()) == spec


def test_an_exact_question_keeps_its_digest():
    exact = replace(SPEC, privacy=None)
    assert "privacy" not in exact.json()
    assert job_spec.digest(exact) != job_spec.digest(SPEC)


@pytest.mark.parametrize("name", MEMBERS)
def test_no_term_has_a_default(name):
    document = member()
    del document["privacy"][name]
    with pytest.raises(InvalidRecord, match=f"'{name}' is missing"):
        spec_reader.from_json(document)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"neighbours": "replace-one-unit"}, "neighbours"),
        ({"nulls": "zero"}, "nulls"),
        ({"units_at": "two owners"}, "one owner, several owners"),
        ({"max_rows": 0}, "max_rows"),
        ({"max_groups": 0}, "max_groups"),
        ({"low": "5000"}, "low < high"),
        ({"colluders": -1}, "colluders"),
        ({"colluders": 3}, "nobody's noise"),
        ({"delta_log2": -10}, "delta"),
        ({"groups": {"column": "bbl", "values": ["1"]}}, "groups are not units"),
        ({"groups": {"column": "borough", "values": ["2", "1"]}}, "sorted"),
        ({"micro_rho": {"count": "1"}}, "exactly count, sum"),
        ({"micro_rho": {"count": "1", "sum": "1", "squares": "1"}}, "exactly count, sum"),
        ({"micro_rho": {"count": "0", "sum": "1"}}, "micro-rho"),
        ({"micro_rho": {"count": "1", "sum": "1", "median": "1"}}, "unknown fields median"),
        ({"epsilon": "1"}, "unknown fields epsilon"),
        ({"high": "9000"}, "bound must be 9000"),
    ],
)
def test_a_term_out_of_range_is_refused_by_name(changes, said):
    with pytest.raises(InvalidRecord, match=said):
        spec_reader.from_json(member(**changes))


def test_groups_and_a_histogram_are_two_questions():
    with pytest.raises(InvalidRecord, match="not both"):
        private(("histogram",), edges=(0, 10), grouped=True)


def test_every_clipped_value_has_a_bin():
    with pytest.raises(InvalidRecord, match="lowest edge"):
        private(("histogram",), edges=(1, 10))


def test_an_owner_that_declared_no_bounds_or_keys_answers_nothing():
    with pytest.raises(InvalidRecord, match="no bounds"):
        DECLARED.protection("area", 0, None)
    with pytest.raises(InvalidRecord, match="no keys"):
        DECLARED.protection("price", 0, "street")


@pytest.mark.parametrize(
    ("family", "grouped", "units_at", "squared"),
    [
        (Family.COUNT, False, UnitsAt.ONE, 2**2),
        (Family.SUM, False, UnitsAt.ONE, (2 * 5000) ** 2),
        (Family.SQUARES, False, UnitsAt.ONE, (2 * 5000**2) ** 2),
        (Family.HISTOGRAM, False, UnitsAt.ONE, 2**2),
        (Family.COUNT, True, UnitsAt.ONE, 3 * 2**2),
        (Family.SUM, True, UnitsAt.ONE, 3 * (2 * 5000) ** 2),
        (Family.SUM, True, UnitsAt.SEVERAL, 3 * (5 * 2 * 5000) ** 2),
        (Family.COUNT, False, UnitsAt.SEVERAL, (5 * 2) ** 2),
    ],
)
def test_sensitivity_is_rows_times_value_times_the_root_of_groups_and_each_owner(family, grouped, units_at, squared):
    asked = private(grouped=grouped, units_at=units_at, max_groups=3).privacy.protection
    assert asked.sensitivity_squared(family, 5) == squared


def test_negative_bounds_count_by_their_size():
    assert private(low=-9000).privacy.protection.sensitivity_squared(Family.SUM, 3) == (2 * 9000) ** 2


def test_an_asset_pays_the_sum_of_all_families():
    assert SPEC.privacy.total_micro_rho == 150_000
    with pytest.raises(InvalidRecord):
        Privacy(SPEC.privacy.protection, {}, "everybody")


def test_the_values_bound_is_the_clip():
    with pytest.raises(InvalidRecord, match="bound must be 5000"):
        replace(SPEC, value=Amount("price", 10**9))
