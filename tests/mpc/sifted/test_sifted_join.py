"""Joins with several lists: figures, sizes, agreement, refusals, and what replays."""

import pytest

from ledger.errors import InvalidRecord, NotAuthorized
from mpc.additive.okamoto_uchiyama import OkamotoUchiyama
from mpc.protocols.join import messages
from mpc.protocols.join.run import Run
from mpc.protocols.join.terms import parse_terms
from mpc.protocols.sifted import gate, lister
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import drop, kill, tamper

HOLDER, TAX, HOUSING, OFFICE = "finance", "tax", "housing", "office"


@pytest.fixture
def table(kit):
    return kit.table_of({"1": range(0, 12), "2": range(12, 20)})


@pytest.fixture
def lists(kit):
    """On both: k2 .. k9 of group 1, and k12, k13 of group 2, below the minimum."""
    return [kit.names(range(0, 10), range(12, 16), range(40, 44)), kit.names(range(2, 14), range(44, 46))]


def figures(released):
    return {group: (cell.keys, cell.rows, *cell.sums) for group, cell in released.cells.items()}


def test_two_lists_give_what_the_plain_join_of_three_tables_gives(kit, table, lists):
    sifting = kit.Sifting()
    released = sifting.run(table, lists)[OFFICE]
    assert figures(released) == {"1": kit.plain(table, lists)["1"]} == {"1": (8, 16, 844)}
    assert released.withheld == ("2",)


def test_three_lists_give_what_the_plain_join_of_four_tables_gives(kit, table, lists):
    lists = [*lists, kit.names(range(4, 30))]
    released = kit.Sifting(kit.terms_of(3)).run(table, lists)[OFFICE]
    assert figures(released) == {"1": kit.plain(table, lists)["1"]}
    assert released.cells["1"].keys == 6


def test_the_order_of_the_lists_does_not_matter(kit, table, lists):
    there, back = (kit.Sifting().run(table, found)[OFFICE] for found in (lists, lists[::-1]))
    assert figures(there) == figures(back)


def test_full_key_sizes_give_the_same(kit, table, lists):
    sifting = kit.Sifting(kit.terms_of(2, encryption=OkamotoUchiyama()))
    assert figures(sifting.run(table, lists)[OFFICE]) == {"1": (8, 16, 844)}


@pytest.mark.parametrize("common", [0, 2, 3])
def test_an_empty_intersection_and_one_below_the_minimum_look_alike(kit, table, common):
    """And from the minimum on it opens: the gate sees keys on all lists, whatever pairs of lists share."""
    released = kit.Sifting().run(table, [kit.names(range(0, 6)), kit.names(range(6 - common, 12))])[OFFICE]
    assert ("1" in released.cells) == (common >= 3)
    assert "2" in released.withheld


def test_all_owners_hold_the_same_digests(kit, table, lists):
    outcomes = kit.Sifting().run(table, lists)
    first, *others = (outcomes[party] for party in (HOLDER, TAX, HOUSING))
    assert all(other == first for other in others)
    assert (outcomes[OFFICE].transcript, outcomes[OFFICE].commitment) == (first.transcript, first.commitment)
    assert dict(outcomes[OFFICE].share_digests) == dict(first.shares)


def test_honest_runs_replay_to_the_last_byte(kit, table, lists):
    sifting = kit.Sifting(decide={TAX: lambda bits: frozenset()})
    sifting.run(table, lists)
    for party, material in ((HOLDER, table), (TAX, lists[0]), (HOUSING, lists[1])):
        sifting.audit(party, material)


def test_one_more_key_names_the_lister(kit, table, lists):
    sifting = kit.Sifting()
    sifting.run(table, [[*lists[0], "planted"], lists[1]])
    with pytest.raises(Misbehaviour) as caught:
        sifting.audit(TAX, [*lists[0], "another"])
    assert (caught.value.party, caught.value.step) == (TAX, messages.LIST)


@pytest.mark.parametrize("owner", [HOLDER, TAX, HOUSING])
def test_each_owner_alone_can_keep_a_group_closed(kit, table, lists, owner):
    outcomes = kit.Sifting(decide={owner: lambda _: frozenset()}).run(table, lists)
    assert outcomes[OFFICE].cells == {}
    assert all(outcomes[party].opened == () for party in (HOLDER, TAX, HOUSING))


@pytest.mark.parametrize("owner", [HOLDER, TAX, HOUSING])
def test_without_any_one_owners_share_nothing_opens(kit, table, lists, owner):
    def revoked(bits):
        raise NotAuthorized("authorization: revoked")

    outcomes = kit.Sifting(decide={owner: revoked}).run(table, lists)
    assert isinstance(outcomes[owner], NotAuthorized)
    assert isinstance(outcomes[OFFICE], ChannelTimeout)


