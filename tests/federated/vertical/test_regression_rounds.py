"""A logistic regression over columns of two departments, party by party: as pooled, what ends it, what would leak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from verticalrehearsal import Rehearsal
from verticaltown import BANK, CIVIL, COLUMNS, HELD, OFFICE, PERSONS, STEPS, TAX, asked, persons, regression, table

from contracts.evidence.questions import vertical as restated
from federated.boosting.exposure import auc
from federated.columns import Floats
from federated.vertical.jobs import part as trees
from federated.vertical.jobs import rows, weights
from federated.vertical.jobs.bearing import Withheld
from federated.vertical.logistic.leverage import MOST, leverages
from ledger.errors import InvalidRecord
from ledger.log.stream import Stream
from mpc.disclosure.before.audit import require_answerable
from mpc.disclosure.before.history import Answer, Outcome
from mpc.inputs import object_of
from mpc.kinds.models.vertical import Vertical
from mpc.kinds.released import Release, Verdict
from mpc.node.guarding.guard import Refused
from mpc.protocols.join.layout import Column
from mpc.sessions.channel import Misbehaviour
from mpc.sessions.memory_channel import tamper
from mpc.sessions.session import SIGNATURE_BYTES
from mpc.spec.vertical import VerticalSpec
from mpc.training.port import VerticalRun
from mpc.vertical.regressed import DESCRIPTOR
from mpc.vertical.regression import Regression

OWNERS = (BANK, TAX)
COMMON = slice(max(HELD[code][0] for code in OWNERS), min(HELD[code][1] for code in OWNERS))
ROWS = COMMON.stop - COMMON.start


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rehearsal, dict[str, object]]:
    rehearsal = Rehearsal(tmp_path_factory.mktemp("run"), spec=regression())
    return rehearsal, rehearsal.run()


def held(names: tuple[str, ...]) -> Floats:
    return np.stack([persons()[name][COMMON].astype(float) for name in names])


def test_parts_put_together_rank_persons_as_a_pooled_regression_does(done: tuple[Rehearsal, dict[str, object]]) -> None:
    rehearsal, _ = done
    kept = {code: weights.read(rehearsal.home(code)) for code in OWNERS}
    assert all(found.columns == COLUMNS[code] for code, found in kept.items())
    joint = sum((found.scores(held(COLUMNS[code])) for code, found in kept.items()), np.zeros(ROWS))
    every = held((*COLUMNS[BANK], *COLUMNS[TAX]))
    labels = persons()["late"][COMMON].astype(float)
    assert auc(labels, joint) > auc(labels, pooled(every, labels)) - 0.005
    assert auc(labels, joint) > auc(labels, kept[BANK].scores(held(COLUMNS[BANK]))) + 0.05


def pooled(columns: Floats, labels: Floats) -> Floats:
    """Scores by Newton's method over all columns, written apart."""
    scaled = (columns - columns.mean(axis=1)[:, None]) / columns.std(axis=1)[:, None]
    whole = np.vstack((np.ones((1, columns.shape[1])), scaled))
    found, penalty = np.zeros(len(whole)), np.array([0.0, *([1.0] * len(columns))])
    for _ in range(40):
        chances = 1 / (1 + np.exp(-found @ whole))
        hessian = (whole * (chances * (1 - chances))) @ whole.T + np.diag(penalty)
        found = found - np.linalg.solve(hessian, whole @ (chances - labels) + penalty * found)
    scores: Floats = found @ whole
    return scores


def test_all_sign_the_root_of_the_same_steps_and_the_office_learns_no_weight(
    done: tuple[Rehearsal, dict[str, object]],
) -> None:
    rehearsal, found = done
    release = found[OFFICE]
    assert isinstance(release, Release), found
    assert {found[code].transcript for code in OWNERS} == {release.verdict.transcript}  # type: ignore[attr-defined]
    stream = Stream(rehearsal.home(OFFICE) / "rounds-1")
    assert (stream.checkpoint.root, stream.checkpoint.size) == (release.verdict.transcript, STEPS.steps)
    document = object_of(release.document)
    assert set(document) == {"model", "label", "rounds", "rows", "slope", "parts", "assurance"}
    assert (document["model"], document["rows"]) == ("logistic", str(ROWS))
    assert 0 < float(str(document["slope"])) < 0.1
    sent = b"".join(message.body for message in rehearsal.network.sent)
    for code in OWNERS:
        kept = weights.read(rehearsal.home(code))
        assert not any(np.float64(weight).tobytes()[::-1] in sent for weight in kept.weights)


