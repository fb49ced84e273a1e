"""The noised join: what comes out, what no message tells, and its noise as told; each defence also switched off."""

import math
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transcripts import Run, p_value

from ledger.errors import InvalidRecord, VerificationError
from mpc.dummies import MatchNoise
from mpc.privacy.accounting import deviation_milli
from mpc.privacy.noise import discrete_gaussian
from mpc.protocols.descriptor import Leakage
from mpc.protocols.join import messages
from mpc.protocols.join.layout import Guarantee
from mpc.protocols.join.noise import check_noise
from mpc.protocols.join.noised import DESCRIPTOR, public
from mpc.protocols.join.office import open_cells
from mpc.protocols.join.run import NOISED, PROTOCOL
from mpc.protocols.join.table import KeyTotals
from mpc.protocols.join.terms import parse_terms
from mpc.protocols.private_join import run_holder, run_lister
from mpc.sessions.channel import Misbehaviour
from mpc.stream import Stream

HOLDER, LISTER, OFFICE = "finance", "tax", "office"
DEVIATIONS = (10_000, 25_000, 90_000_000)
QUIET = {"holder": (3, -7, 1000), "lister": (-1, 2, -4321)}


def guarantee(deviations=DEVIATIONS) -> Guarantee:
    return Guarantee(deviations, 100_000, 15_000, -40, 3_500)


def noised(terms, *, deviations=DEVIATIONS):
    return replace(terms, minimum=0, list_unit=1, group_unit=1, guarantee=guarantee(deviations),
                   noise=MatchNoise(10_000, -20))  # fmt: skip


def run(kit, table, keys, *, held=None, listed=None, terms=None, **settings):
    terms = terms or noised(kit.terms)
    join = kit.Join(terms=terms, **settings)
    join.protocol = NOISED if terms.guarantee else PROTOCOL
    held = held or dict.fromkeys(terms.groups, QUIET["holder"])
    listed = listed or dict.fromkeys(terms.groups, QUIET["lister"])
    join.outcomes = join.run(table, keys, **{
        HOLDER: join.holder(table, noise=held), LISTER: join.lister(keys, noise=listed),
    })  # fmt: skip
    return join


def figures(join):
    released = join.outcomes[OFFICE]
    if isinstance(released, Exception):
        raise released
    return {group: (cell.keys, cell.rows, *cell.sums) for group, cell in released.cells.items()}


def test_released_figures_are_the_join_with_both_owners_noise_whatever_their_size(kit):
    """Groups of 12, 1 and 0 matches: all are opened, and nothing is tested."""
    table = kit.table_of(g1=12, g2=1, g3=0)
    keys = kit.listed(table)
    join = run(kit, table, keys)
    both = tuple(a + b for a, b in zip(*QUIET.values(), strict=True))
    plain = kit.plain_join(table, keys)
    wanted = {g: tuple(x + n for x, n in zip(found, both, strict=True)) for g, found in plain.items()}
    assert figures(join) == wanted
    assert wanted["3"][0] > 0 > wanted["3"][1]  # figures of an empty group lie around 0, on both sides
    steps = {message.step for message in join.network.sent}
    assert not steps & {messages.GATE, messages.TESTS, messages.BITS}
    assert join.outcomes[OFFICE].withheld == ()


def test_either_owner_alone_hides_a_figure_from_the_recipient_that_pools_with_the_other(kit):
    table = kit.table_of(g1=12, g2=4, g3=0)
    keys = kit.listed(table)
    join, plain = run(kit, table, keys), kit.plain_join(table, keys)
    for mine, theirs in (("holder", "lister"), ("lister", "holder")):
        left = {g: tuple(f - n for f, n in zip(found, QUIET[mine], strict=True)) for g, found in figures(join).items()}
        assert left == {g: tuple(x + n for x, n in zip(p, QUIET[theirs], strict=True)) for g, p in plain.items()}


def test_without_noise_the_figures_are_exact(kit):
    """The mutation: nothing else in a noised join hides anything."""
    table = kit.table_of(g1=12, g2=1, g3=0)
    keys = kit.listed(table)
    none = dict.fromkeys(kit.terms.groups, (0, 0, 0))
    assert figures(run(kit, table, keys, held=none, listed=none)) == kit.plain_join(table, keys)


# what is told


