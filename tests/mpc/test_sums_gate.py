"""The private gate: right bits at the thresholds, nothing else to be seen, and what it would show without mixing."""

from collections import Counter

import pytest

from mpc.channel import Misbehaviour
from mpc.elgamal import Ciphertext, ElGamal
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.memory_channel import tamper
from mpc.protocols.sums import Cell, Kind, Schema
from mpc.protocols.sums.gate import read_bits, zero_tests
from mpc.protocols.sums.rehearsal import Rehearsal, rehearse
from mpc.stream import Stream

SCHEMA = Schema((Cell("n", Kind.COUNT, 1000), Cell("sum", Kind.SUM, 2**40, "n")), minimum=10, contributors=3)
TESTS = 13
ELGAMAL = ElGamal(RISTRETTO255)
IDENTITY, base, scalar = RISTRETTO255.identity, RISTRETTO255.base, RISTRETTO255.scalar
subtract = RISTRETTO255.subtract


def run(*counts: int, seed: bytes = bytes(32)) -> Rehearsal:
    rows = {f"r{i}": {"n": count, "sum": 77 * count} for i, count in enumerate(counts)}
    return rehearse(SCHEMA, rows, seed=seed)


def mixed_plaintexts(rehearsal: Rehearsal) -> list[bytes]:
    """What all owners see after decrypting together: one group element a test."""
    mixed = rehearsal.bodies("mixed")[0][:-64]
    partials = {m.sender: m.body[:-64] for m in rehearsal.sent if m.step == "partial"}
    found = []
    for place, test in enumerate(ELGAMAL.decode_ciphertexts(mixed, TESTS)):
        element = test.body
        for body in partials.values():
            element = subtract(element, body[32 * place : 32 * place + 32])
        found.append(element)
    return found


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


def test_place_of_the_zero_does_not_show_the_count() -> None:
    places = Counter(mixed_plaintexts(run(1, 1, 1, seed=bytes([i]) * 32))[:10].index(IDENTITY) for i in range(60))
    assert len(places) >= 7  # without shuffling it would be place 3 every time
    assert places.most_common(1)[0][1] < 20


def test_other_tests_hide_the_count_behind_a_secret_factor() -> None:
    small = {base(scalar(n)) for n in range(-1000, 1000)} - {IDENTITY}
    seen = mixed_plaintexts(run(1, 1, 1))
    assert seen.count(IDENTITY) == 1  # contributors reach three, the count of three does not reach ten
    assert not small & set(seen)


def test_without_mixing_both_would_give_the_count_away() -> None:
    source = Stream(bytes(32))
    keys = ELGAMAL.generate_keys(source)
    totals = [ELGAMAL.encrypt(keys.public, 3, source), ELGAMAL.encrypt(keys.public, 3, source)]
    plain = [
        subtract(test.body, ELGAMAL.partial_decryption(keys.secret, test)) for test in zero_tests(SCHEMA, totals)[0]
    ]
    assert plain.index(IDENTITY) == 3
    assert plain == [base(scalar(3 - v)) for v in range(10)]


def test_bits_follow_the_zero_tests() -> None:
    schema = Schema(
        (Cell("a", Kind.COUNT, 9), Cell("s", Kind.SUM, 9, "b"), Cell("b", Kind.COUNT, 9)), minimum=2, contributors=3
    )
    for place in range(10):
        zeros = [index == place for index in range(10)]
        assert read_bits(schema, zeros) == ((False, True, True) if place < 5 else (True, False, False))
    assert read_bits(schema, [False] * 10) == (True, True, True)


@pytest.mark.parametrize("step", ["encrypted", "mix", "mixed", "partial"])
def test_message_that_is_no_list_of_elements_names_its_sender(step: str) -> None:
    sender = {"mix": "r0", "mixed": "r2"}.get(step, "r1")
    for change in (lambda b: b[:-1], lambda b: b + b"\0", lambda b: b"\xff" * len(b)):
        rows = {f"r{i}": {"n": 5, "sum": 5} for i in range(3)}
        rehearsal = rehearse(SCHEMA, rows, intercept=tamper(sender, step, change))
        blamed = [e for e in rehearsal.outcomes.values() if isinstance(e, Misbehaviour)]
        assert blamed
        assert {(e.party, e.step) for e in blamed} == {(sender, step)}
        assert not rehearsal.bodies("open")


def test_encrypted_counts_differ_though_the_counts_are_equal() -> None:
    bodies = {m.sender: m.body for m in run(5, 5, 5).sent if m.step == "encrypted"}
    parts = [body[start : start + 64] for body in bodies.values() for start in (0, 64)]
    assert len(set(parts)) == 6
    assert isinstance(ELGAMAL.decode_ciphertext(parts[0]), Ciphertext)
