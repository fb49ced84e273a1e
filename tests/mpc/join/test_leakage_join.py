"""The private join tells each role what its descriptor declares and nothing else: shapes, lengths, counts, bytes.

A party's real transcript is compared with one laid out from public terms and declared outputs alone: padded sizes, the
noised match count, the bits, what was withheld. What agrees in these gives one transcript; a build that sends more
fails.
"""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transcripts import Run, blocks, p_value, uniform_bytes

from mpc.dummies import MatchNoise
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.protocols.descriptor import Basis, Leakage
from mpc.protocols.join import holder, lister, messages
from mpc.protocols.join.descriptor import DESCRIPTOR, padded, public
from mpc.protocols.join.run import Run as JoinRun
from mpc.protocols.join.table import KeyTotals
from mpc.protocols.step import Kind, Step
from mpc.sessions.rehearsal import sessions
from mpc.stream import Randomness

HOLDER, LISTER, OFFICE = "finance", "tax", "office"
SMALL = {"noise": MatchNoise(epsilon_milli=10_000, delta_log2=-20), "list_unit": 16, "group_unit": 8, "minimum": 3}


def table_of(matching, others):
    """Per group so many keys that are listed and so many that are not."""
    return {
        str(g): {f"{g}-{i}": KeyTotals(1 + i % 3, (1000 * g + i,)) for i in range(count + more)}
        for g, (count, more) in enumerate(zip(matching, others, strict=True), start=1)
    }


def listed(matching, extra):
    keys = [f"{g}-{i}" for g, count in enumerate(matching, start=1) for i in range(count)]
    return keys + [f"unsold-{i}" for i in range(extra)]


@pytest.fixture
def play(kit):
    def run(matching, others=(2, 2, 2), extra=3, *, vetoes=None, seed=None) -> Run:
        def decide(party):
            return lambda bits: kit.open_all(bits) - (vetoes or {}).get(party, frozenset())

        join = kit.with_terms(**SMALL)
        join.seeds = {} if seed is None else {party: seed + party.encode()[:1] for party in (HOLDER, LISTER, OFFICE)}
        join.decide = {party: decide(party) for party in (HOLDER, LISTER)}
        table, keys = table_of(matching, others), listed(matching, extra)
        join.outcomes = join.run(table, keys)
        numbers, turns = public(join.terms), {"turns": 2 if vetoes else 1}
        sizes = padded(join.terms, [len(table.get(g, {})) for g in join.terms.groups], len(keys))
        return Run(
            DESCRIPTOR,
            {"owner": (HOLDER, LISTER), "holder": (HOLDER,), "lister": (LISTER,), "recipient": (OFFICE,)},
            join.network.views,
            join.network.sent,
            {HOLDER: "holder", LISTER: "lister", OFFICE: "recipient"},
            {
                "holder": numbers | sizes | turns,  # rows: of its own input; listed: declared
                "lister": numbers | sizes | turns,
                "recipient": numbers,
                "courier": numbers | sizes | turns,
            },
        )

    return run


COUNTS = st.tuples(*[st.integers(0, 5)] * 3)
QUICK = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(
    matching=COUNTS,
    others=st.tuples(*[st.integers(0, 9)] * 3),
    extra=st.integers(0, 20),
    seed=st.binary(min_size=31, max_size=31),
)
def test_every_transcript_has_the_declared_shape_whatever_the_inputs(play, matching, others, extra, seed):
    play(matching, others, extra, seed=seed).require_declared()


@pytest.mark.parametrize(
    ("matching", "others", "extra"),
    [((2, 5, 0), (2, 2, 4), 3), ((0, 4, 1), (4, 3, 3), 5), ((1, 5, 2), (0, 0, 0), 0)],
)
def test_inputs_that_agree_in_the_declared_outputs_have_one_transcript(play, matching, others, extra):
    """Other matches, other keys, other list: the same bits and padded sizes."""
    first, other = play((0, 3, 0)), play(matching, others, extra, seed=b"\1" * 31)
    other.require_declared()
    assert first.told() == other.told()
    shown = [{block for part, data in r.hidden(*Kind) for block in whole_blocks(part, data)} for r in (first, other)]
    assert not shown[0] & shown[1]


def whole_blocks(part, data):
    return blocks(data) if part.kind not in (Kind.FLAG, Kind.COUNT, Kind.CELL, Kind.SIGNATURE) else set()