@pytest.mark.parametrize(
    ("sender", "step"),
    [
        (TAX, messages.LIST),
        (HOLDER, messages.RAISED),
        (TAX, messages.RAISED),
        (TAX, messages.ROWS),
        (TAX, messages.PAYLOADS),
        (HOUSING, messages.SUMS),
        (TAX, gate.SHUFFLED),
        (HOUSING, gate.TESTS),
        (TAX, messages.SHARE),
    ],
)
def test_one_party_offline_ends_the_run_for_everybody(kit, table, lists, sender, step):
    fault = kill if step == messages.PAYLOADS else drop
    outcomes = kit.Sifting(intercept=fault(sender, step)).run(table, lists)
    assert all(isinstance(outcome, Exception) for outcome in outcomes.values())


@pytest.mark.parametrize(
    ("sender", "to", "step"),
    [
        (TAX, HOLDER, messages.LIST),
        (HOLDER, TAX, messages.RAISED),
        (TAX, HOUSING, messages.ROWS),
        (TAX, HOUSING, messages.PAYLOADS),
        (HOUSING, HOLDER, messages.SUMS),
        (TAX, HOUSING, gate.SHUFFLED),
    ],
)
def test_a_message_changed_on_its_way_is_nobodys(kit, table, lists, sender, to, step):
    sifting = kit.Sifting(intercept=tamper(sender, step, lambda b: b[:9] + bytes([b[9] ^ 1]) + b[10:], to=to))
    outcomes = sifting.run(table, lists)
    assert isinstance(outcomes[to], Misbehaviour)
    assert isinstance(outcomes[OFFICE], Exception)


@pytest.mark.parametrize(
    ("sender", "to", "step", "change"),
    [
        (TAX, HOLDER, messages.LIST, lambda b: bytes(32) + b[32:]),
        (TAX, HOLDER, messages.LIST, lambda b: b[32:64] + b[32:]),
        (TAX, HOLDER, messages.LIST, lambda b: b[32:]),
        (HOLDER, TAX, messages.RAISED, lambda b: b[32:64] + b[32:]),
        (TAX, HOUSING, messages.ROWS, lambda b: (1 << 20).to_bytes(4, "big") + b[4:]),
        (TAX, HOUSING, messages.PAYLOADS, lambda b: bytes(len(b))),
        (HOUSING, HOLDER, messages.SUMS, lambda b: bytes(len(b))),
    ],
)
def test_a_malformed_message_of_a_party_names_it(kit, table, lists, monkeypatch, sender, to, step, change):
    honest = Run.send

    def send(run, name, body, *, to=None):
        spoilt = change(body) if (run.session.me, name) == (sender, step) else body
        return honest(run, name, spoilt, to=to)

    monkeypatch.setattr(Run, "send", send)
    error = kit.Sifting().run(table, lists)[to]
    assert isinstance(error, Misbehaviour)
    assert (error.party, error.step) == (sender, step)


def test_a_sum_outside_its_slots_ends_the_job_before_anybody_acts_on_it(kit, table, lists, monkeypatch):
    honest = lister.draw_masks

    def wide(run):
        return [tuple(1 << (width - 1) for width in run.terms.slots.widths) for _ in honest(run)]

    monkeypatch.setattr(lister, "draw_masks", wide)
    outcomes = kit.Sifting().run(table, lists)
    assert isinstance(outcomes[HOLDER], Misbehaviour)
    assert outcomes[HOLDER].step == messages.SUMS
    assert isinstance(outcomes[OFFICE], ChannelTimeout)


def test_a_different_record_at_one_owner_stops_before_a_key_is_blinded(kit, table, lists):
    other = kit.Sifting(kit.terms_of(2, minimum=4))
    sifting = kit.Sifting()
    outcomes = sifting.run(table, lists, **{HOUSING: other.owner(HOUSING, lists[1])})
    assert all(isinstance(outcome, Exception) for outcome in outcomes.values())
    assert messages.LIST not in {m.step for m in sifting.network.sent}


@pytest.mark.parametrize("keys", [["a", "a"], [""], [str(i) for i in range(61)]], ids=["twice", "empty", "many"])
def test_a_list_outside_its_bounds_is_refused_before_anything_leaves(kit, table, lists, keys):
    sifting = kit.Sifting()
    outcomes = sifting.run(table, [keys, lists[1]])
    assert isinstance(outcomes[TAX], InvalidRecord)
    assert not [m for m in sifting.network.sent if m.sender == TAX]


@pytest.mark.parametrize(
    "changes",
    [
        {"sifters": ("finance",)},
        {"sifters": ("housing",)},
        {"sifters": ("a", "a")},
        {"sifters": ("a", "b", "c", "d")},
        {"lister_groups": ("old", "new")},
    ],
)
def test_terms_outside_their_bounds_are_refused(kit, changes):
    with pytest.raises(InvalidRecord):
        kit.terms_of(2, **changes)


def test_terms_say_their_lists_and_read_back(kit):
    terms = kit.terms_of(3, encryption=OkamotoUchiyama())
    assert parse_terms(terms.record()) == terms


def test_a_session_of_the_protocol_of_two_does_not_run_it(kit, table, lists):
    outcomes = kit.Sifting(protocol="private-join-v1").run(table, lists)
    assert all(isinstance(outcome, InvalidRecord) for outcome in outcomes.values())
