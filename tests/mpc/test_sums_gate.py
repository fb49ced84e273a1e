"""The private gate: right bits at the thresholds, nothing else to be seen, and what it would show otherwise."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest

from ledger.errors import NotAuthorized
from mpc.groups.elgamal import Blinding, Ciphertext, ElGamal
from mpc.groups.group import Element
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.protocols.sums import Cell, Kind, Schema, gate
from mpc.protocols.sums.keys import Keys
from mpc.protocols.sums.rehearsal import Rehearsal, rehearse
from mpc.protocols.sums.run import Run
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import tamper
from mpc.stream import Stream

SCHEMA = Schema((Cell("n", Kind.COUNT, 1000), Cell("sum", Kind.SUM, 2**40, "n")), minimum=10, contributors=3)
ELGAMAL = ElGamal(RISTRETTO255)
IDENTITY, base, scalar = RISTRETTO255.identity, RISTRETTO255.base, RISTRETTO255.scalar


def run(*counts: int, seed: bytes = bytes(32)) -> Rehearsal:
    rows = {f"r{i}": {"n": count, "sum": 77 * count} for i, count in enumerate(counts)}
    return rehearse(SCHEMA, rows, seed=seed)


def decrypted(rehearsal: Rehearsal) -> bytes:
    """What all owners see after decrypting together: one group element for the one tested cell."""
    blinded = {m.sender: ELGAMAL.decode_ciphertext(m.body[:64]) for m in rehearsal.sent if m.step == "blinded"}
    partials = {m.sender: m.body[:-64] for m in rehearsal.sent if m.step == "partial"}
    element = IDENTITY
    for sender, test in blinded.items():
        element = RISTRETTO255.subtract(RISTRETTO255.add(element, test.body), partials[sender])
    return element


@pytest.mark.parametrize(
    ("counts", "passes"),
    [
        ((0, 0, 0), False),
        ((1, 0, 0), False),
        ((3, 3, 3), False),
        ((4, 3, 3), True),
        ((5, 3, 3), True),
        ((0, 0, 0, 0, 0), False),
        ((0, 0, 1, 0, 0), False),
        ((2, 2, 2, 2, 1), False),
        ((2, 2, 2, 2, 2), True),
        ((3, 2, 2, 2, 2), True),
        ((300, 400, 500), True),
    ],
)
def test_bit_says_whether_the_minimum_is_reached(counts: tuple[int, ...], passes: bool) -> None:
    rehearsal = run(*counts)
    assert rehearsal.owner("r0").bits == {"n": passes, "sum": passes}
    assert rehearsal.released.values == ({"n": sum(counts), "sum": 77 * sum(counts)} if passes else {})


@pytest.mark.parametrize(
    ("counts", "passes"),
    [
        ((500, 0, 0), False),
        ((300, 200, 0), False),
        ((1, 8, 1), True),
        ((0, 9, 0, 1, 1), True),
        ((0, 9, 9, 0, 0), False),
    ],
)
def test_cell_of_too_few_contributors_stays_closed_however_large(counts: tuple[int, ...], passes: bool) -> None:
    assert run(*counts).owner("r1").bits["n"] is passes


def test_asked_under_every_number_of_contributors_the_bits_would_count_the_owners() -> None:
    """So a node takes part at one number only."""
    rows = {f"r{i}": {"n": count, "sum": 0} for i, count in enumerate((9, 0, 9, 9, 9))}
    bits = [rehearse(replace(SCHEMA, contributors=k), rows).owner("r0").bits["n"] for k in (3, 4, 5)]
    assert bits == [True, True, False]


def windows_after(schema: Schema, parts: Sequence[int]) -> list[Ciphertext]:
    """Move the windows by every owner's part, in the clear, and add up their places."""
    windows = gate.first_windows(schema)
    for part in parts:
        windows = gate.moved(schema, windows, gate.steps_of(schema, {"n": part}))
    return gate.below(schema, windows)


@pytest.mark.parametrize(("minimum", "contributors"), [(1, 3), (2, 3), (4, 3), (3, 4)])
def test_in_every_state_the_windows_add_up_to_the_conditions_that_fail(minimum: int, contributors: int) -> None:
    """All of them: each owner holds 0 to minimum + 1 rows, of four owners."""
    schema = Schema((Cell("n", Kind.COUNT, 99),), minimum, contributors)
    for parts in product(range(minimum + 2), repeat=4):
        failing = (sum(parts) < minimum) + (sum(part > 0 for part in parts) < contributors)
        (total,) = windows_after(schema, parts)
        assert total == Ciphertext(IDENTITY, base(scalar(failing)) if failing else IDENTITY)


def test_one_element_is_decrypted_a_cell_and_it_does_not_tell_what_fails() -> None:
    """Identity where the cell passes; else never a small multiple of anything known, whatever fails."""
    assert decrypted(run(4, 3, 3)) == IDENTITY
    small = {base(scalar(n)) for n in range(-1000, 1001)}
    shown = {decrypted(run(*counts)) for counts in [(3, 3, 3), (500, 0, 0), (1, 1, 0), (0, 0, 0)]}
    assert len(shown) == 4
    assert not shown & small


