"""The join as a whole: right figures, suppression, sizes, what each party keeps."""

import pytest

from ledger.errors import InvalidRecord, NotAuthorized
from mpc.additive.okamoto_uchiyama import OkamotoUchiyama
from mpc.protocols.join import declared, descriptor, messages
from mpc.protocols.private_join import Column, KeyTotals, run_holder, run_lister
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import drop, kill

HOLDER, LISTER, OFFICE = "finance", "tax", "office"


def figures(released):
    return {group: (cell.keys, cell.rows, *cell.sums) for group, cell in released.cells.items()}


def test_released_figures_equal_the_plain_join(kit):
    table = kit.table_of(g1=12, g2=10, g3=37)
    keys = kit.listed(table)
    released = kit.Join().run(table, keys)[OFFICE]
    assert figures(released) == kit.plain_join(table, keys)
    assert released.withheld == ()


def test_small_groups_are_withheld_and_the_others_released(kit):
    table = kit.table_of(g1=9, g2=10, g3=0)
    keys = kit.listed(table)
    outcomes = kit.Join().run(table, keys)
    assert figures(outcomes[OFFICE]) == {"2": kit.plain_join(table, keys)["2"]}
    assert outcomes[OFFICE].withheld == ("1", "3")
    for owner in (HOLDER, LISTER):
        assert outcomes[owner].passed == {"1": False, "2": True, "3": False}
        assert outcomes[owner].opened == ("2",)


def test_ungrouped_join_is_one_group(kit):
    table = kit.table_of(g1=25)
    join = kit.with_terms(groups=("*",))
    released = join.run({"*": table["1"]}, kit.listed(table))[OFFICE]
    assert figures(released)["*"] == kit.plain_join(table, kit.listed(table))["1"]


def test_a_group_without_any_row_is_allowed_and_withheld(kit):
    outcomes = kit.Join().run({"1": kit.table_of(g1=12)["1"]}, kit.listed(kit.table_of(g1=12)))
    assert set(outcomes[OFFICE].cells) == {"1"}


def test_several_columns_with_negative_values(kit):
    columns = (Column("refund", -500, 100), Column("area", 0, 10_000))
    keys = {f"k{i}": KeyTotals(2, (-3 * i, 40 * i)) for i in range(12)}
    released = kit.with_terms(groups=("*",), columns=columns).run({"*": keys}, list(keys))[OFFICE]
    assert figures(released)["*"] == (12, 24, -3 * 66, 40 * 66)


def test_many_wide_columns(kit):
    columns = tuple(Column(f"c{i}", 0, 2**60) for i in range(6))
    keys = {f"k{i}": KeyTotals(1, tuple(2**60 - i - n for n in range(6))) for i in range(11)}
    join = kit.with_terms(groups=("*",), columns=columns, encryption=OkamotoUchiyama())
    assert join.terms.slots.total > 600
    released = join.run({"*": keys}, list(keys))[OFFICE]
    assert released.cells["*"].sums == tuple(sum(t.sums[n] for t in keys.values()) for n in range(6))


def test_no_column_at_all_counts_keys_and_rows(kit):
    keys = {f"k{i}": KeyTotals(3, ()) for i in range(11)}
    released = kit.with_terms(groups=("*",), columns=()).run({"*": keys}, list(keys))[OFFICE]
    assert figures(released)["*"] == (11, 33)


def test_all_parties_hold_the_same_digests(kit):
    table = kit.table_of(g1=12, g2=3, g3=10)
    outcomes = kit.Join().run(table, kit.listed(table))
    holder, lister, office = (outcomes[p] for p in kit.parties)
    assert holder == lister
    assert (office.transcript, office.commitment, office.share_digests) == (
        holder.transcript,
        holder.commitment,
        holder.shares,
    )


def test_same_seeds_and_inputs_give_the_same_bytes(kit):
    table = kit.table_of(g1=12, g2=3, g3=10)
    runs = [kit.Join() for _ in range(2)]
    for run in runs:
        run.run(table, kit.listed(table))
    first, second = ({(m.sender, m.to, m.step): m.body for m in run.network.sent} for run in runs)
    assert first == second


def test_another_attempt_shares_no_bytes_with_the_first(kit):
    """Same seeds even: every stream, key and hash is bound to the attempt."""
    table = kit.table_of(g1=12, g2=3, g3=10)
    runs = [kit.Join(attempt=attempt) for attempt in (1, 2)]
    for run in runs:
        run.run(table, kit.listed(table))
    for step in (messages.LIST, messages.ROWS, messages.RAISED):
        sender = LISTER if step == messages.LIST else HOLDER
        blocks = [{run.sent(sender, step)[:-64][-32 * k :][:32] for k in range(1, 50)} for run in runs]
        assert not blocks[0] & blocks[1]


