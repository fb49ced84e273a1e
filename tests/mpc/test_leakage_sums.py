"""The masked sums tell each role what their descriptor declares and nothing else: shapes, lengths, counts, bytes.

A party's real transcript is compared with one laid out from public terms and declared outputs alone. Inputs that agree
in these outputs give the same transcript, however they differ otherwise; a build that sends more fails.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transcripts import Run, blocks, p_value, uniform_bytes

from mpc.protocols.descriptor import Leakage
from mpc.protocols.schedule import simulate
from mpc.protocols.step import Kind, Step
from mpc.protocols.sums import DESCRIPTOR, Cell, Schema, agreement, owner
from mpc.protocols.sums import Kind as Cells
from mpc.protocols.sums.descriptor import public
from mpc.protocols.sums.gate import Gate
from mpc.protocols.sums.rehearsal import RECIPIENT, all_that_passed, rehearse
from mpc.vector import vector

SCHEMA = Schema(
    (Cell("n", Cells.COUNT, 2**20), Cell("sum", Cells.SUM, 2**60, "n"), Cell("rare", Cells.COUNT, 2**20)),
    minimum=4,
    contributors=3,
)
OWNERS = ("r0", "r1", "r2")
Rows = Sequence[tuple[int, int, int]]
"""One (n, sum, rare) an owner."""


def run(rows: Rows, *, vetoes: Mapping[str, AbstractSet[str]] | None = None, seed: bytes = bytes(32)) -> Run:
    """Run the real protocol; ``vetoes``: cells that an owner's own audit withholds, in every round."""
    owners = [f"r{n}" for n in range(len(rows))]
    values = {party: dict(zip(SCHEMA.names, row, strict=True)) for party, row in zip(owners, rows, strict=True)}
    vetoed = vetoes or {}

    def decide(party: str) -> agreement.Decide:
        return lambda bits: all_that_passed(bits) - vetoed.get(party, frozenset())

    rehearsal = rehearse(SCHEMA, values, decide={party: decide(party) for party in owners}, seed=seed)
    turns = {"turns": 2 if vetoed else 1}
    return Run(
        DESCRIPTOR,
        {"owner": owners, "recipient": [RECIPIENT]},
        rehearsal.views,
        rehearsal.sent,
        {**dict.fromkeys(owners, "owner"), RECIPIENT: "recipient"},
        {"owner": public(SCHEMA) | turns, "recipient": public(SCHEMA), "courier": public(SCHEMA) | turns},
    )


def outputs(rows: Rows) -> tuple[list[bool], list[bool]]:
    """What the gate may tell: for the two counts, whether rows and contributors suffice."""
    counts = list(zip(*((n, rare) for n, _, rare in rows), strict=True))
    return [sum(c) >= SCHEMA.minimum for c in counts], [sum(x > 0 for x in c) >= SCHEMA.contributors for c in counts]


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(-(2**60), 2**60), st.integers(0, 3)), min_size=3, max_size=4)


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, seed=st.binary(min_size=32, max_size=32))
def test_every_transcript_has_the_declared_shape_whatever_the_inputs(rows: Rows, seed: bytes) -> None:
    run(rows, seed=seed).require_declared()


@settings(max_examples=12, deadline=None)
@given(rows=ROWS, other=ROWS)
def test_inputs_that_agree_in_the_declared_outputs_show_the_same_flags(rows: Rows, other: Rows) -> None:
    shown = [sorted(run(r).told().items()) for r in (rows, other)]
    assert (shown[0] == shown[1]) == (len(rows) == len(other) and flags(rows) == flags(other))


def flags(rows: Rows) -> list[bool]:
    return [reached and contributed for reached, contributed in zip(*outputs(rows), strict=True)]


@pytest.mark.parametrize("vetoes", [{"r1": {"rare"}}, {"r0": {"n", "sum"}, "r2": {"rare"}}])
def test_what_audits_withhold_costs_one_more_round_and_is_declared(vetoes: Mapping[str, AbstractSet[str]]) -> None:
    rows = [(5, 7, 5)] * 3
    run(rows, vetoes=vetoes).require_declared()
    told = run(rows, vetoes=vetoes).told()
    for party in OWNERS:  # which owner withheld which cell is in the clear to the others, hence declared as "chosen"
        to = next(other for other in OWNERS if other != party)
        chosen = told[party, to, "decide/1", 2]
        assert chosen == bytes(name not in vetoes.get(party, set()) for name in SCHEMA.names)


@pytest.mark.parametrize("hidden", [[(0, 0, 0)] * 3, [(1, 9, 1)] * 3, [(3, 0, 0), (0, 2, 0), (0, 5, 0)]])
def test_a_cell_of_none_and_one_just_below_the_minimum_have_one_transcript(hidden: Rows) -> None:
    empty, other = run([(0, 0, 0)] * 3), run(hidden, seed=b"\1" * 32)
    other.require_declared()
    assert empty.told() == other.told()
    shown = [{block for m in r.sent for block in blocks(m.body)} for r in (empty, other)]
    assert not shown[0] & shown[1]  # zeros of withheld cells aside


FRESH = (Kind.WORD, Kind.ELEMENT, Kind.KEY, Kind.TAG, Kind.COMMITMENT, Kind.SCALAR)