def test_no_message_is_another_than_the_descriptor_declares(done: tuple[Rehearsal, dict[str, object]]) -> None:
    rehearsal, _ = done
    kind = Vertical(rehearsal.spec)
    counts = {**kind.public_numbers(), "listed": 1024, "formed": 1, "rows": ROWS, "own": 1, "other": 1}
    shown = {len(message.body) - SIGNATURE_BYTES for message in rehearsal.network.sent if "opened" in message.step}
    assert len(shown) == 1
    for message in rehearsal.network.sent:
        step = DESCRIPTOR.step(message.step)
        assert len(message.body) == step.bytes(counts | {"shown": next(iter(shown))}), message.step
    steps = [message.step for message in rehearsal.network.sent if message.step.startswith("regression-sums")]
    assert steps == [f"regression-sums/{number}" for number in range(1, STEPS.steps + 1)]


def test_before_every_step_a_node_asks_the_chain_and_a_revocation_ends_the_run_there(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path, spec=regression(), forbidden=(TAX, 2))
    found = rehearsal.run()
    assert isinstance(found[TAX], Refused)
    assert not any(isinstance(outcome, Verdict | Release) for outcome in found.values())
    assert "regression-sums/1" in rehearsal.steps(TAX)
    assert "regression-sums/2" not in rehearsal.steps(TAX)
    assert not any((rehearsal.home(code) / "part.json").exists() for code in OWNERS)
    assert Stream(rehearsal.home(OFFICE) / "rounds-1").checkpoint.size == 2  # a step, and the end


def test_sums_that_their_sender_did_not_sign_name_the_sender(tmp_path: Path) -> None:
    spec, change = regression(), tamper(TAX, "regression-sums/1", lambda body: body[:-1] + b"x")
    outcome = Rehearsal(tmp_path, spec=spec, intercept=change).run()[BANK]
    assert isinstance(outcome, Misbehaviour)
    assert outcome.party == TAX


# Who brings columns of its own making


def marked() -> Mapping[str, np.ndarray]:
    """What the tax office might bring: an income that is nothing but a mark at one person."""
    found = {**persons(), "income": np.zeros(PERSONS, dtype=int)}
    found["income"][7] = 100
    return found


def test_a_column_that_marks_one_person_would_read_that_person_s_label_off_one_gradient() -> None:
    values, labels = marked()["income"][COMMON].astype(float), persons()["late"][COMMON]
    share = labels.mean()
    scaled = (values - values.mean()) / values.std()
    gradient, whole = float(scaled @ (share - labels)), float((share - labels).sum())
    mark = (gradient * values.std() + values.mean() * whole) / 100
    assert round(share - mark) == labels[7]
    assert leverages(np.stack((np.ones(ROWS), scaled))).max() > 0.99


def test_a_column_that_marks_one_person_ends_the_run_before_a_sum_leaves(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path, spec=regression(), rows={TAX: table(TAX, marked())})
    outcome = rehearsal.run()[TAX]
    assert isinstance(outcome, Withheld)
    assert any("of one row" in line for line in rehearsal.said[TAX])
    assert not [step for step in rehearsal.steps(TAX) if step.startswith("regression")]


def test_two_columns_that_differ_in_one_person_are_a_mark_as_well() -> None:
    drawn = np.random.default_rng(1).normal(size=(2, 400))
    twice = np.vstack((drawn, drawn[:1]))
    assert leverages(twice).max() < MOST
    twice[2, 5] += 0.001
    assert leverages(twice).max() > 0.99


# Who asks again with one person less


def without(person: int) -> str:
    lines = table(TAX, persons()).splitlines()
    return "\n".join([line for line in lines if not line.startswith(f"p{person:04},")] + [""])


@pytest.mark.parametrize("spec", [regression(), asked((BANK, TAX))])
def test_rows_answer_again_as_the_same_rows_and_not_with_one_person_less(
    done: tuple[Rehearsal, dict[str, object]], spec: VerticalSpec
) -> None:
    rehearsal, _ = done
    less = Rehearsal(rehearsal.directory, spec=spec, job=b"\10" * 32, rows={TAX: without(7)})
    outcome = less.run()[BANK]
    assert isinstance(outcome, Withheld)
    assert any("answer again as the same rows" in line for line in less.said[BANK])
    assert not [step for step in less.steps(BANK) if step.startswith(("regression", "gradients"))]