@pytest.fixture
def play(kit):
    def go(matching, others=(2, 2, 2), unlisted=3, *, seed=None) -> Run:
        table = {
            str(g): {f"{g}-{i}": KeyTotals(1 + i % 3, (1000 * g + i,)) for i in range(count + more)}
            for g, (count, more) in enumerate(zip(matching, others, strict=True), start=1)
        }
        keys = [f"{g}-{i}" for g, count in enumerate(matching, start=1) for i in range(count)]
        keys += [f"unsold-{i}" for i in range(unlisted)]
        seeds = {} if seed is None else {party: seed + party.encode()[:1] for party in (HOLDER, LISTER, OFFICE)}
        join = run(kit, table, keys, seeds=seeds)
        (rows,) = {m.body for m in join.network.sent if m.step == messages.ROWS}
        (listed,) = {m.body for m in join.network.sent if m.step == messages.LIST}
        counts = [int.from_bytes(rows[i : i + 4], "big") for i in (0, 4, 8)]
        sizes = {"rows": sum(counts), "listed": (len(listed) - 64) // 32}
        numbers = public(join.terms)
        known = numbers | sizes | {"turns": 1}
        return Run(
            DESCRIPTOR,
            {"owner": (HOLDER, LISTER), "holder": (HOLDER,), "lister": (LISTER,), "recipient": (OFFICE,)},
            join.network.views,
            join.network.sent,
            {HOLDER: "holder", LISTER: "lister", OFFICE: "recipient"},
            {"holder": known, "lister": known, "recipient": numbers, "courier": known},
        )

    return go


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    matching=st.tuples(*[st.integers(0, 5)] * 3),
    others=st.tuples(*[st.integers(0, 9)] * 3),
    unlisted=st.integers(0, 20),
    seed=st.binary(min_size=31, max_size=31),
)
def test_every_transcript_has_the_declared_shape_and_sizes_within_the_noise(play, matching, others, unlisted, seed):
    found = play(matching, others, unlisted, seed=seed)
    found.require_declared()
    universe = MatchNoise(10_000, -20).universe
    rows, listed = sum(matching) + sum(others), sum(matching) + unlisted
    assert rows + 3 * universe <= found.known["lister"]["rows"] <= rows + 6 * universe
    assert listed + 3 * universe <= found.known["holder"]["listed"] <= listed + 4 * universe


def test_all_flags_are_one_whatever_the_counts(play):
    for matching in ((0, 0, 0), (12, 1, 5)):
        told = play(matching).told()
        for flags in ((f"{messages.DECISION}/1", 1), (messages.SHARE, 2)):
            assert {data for (*_, step, place), data in told.items() if (step, place) == flags} == {b"\1" * 3}


def test_of_an_owners_share_nothing_shows_alone(kit):
    """Masks hide figure and noise: what either owner sends looks uniform, over runs with the same rows and noise."""
    table = kit.table_of(g1=4, g2=2, g3=0)
    pools = {HOLDER: b"", LISTER: b""}
    for n in range(40):
        join = run(kit, table, kit.listed(table), job=bytes([n]) * 32)
        for party in pools:
            share = messages.decode_share(join.sent(party, messages.SHARE)[:-64], join.terms)
            pools[party] += b"".join((x % 2**32).to_bytes(4, "big") for cell in share.values for x in cell)
    assert min(p_value(pool) for pool in pools.values()) > 1e-4


def sizes_seen(keys: int, terms) -> Counter[int]:
    """How large a list of so many keys looks, over many draws."""
    source = Stream(b"sizes".ljust(32, b"\0"))
    return Counter(terms.list_size(keys, terms.blur(source)) for _ in range(3000))


def test_a_padded_size_tells_one_key_for_certain_and_a_noised_one_does_not(kit):
    """The attack on the exact join: at the edge of a unit, one key more is another size every time."""
    exact = kit.terms
    edge = exact.list_size(0) - len(exact.groups) * exact.noise.universe  # keys that just fill the padding
    assert not set(sizes_seen(edge, exact)) & set(sizes_seen(edge + 1, exact))
    private = replace(noised(exact), noise=MatchNoise(epsilon_milli=500, delta_log2=-20))
    one, other = (sizes_seen(edge + more, private) for more in (0, 1))
    for size in {size for size, seen in (one + other).items() if seen > 300}:
        assert abs(math.log(one[size] / other[size])) < 0.5 + 0.35  # epsilon, and what the sample leaves open


@pytest.mark.parametrize("leak", [leak for leak in DESCRIPTOR.leakage if leak.role != "courier"])
def test_no_declared_leakage_can_be_left_out(leak: Leakage):
    with pytest.raises(ValueError, match="undeclared"):
        replace(DESCRIPTOR, leakage=tuple(other for other in DESCRIPTOR.leakage if other is not leak))


# the noise