def test_masked_words_pads_and_elements_look_uniform_and_never_repeat() -> None:
    """Few values, many seeds: what varies in the bytes is randomness, not the input."""
    pools: dict[tuple[str, Kind], bytes] = {}
    seen: set[bytes] = set()
    for n in range(12):
        found = run([(2, 2, 2)] * 3, seed=bytes([n]) * 32)
        fresh: set[bytes] = set()
        for part, data in found.hidden(*FRESH):
            name = ("told" if part.tells else "hidden", part.kind)
            pools[name] = pools.get(name, b"") + uniform_bytes(part.kind, data)
            fresh |= blocks(data)
        assert not fresh & seen
        seen |= fresh
    assert set(pools) >= {("hidden", Kind.WORD), ("told", Kind.WORD), ("hidden", Kind.ELEMENT), ("told", Kind.ELEMENT)}
    assert set(pools) >= {("hidden", Kind.COMMITMENT), ("told", Kind.SCALAR)}
    for name, data in pools.items():
        if len(data) >= 256 * 5:
            assert p_value(data) > 1e-4, name


def test_without_masks_and_pads_the_same_test_sees_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "masks", lambda *_: vector([0] * len(SCHEMA.cells)))
    monkeypatch.setattr(owner, "decode", lambda _: vector([0] * len(SCHEMA.cells)))
    uploads = b"".join(
        data
        for n in range(12)
        for part, data in run([(2, 2, 2)] * 3, seed=bytes([n]) * 32).hidden(Kind.WORD)
        if not part.tells
    )
    assert p_value(uploads) < 1e-9


# builds that tell more, and declarations that say less


def one_more_body(values: Mapping[str, int], step: str) -> Callable[..., bytes]:
    """A build that sends one more body when its part of the total is odd."""
    genuine = owner._upload

    def upload(run: owner.Run, *rest: object) -> bytes:
        if values[run.session.me] % 2:
            run.mail.send(run.session.recipient, step, bytes(32))
        return genuine(run, *rest)  # type: ignore[arg-type]

    return upload


@pytest.mark.parametrize("step", ["masked/2", "hint"])
def test_a_build_that_sends_one_body_more_is_noticed(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    monkeypatch.setattr(owner, "_upload", one_more_body({"r0": 7, "r1": 0, "r2": 0}, step))
    with pytest.raises(AssertionError, match="than declared"):
        run([(5, 7, 5)] * 3).require_declared()


def test_a_build_whose_length_follows_the_data_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unpadded openings: pads of opened cells only, and a recipient that takes them."""

    def shorter(run: owner.Run, opening: owner.Opening, journal: object) -> None:
        body = opening.encode()
        kept = body if all(opening.opened) else body[: 32 + len(opening.opened)]
        run.mail.send(run.session.recipient, owner.OPEN, kept)

    run([(1, 0, 1)] * 3).require_declared()
    monkeypatch.setattr(owner, "_open", shorter)
    run([(5, 0, 5)] * 3).require_declared()
    with pytest.raises(AssertionError, match="than declared"):
        run([(1, 0, 1)] * 3).require_declared()


def test_a_build_that_decides_once_more_over_a_hidden_count_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = owner.agree

    def agree(run: owner.Run, gate: Gate, decide: owner.Decide) -> tuple[bool, ...]:
        found = genuine(run, gate, decide)
        run.exchange("decide/2", gate.transcript + bytes(2 * len(SCHEMA.cells)))
        return found

    monkeypatch.setattr(owner, "agree", agree)
    with pytest.raises(AssertionError, match="than declared"):
        run([(1, 0, 1)] * 3).require_declared()


@pytest.mark.parametrize("leak", [leak for leak in DESCRIPTOR.leakage if leak.outputs != ("times",)])
def test_no_declared_leakage_can_be_left_out(leak: Leakage) -> None:
    with pytest.raises(ValueError, match="undeclared"):
        replace(DESCRIPTOR, leakage=tuple(other for other in DESCRIPTOR.leakage if other is not leak))


@pytest.mark.parametrize("step", DESCRIPTOR.steps)
def test_no_step_can_be_left_out(step: Step) -> None:
    found = run([(5, 7, 5)] * 3)
    short = replace(DESCRIPTOR, steps=tuple(other for other in DESCRIPTOR.steps if other is not step))
    with pytest.raises(AssertionError, match="than declared"):
        replace(found, descriptor=short).require_declared()


@pytest.mark.parametrize("name", DESCRIPTOR.public)
def test_no_public_number_can_be_left_out(name: str) -> None:
    with pytest.raises(ValueError, match="undeclared"):
        replace(DESCRIPTOR, public=tuple(other for other in DESCRIPTOR.public if other != name))


def test_a_role_is_simulated_from_what_it_may_know_and_nothing_else() -> None:
    found = run([(5, 7, 5)] * 3)
    with pytest.raises(ValueError, match="does not know"):
        simulate(DESCRIPTOR, "recipient", RECIPIENT, found.cast, found.known["recipient"] | {"turns": 1})
    with pytest.raises(KeyError):
        simulate(DESCRIPTOR, "owner", "r0", found.cast, public(SCHEMA))
