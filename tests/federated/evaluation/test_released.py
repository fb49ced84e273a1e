"""A released model has a card of its specification and its release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commandline import say

from federated.evaluation.released import LIMITS, PROTECTIONS, card
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.spec_parts import Source
from mpc.spec_training import Algorithm, Bounded, Model, Step, TrainingSpec

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
    assert all(sentence in texts[0] for sentence in (*PROTECTIONS["en"], *LIMITS["en"]))
    assert all(sentence in texts[1] for sentence in (*PROTECTIONS["zh"], *LIMITS["zh"]))
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