def test_the_noise_of_a_run_has_the_variance_that_is_told(kit):
    """A hundred groups of nothing: what is released is the noise of both owners, twice the variance paid for."""
    scales = [deviation / 1000 for deviation in (10_000, 40_000)]
    bare = replace(kit.terms, groups=tuple(f"{n:03}" for n in range(100)), columns=())
    terms = noised(bare, deviations=(10_000, 40_000))
    draw = lambda: {group: tuple(map(discrete_gaussian, scales)) for group in terms.groups}  # noqa: E731
    found = figures(run(kit, {}, [], held=draw(), listed=draw(), terms=terms))
    for place, scale in enumerate(scales):
        sample = [values[place] for values in found.values()]
        variance = sum(x * x for x in sample) / len(sample)
        # chi-square with 100 degrees: five deviations of its mean, a false alarm in a million
        assert abs(variance / (2 * scale**2) - 1) < 5 * math.sqrt(2 / len(sample))
        assert abs(sum(sample) / len(sample)) < 5 * math.sqrt(2 / len(sample)) * scale


@pytest.mark.parametrize("noise", [
    None, {}, {"1": (0, 0, 0)}, dict.fromkeys("123", (0, 0)), dict.fromkeys("1234", (0, 0, 0)),
    dict.fromkeys("123", (0, 0, 12 * 90_000 + 1)),
])  # fmt: skip
def test_noise_that_is_missing_or_out_of_reach_ends_the_run_before_anything_is_sent(kit, noise):
    with pytest.raises(InvalidRecord, match="join noise"):
        check_noise(noised(kit.terms), noise)
    join = kit.Join(terms=noised(kit.terms))
    join.protocol = NOISED
    table = kit.table_of(g1=3)
    outcomes = join.run(table, [], **{HOLDER: join.holder(table, noise=noise)})
    assert isinstance(outcomes[HOLDER], InvalidRecord)
    assert not [message for message in join.network.sent if message.sender == HOLDER]


def test_an_exact_join_takes_no_noise(kit):
    with pytest.raises(InvalidRecord, match="exact"):
        check_noise(kit.terms, dict.fromkeys("123", (0, 0, 0)))
    check_noise(kit.terms, None)


def test_a_share_that_was_changed_leaves_the_declared_bounds(kit):
    """The recipient holds figures against bounds and noise; a share of another size of numbers is noticed."""
    table = kit.table_of(g1=3)
    keys = kit.listed(table)
    wild = dict.fromkeys("123", (0, 0, 0))
    join = run(kit, table, keys, held=wild, listed=wild)
    shares = {p: messages.decode_share(join.sent(p, messages.SHARE)[:-64], join.terms) for p in (HOLDER, LISTER)}
    assert open_cells(join.terms, shares[HOLDER], shares[LISTER])["1"].keys == 3
    lifted = tuple((k + 10**6, *rest) for k, *rest in shares[HOLDER].values)
    with pytest.raises(VerificationError, match="outside their declared bounds"):
        open_cells(join.terms, replace(shares[HOLDER], values=lifted), shares[LISTER])


# terms


def test_terms_say_their_noise_and_are_read_back(kit):
    terms = noised(kit.terms)
    record = terms.record()
    assert not {"minimum", "list_unit", "group_unit"} & set(record)
    assert record["guarantee"]["deviations_milli"] == [str(d) for d in DEVIATIONS]
    plain = replace(terms, encryption=type(kit.terms.encryption).__mro__[1]())
    assert parse_terms(plain.record()) == plain


@pytest.mark.parametrize("change", [
    {"minimum": 10}, {"list_unit": 64}, {"group_unit": 32}, {"guarantee": guarantee((1000, 1000))},
    {"columns": ()},
])  # fmt: skip
def test_noised_terms_with_a_minimum_padding_or_missing_noise_are_refused(kit, change):
    with pytest.raises(InvalidRecord):
        replace(noised(kit.terms), **change)


def test_slots_have_room_for_noise_that_is_larger_than_any_figure(kit):
    wide = replace(noised(kit.terms), guarantee=guarantee((deviation_milli(1, 1) * 10**6, 1, 1)))
    assert wide.slots.values[0] == wide.guarantee.reaches[0].bit_length() > kit.terms.slots.values[0]


def test_an_owner_of_the_exact_protocol_does_not_join_a_noised_one(kit):
    join = kit.Join(terms=noised(kit.terms))  # sessions of the exact protocol
    outcomes = join.run(kit.table_of(g1=1), [])
    assert isinstance(outcomes[HOLDER], InvalidRecord)


# audits


def test_the_opened_audit_reproduces_every_byte_and_names_noise_that_was_not_the_committed_one(kit):
    table = kit.table_of(g1=4, g2=2)
    keys = kit.listed(table)
    join = run(kit, table, keys)

    def audit(party, role, material, drawn):
        noise = dict.fromkeys(join.terms.groups, drawn)
        join.audit(party, lambda *a, **k: role(*a, **k, noise=noise), material)

    audit(HOLDER, run_holder, table, QUIET["holder"])
    audit(LISTER, run_lister, keys, QUIET["lister"])
    for party, role, material in ((HOLDER, run_holder, table), (LISTER, run_lister, keys)):
        with pytest.raises(Misbehaviour, match=party):
            audit(party, role, material, (0, 0, 0))
