"""What a training run asked, restated for verifiers: features and label, rounds, the model and its terms.

A run with noise has terms of its own, ``noised_run``, and so have the counts of an exact one, ``measured_run``. It does
NOT look at what came out: ``contracts.evidence.figures`` adds the waves up. Restates ``mpc.kinds.models.training``; the
tests hold both to each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.evidence.figures import shaped
from contracts.evidence.figures.shaped import Shaped
from contracts.evidence.questions import measured_run, noised_run
from contracts.evidence.questions.measured_run import Counted
from contracts.evidence.questions.noised import has_truth, number
from contracts.evidence.questions.noised_run import Run
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

POINT_BITS, DIGEST = 40, 32
MAX_FEATURES, MAX_ROUNDS, MAX_ROWS = 64, 500, 50_000_000
MODELS = ("logistic", "poisson", "ridge", "softmax")


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a specification the model depends on. bounds: of the features' sizes."""

    features: tuple[str, ...]
    bounds: tuple[float, ...]
    label: str
    classes: tuple[int, ...]
    model: str
    is_adaptive: bool
    rounds: int
    rows: int
    contributors: int
    shaped: Shaped
    scale: tuple[tuple[float, ...], tuple[float, ...]]
    run: Run | None = None
    has_curve: bool = False
    app: str = ""
    counted: Counted | None = None

    @property
    def waves(self) -> int:
        if self.run is None:
            return self.rounds + 2 + (self.counted is not None)
        return self.rounds + (1 if self.run.bins else 0)

    @property
    def places(self) -> int:
        if self.run is None:
            counts = 0 if self.counted is None else self.counted.bins * len(self.counted.slots)
            return max(1 + 2 * len(self.features), 2 + len(self.features) + 2 * self.has_curve, counts)
        return self.run.places

    @property
    def point_bits(self) -> int:
        return POINT_BITS if self.run is None else noised_run.POINT_BITS

    @property
    def cells(self) -> tuple[str, ...]:
        """All rows, and, of exact sums, the classes of a label that has two values; the same of rows held out."""
        classes = tuple(f"{self.label}={value}" for value in (self.classes if self.run is None else ()))
        held = () if self.counted is None else ("held", *(f"held {name}" for name in classes))
        return ("*", *classes, *held)


def read(spec: Mapping[str, JsonValue]) -> Asked:
    """Read a specification; raises InvalidRecord."""
    if has_truth(dict(spec)):
        raise InvalidRecord("specification: a training run says nothing by true or false")
    match spec:
        case {
            "algorithm": {"model": str(model), "step": "average" | "adam" as step},
            "features": list(features),
            "label": {"column": str(label), "least": least, "most": most},
            "rounds": int(rounds),
            "rows": rows,
            "contributors": int(contributors),
            "sources": list(sources),
        } if (
            0 < len(features) <= MAX_FEATURES
            and 0 < rounds <= MAX_ROUNDS
            and 0 < number(rows) <= MAX_ROWS
            and 0 < contributors <= len(sources)
        ):
            columns = [_column(feature) for feature in features]
            low, high = number(least), number(most)
        case _:
            raise InvalidRecord("specification: malformed training run")
    lies = shaped.read(spec, [(a, b) for _, a, b in columns], rounds)
    if model not in MODELS or ("privacy" not in spec and not lies.is_linear):
        raise InvalidRecord("specification: no model, or one that exact rounds are not of")
    if "privacy" in spec and "quality" in spec:
        raise InvalidRecord("specification: a run with noise has its evaluation under privacy")
    declared = tuple((a + b) / 2 for _, a, b in columns), tuple((b - a) / 2 for _, a, b in columns)
    return Asked(
        features=tuple(name for name, _, _ in columns),
        bounds=tuple(float(max(abs(a), abs(b))) for _, a, b in columns),
        label=label,
        classes=(low, high) if high - low == 1 else (),
        model=model,
        is_adaptive=step == "adam",
        rounds=rounds,
        rows=number(rows),
        contributors=contributors,
        shaped=lies,
        scale=declared,
        run=noised_run.read(spec, lies, contributors) if "privacy" in spec else None,
        has_curve=spec.get("curve") == "loss",
        app=_app(spec),
        counted=measured_run.read(spec, contributors) if "quality" in spec else None,
    )


def terms(spec: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the protocol's terms; raises InvalidRecord."""
    asked = read(spec)
    bounds = ("clip", "norm", "least_rows") if asked.run is None else ()
    named = {name: spec.get(name) for name in (*bounds, "minimum", "contributors")}
    found = {"waves": asked.waves, "places": asked.places, "point_bits": asked.point_bits, **named}
    worth = asked.counted if asked.run is None else asked.run
    return found if worth is None else {**found, "guarantee": {**worth.guarantee}}


def _app(spec: Mapping[str, JsonValue]) -> str:
    """Return the digest of the app of others that improved the model at departments; empty for the nodes' own step."""
    match spec:
        case {"algorithm": {"app": str(app)}} if len(app) == 2 * DIGEST and not app.strip("0123456789abcdef"):
            return app
        case {"algorithm": {"app": _}}:
            raise InvalidRecord("specification: an app is named by 64 hexadecimal digits")
    return ""


def _column(value: JsonValue) -> tuple[str, int, int]:
    match value:
        case {"column": str(name), "least": least, "most": most}:
            return name, number(least), number(most)
    raise InvalidRecord("specification: a column has least and most")
