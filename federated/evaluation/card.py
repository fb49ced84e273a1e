"""A model's card: what it is for, who took part, how good and how tight it is, what it does not protect; zh and en.

It is a function of a run's record: canonical JSON for machines, Markdown for people, with the same facts in both and
in either language. What a run did not measure is said to be not measured.

It does NOT measure anything. Source: Mitchell et al., Model Cards for Model Reporting, FAT* 2019.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from federated.evaluation.fairness import Fairness, Figures
from federated.evaluation.membership import promised
from federated.evaluation.words import WORDS, Language
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

FORMAT = "shuxin-model-card-v1"


@dataclass(frozen=True, slots=True)
class Card:
    """One model. digest: of its numbers; quality: figures by name; curve: the loss after each round, None: unknown.

    protections, limits: sentences, by language. micro_rho: what the run cost of each budget, None without noise.
    membership: as measured (``federated.evaluation.membership``); exposure: of labels to feature owners, if there are.
    held_out: thousandths of the persons on whose rows quality was measured and no round was of; None: on all rows.
    is_exact: whether the rounds carry no noise, so that what a run cost bounds the counts of its quality alone.
    hidden, trees, depth: units of a layer, number and depth of trees, where the model has them.
    """

    model: str
    digest: bytes
    purpose: str
    family: str
    departments: Sequence[str]
    columns: Sequence[str]
    label: str
    rounds: int
    rows: int | None
    quality: Mapping[str, float]
    curve: Sequence[float | None]
    protections: Mapping[Language, Sequence[str]]
    limits: Mapping[Language, Sequence[str]]
    fairness: Fairness | None = None
    micro_rho: int | None = None
    membership: float | None = None
    exposure: float | None = None
    calibration: Sequence[tuple[float, float]] = field(default=())
    held_out: int | None = None
    hidden: int = 0
    trees: int = 0
    depth: int = 0
    is_exact: bool = False

    def __post_init__(self) -> None:
        if not self.limits.get("en") or not self.limits.get("zh"):
            raise InvalidRecord("model card: what a model does not protect is said, in both languages")

    def json(self) -> JsonValue:
        """Render for machines; numbers as texts, so that the bytes are canonical."""
        return {
            "format": FORMAT,
            "model": self.model,
            "digest": self.digest.hex(),
            "purpose": self.purpose,
            "family": self.family,
            "shape": {"hidden": self.hidden, "trees": self.trees, "depth": self.depth},
            "held_out": self.held_out,
            "departments": list(self.departments),
            "columns": list(self.columns),
            "label": self.label,
            "rounds": self.rounds,
            "rows": self.rows,
            "quality": {name: _text(value) for name, value in sorted(self.quality.items())},
            "curve": [_maybe(value) for value in self.curve],
            "calibration": [[_text(chance), _text(share)] for chance, share in self.calibration],
            "fairness": None if self.fairness is None else _fairness(self.fairness),
            "micro_rho": self.micro_rho,
            "membership_bound": None if self._noise is None else _text(promised(self._noise)),
            "membership": None if self.membership is None else _text(self.membership),
            "exposure": None if self.exposure is None else _text(self.exposure),
            "protections": {language: list(said) for language, said in self.protections.items()},
            "limits": {language: list(said) for language, said in self.limits.items()},
        }

    def encode(self) -> bytes:
        """The card's canonical bytes."""
        return canonical.encode(self.json())

    def markdown(self, language: Language) -> str:
        """Render for people."""
        words = WORDS[language]
        rows = words.not_counted if self.rows is None else str(self.rows)
        facts = (
            (words.digest, f"`{self.digest.hex()}`"),
            (words.purpose, self.purpose),
            (words.family, self._family(language)),
            (words.departments, words.comma.join(self.departments)),
            (words.columns, words.comma.join(self.columns)),
            (words.label, self.label),
            (words.rounds, str(self.rounds)),
            (words.rows, rows),
            (words.cost, self._cost(language)),
            (words.promised, self._promised(language)),
            *(((words.measured_on, self._measured_on(language)),) if self.quality else ()),
            (words.membership, words.not_measured if self.membership is None else _text(self.membership)),
            *(((words.exposure, _text(self.exposure)),) if self.exposure is not None else ()),
        )
        parts = [f"# {words.title}{words.colon}{self.model}", _table((words.fact, words.value), facts)]
        quality = [(words.figures.get(name, name), _text(value)) for name, value in sorted(self.quality.items())]
        parts += [
            f"## {words.quality}",
            _table((words.figure, words.value), quality) if quality else words.not_measured,
        ]
        if self.calibration:
            pairs = [(_text(chance), _text(share)) for chance, share in self.calibration]
            parts += [f"## {words.calibration}", _table((words.chance, words.share), pairs)]
        if self.curve:
            curve = [_maybe(value) or words.not_measured for value in self.curve]
            numbered = [(str(number), value) for number, value in enumerate(curve, start=1)]
            parts += [f"## {words.curve}", _table((words.round, words.figures["loss"]), numbered)]
        if self.fairness is not None:
            parts += [f"## {words.fairness}", *_fairness_parts(self.fairness, language)]
        for title, said in ((words.protections, self.protections), (words.limits, self.limits)):
            parts += [f"## {title}", "\n".join(f"* {sentence}" for sentence in said.get(language, ())) or words.none]
        return "\n\n".join(parts) + "\n"

    def line(self, language: Language) -> str:
        """Say quality in one line, and on whose rows it was measured."""
        words = WORDS[language]
        told = " · ".join(f"{words.figures.get(name, name)} {_text(value)}" for name, value in self.quality.items())
        on = f" ({self._measured_on(language)})" if told else ""
        return f"{words.quality}{words.colon}{told or words.not_measured}{on}"

    @property
    def _noise(self) -> int | None:
        """What the noise of the model itself cost, None where it has none."""
        return None if self.is_exact else self.micro_rho

    def _cost(self, language: Language) -> str:
        words = WORDS[language]
        if self.micro_rho is None:
            return words.no_noise
        cost = f"{self.micro_rho} micro-rho"
        return words.of_counts.format(cost=cost) if self.is_exact else cost

    def _promised(self, language: Language) -> str:
        words = WORDS[language]
        if self.micro_rho is not None and self.is_exact:
            return words.not_bound
        return words.no_noise if self._noise is None else _text(promised(self._noise))

    def _family(self, language: Language) -> str:
        words = WORDS[language]
        if self.trees:
            return words.trees.format(model=self.family, count=self.trees, depth=self.depth)
        return words.unit.format(model=self.family, count=self.hidden) if self.hidden else self.family

    def _measured_on(self, language: Language) -> str:
        words = WORDS[language]
        return words.own_rows if self.held_out is None else words.held_out.format(share=f"{self.held_out / 10:g} %")