def test_message_sizes_depend_on_public_parameters_and_padding_only(kit):
    few = kit.table_of(g1=1, g2=12, g3=15)
    many = kit.table_of(g1=2, g2=14, g3=10)
    other_values = {g: {k: KeyTotals(7, (2**33,)) for k in keys} for g, keys in many.items()}
    sizes = []
    for table, extra in ((few, 30), (many, 32), (other_values, 31)):
        join = kit.Join()
        join.run(table, kit.listed(table, extra))
        sizes.append(join.sizes())
    assert sizes[0] == sizes[1] == sizes[2]
    assert len({step.partition("/")[0] for _, _, step in sizes[0]}) == len(messages.STEPS)


def test_every_message_has_the_size_that_the_descriptor_declares(kit):
    table = kit.table_of(g1=12, g2=3, g3=30)
    keys = kit.listed(table)
    join = kit.Join()
    join.run(table, keys)
    sizes = descriptor.padded(join.terms, [len(table[g]) for g in join.terms.groups], len(keys))
    counts = descriptor.public(join.terms) | sizes
    sizes = join.sizes()
    assert {k: descriptor.DESCRIPTOR.step(k[2]).bytes(counts) for k in sizes} == sizes
    assert {step.name for step in descriptor.DESCRIPTOR.steps} == set(messages.STEPS)


def test_full_key_sizes_at_a_few_hundred_keys(kit):
    table = kit.table_of(g1=60, g2=9, g3=70)
    join = kit.with_terms(encryption=OkamotoUchiyama())
    released = join.run(table, kit.listed(table))[OFFICE]
    assert figures(released) == {g: kit.plain_join(table, kit.listed(table))[g] for g in ("1", "3")}


def test_leakage_of_a_job_names_its_noise_and_padding(kit):
    stated = {(leak.role, leak.basis): dict(leak.parameters) for leak in declared.describe(kit.terms).leakage}
    assert stated[("lister", "noised")] == {"epsilon": "1000/1000", "delta": "2^-20"}
    assert stated[("holder", "padded")] == {"unit": "64"}
    assert len(declared.describe(kit.terms).sentences("zh")) == len(descriptor.DESCRIPTOR.sentences("en"))


def test_group_size_crosses_to_the_next_unit_only_with_the_padding(kit):
    terms = kit.terms
    assert terms.group_size(3) == terms.group_size(4) != terms.group_size(4 + terms.group_unit)


def test_an_owner_may_withhold_a_group_that_passed(kit):
    table = kit.table_of(g1=12, g2=11, g3=10)
    join = kit.Join(decide={LISTER: lambda bits: kit.open_all(bits) - {"2"}})
    outcomes = join.run(table, kit.listed(table))
    assert set(outcomes[OFFICE].cells) == {"1", "3"}
    assert outcomes[HOLDER].opened == outcomes[LISTER].opened == ("1", "3")


def test_decisions_are_asked_again_on_the_smaller_set(kit):
    """A remainder can be unsafe where the whole was fine: the holder withholds 3 once 2 is gone."""
    asked = []

    def holder(bits):
        asked.append(kit.open_all(bits))
        return kit.open_all(bits) if bits["2"] else frozenset("1")

    join = kit.Join(decide={HOLDER: holder, LISTER: lambda bits: kit.open_all(bits) - {"2"}})
    table = kit.table_of(g1=12, g2=11, g3=10)
    assert set(join.run(table, kit.listed(table))[OFFICE].cells) == {"1"}
    assert asked == [{"1", "2", "3"}, {"1", "3"}, {"1"}]


def test_a_decision_for_a_group_that_failed_is_a_bug(kit):
    table = kit.table_of(g1=9, g2=12, g3=12)
    outcomes = kit.Join(decide={HOLDER: lambda bits: frozenset(bits)}).run(table, kit.listed(table))
    assert isinstance(outcomes[HOLDER], ValueError)
    assert isinstance(outcomes[OFFICE], ChannelTimeout)


@pytest.mark.parametrize("owner", [HOLDER, LISTER])
def test_refusal_by_either_owner_after_the_gate_opens_nothing(kit, owner):
    """As when an authorization is revoked between gate and opening."""

    def revoked(bits):
        raise NotAuthorized("authorization: revoked")

    table = kit.table_of(g1=12, g2=12, g3=12)
    join = kit.Join(decide={owner: revoked})
    outcomes = join.run(table, kit.listed(table))
    assert isinstance(outcomes[owner], NotAuthorized)
    assert all(isinstance(outcomes[p], ChannelTimeout) for p in kit.parties if p != owner)
    assert messages.SHARE not in {m.step for m in join.network.sent}


