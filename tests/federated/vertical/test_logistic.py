"""A regression over two departments' columns is that of the pooled ones; each learns its own gradients and no row."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from regression import BANK, TAX, Regressed, regress, small_keys

from federated.boosting.exposure import auc
from federated.columns import Floats
from federated.vertical.components import principal, standardised
from federated.vertical.logistic import curve, messages
from federated.vertical.logistic.terms import LogisticTerms, block, gradient
from ledger.errors import InvalidRecord
from mpc.sessions.channel import Misbehaviour
from mpc.sessions.memory_channel import Intercept, Message, deliver, tamper

ROWS = 480


@cache
def people(seed: int = 4) -> tuple[Floats, Floats, Floats]:
    drawn = np.random.default_rng(seed)
    bank, tax = drawn.normal(size=(2, ROWS)), drawn.normal(size=(3, ROWS))
    odds = 0.8 * bank[0] - 0.5 * bank[1] + tax[0] - 0.7 * tax[2] - 0.5
    labels = (drawn.random(ROWS) < 1 / (1 + np.exp(-odds))).astype(float)
    return standardised(bank).of(bank), standardised(tax).of(tax), labels


@cache
def regressed(rounds: int = 3) -> Regressed:
    return regress(*people(), rounds=rounds)


def pooled(rounds: int = 60) -> Floats:
    """Newton's method over all columns, written apart: the weights, the constant first."""
    bank, tax, labels = people()
    rows = np.vstack((np.ones((1, ROWS)), bank, tax))
    weights, penalty = np.zeros(6), np.array([0.0, 1, 1, 1, 1, 1])
    for _ in range(rounds):
        chances = 1 / (1 + np.exp(-weights @ rows))
        hessian = (rows * (chances * (1 - chances))) @ rows.T + np.diag(penalty)
        weights = weights - np.linalg.solve(hessian, rows @ (chances - labels) + penalty * weights)
    return weights


def test_scores_rank_rows_as_a_pooled_regression_does() -> None:
    bank, tax, labels = people()
    scores, weights = regressed().scores(bank, tax), pooled()
    expected = weights[0] + weights[1:] @ np.vstack((bank, tax))
    assert abs(auc(labels, scores) - auc(labels, expected)) < 0.002
    assert np.corrcoef(scores, expected)[0, 1] > 0.995
    alone = auc(labels, weights[1:3] @ bank)
    assert auc(labels, scores) > alone + 0.05


def test_both_owners_standardised_values_are_those_they_sent() -> None:
    values = np.array([[-9.0, -0.5, 0.25, 9.0]])
    found = block(values)
    assert found.values[1].tolist() == [-2.5, -0.5, 0.25, 2.5]
    residuals = np.array([0.3, -0.2, 0.5, -0.1])
    sums = [float(np.dot(column, residuals)) for column in found.counted]
    assert np.allclose(gradient(sums, found), found.values @ residuals)


@settings(max_examples=40)
@given(st.floats(-6, 6), st.floats(-5, 5), st.integers(0, 1))
def test_a_residual_of_controls_and_weights_is_that_of_the_sigmoid(own: float, other: float, label: int) -> None:
    lifted = curve.controls(np.array([own]), np.array([float(label)]), 5.0)
    (weights,) = curve.weights(np.array([other]), 5.0)
    assert sum(weights) == 1 << curve.STEP_BITS
    assert min(weights) >= 0
    total = sum(weight * values[0] for weight, values in zip(weights, lifted, strict=True))
    assert 0 <= total < 1 << curve.RESIDUAL_BITS
    expected = 1 / (1 + np.exp(-own - other)) - label
    assert abs(curve.residual(total) - expected) < 0.08


def test_beyond_its_reach_a_score_counts_as_that_far() -> None:
    far, edge = curve.weights(np.array([40.0]), 3.0), curve.weights(np.array([3.0]), 3.0)
    assert far == edge == [[0, 0, 0, 1 << curve.STEP_BITS]]


class TestWhatIsSeen:
    def bodies(self, step: str, seed: int = 4) -> list[bytes]:
        found = regressed() if seed == 4 else regress(*people(seed), rounds=3)
        return [message.body for message in found.network.sent if message.step.startswith(step)]

    def test_sizes_of_all_messages_are_those_of_other_rows(self) -> None:
        first, second = (
            [(m.step, m.sender, len(m.body)) for m in found.network.sent]
            for found in (regressed(), regress(*people(8), rounds=3))
        )
        assert sorted(first) == sorted(second)

    def test_what_the_label_owner_opens_for_the_other_is_masked_anew_in_every_round(self) -> None:
        """The same sums, of the same start, under two seeds of the feature owner, have nothing in common."""
        opened = self.bodies(messages.OPENED)
        assert len(set(opened)) == len(opened) == 3
        bits = np.unpackbits(np.frombuffer(b"".join(opened), dtype=np.uint8))
        assert 0.4 < bits.mean() < 0.6

    def test_no_ciphertext_of_the_label_owner_comes_back(self) -> None:
        size = 1024 // 8
        sent = {body[at : at + size] for body in self.bodies(messages.CONTROLS) for at in range(1, len(body), size)}
        back = {body[at : at + size] for body in self.bodies(messages.PADDED) for at in range(0, len(body), size)}
        assert len(back) == 3 * ROWS
        assert not sent & back

    def test_each_owner_is_opened_one_number_a_column_and_one_more_in_a_round(self) -> None:
        terms = LogisticTerms(BANK, TAX, (2, 3), ROWS, 3, 1.0, 3.0, small_keys())
        assert sum(len(packing.widths) for packing in terms.summed) == 1 + 3
        assert sum(len(packing.widths) for packing in terms.crossed) == 1 + 2


