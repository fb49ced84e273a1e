"""What a model's card says is what was measured, in both languages, and no department shows figures of few rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from federated.evaluation.card import Card
from federated.evaluation.fairness import LEAST_ROWS, Fairness, Figures, fairness, figures
from federated.evaluation.membership import promised
from federated.evaluation.words import WORDS
from ledger import canonical
from ledger.errors import InvalidRecord

DRAWN = np.random.default_rng(1)
LABELS = (DRAWN.random(400) < 0.4).astype(float)
CHANCES = np.clip(0.3 * LABELS + 0.7 * DRAWN.random(400), 0, 1)
LOSSES = -np.log(np.where(LABELS == 1, CHANCES, 1 - CHANCES) + 1e-9)


class TestFairness:
    def test_a_department_computes_its_own_figures(self) -> None:
        found = figures(LABELS, CHANCES, LOSSES)
        assert found is not None
        assert found.rows == 400
        pairs = CHANCES[LABELS == 1][:, None] > CHANCES[LABELS == 0][None, :]
        assert found.auc == pytest.approx(pairs.mean(), abs=6e-4)
        assert found.accuracy == pytest.approx(((CHANCES >= 0.5) == LABELS).mean(), abs=6e-4)
        assert found.rmse is None

    def test_numbers_have_an_error_and_classes_an_accuracy(self) -> None:
        numbers = figures(LABELS * 7.5, LABELS * 7.5 + 1, np.ones(400))
        assert numbers is not None
        assert (numbers.rmse, numbers.auc, numbers.accuracy) == (1.0, None, None)
        classes = np.arange(400) % 3.0
        chances = np.eye(3)[(np.arange(400) % 3 + (np.arange(400) < 100)) % 3]
        found = figures(classes, chances, np.ones(400))
        assert found is not None
        assert found.accuracy == 0.75

    @pytest.mark.parametrize("ones", [0, LEAST_ROWS - 1, 400 - LEAST_ROWS + 1])
    def test_an_order_of_labels_of_few_rows_is_held_back(self, ones: int) -> None:
        labels = (np.arange(400) < ones).astype(float)
        found = figures(labels, CHANCES, LOSSES)
        assert found is not None
        assert found.auc is None

    def test_a_share_of_which_few_rows_are_the_rest_is_held_back(self) -> None:
        for wrong in (0, 9, 391):
            labels = np.where(np.arange(400) < wrong, 1 - (CHANCES >= 0.5), CHANCES >= 0.5).astype(float)
            found = figures(labels, CHANCES, LOSSES)
            assert found is not None
            assert found.accuracy is None

    def test_a_department_of_few_rows_shows_nothing(self) -> None:
        assert figures(LABELS[:49], CHANCES[:49], LOSSES[:49]) is None
        assert figures(LABELS[:50], CHANCES[:50], LOSSES[:50]) is not None
        with pytest.raises(InvalidRecord):
            figures(LABELS, CHANCES, LOSSES, least=10)

    def test_the_gap_is_between_those_that_show_their_figure(self) -> None:
        found = fairness({"tax": Figures(90, 0.4, 0.81, None, None), "bank": Figures(80, 0.4, 0.7, 0.6, None),
                          "civil": None}, "auc")  # fmt: skip
        assert found.gap == 0.11
        assert list(found.figures) == ["bank", "civil", "tax"]
        assert fairness({"tax": None}, "auc").gap is None
        with pytest.raises(InvalidRecord):
            fairness({}, "income")

    def test_predictions_that_are_none_are_refused(self) -> None:
        for predicted in (CHANCES[1:], np.full(400, np.nan)):
            with pytest.raises(InvalidRecord):
                figures(LABELS, predicted, LOSSES)


CARD = Card(
    model="default | 30",
    digest=bytes(32),
    purpose="lending",
    family="logistic",
    departments=("bank", "tax"),
    columns=("age", "debt"),
    label="default",
    rounds=2,
    rows=900,
    quality={"auc": 0.77884, "ks": 0.42},
    curve=(0.6, 0.55),
    calibration=((0.25, 0.24),),
    protections={"en": ("Sums are masked.",), "zh": ("合计均加掩码。",)},
    limits={"en": ("The coordinator sees each round's model.",), "zh": ("协调方可见各轮模型。",)},
    fairness=fairness({"bank": Figures(500, 0.5, 0.78, 0.8, None), "tax": None}, "auc"),
    micro_rho=15_000,
    membership=0.52,
)


class TestCard:
    def test_both_languages_say_the_same_figures(self) -> None:
        texts = [CARD.markdown("en"), CARD.markdown("zh")]
        for fact in (bytes(32).hex(), "0.7788", "0.4200", "0.6000", "0.5500", "0.2400", "15000", "0.5200", "0.7800"):
            assert all(fact in text for text in texts), fact
        assert "held back" in texts[0]
        assert "扣留" in texts[1]
        assert f"{promised(15_000):.4f}" in texts[0]

    def test_a_text_with_a_bar_stays_in_its_cell(self) -> None:
        card = replace(CARD, purpose="a | b\nc")
        (line,) = [line for line in card.markdown("en").splitlines() if line.startswith("| Purpose")]
        assert line == "| Purpose | a \\| b c |"

    def test_what_was_not_measured_is_said(self) -> None:
        text = replace(CARD, membership=None, micro_rho=None, quality={}, curve=(), fairness=None).markdown("en")
        assert "no noise was added" in text
        assert "not measured" in text
        assert "Loss by round" not in text

    def test_machines_read_canonical_bytes_of_the_same_facts(self) -> None:
        read = canonical.decode(CARD.encode())
        assert isinstance(read, dict)
        assert read["quality"] == {"auc": "0.7788", "ks": "0.4200"}
        assert read["membership_bound"] == f"{promised(15_000):.4f}"
        assert canonical.encode(read) == CARD.encode()

    @pytest.mark.parametrize("limits", [{}, {"en": ("x",)}, {"en": (), "zh": ("x",)}])
    def test_a_card_without_its_limits_is_refused(self, limits: dict[str, Sequence[str]]) -> None:
        with pytest.raises(InvalidRecord, match="both languages"):
            replace(CARD, limits=limits)

    def test_every_word_has_both_languages(self) -> None:
        for name in ("figures", "title", "promised", "gap"):
            assert getattr(WORDS["en"], name) != getattr(WORDS["zh"], name)
        assert WORDS["en"].figures.keys() == WORDS["zh"].figures.keys()

    def test_a_table_of_one_department_has_no_gap(self) -> None:
        lone = replace(CARD, fairness=Fairness({"tax": None}, "auc", None))
        assert "Gap between best and worst (AUC): not measured" in lone.markdown("en")
