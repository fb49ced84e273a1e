"""Dominance and p%: the rules, why an owner may judge its own part, and what the rules ask of the others' doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidRecord
from mpc.disclosure.tables.sensitivity import Dominance, Percent, Sensitivity

RULES = [Percent(1), Percent(10), Percent(100), Dominance(1, 75), Dominance(2, 85), Dominance(3, 60)]


@pytest.mark.parametrize(
    ("rule", "contributions", "is_fine"),
    [
        (Percent(10), [100, 50, 10], True),
        (Percent(10), [100, 50, 9], False),
        (Percent(10), [100, 50, 4, 6], True),
        (Percent(10), [100], False),
        (Percent(10), [100, 100], False),
        (Percent(10), [], True),
        (Percent(10), [0, 0], True),
        (Dominance(1, 75), [75, 25], True),
        (Dominance(1, 75), [76, 24], False),
        (Dominance(2, 80), [50, 30, 20], True),
        (Dominance(2, 80), [50, 31, 19], False),
        (Dominance(2, 80), [], True),
    ],
)
def test_a_rule_holds_up_to_its_bound_and_no_further(rule, contributions, is_fine):
    assert (rule.slack(contributions) >= 0) is is_fine


def test_the_second_largest_estimates_the_largest_within_p_percent_exactly_when_the_rule_is_broken():
    for rest in range(0, 30):
        total = 100 + 50 + rest
        estimate = total - 50  # what the second largest respondent can say at once: at most this
        assert (estimate - 100 >= 10) is (Percent(10).slack([100, 50, rest]) >= 0)


parts = st.lists(st.dictionaries(st.integers(0, 5), st.integers(0, 1000)), min_size=1, max_size=5)


@given(parts, st.sampled_from(RULES))
def test_a_cell_of_several_owners_obeys_a_rule_if_every_owners_own_part_does(owners, rule):
    """Owners may have the same respondents (the keys): the cell is judged by each respondent's whole contribution."""
    together = {who: sum(part.get(who, 0) for part in owners) for part in owners for who in part}
    own = [rule.slack(list(part.values())) for part in owners]
    assert rule.slack(list(together.values())) >= sum(own)
    if all(slack >= 0 for slack in own):
        assert rule.slack(list(together.values())) >= 0


def test_the_converse_fails_so_an_owner_may_withhold_too_much():
    """Two parts of two respondents each break the rule; together the cell has four equal ones and is fine."""
    assert Percent(10).slack([100, 100]) < 0
    assert Percent(10).slack([100, 100, 100, 100]) >= 0


def test_judging_rows_instead_of_respondents_would_miss_who_holds_many():
    rows = [20] * 5 + [1, 2]
    assert Percent(10).slack(rows) >= 0
    assert Percent(10).slack([100, 1, 2]) < 0


@given(st.lists(st.integers(0, 1000), max_size=6), st.sampled_from(RULES))
def test_doubt_of_the_level_restores_the_rule_and_one_less_does_not(contributions, rule):
    """With ``level`` more in the total, spread over others, the rule would hold; with one less it would not."""
    level = rule.level(contributions)
    assert (level == 0) is (rule.slack(contributions) >= 0)
    if level:
        scale = 100 if isinstance(rule, Percent) else rule.percent
        assert rule.slack(contributions) + scale * level >= 0
        assert rule.slack(contributions) + scale * (level - 1) < 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Percent(0),
        lambda: Percent(101),
        lambda: Dominance(0, 50),
        lambda: Dominance(11, 50),
        lambda: Dominance(2, 100),
        lambda: Sensitivity("bbl", ()),
        lambda: Percent(10).slack([5, -1, 3]),
    ],
)
def test_rules_out_of_bounds_and_negative_amounts_are_refused(make):
    with pytest.raises(InvalidRecord, match="sensitivity"):
        make()
