"""What a party sends that the protocol does not allow ends the run at the other, by name and step."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from boosting import BANK, people, train

from federated.boosting import bins, messages, sums
from federated.boosting.feature import Asked, FeatureOwner, Known, Tree, pairs
from federated.boosting.growing import LEAST, Rules
from federated.boosting.messages import Choice
from federated.boosting.packing import Layout
from ledger.errors import InvalidRecord
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.sessions.channel import Misbehaviour
from mpc.sessions.memory_channel import tamper
from mpc.sessions.rehearsal import sessions

OWNERS = {BANK: ("age",), "tax": ("debt", "income", "visits")}
CIPHERTEXT = 768 // 8
ROWS = 600


def reversed_bits(body: bytes) -> bytes:
    """Rows 0..9 alone."""
    return np.packbits(np.arange(ROWS) < 10).tobytes() + body[ROWS // 8 :]


def swapped(body: bytes) -> bytes:
    """The same sums, two ciphertexts of the first column exchanged."""
    start = 4 + 4 * int.from_bytes(body[:4], "big")
    first, second = body[start : start + CIPHERTEXT], body[start + CIPHERTEXT : start + 2 * CIPHERTEXT]
    return body[:start] + second + second + body[start + 2 * CIPHERTEXT :] if first else body


CASES: list[tuple[str, str, Callable[[bytes], bytes], str]] = [
    (BANK, "key", lambda body: bytes(len(body)), "tax"),
    (BANK, "gradients/0", lambda body: body[:-CIPHERTEXT], "tax"),
    (BANK, "gradients/1", lambda body: bytes(len(body)), "tax"),
    (BANK, "nodes/0/1", reversed_bits, "tax"),
    (BANK, "nodes/0/1", lambda body: body + body, "tax"),
    (BANK, "chosen/0/0", lambda body: messages.encode_choices([Choice(0, 3, 0)]), "tax"),
    (BANK, "chosen/0/0", lambda body: messages.encode_choices([Choice(0, 0, 7)]), "tax"),
    (BANK, "chosen/0/1", lambda body: messages.encode_choices([Choice(0, 0, 0), Choice(0, 1, 0)]), "tax"),
    ("tax", "sums/0/0", swapped, BANK),
    ("tax", "sums/0/0", lambda body: body[: len(body) // 2], BANK),
    ("tax", "sums/0/1", lambda body: bytes(4) + body[4:], BANK),
    ("tax", "sides/0/0", lambda body: body[:4] + bytes(len(body) - 4), BANK),
    ("tax", "sides/0/0", lambda body: body + b"x", BANK),
]


@pytest.mark.parametrize(("sender", "step", "change", "finder"), CASES)
def test_what_the_protocol_does_not_allow_is_found_by_the_other(
    sender: str, step: str, change: Callable[[bytes], bytes], finder: str
) -> None:
    ended = train(*people(), OWNERS, intercept=tamper(sender, step, change)).outcomes[finder]
    assert isinstance(ended, Misbehaviour), ended
    assert (ended.party, ended.step) == (sender, step)


def test_a_plaintext_wider_than_the_slots_is_not_acted_on() -> None:
    """A sum multiplied by itself decrypts to more rows than there are."""

    def doubled(body: bytes) -> bytes:
        start = 4 + 4 * int.from_bytes(body[:4], "big")
        return body[:start] + (7).to_bytes(CIPHERTEXT, "big") + body[start + CIPHERTEXT :]

    ended = train(*people(), OWNERS, intercept=tamper("tax", "sums/0/0", doubled)).outcomes[BANK]
    assert isinstance(ended, Misbehaviour)
    assert not any(character.isdigit() for character in ended.reason)


def emptied(body: bytes) -> bytes:
    """All rows in the first bin of the first column: its sum replaced by the product of all, the others by nothing."""
    count = int.from_bytes(body[:4], "big")
    start = 4 + 4 * count
    parts = [body[start + CIPHERTEXT * place :][:CIPHERTEXT] for place in range(count)]
    return body[:start] + parts[0] * count + body[start + CIPHERTEXT * count :]


def test_every_impossible_sum_ends_the_run_by_the_same_sentence() -> None:
    """Sums that are too wide, out of range, of too few rows, or do not add up: the sender learns nothing of which."""

    def wide(body: bytes) -> bytes:
        start = 4 + 4 * int.from_bytes(body[:4], "big")
        return body[:start] + (7).to_bytes(CIPHERTEXT, "big") + body[start + CIPHERTEXT :]

    reasons = set()
    for change in (wide, swapped, emptied):
        ended = train(*people(), OWNERS, intercept=tamper("tax", "sums/0/0", change)).outcomes[BANK]
        assert isinstance(ended, Misbehaviour)
        reasons.add(ended.reason)
    assert len(reasons) == 1


def test_a_histogram_of_single_rows_is_refused_by_the_label_owner_too() -> None:
    """A feature owner that does not join its bins: the label owner does not act on sums of few rows."""

    class Careless(FeatureOwner):
        def _columns(self, tree: Tree, node: Asked) -> tuple[sums.Column, ...]:
            return sums.columns(tree.own, node.parent.grids, node.members, node.sibling, 1)

    columns, labels = people()
    columns = {**columns, "debt": np.where(np.arange(ROWS) < 3, -9.0, columns["debt"])}
    edges = {"age": (0.0,), "debt": (-5.0, 0.0), "income": (0.0,), "visits": (0.0,)}
    ended = train(columns, labels, OWNERS, owner=Careless, edges=edges).outcomes[BANK]
    assert isinstance(ended, Misbehaviour)
    honest = train(columns, labels, OWNERS, edges=edges)
    assert not isinstance(honest.outcomes[BANK], Exception)


def test_an_attempt_after_a_refused_one_has_another_key() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheme = InsecureOkamotoUchiyama(bits=768, randomiser_bits=64)
    attempts = [sessions((BANK, "tax"), "office", "boosting-v1", {}, attempt=number)[BANK] for number in (1, 2, 1)]
    keys = [scheme.generate(attempt.randomness().stream("key")).public.encode() for attempt in attempts]
    assert keys[0] != keys[1]
    assert keys[0] == keys[2]


def known(*rows: tuple[int, int]) -> list[Known]:
    places = np.arange(400)
    return [Known((places >= first) & (places < end), ()) for first, end in rows]


def node(first: int, end: int) -> np.ndarray:
    return known((first, end))[0].members


def test_a_node_is_one_side_of_a_split_of_a_node_above() -> None:
    above = known((0, 200), (200, 400))
    (found,) = pairs([node(0, 60)], above, LEAST)
    assert found.parent is above[0]
    assert found.sibling is not None
    assert int(found.sibling.sum()) == 140


@pytest.mark.parametrize(
    "asked",
    [
        [node(150, 250)],  # of two nodes
        [node(0, 60), node(60, 120)],  # two of one
        [node(0, 49)],  # too few
        [node(0, 151)],  # too few remain
        [node(0, 0)],
        [node(0, 200)],
    ],
)
def test_other_sets_of_rows_are_refused(asked: list[np.ndarray]) -> None:
    with pytest.raises(InvalidRecord):
        pairs(asked, known((0, 200), (200, 400)), LEAST)


def fitting(derivatives: list[tuple[int, int]], size: int, total: tuple[int, int]) -> int:
    """Count the sets of ``size`` rows that give a sum."""
    return sum(
        (sum(first for first, _ in rows), sum(second for _, second in rows)) == total
        for rows in itertools.combinations(derivatives, size)
    )


def test_a_sum_of_few_rows_names_them_which_is_why_nodes_and_bins_keep_a_minimum() -> None:
    """What the label owner could do with the sum of a bin of 8 rows in a node of 16."""
    drawn = np.random.default_rng(5)
    chances, labels = drawn.random(16), drawn.integers(0, 2, 16)
    rows = list(zip(*Layout(16, 1.0).fixed(chances - labels, chances * (1 - chances)), strict=True))
    members = rows[3:11]
    total = (sum(first for first, _ in members), sum(second for _, second in members))
    assert fitting(rows, 8, total) == 1
    with pytest.raises(InvalidRecord, match="at least 50 rows"):
        Rules(depth=3, least=8, ridge=1.0, rate=0.3)


def test_sums_of_two_numbers_of_bins_differ_by_few_rows_and_name_them() -> None:
    """Each sum is of many rows; their difference, of two runs with other bins, is of the rows between two edges."""
    drawn = np.random.default_rng(3)
    values, first = drawn.normal(size=250), drawn.integers(-(1 << 20), 1 << 20, 250)
    below = [[values < edge for edge in bins.fit({"x": values}, most).edges[0]] for most in (8, 13)]
    pairs_of = ((one, other) for one, other in itertools.product(*below) if (one ^ other).any())
    one, other = min(pairs_of, key=lambda pair: int((pair[0] ^ pair[1]).sum()))
    assert min(one.sum(), other.sum(), (~one).sum(), (~other).sum()) > LEAST
    between = np.flatnonzero(one ^ other)
    assert len(between) == 2
    difference = abs(int(first[one].sum()) - int(first[other].sum()))
    fitting = np.argwhere(np.triu(np.abs(first[:, None] + first[None, :]) == difference, k=1))
    assert fitting.tolist() == [between.tolist()]
