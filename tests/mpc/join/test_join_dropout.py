"""A join: a party lost at any message ends the others with its name, and the next attempt answers."""

import pytest

from mpc.dummies import MatchNoise
from mpc.protocols.join import messages
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import Killed, kill

HOLDER, LISTER, OFFICE = "finance", "tax", "office"
SMALL = {"noise": MatchNoise(10_000, -20), "list_unit": 16, "group_unit": 8, "groups": ("1",), "minimum": 3}
DECISION = f"{messages.DECISION}/1"
BY_BOTH = (messages.KEYS, messages.CONFIRM, messages.GATE, messages.TESTS, messages.BITS, DECISION, messages.SHARE)
PLACES = [
    *((party, step) for party in (HOLDER, LISTER) for step in BY_BOTH),
    (LISTER, messages.LIST),
    (HOLDER, messages.ROWS),
    (HOLDER, messages.RAISED),
    (HOLDER, messages.PAYLOADS),
    (LISTER, messages.SUMS),
    (OFFICE, messages.COMMITMENT),
]


@pytest.fixture
def inputs(kit):
    table = kit.table_of(g1=5)
    return table, kit.listed(table, 4)


def test_the_places_are_all_that_the_protocol_has(kit, inputs):
    join = kit.with_terms(**SMALL)
    join.run(*inputs)
    assert {(m.sender, m.step) for m in join.network.sent} == set(PLACES)


@pytest.mark.parametrize(("victim", "step"), PLACES)
def test_a_party_lost_at_any_message_leaves_the_others_a_reason_and_a_second_attempt(kit, inputs, victim, step):
    first = kit.with_terms(**SMALL)
    first.intercept = kill(victim, step)
    outcomes = first.run(*inputs)
    assert isinstance(outcomes[victim], Killed)
    for party in {HOLDER, LISTER, OFFICE} - {victim}:
        assert isinstance(outcomes[party], ChannelTimeout | Misbehaviour), party
    shared = {m.sender for m in first.network.sent if m.step == messages.SHARE}
    assert not shared or step in (messages.SHARE, messages.COMMITMENT)
    assert victim not in shared
    second = kit.with_terms(**SMALL)
    second.attempt = 2
    released = second.run(*inputs)[OFFICE]
    plain = kit.plain_join(*inputs)
    assert {g: (c.keys, c.rows, c.sums[0]) for g, c in released.cells.items()} == plain
    bodies = [{m.body for m in join.network.sent if len(m.body) > 70} for join in (first, second)]
    assert not bodies[0] & bodies[1]


def test_an_owner_that_refuses_the_announced_size_has_computed_nothing_on_it(kit, inputs):
    """And without a refusal the holder raises whatever it was sent."""
    join = kit.with_terms(**SMALL)
    seen = []

    def admit(size):
        seen.append(size)
        raise kit.refusal("too large")

    outcomes = join.run(*inputs, **{HOLDER: join.holder(inputs[0], admit=admit)})
    assert seen == [join.terms.list_size(len(inputs[1]))]
    assert str(outcomes[HOLDER]) == "too large"
    assert messages.RAISED not in {m.step for m in join.network.sent}
    plain = kit.with_terms(**SMALL)
    plain.run(*inputs)
    assert messages.RAISED in {m.step for m in plain.network.sent}


def test_a_lister_judges_the_rows_before_it_matches_them(kit, inputs):
    join = kit.with_terms(**SMALL)

    def admit(size):
        raise kit.refusal(str(size))

    outcomes = join.run(*inputs, **{LISTER: join.lister(inputs[1], admit=admit)})
    assert int(str(outcomes[LISTER])) <= join.terms.most_announced(HOLDER, 25)
    assert messages.SUMS not in {m.step for m in join.network.sent}