def test_without_the_factor_an_owner_sees_how_many_conditions_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Defence off: the first owner hands on what was counted once, the others no times: products all the same."""
    honest = ElGamal.blindings

    def known(self: ElGamal, public: Element, count: int, source: Stream) -> list[Blinding]:
        drawn = honest(self, public, count, source)
        is_first = current.session.me == current.session.parties[0]
        return [replace(blinding, factor=scalar(int(is_first))) for blinding in drawn]

    def blind(run: Run, keys: Keys, totals: Sequence[Ciphertext]) -> bytes:
        with one_at_a_time:
            nonlocal current
            current = run
            return honestly(run, keys, totals)

    current: Run
    one_at_a_time, honestly = threading.Lock(), gate._blind
    monkeypatch.setattr(ElGamal, "blindings", known)
    monkeypatch.setattr(gate, "_blind", blind)
    shown = [decrypted(run(*counts)) for counts in [(4, 3, 3), (3, 3, 3), (500, 0, 0), (1, 1, 0)]]
    assert shown == [IDENTITY, base(scalar(1)), base(scalar(1)), base(scalar(2))]


def test_without_fresh_randomness_the_next_owner_reads_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def handed_on() -> list[bytes]:
        (body,) = [m.body[:-64] for m in run(7, 3, 3).sent if (m.sender, m.step) == ("r0", "window")]
        return [body[start + 32 : start + 64] for start in range(0, len(body), 64)]

    one = base(scalar(1))
    assert one not in handed_on()
    monkeypatch.setattr(ElGamal, "zeros", lambda _self, _key, count, _source: [Ciphertext(IDENTITY, IDENTITY)] * count)
    assert handed_on().index(one) == 7


def test_zero_and_nine_look_the_same_on_the_wire() -> None:
    empty, nine = run(0, 0, 0, seed=b"\1" * 32), run(3, 3, 3, seed=b"\2" * 32)
    shape = [[(m.sender, m.to, m.step, len(m.body)) for m in sorted(r.sent, key=str)] for r in (empty, nine)]
    assert sorted(shape[0]) == sorted(shape[1])
    pieces = [
        {m.body[start : start + 16] for m in r.sent for start in range(0, len(m.body), 16)} for r in (empty, nine)
    ]
    shared = pieces[0] & pieces[1]
    # headers only: zero pads and flags of a withheld cell
    assert all(set(piece) <= {0} for piece in shared)


def test_open_and_closed_cells_have_messages_of_one_length() -> None:
    lengths = [Counter((m.step, len(m.body)) for m in run(*counts).sent) for counts in ((3, 3, 3), (4, 3, 3))]
    assert lengths[0] == lengths[1]


def test_a_count_made_up_of_others_passes_with_all_of_them_and_is_not_tested() -> None:
    cells = (
        Cell("all", Kind.COUNT, 99, parts=("a", "b")),
        Cell("total", Kind.SUM, 99, "all"),
        Cell("a", Kind.COUNT, 99),
        Cell("b", Kind.COUNT, 99),
    )
    schema = Schema(cells, minimum=6, contributors=3)
    assert [cell.name for cell in schema.gated] == ["a", "b"]
    for a, b in product((1, 3), repeat=2):
        rows = {f"r{i}": {"all": a + b, "total": 9, "a": a, "b": b} for i in range(3)}
        found = rehearse(schema, rows)
        opens = {"all": a + b == 6, "total": a + b == 6, "a": a == 3, "b": b == 3}
        assert found.owner("r0").bits == opens
        assert {len(m.body) for m in found.sent if m.step == "partial"} == {2 * 32 + 64}


def test_no_bit_can_be_known_before_every_owner_was_asked() -> None:
    """One owner that refuses keeps its share of the decryption, and the others' shares decrypt nothing."""

    def refuse() -> None:
        raise NotAuthorized("not beside what is on record")

    asked: list[str] = []
    before = {party: (lambda party=party: asked.append(party)) for party in ("r0", "r2")}  # type: ignore[misc]
    rows = {f"r{i}": {"n": 5, "sum": 5} for i in range(3)}
    found = rehearse(SCHEMA, rows, before_bits={**before, "r1": refuse})
    assert sorted(asked) == ["r0", "r2"]
    assert isinstance(found.error("r1"), NotAuthorized)
    assert {m.sender for m in found.sent if m.step == "partial"} == {"r0", "r2"}
    assert isinstance(found.error("r0"), ChannelTimeout)
    shares = {m.sender: m.body[:32] for m in found.sent if m.step == "partial"}
    tests = [ELGAMAL.decode_ciphertext(m.body[:64]) for m in found.sent if (m.step, m.to) == ("blinded", "r0")]
    own = [ELGAMAL.decode_ciphertext(m.body[:64]) for m in found.sent if (m.step, m.sender) == ("blinded", "r0")][:1]
    left = IDENTITY
    for test in (*tests, *own):
        left = RISTRETTO255.add(left, test.body)
    for share in shares.values():
        left = RISTRETTO255.subtract(left, share)
    assert left != IDENTITY  # the cell passes, and nobody can tell


@pytest.mark.parametrize("step", ["window", "counted", "blinded", "partial"])
def test_message_that_is_no_list_of_elements_names_its_sender(step: str) -> None:
    sender = {"window": "r0", "counted": "r2"}.get(step, "r1")
    for change in (lambda b: b[:-1], lambda b: b + b"\0", lambda b: b"\xff" * len(b)):
        rows = {f"r{i}": {"n": 5, "sum": 5} for i in range(3)}
        rehearsal = rehearse(SCHEMA, rows, intercept=tamper(sender, step, change))
        blamed = [e for e in rehearsal.outcomes.values() if isinstance(e, Misbehaviour)]
        assert blamed
        assert {(e.party, e.step) for e in blamed} == {(sender, step)}
        assert not rehearsal.bodies("open")


def test_windows_of_equal_counts_differ_in_every_place() -> None:
    bodies = {m.sender: m.body[:-64] for m in run(0, 0, 0).sent if m.step == "window"}
    places = [body[start : start + 64] for body in bodies.values() for start in range(0, len(body), 64)]
    assert len(set(places)) == len(places) == 2 * 13
    assert isinstance(ELGAMAL.decode_ciphertext(places[0]), Ciphertext)