@pytest.mark.parametrize(
    ("sender", "step"),
    [
        (LISTER, messages.LIST),
        (HOLDER, messages.ROWS),
        (HOLDER, messages.PAYLOADS),
        (LISTER, messages.SUMS),
        (HOLDER, messages.TESTS),
        (LISTER, messages.SHARE),
    ],
)
@pytest.mark.parametrize("fault", [drop, kill])
def test_a_lost_party_ends_the_run_for_everybody(kit, sender, step, fault):
    table = kit.table_of(g1=12, g2=12, g3=12)
    outcomes = kit.Join(intercept=fault(sender, step)).run(table, kit.listed(table))
    assert all(isinstance(outcome, Exception) for outcome in outcomes.values())


class TestOwnInputsAreCheckedBeforeAnythingLeaves:
    @pytest.mark.parametrize(
        "table",
        [
            {"9": {"k": KeyTotals(1, (1,))}},
            {"1": {"k": KeyTotals(1, (1,))}, "2": {"k": KeyTotals(1, (1,))}},
            {"1": {"k": KeyTotals(0, (0,))}},
            {"1": {"k": KeyTotals(1, ())}},
            {"1": {"k": KeyTotals(1, (2**31 + 1,))}},
            {"1": {"k": KeyTotals(1, (-1,))}},
            {"1": {"k": KeyTotals(4001, (0,))}},
            {"1": {"": KeyTotals(1, (1,))}},
            {"1": {"\ud800": KeyTotals(1, (1,))}},
            {"1": {"k" * 257: KeyTotals(1, (1,))}},
            {"1": {f"k{i}": KeyTotals(1, (1,)) for i in range(401)}},
        ],
        ids=[
            "group",
            "key twice",
            "no rows",
            "columns",
            "bound",
            "negative",
            "rows",
            "empty",
            "surrogate",
            "long",
            "keys",
        ],
    )
    def test_table(self, kit, table):
        join = kit.Join()
        outcomes = join.run(table, ["k"])
        assert isinstance(outcomes[HOLDER], InvalidRecord)
        assert not [m for m in join.network.sent if m.sender == HOLDER]

    @pytest.mark.parametrize("keys", [["a", "a"], [""], [str(i) for i in range(401)]], ids=["twice", "empty", "many"])
    def test_list(self, kit, keys):
        join = kit.Join()
        outcomes = join.run(kit.table_of(g1=3), keys)
        assert isinstance(outcomes[LISTER], InvalidRecord)
        assert not [m for m in join.network.sent if m.sender == LISTER]

    def test_largest_declared_values_are_accepted(self, kit):
        keys = {f"k{i}": KeyTotals(400, (400 * 2**31,)) for i in range(10)}
        outcomes = kit.Join().run({"1": keys}, list(keys))
        assert figures(outcomes[OFFICE])["1"] == (10, 4000, 4000 * 2**31)

    def test_roles_cannot_be_exchanged(self, kit):
        join = kit.Join()
        wrong = run_holder, run_lister
        arguments = (kit.open_all, kit.journal())
        for role, me, material in zip(wrong, (LISTER, HOLDER), ({}, []), strict=True):
            with pytest.raises(InvalidRecord):
                role(join.session(me), None, material, *arguments, terms=join.terms)

    def test_session_of_other_terms_or_protocol_is_refused(self, kit):
        join, other = kit.Join(), kit.with_terms(minimum=2)
        for session in (other.session(HOLDER), join.session(HOLDER, protocol="masked-sums-v1")):
            with pytest.raises(InvalidRecord):
                run_holder(session, None, {}, kit.open_all, kit.journal(), terms=join.terms)


def test_owners_with_different_records_stop_at_the_first_message(kit):
    """Two owners who were told different minimums hold different digests: no blinded key leaves."""
    join, other = kit.Join(), kit.with_terms(minimum=2)
    table = kit.table_of(g1=12)
    outcomes = join.run(table, [], **{LISTER: other.lister(kit.listed(table))})
    assert isinstance(outcomes[HOLDER], Misbehaviour)
    assert outcomes[HOLDER].step == messages.KEYS
    assert {m.step for m in join.network.sent} == {messages.KEYS}


def test_progress_names_each_long_step(kit):
    table, calls = kit.table_of(g1=12), []
    join = kit.Join()

    def holder(channel):
        return run_holder(
            join.session(HOLDER),
            channel,
            table,
            kit.open_all,
            kit.journal(),
            terms=join.terms,
            progress=lambda *call: calls.append(call),
        )

    join.run(table, kit.listed(table), **{HOLDER: holder})
    assert {step for step, _, _ in calls} == {
        messages.ROWS,
        messages.RAISED,
        messages.PAYLOADS,
        messages.GATE,
    }
    for step in {step for step, _, _ in calls}:
        counts = [(done, total) for name, done, total in calls if name == step]
        assert counts[0][0] == 0
        assert counts[-1][0] == counts[-1][1]