def test_bits_sizes_and_vetoes_are_all_that_is_told_in_the_clear(play):
    vetoes = {HOLDER: {"2"}}
    found = play((3, 4, 2), (2, 20, 2), vetoes=vetoes)
    found.require_declared()
    told = found.told()
    assert told[HOLDER, LISTER, messages.BITS, 0] == told[LISTER, HOLDER, messages.BITS, 0] == bytes([1, 1, 0])
    assert told[HOLDER, LISTER, f"{messages.DECISION}/1", 1] == bytes([1, 0, 0])
    assert told[LISTER, HOLDER, f"{messages.DECISION}/1", 1] == bytes([1, 1, 0])
    assert told[HOLDER, OFFICE, messages.SHARE, 2] == bytes([1, 0, 0])
    sizes = [int.from_bytes(told[HOLDER, LISTER, messages.ROWS, 0][i : i + 4], "big") for i in (0, 4, 8)]
    terms = SMALL["noise"].universe
    assert sizes == [-(-(keys + terms) // 8) * 8 for keys in (5, 24, 4)]


def matches_seen(found: Run, seed: bytes, terms) -> list[int]:
    """What a curious lister counts: its own exponent on the holder's rows, looked up in its raised list."""
    session = replace(
        sessions((HOLDER, LISTER), OFFICE, DESCRIPTOR.name, terms.record(), job=bytes(range(32)))[LISTER], seed=seed
    )
    exponent = RISTRETTO255.random_scalar(Randomness(session.seed, session.digest).stream("join exponent"))
    (rows,) = {m.body for m in found.sent if m.step == messages.ROWS}
    (raised,) = {m.body for m in found.sent if m.step == messages.RAISED}
    sizes, elements = messages.decode_rows(rows[:-64], terms)
    known = {raised[i : i + 32] for i in range(0, len(raised) - 64, 32)}
    hits = [product in known for product in RISTRETTO255.multiply_all(exponent, elements)]
    return [sum(hits[sum(sizes[:g]) : sum(sizes[: g + 1])]) for g in range(len(sizes))]


def test_the_lister_sees_of_the_matches_the_declared_noised_count_only(play, kit):
    """Counts beyond what the truncated noise can reach, and the same ones for other keys under the same noise."""
    terms, seed = kit.with_terms(**SMALL).terms, b"\3" * 31 + LISTER.encode()[:1]
    bound = terms.noise.bound
    for matching in ((0, 3, 5), (4, 0, 1)):
        seen = matches_seen(play(matching, seed=b"\3" * 31), seed, terms)
        assert all(count <= shown <= count + 2 * bound for count, shown in zip(matching, seen, strict=True))
    assert matches_seen(play((0, 3, 5), (9, 1, 2), 8, seed=b"\3" * 31), seed, terms)


def test_elements_and_shares_look_uniform_and_never_repeat(play):
    pools: dict[Kind, bytes] = {}
    seen: set[bytes] = set()
    for n in range(6):
        fresh: set[bytes] = set()
        for part, data in play((2, 4, 0), seed=bytes([n]) * 31).hidden(Kind.ELEMENT, Kind.KEY, Kind.TAG, Kind.SALT):
            pools[part.kind] = pools.get(part.kind, b"") + uniform_bytes(part.kind, data)
            fresh |= blocks(data)
        assert not fresh & seen
        seen |= fresh
    assert p_value(pools[Kind.ELEMENT]) > 1e-4


# builds that tell more, and declarations that say less


def test_a_build_that_sends_one_body_more_is_noticed(play, monkeypatch):
    genuine = JoinRun.send

    def send(self, step, body, *, to=None):
        genuine(self, step, body, to=to)
        if step == messages.SUMS:
            self.mail.send(self.session.recipient, "join-hint", bytes(32))

    monkeypatch.setattr(JoinRun, "send", send)
    with pytest.raises(AssertionError, match="than declared"):
        play((3, 3, 0)).require_declared()


def test_a_build_that_pads_by_a_hidden_key_is_noticed(play, monkeypatch):
    """The holder takes it: it is a whole number of padding units."""
    genuine = lister.blinded_list

    def longer(run, exponent, keys):
        more = [f"pad-{i}" for i in range(16)] if "unsold-0" in keys else []
        return genuine(run, exponent, [*keys, *more])

    monkeypatch.setattr(lister, "blinded_list", longer)
    play((3, 3, 0), extra=0).require_declared()
    with pytest.raises(AssertionError, match="than declared"):
        play((3, 3, 0), extra=1).require_declared()


def test_a_build_without_padding_of_rows_is_noticed(play, monkeypatch):
    genuine = holder._entries
    monkeypatch.setattr(holder, "_entries", lambda run, index, keys: genuine(run, index, keys)[: len(keys) or None])
    with pytest.raises(AssertionError, match="than declared"):
        play((3, 3, 0)).require_declared()


@pytest.mark.parametrize("leak", [leak for leak in DESCRIPTOR.leakage if leak.role != "courier"])
def test_no_declared_leakage_can_be_left_out(leak: Leakage):
    with pytest.raises(ValueError, match="undeclared"):
        replace(DESCRIPTOR, leakage=tuple(other for other in DESCRIPTOR.leakage if other is not leak))


def test_the_couriers_sizes_cannot_be_left_out():
    for leak in (leak for leak in DESCRIPTOR.leakage if leak.role == "courier"):
        assert leak.basis in (Basis.PADDED, Basis.EXACT)
        with pytest.raises(ValueError, match="courier sees"):
            replace(DESCRIPTOR, leakage=tuple(other for other in DESCRIPTOR.leakage if other is not leak))


@pytest.mark.parametrize("step", DESCRIPTOR.steps)
def test_no_step_can_be_left_out(play, step: Step):
    short = replace(DESCRIPTOR, steps=tuple(other for other in DESCRIPTOR.steps if other is not step))
    with pytest.raises(AssertionError, match="than declared"):
        replace(play((3, 3, 0)), descriptor=short).require_declared()
