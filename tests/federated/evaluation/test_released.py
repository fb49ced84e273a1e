"""A released model has a card of its specification and its release."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from commandline import say
from noisytown import cheaper

from federated.evaluation.protections import EXACT, NOISED
from federated.evaluation.released import card
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.privacy.trained import Evaluation
from mpc.spec.parts import Source
from mpc.spec.training import Algorithm, Bounded, Model, Step, TrainingSpec

SPEC = TrainingSpec(
    purpose="credit-scoring",
    recipient="audit-office",
    sources=tuple(Source(f"bank-{name}", f"loans-{name}", bytes(32)) for name in "abc"),
    algorithm=Algorithm(Model.LOGISTIC, Step.AVERAGE, 1, 10_000, 500_000, 0, 1_000_000),
    features=(Bounded("income", 0, 1000),),
    label=Bounded("late", 0, 1),
    rounds=10,
    rows=10_000,
    least_rows=100,
    minimum=10,
    contributors=3,
    clip=1024,
    norm=100_000_000,
    round_s=60,
    seed=7,
)
RELEASE: dict[str, JsonValue] = {
    "model": "logistic",
    "features": ["income"],
    "label": "late",
    "weights": ["-1.2", "0.4"],
    "means": ["500.0"],
    "deviations": ["100.0"],
    "rows": "2400",
    "loss": "0.48125",
    "squared_error": "0.16",
}


def test_a_release_has_a_card_in_both_languages() -> None:
    found = card(SPEC, RELEASE)
    texts = [found.markdown("en"), found.markdown("zh")]
    for fact in ("credit-scoring", "bank-a", "income", "2400", "0.4813", "0.4000", found.digest.hex()):
        assert all(fact in text for text in texts), fact
    assert all(sentence in texts[0] for sentence in (*EXACT.protections["en"], *EXACT.limits["en"]))
    assert all(sentence in texts[1] for sentence in (*EXACT.protections["zh"], *EXACT.limits["zh"]))
    assert card(SPEC, RELEASE | {"weights": ["-1.2", "0.5"]}).digest != found.digest


def test_the_command_prints_the_card_in_either_language_and_for_machines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, release = tmp_path / "spec.json", tmp_path / "release.json"
    spec.write_text(json.dumps(SPEC.json()), encoding="utf-8")
    release.write_bytes(canonical.encode(RELEASE))
    found = card(SPEC, RELEASE)
    assert say(capsys, "federated", "card", spec, release)[:2] == (0, found.markdown("en"))
    assert say(capsys, "federated", "card", spec, release, "--language", "zh")[:2] == (0, found.markdown("zh"))
    code, out, _ = say(capsys, "federated", "card", spec, release, "--json")
    assert code == 0
    assert canonical.decode(out.strip().encode()) == found.json()
    release.write_text(json.dumps(RELEASE | {"model": "ridge"}), encoding="utf-8")
    code, _, refusal = say(capsys, "federated", "card", spec, release)
    assert code != 0
    assert "another model" in refusal


@pytest.mark.parametrize(
    "changed",
    [
        {"model": "ridge"},
        {"features": ["income", "debt"]},
        {"label": "income"},
        {"loss": "nan"},
        {"loss": "-1"},
        {"squared_error": "x"},
        {"rows": "many"},
        {"features": 3},
    ],
)
def test_a_release_of_another_model_or_without_numbers_is_refused(changed: dict[str, JsonValue]) -> None:
    with pytest.raises(InvalidRecord):
        card(SPEC, RELEASE | changed)


CURVED = replace(SPEC, rounds=2, has_curve=True)


def test_the_curve_of_a_run_is_the_loss_after_each_round() -> None:
    found = card(CURVED, RELEASE | {"curve": ["0.6931", None]})
    assert found.curve == (None, 0.48125)
    assert "not measured" in found.markdown("en")
    found = card(CURVED, RELEASE | {"curve": ["0.6931", "0.5"]})
    assert "| 1 | 0.5000 |" in found.markdown("en")
    assert "| 2 | 0.4813 |" in found.markdown("zh")
    with pytest.raises(InvalidRecord):
        card(CURVED, RELEASE | {"curve": ["0.6931", 5]})


PARTIES = [source.party for source in SPEC.sources]
NOISED_SPEC = replace(
    SPEC, algorithm=replace(SPEC.algorithm, ridge=0), least_rows=0, clip=0, norm=0, privacy=cheaper(persons=900)
)
ZEROS, ONES = ["600", "300", "60", "40"] + ["0"] * 12, ["-40", "60", "300", "600"] + ["0"] * 12


def released(**counts: list[str]) -> dict[str, JsonValue]:
    model = {name: RELEASE[name] for name in ("model", "features", "label", "weights", "means", "deviations")}
    return model | {"evaluation": {name.replace("_", "-"): own for name, own in counts.items()}}  # type: ignore[dict-item]


def test_the_card_of_a_run_with_noise_has_quality_calibration_and_a_table_by_department() -> None:
    same = [str(units) for units in range(32)]
    found = card(NOISED_SPEC, released(bank_a=[*ZEROS, *ONES], bank_b=[*ZEROS, *ONES], bank_c=same))
    assert found.micro_rho == NOISED_SPEC.privacy.cost(NOISED_SPEC.rounds)  # type: ignore[union-attr]
    assert found.rows is None
    assert {"auc", "ks", "accuracy", "loss", "rmse", "auc_error"} == set(found.quality)
    assert found.calibration
    assert found.fairness is not None
    lines = found.fairness.figures
    assert lines["bank-a"] == lines["bank-b"] != lines["bank-c"]
    assert lines["bank-a"].auc > 0.9  # type: ignore[union-attr,operator]
    assert found.fairness.gap is not None
    for language in ("en", "zh"):
        assert all(sentence in found.markdown(language) for sentence in NOISED.limits[language])  # type: ignore[arg-type]
    assert "no noise was added" not in found.markdown("en")


def test_of_joint_counts_there_is_no_table_and_of_none_no_quality() -> None:
    together = cheaper(persons=900, evaluation=Evaluation(16, by_department=False, micro_rho=50_000))
    found = card(replace(NOISED_SPEC, privacy=together), released(**{"*": [*ZEROS, *ONES]}))
    assert found.quality
    assert found.fairness is None
    bare = card(replace(NOISED_SPEC, privacy=cheaper(evaluation=None)), released())
    assert not bare.quality
    empty = card(replace(NOISED_SPEC, privacy=together), released(**{"*": ["-3"] * 32}))
    assert not empty.quality


@pytest.mark.parametrize(
    "counts",
    [{}, {"bank_a": ["1"] * 32}, {"bank_a": ["1"] * 32, "bank_b": ["1"] * 32, "bank_c": ["1"] * 31},
     {"bank_a": ["1"] * 32, "bank_b": ["1"] * 32, "bank_c": ["x"] * 32}],
)  # fmt: skip
def test_counts_of_another_evaluation_are_refused(counts: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidRecord):
        card(NOISED_SPEC, released(**counts))
