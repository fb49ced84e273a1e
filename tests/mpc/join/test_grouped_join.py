"""A join by groups of the list: figures per cell, what each role sees of them, and who is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from transcripts import Run

from ledger.errors import InvalidRecord
from mpc.additive.okamoto_uchiyama import OkamotoUchiyama
from mpc.dummies import MatchNoise
from mpc.protocols.join import declared, grouped, lister, messages
from mpc.protocols.join.run import GROUPED
from mpc.protocols.join.terms import parse_terms
from mpc.protocols.private_join import KeyTotals, run_holder, run_lister
from mpc.sessions.channel import Misbehaviour
from mpc.sessions.memory_channel import tamper
from mpc.sessions.rehearsal import sessions

HOLDER, LISTER, OFFICE = "finance", "tax", "office"
SMALL = {
    "noise": MatchNoise(epsilon_milli=10_000, delta_log2=-20),
    "list_unit": 16,
    "group_unit": 8,
    "minimum": 3,
    "groups": ("1", "2"),
    "lister_groups": ("old", "new"),
}


@pytest.fixture
def grouped_join(kit):
    def make(**changes):
        join = kit.with_terms(**SMALL | changes)
        join.protocol = GROUPED
        return join

    return make


def table_of(groups, count=12):
    """Keys k0, k1 ... of the groups in turn; key i has i + 1 rows of 100 each."""
    return {
        group: {f"k{i}": KeyTotals(i + 1, (100 * (i + 1),)) for i in range(place, count, len(groups))}
        for place, group in enumerate(groups)
    }


def listed(old, new, extra=0):
    return {f"k{i}": "old" for i in old} | {f"k{i}": "new" for i in new} | {f"x{i}": "new" for i in range(extra)}


def expected(table, keys):
    """Cell -> (keys, rows, sum), by the definition of the join."""
    return {
        (group, own): (len(hits), sum(t.rows for t in hits), sum(t.sums[0] for t in hits))
        for group, totals in table.items()
        for own in ("old", "new")
        for hits in [[t for key, t in totals.items() if keys.get(key) == own]]
    }


def test_every_cell_has_the_figures_of_the_plain_join(grouped_join):
    join, table, keys = grouped_join(), table_of(("1", "2")), listed(range(0, 9), range(9, 12), extra=4)
    released = join.run(table, keys)[OFFICE]
    plain = {f'["{group}","{own}"]': found for (group, own), found in expected(table, keys).items()}
    assert {name: (c.keys, c.rows, *c.sums) for name, c in released.cells.items()} == {
        name: found for name, found in plain.items() if found[0] >= 3
    }
    assert set(released.withheld) == {name for name, found in plain.items() if found[0] < 3} != set()


def test_without_groups_of_the_holder_the_cells_are_the_listers_groups(grouped_join):
    join, table, keys = grouped_join(groups=("*",)), table_of(("*",)), listed(range(4), range(4, 6))
    released = join.run(table, keys)[OFFICE]
    assert (released.cells["old"].rows, released.withheld) == (1 + 2 + 3 + 4, ("new",))


def test_full_key_sizes_give_the_same(grouped_join):
    join = grouped_join(encryption=OkamotoUchiyama())
    table, keys = table_of(("1", "2")), listed(range(0, 6), range(6, 12))
    released = join.run(table, keys)[OFFICE]
    assert released.cells['["2","new"]'].sums == (sum(100 * (i + 1) for i in (7, 9, 11)),)


@pytest.fixture
def play(grouped_join, kit):
    def run(table, keys, seed=None) -> Run:
        join = grouped_join()
        join.seeds = {} if seed is None else dict.fromkeys((HOLDER, LISTER, OFFICE), seed)
        join.outcomes = join.run(table, keys)
        numbers, turns = declared.public(join.terms), {"turns": 1}
        sets = [sum(group == own for own in keys.values()) for group in join.terms.lister_groups]
        sizes = grouped.padded(join.terms, [len(table.get(g, {})) for g in join.terms.groups], sets)
        return Run(
            grouped.DESCRIPTOR,
            {"owner": (HOLDER, LISTER), "holder": (HOLDER,), "lister": (LISTER,), "recipient": (OFFICE,)},
            join.network.views,
            join.network.sent,
            {HOLDER: "holder", LISTER: "lister", OFFICE: "recipient"},
            {
                "holder": numbers | sizes | turns,
                "lister": numbers | sizes | turns,
                "recipient": numbers,
                "courier": numbers | sizes | turns,
            },
        )

    return run


def test_inputs_that_agree_in_the_declared_outputs_have_one_transcript(play):
    """Other matches and other keys in the same padded sizes, with the same cells above the minimum."""
    first = play(table_of(("1", "2")), listed(range(0, 9), range(9, 12), extra=4))
    other = play(table_of(("1", "2"), count=13), listed([*range(0, 9), 12], range(9, 11), extra=2), seed=b"\1" * 32)
    first.require_declared()
    other.require_declared()
    assert first.told() == other.told()


def test_the_holder_is_told_the_padded_size_of_each_of_the_listers_groups(play):
    """And the courier, who sees the length of the whole, is not."""
    even, uneven = (play(table_of(("1",)), listed(range(split), range(split, 12), extra=20)) for split in (12, 0))
    place = (LISTER, HOLDER, messages.LIST, 0)
    sizes = [[int.from_bytes(run.told()[place][i : i + 4], "big") for i in (0, 4)] for run in (even, uneven)]
    assert sizes[0] != sizes[1]
    assert all(size % 16 == 0 for pair in sizes for size in pair)
    assert "the size of each group of the list" in {leak.learns.en for leak in grouped.DESCRIPTOR.leakage}


def test_a_cell_is_noised_for_the_lister_by_dummies_of_its_own(grouped_join, monkeypatch):
    """Without the dummies it counts every cell; with them, each count is off by what only the holder knows."""
    found, honest = [], lister._add_matched

    def spy(run, sizes, matches, masks):
        starts = [sum(sizes[:place]) for place in range(len(sizes))]
        chosen = [matches[at : at + size] for at, size in zip(starts, sizes, strict=True)]
        found.append([sum(match == own for match in group) for group in chosen for own in (0, 1)])
        honest(run, sizes, matches, masks)

    monkeypatch.setattr(lister, "_add_matched", spy)
    table, keys = table_of(("1", "2")), listed(range(0, 9), range(9, 12))
    true = [count for count, *_ in expected(table, keys).values()]
    noise = MatchNoise(epsilon_milli=1000, delta_log2=-20)
    grouped_join(noise=noise).run(table, keys)
    monkeypatch.setattr(MatchNoise, "dummies", lambda noise, source: 0)
    grouped_join(noise=noise).run(table, keys)
    noised, bare = found
    assert bare == true
    assert all(count <= shown <= count + noise.universe for count, shown in zip(true, noised, strict=True))
    assert len({shown - count for count, shown in zip(true, noised, strict=True)}) > 1


def test_an_honest_run_replays_to_the_last_byte_and_a_moved_key_names_the_lister(grouped_join):
    join, table, keys = grouped_join(), table_of(("1", "2")), listed(range(0, 9), range(9, 12))
    join.run(table, keys)
    join.audit(HOLDER, run_holder, table)
    join.audit(LISTER, run_lister, keys)
    with pytest.raises(Misbehaviour) as caught:
        join.audit(LISTER, run_lister, keys | {"k0": "new"})
    assert (caught.value.party, caught.value.step) == (LISTER, messages.LIST)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: (2**31).to_bytes(4, "big") + body[4:],
        lambda body: body[:8] + body[8:40] + body[8:40] + body[72:],
        lambda body: body[:8] + bytes(32) + body[40:],
        lambda body: body[:-32],
    ],
    ids=["size", "element twice", "identity", "short"],
)
def test_a_malformed_list_ends_the_run_for_the_holder(grouped_join, spoil, monkeypatch):
    honest = lister.blinded_list
    monkeypatch.setattr(lister, "blinded_list", lambda *arguments: spoil(honest(*arguments)))
    join = grouped_join()
    outcomes = join.run(table_of(("1", "2")), listed(range(0, 12), (), extra=30))
    assert isinstance(outcomes[HOLDER], Misbehaviour)
    assert outcomes[HOLDER].step == messages.LIST
    assert messages.RAISED not in {m.step for m in join.network.sent}


def test_a_changed_list_is_not_the_listers(grouped_join):
    join = grouped_join()
    join.intercept = tamper(LISTER, messages.LIST, lambda body: body[:9] + bytes([body[9] ^ 1]) + body[10:])
    outcomes = join.run(table_of(("1", "2")), listed(range(0, 9), range(9, 12)))
    assert isinstance(outcomes[HOLDER], Misbehaviour)


@pytest.mark.parametrize("keys", [["k1", "k2"], {"k1": "else"}], ids=["no groups", "strange group"])
def test_a_list_without_its_declared_groups_is_refused_before_anything_leaves(grouped_join, keys):
    join = grouped_join()
    outcomes = join.run(table_of(("1", "2")), keys)
    assert isinstance(outcomes[LISTER], InvalidRecord)
    assert not [m for m in join.network.sent if m.sender == LISTER]


def test_groups_where_none_are_declared_are_refused(kit):
    join = kit.Join()
    assert isinstance(join.run(kit.table_of(g1=3), {"k1": "old"})[LISTER], InvalidRecord)


@pytest.mark.parametrize(
    "changes",
    [
        {"lister_groups": ("a", "a")},
        {"lister_groups": tuple(map(str, range(129)))},
        {"groups": ("*", "b"), "lister_groups": ("a",) * 2},
    ],
)
def test_terms_outside_their_bounds_are_refused(kit, changes):
    with pytest.raises(InvalidRecord):
        replace(kit.terms, **SMALL | changes)


def test_terms_say_their_groups_and_read_back(kit):
    terms = replace(kit.terms, **SMALL, encryption=OkamotoUchiyama())
    assert parse_terms(terms.record()) == terms
    assert "lister_groups" not in kit.terms.record()


def test_a_session_of_the_plain_protocol_does_not_run_it(kit):
    join = kit.with_terms(**SMALL)
    everybody = sessions((HOLDER, LISTER), OFFICE, "private-join-v1", join.terms.record())
    with pytest.raises(InvalidRecord):
        run_lister(everybody[LISTER], None, {}, kit.open_all, kit.journal(), terms=join.terms)
