"""Bad input ends in a clear answer or a clear error, never in a silently wrong number: who shows it.

``CASES`` names the test for each kind of bad input and each declared protocol, or says why the protocol cannot meet it.
A protocol that nobody named here fails, and so does a name that stands for no test. Below it are the tests of what no
other file shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest
from claims import TESTS, missing
from pooledtables import Pool
from privatespecs import private
from protocols import descriptors

from mpc.privacy.noise import add_noise
from mpc.protocols.sums import Cell, Kind
from mpc.protocols.sums import Schema as Cells
from mpc.protocols.sums.rehearsal import rehearse
from mpc.protocols.sums.schema import of_spec
from mpc.protocols.sums.statistics import Moments
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import Killed, kill
from mpc.sql.answering.moments import Totals, of_pair
from mpc.sql.planning.jobs import Jobs
from mpc.sql.query import Measure

HERE, IN_JOINS = "mpc/test_bad_input.py::", "mpc/join/test_join_bad_input.py::"
NO_KEY = "nothing is joined"
AT_RANKS = "mpc/percentiles/test_percentiles_bad_input.py::"
RANKS = "percentiles-v1"
NO_SECOND = "a weighted sum of each owner's one figure: no moments"
SUMS, NOISED_SUMS, CKKS = "masked-sums-v1", "noised-sums-v1", "ckks-sums-v1"
JOIN, NOISED_JOIN, GROUPED_JOIN = "private-join-v1", "noised-join-v1", "grouped-join-v1"
ALIGNED, AT_ALIGN = "aligned-v1", "mpc/align/test_align.py::"
MATCHED, AT_MATCH = "matched-v1", "mpc/matched/test_matched.py::"
IN_MATCHED = "mpc/matched/test_matched_spec.py::"
SIFTED_JOIN, SIFTED = "sifted-join-v1", "mpc/sifted/test_sifted_join.py::"
WITHOUT_KEYS = dict.fromkeys((SUMS, NOISED_SUMS, CKKS, RANKS), NO_KEY)


def in_every_join(*tests: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys((JOIN, NOISED_JOIN, GROUPED_JOIN, SIFTED_JOIN), tests)


CASES: Mapping[str, Mapping[str, tuple[str, ...] | str]] = {
    "key types that differ": WITHOUT_KEYS
    | in_every_join(
        IN_JOINS + "test_a_key_is_a_text_so_a_number_on_one_side_is_refused_by_its_owner",
        IN_JOINS + "test_one_key_in_two_writings_is_refused_or_means_one_key_by_the_declared_rule",
    )
    | {
        ALIGNED: (
            IN_JOINS + "test_a_key_is_a_text_so_a_number_on_one_side_is_refused_by_its_owner",
            AT_ALIGN + "test_keys_are_compared_as_they_are_written",
        ),
        MATCHED: (IN_MATCHED + "test_specifications_that_an_owner_refuses_and_their_neighbour",),
    },
    "NULL keys": WITHOUT_KEYS
    | in_every_join(
        "mpc/test_nullable.py::test_a_row_without_a_key_joins_nothing_and_two_such_rows_do_not_join_each_other",
        "mpc/test_tables.py::test_a_faulty_file_is_refused_with_line_and_column",
    )
    | {
        ALIGNED: (
            "mpc/test_nullable.py::test_a_row_without_a_key_joins_nothing_and_two_such_rows_do_not_join_each_other",
        ),
        MATCHED: (
            "mpc/test_nullable.py::test_a_row_without_a_key_joins_nothing_and_two_such_rows_do_not_join_each_other",
        ),
    },
    "duplicate keys on both sides": WITHOUT_KEYS
    | in_every_join(
        IN_JOINS + "test_keys_repeated_on_both_sides_count_the_holders_rows_once",
        "mpc/join/test_private_join.py::TestOwnInputsAreCheckedBeforeAnythingLeaves::test_list",
    )
    | {
        NOISED_JOIN: (
            IN_JOINS + "test_keys_repeated_on_both_sides_count_the_holders_rows_once",
            "mpc/privacy/test_join_sensitivity.py"
            "::test_one_unit_more_or_less_at_either_owner_or_both_moves_every_figure_by_its_sensitivity_at_most",
        )
    }
    | dict.fromkeys(
        (ALIGNED, MATCHED), ("mpc/test_tables.py::test_a_repeated_unique_key_is_refused_and_named_by_line",)
    ),
    "empty intersection": WITHOUT_KEYS
    | {
        JOIN: ("mpc/join/test_join_attacks.py::TestSmallSets::test_tiny_inputs_are_withheld_behind_normal_sizes",),
        NOISED_JOIN: (
            "mpc/join/test_noised_join.py"
            "::test_released_figures_are_the_join_with_both_owners_noise_whatever_their_size",
        ),
        SIFTED_JOIN: (SIFTED + "test_an_empty_intersection_and_one_below_the_minimum_look_alike",),
        GROUPED_JOIN: ("mpc/join/test_grouped_join.py::test_every_cell_has_the_figures_of_the_plain_join",),
    }
    | {ALIGNED: (AT_ALIGN + "test_below_the_minimum_nothing_is_opened_and_small_numbers_look_alike",)}
    | {MATCHED: (AT_MATCH + "test_one_row_below_what_the_figures_need_opens_nothing_and_no_message_tells_how_few",)},
    "no rows": {
        SUMS: (
            "mpc/test_statistics.py::test_owner_without_rows_contributes_zeros",
            HERE + "test_a_sum_over_no_rows_at_all_is_withheld_and_not_zero",
        ),
        NOISED_SUMS: ("mpc/privacy/test_noised_sums.py::test_every_cell_is_opened_whatever_it_holds",),
        RANKS: (AT_RANKS + "test_of_no_rows_at_all_nothing_is_known",),
        CKKS: ("mpc/test_ckks.py::test_every_transcript_has_the_declared_shape_whatever_the_figures",),
    }
    | in_every_join("mpc/join/test_private_join.py::test_a_group_without_any_row_is_allowed_and_withheld")
    | {ALIGNED: (AT_ALIGN + "test_below_the_minimum_nothing_is_opened_and_small_numbers_look_alike",)}
    | {MATCHED: (AT_MATCH + "test_one_row_below_what_the_figures_need_opens_nothing_and_no_message_tells_how_few",)},
    "NULL value": {
        SUMS: (
            "mpc/test_nullable.py::test_an_empty_value_is_in_no_range_and_in_no_list",
            "mpc/test_nullable.py::test_a_column_that_is_not_declared_nullable_still_refuses_the_table",
        ),
        NOISED_SUMS: ("mpc/test_nullable.py::test_a_column_that_is_not_declared_nullable_still_refuses_the_table",),
        RANKS: ("mpc/test_nullable.py::test_a_column_that_is_not_declared_nullable_still_refuses_the_table",),
        CKKS: ("mpc/test_ckks.py::test_a_figure_that_is_none_or_out_of_bounds_ends_before_anything_is_sent",),
    }
    | in_every_join("mpc/test_nullable.py::test_a_sum_over_a_join_says_so_too")
    | {
        ALIGNED: ("mpc/test_nullable.py::test_a_column_that_is_not_declared_nullable_still_refuses_the_table",),
        MATCHED: (IN_MATCHED + "test_specifications_that_an_owner_refuses_and_their_neighbour",),
    },
    "a constant column": {
        SUMS: (
            HERE + "test_a_constant_column_has_variance_zero_and_no_correlation",
            HERE + "test_a_matrix_with_a_constant_column_has_no_correlation_and_no_other_number",
            "mpc/inference/test_linear.py::test_what_has_no_solution_is_refused_and_its_neighbour_not",
        ),
        NOISED_SUMS: (HERE + "test_a_constant_column_has_variance_zero_and_no_correlation",),
        RANKS: (AT_RANKS + "test_the_percentile_of_a_constant_column_is_withheld_and_no_other_number",),
        CKKS: NO_SECOND,
    }
    | in_every_join(IN_JOINS + "test_a_constant_column_adds_up_in_a_join")
    | {
        ALIGNED: (AT_ALIGN + "test_a_constant_column_gives_its_constant_and_no_spread",),
        MATCHED: (
            AT_MATCH + "test_a_column_in_which_few_rows_differ_closes_everything_and_one_that_is_constant_does_not",
        ),
    },
    "overflow of a bound": {
        SUMS: (
            "mpc/test_statistics.py::test_value_outside_the_declared_bound_is_refused_without_repeating_it",
            "mpc/test_spec.py::test_sums_that_could_overflow_two_to_the_127_are_refused",
            "mpc/test_sums_attacks_release.py::test_prices_in_cents_add_up_where_machine_words_wrap",
            "mpc/test_masked_sums.py::test_opened_total_outside_its_bound_is_not_released",
            "mpc/test_moments.py::test_totals_that_could_pass_the_modulus_are_refused",
        ),
        NOISED_SUMS: (
            "mpc/privacy/test_truncation.py::test_values_are_clipped_to_the_declared_bounds",
            "mpc/privacy/test_mechanism.py::test_bounds_leave_room_for_twelve_deviations",
        ),
        RANKS: (
            "mpc/percentiles/test_percentiles.py::test_values_beyond_the_bound_and_rows_beyond_the_declared_send_nothing",
            "mpc/percentiles/test_terms.py::test_values_too_wide_to_be_told_apart_by_place_are_refused",
        ),
        CKKS: (
            "mpc/test_ckks.py::test_a_figure_that_is_none_or_out_of_bounds_ends_before_anything_is_sent",
            "mpc/test_ckks.py::test_sums_at_the_edge_of_the_parameters_are_exact",
            "mpc/test_ckks.py::test_terms_that_do_not_hold_are_refused",
            "mpc/test_ckks_jobs.py::test_a_specification_that_does_not_hold_is_refused",
        ),
    }
    | in_every_join(
        "mpc/join/test_private_join.py::TestOwnInputsAreCheckedBeforeAnythingLeaves::test_table",
        "mpc/join/test_join_attacks.py::TestOverflow::test_sums_beyond_64_bits_are_exact",
        "mpc/join/test_join_attacks.py::TestOverflow::test_slots_that_the_key_cannot_hold_are_refused",
    )
    | {
        NOISED_JOIN: (
            "mpc/join/test_noised_join.py::test_slots_have_room_for_noise_that_is_larger_than_any_figure",
            "mpc/join/test_noised_join.py::test_a_share_that_was_changed_leaves_the_declared_bounds",
        )
    }
    | {
        ALIGNED: (
            AT_ALIGN + "test_more_keys_than_declared_and_values_out_of_bounds_leave_nothing",
            AT_ALIGN + "test_terms_that_cannot_be_kept_are_refused",
        ),
        MATCHED: (
            AT_MATCH + "test_rows_beyond_the_declared_and_values_beyond_their_bounds_send_nothing",
            AT_MATCH + "test_products_that_wrap_in_128_bits_are_refused_and_the_widest_that_do_not_are_exact",
        ),
    },
    "one party offline": {
        SUMS: (
            "mpc/test_dropout.py::test_an_owner_lost_at_any_message_leaves_the_others_a_reason_and_a_second_attempt",
            "mpc/test_node_faults.py::test_masked_sums_survive_a_death_at_every_step",
        ),
        NOISED_SUMS: (HERE + "test_an_owner_lost_in_a_noised_sum_ends_it_by_name_and_nothing_is_released",),
        RANKS: (AT_RANKS + "test_a_party_lost_at_any_message_ends_the_others_and_nothing_is_released",),
        CKKS: (HERE + "test_a_party_lost_in_a_ckks_sum_ends_it_by_name_and_nothing_is_released",),
        JOIN: (
            "mpc/join/test_join_dropout.py"
            "::test_a_party_lost_at_any_message_leaves_the_others_a_reason_and_a_second_attempt",
            "mpc/test_node_faults.py::test_a_join_survives_a_death_at_every_step",
        ),
        NOISED_JOIN: (IN_JOINS + "test_an_owner_lost_in_a_join_of_another_kind_ends_it_by_name",),
        SIFTED_JOIN: (SIFTED + "test_one_party_offline_ends_the_run_for_everybody",),
        GROUPED_JOIN: (IN_JOINS + "test_an_owner_lost_in_a_join_of_another_kind_ends_it_by_name",),
    }
    | {
        ALIGNED: (AT_ALIGN + "test_without_one_owner_nothing_is_opened",),
        MATCHED: (AT_MATCH + "test_a_party_lost_at_any_message_ends_the_others_and_nothing_is_released",),
    },
}


@pytest.mark.parametrize("case", CASES)
def test_every_protocol_has_its_test_of_every_case_or_cannot_meet_it(case: str) -> None:
    assert set(CASES[case]) == set(descriptors()), "a declared protocol without an entry, or an entry without one"
    for protocol, found in CASES[case].items():
        assert found, (case, protocol)
        if not isinstance(found, str):
            assert missing(list(found)) == [], (case, protocol)


def test_a_name_that_stands_for_no_test_is_found() -> None:
    assert missing([HERE + "test_of_nothing"]) == [HERE + "test_of_nothing"]
    assert TESTS.name == "tests"


def test_a_constant_column_has_variance_zero_and_no_correlation() -> None:
    assert Moments(4, 20, 100).variance == 0
    varied, constant = Totals(Fraction(10), Fraction(30)), Totals(Fraction(20), Fraction(100))
    products = Totals(Fraction(50), None)
    assert of_pair(Measure.CORRELATION, 4, varied, varied, Totals(Fraction(30), None)) == 1
    assert of_pair(Measure.CORRELATION, 4, varied, constant, products) is None
    assert of_pair(Measure.CORRELATION, 4, constant, varied, products) is None
    assert of_pair(Measure.SLOPE, 4, varied, constant, products) is None


def test_a_matrix_with_a_constant_column_has_no_correlation_and_no_other_number(tmp_path: Path) -> None:
    rows = {owner: [(f"{owner}{n:03d}", "north", 700, n - 30) for n in range(60)] for owner in (1, 2, 3)}
    sql = "SELECT corr(fee, days) c, regr_slope(days, fee) s, var_pop(fee) v, regr_slope(fee, days) flat FROM permits"
    (row,) = Pool(tmp_path, rows, ["1000"]).ask(sql, jobs=Jobs.ONE).records()
    assert row == {"c": None, "s": None, "v": 0, "flat": 0}


def test_a_sum_over_no_rows_at_all_is_withheld_and_not_zero() -> None:
    cells = Cells((Cell("count", Kind.COUNT, 100), Cell("sum", Kind.SUM, 10**9, "count")), 4, 3)
    released = rehearse(cells, {f"r{n}": {"count": 0, "sum": 0} for n in range(3)}).released
    assert (released.values, released.withheld) == ({}, ("count", "sum"))


@pytest.mark.parametrize("step", ["keys", "masked", "uploaded", "decide/1", "open"])
def test_an_owner_lost_in_a_noised_sum_ends_it_by_name_and_nothing_is_released(step: str) -> None:
    spec = private()
    owners = [source.party for source in spec.sources]
    exact = dict.fromkeys(of_spec(spec).names, 5)
    values = {party: add_noise(spec, spec.privacy, exact, 3, lambda scale: 0) for party in owners}
    found = rehearse(of_spec(spec), values, intercept=kill(owners[0], step))
    require_named(found.outcomes, owners[0], "recipient")


@pytest.mark.parametrize(("victim", "step"), [("bureau", "ckks-context"), ("a", "ckks-vector"), ("b", "ckks-sum"),
                                              ("bureau", "ckks-release")])  # fmt: skip
def test_a_party_lost_in_a_ckks_sum_ends_it_by_name_and_nothing_is_released(victim: str, step: str) -> None:
    pytest.importorskip("tenseal", reason="tenseal is not installed (extra 'ckks')")
    from mpc.protocols.ckks.rehearsal import rehearse as rehearse_ckks
    from mpc.protocols.ckks.terms import CkksTerms, Column

    columns = (Column("wage", 100, 0, 10**8, 50),)
    weights = (("a", 1), ("b", 1), ("bureau", 1), ("c", 1))
    terms = CkksTerms("bureau", "b", weights, columns, 1, False, 10**5, -40)
    found = rehearse_ckks(terms, {owner: {"wage": 5} for owner in terms.owners}, intercept=kill(victim, step))
    require_named(found.outcomes, victim, "recipient")


def require_named(outcomes: Mapping[str, object], victim: str, recipient: str) -> None:
    """The lost party ended, the recipient has nothing but the name of a party that did not deliver."""
    assert isinstance(outcomes[victim], Killed)
    assert isinstance(outcomes[recipient], ChannelTimeout | Misbehaviour)
    assert outcomes[recipient].party in outcomes