def test_numbers_that_would_fix_single_labels_are_refused_before_anything_is_sent() -> None:
    LogisticTerms(BANK, TAX, (10, 5), 1320, 3, 1.0, 3.0, small_keys())
    with pytest.raises(InvalidRecord, match="components of the columns"):
        LogisticTerms(BANK, TAX, (10, 5), 1319, 3, 1.0, 3.0, small_keys())


def test_gradients_of_as_many_rounds_as_rows_would_give_every_label_away() -> None:
    """Why numbers are counted: residuals that the feature owner's gradients fix, of as many columns as rows."""
    drawn = np.random.default_rng(0)
    columns, labels = drawn.normal(size=(30, 30)), drawn.integers(0, 2, 30)
    residuals = 0.5 - labels
    found = np.linalg.solve(columns, columns @ residuals)
    assert ((found < 0) == (labels == 1)).all()


def widened(body: bytes) -> bytes:
    return (7).to_bytes(128, "big") + body[128:]


CASES: list[tuple[str, str, Callable[[bytes], bytes], str]] = [
    (BANK, messages.KEY, lambda body: bytes(len(body)), TAX),
    (BANK, "regression-controls/1", lambda body: bytes(1) + body[1:], TAX),
    (BANK, "regression-controls/2", lambda body: body[:-1], TAX),
    (BANK, "regression-opened/1", lambda body: body[:-1], TAX),
    (BANK, "regression-opened/1", lambda body: bytes(len(body)), TAX),
    (TAX, "regression-sums/1", widened, BANK),
    (TAX, "regression-padded/1", widened, BANK),
    (TAX, "regression-padded/1", lambda body: body[:-128], BANK),
    (TAX, "regression-pads/2", widened, BANK),
]


@pytest.mark.parametrize(("sender", "step", "change", "finder"), CASES)
def test_what_the_protocol_does_not_allow_is_found_by_the_other(
    sender: str, step: str, change: Callable[[bytes], bytes], finder: str
) -> None:
    ended = regress(*people(), rounds=2, intercept=tamper(sender, step, change)).outcomes[finder]
    assert isinstance(ended, Misbehaviour), ended
    assert (ended.party, ended.step) == (sender, step)


def test_impossible_sums_end_the_run_by_one_sentence() -> None:
    reasons = set()
    for step in ("regression-sums/1", "regression-padded/1", "regression-pads/1"):
        ended = regress(*people(), rounds=1, intercept=tamper(TAX, step, widened)).outcomes[BANK]
        assert isinstance(ended, Misbehaviour)
        reasons.add(ended.reason)
    assert reasons == {"sums that no residuals can have"}


def test_labels_of_one_class_and_values_that_are_no_numbers_end_it_before_it_begins() -> None:
    bank, tax, labels = people()
    sent: list[Message] = []

    def watch(message: Message) -> tuple[Message, ...]:
        sent.append(message)
        return (message,)

    intercept: Intercept = watch
    for outcome in (
        regress(bank, tax, np.ones(ROWS), intercept=intercept).outcomes[BANK],
        regress(np.where(np.arange(ROWS) == 5, np.nan, bank), tax, labels, intercept=intercept).outcomes[BANK],
    ):
        assert isinstance(outcome, InvalidRecord)
    assert not sent
    assert deliver(Message(BANK, TAX, "x", b""))


def test_components_hold_the_directions_of_largest_variance_of_the_own_rows() -> None:
    drawn = np.random.default_rng(2)
    base = drawn.normal(size=(2, 200))
    columns = np.vstack((base, base * 2 + 1, base[:1] + 0.01 * drawn.normal(size=(1, 200))))
    found = principal(columns, 2)
    values = found.of(columns)
    assert np.allclose(values.std(axis=1), 1)
    assert abs(np.corrcoef(values)[0, 1]) < 1e-9
    assert np.linalg.lstsq(np.vstack((values, np.ones(200))).T, columns[2], rcond=None)[1] < 1.0
    with pytest.raises(InvalidRecord, match="any variance"):
        principal(np.vstack((base, base)), 3)
    with pytest.raises(InvalidRecord, match="column 2 is constant"):
        standardised(np.vstack((base[0], np.ones(200))))