class TestNotes:
    """What a node keeps of rows that it trained on."""

    def run(self, home: Path, job: int = 1, spec: VerticalSpec | None = None) -> VerticalRun:
        return cast("VerticalRun", SimpleNamespace(spec=spec or regression(), party=BANK, home=home / str(job)))

    def test_the_same_rows_and_others_may_follow_and_neither_more_nor_fewer(self, tmp_path: Path) -> None:
        rows.note(self.run(tmp_path), ["a", "b", "c"])
        rows.note(self.run(tmp_path, 2), ["c", "a", "b"])
        rows.note(self.run(tmp_path, 3), ["d", "e"])
        for others in (["a", "b"], ["a", "b", "c", "d"], ["a", "b", "c", "d", "e"], ["c", "f"]):
            with pytest.raises(InvalidRecord, match="the same rows"):
                rows.note(self.run(tmp_path, 4), others)
        rows.note(self.run(tmp_path, 5), ["f"])

    def test_the_same_rows_answer_for_no_other_table_of_the_other_owner(self, tmp_path: Path) -> None:
        """To the audit it is another join; its gradients would be further numbers about the same residuals."""
        spec, keys = regression(), ["a", "b"]
        bank, tax = spec.sides
        other = replace(spec, sides=(bank, replace(tax, source=replace(tax.source, asset="tax-second"))))
        before, *found = (Vertical(one).cells([source.asset for source in one.sources])[0] for one in (spec, other))
        require_answerable([Answer(before.region, before.base, Outcome.OPENED, before.quantities)], found)
        rows.note(self.run(tmp_path), keys)
        with pytest.raises(InvalidRecord, match="for one run"):
            rows.note(self.run(tmp_path, 2, other), keys)
        rows.note(self.run(tmp_path, 3, replace(spec, purpose="again")), keys)
        rows.note(self.run(tmp_path, 4, other), ["c", "d"])

    def test_a_note_names_nobody_and_a_damaged_one_is_refused(self, tmp_path: Path) -> None:
        rows.note(self.run(tmp_path), ["p0001"])
        (path,) = tmp_path.glob("trained-*.json")
        assert path.stat().st_mode & 0o077 == 0
        assert "p0001" not in path.read_text()
        path.write_text("{}")
        with pytest.raises(InvalidRecord):
            rows.note(self.run(tmp_path), ["p0001"])


def test_one_person_less_would_show_that_person_s_label() -> None:
    """The same run twice, as it would be without the note of rows: sums of first residuals differ by one of them."""
    labels = persons()["late"][COMMON].astype(float)
    values = held(COLUMNS[TAX])
    fewer = np.delete(np.arange(ROWS), 7)
    share, less = labels.mean(), labels[fewer].mean()
    gradients = (values @ (share - labels), values[:, fewer] @ (less - labels[fewer]))
    known = values.sum(axis=1) * share - values[:, fewer].sum(axis=1) * less
    found = (known - (gradients[0] - gradients[1])) / values[:, 7]
    assert np.allclose(found, labels[7])


def test_a_regression_answers_no_joint_scores_and_says_why(done: tuple[Rehearsal, dict[str, object]]) -> None:
    rehearsal, _ = done
    with pytest.raises(InvalidRecord, match="answers no joint scores"):
        trees.read(rehearsal.home(BANK))


# Specifications


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"least_rows": 239}, "least_rows"),
        ({"algorithm": replace(STEPS, steps=3)}, "least_rows"),
        ({"label": replace(regression().label, column=Column("late", 0, 2))}, "0 or 1"),
        ({"algorithm": replace(STEPS, components=2)}, "fewer columns than components"),
    ],
)
def test_a_regression_that_rows_could_not_bear_is_refused(changes: dict[str, object], said: str) -> None:
    assert regression().least_rows == 240
    with pytest.raises(InvalidRecord, match=said):
        regression(**changes)


def test_a_regression_is_of_two_departments() -> None:
    with pytest.raises(InvalidRecord, match="two departments"):
        asked((BANK, CIVIL, TAX), algorithm=STEPS, least_rows=240)


@pytest.mark.parametrize("changes", [{"steps": 0}, {"steps": 21}, {"components": 25}, {"ridge": 0}, {"reach": 1}])
def test_steps_out_of_bounds_are_refused(changes: dict[str, int]) -> None:
    with pytest.raises(InvalidRecord):
        replace(STEPS, **changes)  # type: ignore[arg-type]


def test_components_are_what_is_counted_where_they_are_asked_for() -> None:
    assert Regression(2, 1, 1, 3_000_000).opened(30) == 4
    found: VerticalSpec = regression(algorithm=replace(STEPS, components=1), least_rows=160)
    assert found.least_rows == 160


def test_verifiers_refuse_more_numbers_than_rows_bear() -> None:
    spec = object_of(regression().json())
    assert restated.terms(spec)["waves"] == STEPS.steps
    with pytest.raises(InvalidRecord, match="than its rows bear"):
        restated.terms({**spec, "least_rows": "239"})