def _fairness(found: Fairness) -> JsonValue:
    departments: dict[str, JsonValue] = {
        party: None if own is None else {name: _maybe(value) for name, value in _named(own).items()}
        for party, own in found.figures.items()
    }
    return {"departments": departments, "measure": found.measure, "gap": _maybe(found.gap)}


def _fairness_parts(found: Fairness, language: Language) -> list[str]:
    words = WORDS[language]
    names = ("rows", "loss", "auc", "accuracy", "rmse")
    lines = []
    for party, own in found.figures.items():
        values = {} if own is None else _named(own)
        lines.append((party, *(_maybe(values.get(name)) or words.held_back for name in names)))
    heads = (words.department, *(words.figures[name] for name in names))
    gap = _maybe(found.gap) or words.not_measured
    return [_table(heads, lines), f"{words.gap} ({words.figures[found.measure]}){words.colon}{gap}"]


def _named(own: Figures) -> dict[str, float | int | None]:
    return {"rows": own.rows, "loss": own.loss, "auc": own.auc, "accuracy": own.accuracy, "rmse": own.rmse}


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [heads, ["---"] * len(heads), *lines]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _text(value: float) -> str:
    return f"{value:.4f}"


def _maybe(value: float | None) -> str | None:
    if value is None:
        return None
    return str(value) if isinstance(value, int) else _text(value)
