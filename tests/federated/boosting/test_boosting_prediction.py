"""A joint score is the model's; messages tell no path, a score does; nobody can ask about a person without end."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from boosting import BANK, Trained, people, train

from federated.boosting import paths, prediction
from federated.boosting.loss import Floats, Softmax
from federated.boosting.model import Leaf, Model, Split, sides
from federated.boosting.prediction import Answerer, Asker, PredictionTerms
from federated.boosting.quota import Quota, Usage, admit
from ledger.errors import InvalidRecord, NotAuthorized
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.sessions.channel import Channel, Misbehaviour
from mpc.sessions.memory_channel import Intercept, Network, deliver, tamper
from mpc.stream import Randomness
from mpc.vertical.scored import DESCRIPTOR

OWNERS = {BANK: ("age",), "civil": ("income",), "tax": ("debt", "visits")}
ROWS = 12


@cache
def trained(classes: int = 2) -> Trained:
    columns, labels = people()
    if classes == 2:
        return train(columns, labels, OWNERS)
    return train(columns, np.digitize(columns["debt"], (-0.5, 0.5)).astype(float), OWNERS, loss=Softmax(3))


def asked(model: Model, purpose: str = "lending") -> PredictionTerms:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheme = InsecureOkamotoUchiyama(bits=768, randomiser_bits=64)
    return prediction.terms(BANK, model, ROWS, purpose, "training", scheme)


def ask(
    found: Trained,
    columns: Mapping[str, Floats],
    *,
    terms: PredictionTerms | None = None,
    intercept: Intercept = deliver,
) -> tuple[Mapping[str, object], Network]:
    wanted = terms or asked(found.model)
    own = {party: {name: columns[name] for name in names} for party, names in OWNERS.items()}

    def answerer(party: str) -> Callable[[Channel], object]:
        seed = Randomness(party.encode().ljust(32))
        return lambda channel: Answerer(channel, party, wanted, found.meanings[party], seed).answer(own[party])

    def bank(channel: Channel) -> Floats:
        return Asker(channel, wanted, found.model, found.meanings[BANK], Randomness(bytes(32))).scores(own[BANK])

    network = Network(sorted(OWNERS), intercept=intercept)
    programs: dict[str, Callable[[Channel], object]] = {party: answerer(party) for party in wanted.chain}
    return network.run({**programs, BANK: bank}), network


def strangers(seed: int = 9) -> Mapping[str, Floats]:
    return {name: values[:ROWS] for name, values in people(seed)[0].items()}


@pytest.mark.parametrize("classes", [2, 3])
def test_a_joint_score_is_that_of_the_parts_put_together(classes: int) -> None:
    found, columns = trained(classes), strangers()
    outcomes, _ = ask(found, columns)
    scores = outcomes[BANK]
    assert isinstance(scores, np.ndarray), outcomes
    assert np.allclose(scores if classes > 2 else scores[0], found.scores(columns), atol=1e-4)
    assert asked(found.model).chain == ("civil", "tax")


def test_what_the_label_owner_gets_is_one_sum_a_row_whatever_the_path() -> None:
    """Replies of two sets of rows have the same length, and no ciphertext that was sent comes back."""
    found, seen = trained(), []
    for seed in (9, 10):
        _, network = ask(found, strangers(seed))
        (reply,) = [message for message in network.sent if message.to == BANK]
        size = len(reply.body) // ROWS
        sent = {
            m.body[at : at + size]
            for m in network.sent
            if m.step == prediction.LEAVES
            for at in range(0, len(m.body), size)
        }
        assert not sent & {reply.body[at : at + size] for at in range(0, len(reply.body), size)}
        seen.append((len(reply.body), reply.step))
    assert seen[0] == seen[1]


def test_a_feature_owner_passes_on_no_ciphertext_unchanged_so_the_next_cannot_tell_which_were_kept() -> None:
    _, network = ask(trained(), strangers())
    first, second = (m.body for m in network.sent if m.step == prediction.LEAVES)
    size = 768 // 8
    assert len(first) == len(second)
    assert not {first[at : at + size] for at in range(0, len(first), size)} & {
        second[at : at + size] for at in range(0, len(second), size)
    }


def test_a_model_is_asked_under_a_purpose_of_its_own_alone() -> None:
    asked(trained().model, "lending")
    with pytest.raises(InvalidRecord, match="purpose of its own"):
        asked(trained().model, "training")


def test_a_model_that_needs_nobody_else_is_no_joint_question() -> None:
    with pytest.raises(InvalidRecord, match="with a split"):
        asked(Model("logistic", (0.0,), (Split(BANK, 0, Leaf(-1.0), Leaf(1.0)),)))


def test_a_question_without_a_leaf_is_refused_before_a_turn_is_taken() -> None:
    terms = asked(trained().model)
    for leaves, outputs in (((), ()), ((0,), (0,))):
        with pytest.raises(InvalidRecord, match="at least one leaf"):
            replace(terms, leaves=leaves, outputs=outputs, paths=dict.fromkeys(terms.chain, ()))


def test_one_score_tells_whoever_has_the_weights_the_way_a_person_takes_which_is_declared() -> None:
    """Weights of leaves are numbers of many places: one choice of leaves, a tree each, adds up to a score."""
    found, columns = trained(), strangers()
    scores = ask(found, columns)[0][BANK]
    assert isinstance(scores, np.ndarray)
    own = sides(found.meanings[BANK], {"age": columns["age"]})
    known = {party: sides(found.meanings[party], {name: columns[name] for name in OWNERS[party]}) for party in OWNERS}
    shared = [tree for _, tree in paths.shared(found.model, BANK)]
    assert len(shared) == len(found.model.trees)
    for row, score in enumerate(scores[0] - found.model.start[0]):
        possible = [
            [(leaf, weight) for leaf, (path, weight) in enumerate(paths.leaves(tree, BANK))
             if all(own[number][row] == is_left for number, is_left in path)]
            for tree in shared
        ]  # fmt: skip
        (read,) = (c for c in product(*possible) if abs(sum(weight for _, weight in c) - score) < 1e-5)
        taken = [
            next(leaf for leaf in range(len(paths.leaves(tree, BANK))) if all(
                known[party][number][row] == is_left
                for party in OWNERS for number, is_left in paths.leaves(tree, party)[leaf][0]
            ))
            for tree in shared
        ]  # fmt: skip
        assert [leaf for leaf, _ in read] == taken
    (leak,) = (leak for leak in DESCRIPTOR.leakage if leak.role == "label" and leak.outputs == ("scores",))
    assert "tells most often the way" in leak.learns.en


def test_the_record_of_a_question_names_every_path_by_digest() -> None:
    terms = asked(trained().model)
    other = asked(Model("logistic", (0.0,), (*trained().model.trees[:-1], Split("tax", 0, Leaf(-1.0), Leaf(1.0)))))
    assert terms.record() != other.record()
    assert terms.record() == asked(trained().model).record()


CASES: list[tuple[str, str, Callable[[bytes], bytes], str]] = [
    (BANK, prediction.KEY, lambda body: bytes(len(body)), "civil"),
    (BANK, prediction.LEAVES, lambda body: body[:-1], "civil"),
    ("civil", prediction.LEAVES, lambda body: bytes(len(body)), "tax"),
    ("tax", prediction.SUMS, lambda body: body[:-96], BANK),
    ("tax", prediction.SUMS, lambda body: (7).to_bytes(96, "big") + body[96:], BANK),
]


@pytest.mark.parametrize(("sender", "step", "change", "finder"), CASES)
def test_what_the_protocol_does_not_allow_is_found_by_the_next(
    sender: str, step: str, change: Callable[[bytes], bytes], finder: str
) -> None:
    ended = ask(trained(), strangers(), intercept=tamper(sender, step, change))[0][finder]
    assert isinstance(ended, Misbehaviour), ended
    assert (ended.party, ended.step) == (sender, step)


def test_a_row_without_a_number_is_named_before_anything_is_sent() -> None:
    columns = {name: np.where(np.arange(ROWS) == 3, np.nan, values) for name, values in strangers().items()}
    outcomes, network = ask(trained(), columns)
    assert all(isinstance(found, InvalidRecord) for found in outcomes.values())
    assert not network.sent


SECRET = bytes(range(32))


def test_ten_thousand_questions_about_one_person_end_at_the_quota() -> None:
    usage, quota, answered = Usage(), Quota(rows=100_000, repeats=3), 0

    def ask_on() -> None:
        nonlocal usage, answered
        for _ in range(10_000):
            usage = admit(quota, usage.renewed(), ["310101"], SECRET)
            answered += 1

    with pytest.raises(NotAuthorized, match="a person is asked about more than 3 times"):
        ask_on()
    assert answered == 3
    assert admit(quota, usage, ["310102"], SECRET).rows == 2


def test_rows_of_a_period_are_bounded_and_a_person_twice_in_one_question_counts_twice() -> None:
    quota = Quota(rows=4, repeats=2)
    usage = admit(quota, Usage(), ["a", "b", "c"], SECRET)
    with pytest.raises(NotAuthorized, match="4 rows a period"):
        admit(quota, usage, ["d", "e"], SECRET)
    with pytest.raises(NotAuthorized, match="more than 2"):
        admit(quota, usage.renewed(), ["a", "a"], SECRET)
    assert b"a" not in usage.answers
    with pytest.raises(InvalidRecord):
        Quota(rows=0, repeats=1)


def test_without_a_quota_the_scores_of_one_person_tell_its_side_of_a_split() -> None:
    """The label owner varies its own column; the score jumps by what belongs to one side of the other's split."""
    tree = Split(BANK, 0, Split("tax", 0, Leaf(1.0), Leaf(2.0)), Split("tax", 0, Leaf(3.0), Leaf(5.0)))
    jumps = {}
    for debt in (-1.0, 1.0):
        sides = {BANK: {0: np.arange(10) < 5}, "tax": {0: np.full(10, debt < 0)}}
        scores = prediction.model.scores(Model("logistic", (0.0,), (tree,)), sides, 10)[0]
        jumps[debt] = float(scores[-1] - scores[0])
    assert jumps == {-1.0: 2.0, 1.0: 3.0}
