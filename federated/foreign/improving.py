"""An app of others in a training run: it improves the round's model on a department's rows, in place of the node.

The app is sent what an ordinary Flower app of a linear model is sent: ``coef`` (1, features) and ``intercept`` (1,),
and finds its rows under ``data`` of its node configuration, scaled as the run scales them, the label last. What comes
back is bounded like the node's own step (no steeper, no longer change than the specification allows), and leaves the
department in no other way than any vector of a run: masked, in a sum of at least three departments.

An app that fails is allowed no longer: in which round it fails others see, outside of any sum, and one that were asked
again and again could tell rows so. Scaling and measuring stay with the node. Of the app's own server nothing runs: the
office averages.
"""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

import numpy as np

from federated.foreign.cell import LIMITS, Cell
from federated.foreign.outputs import AppFault
from federated.foreign.shelf import NotAllowed, Shelf
from federated.foreign.walls import Limits, require
from federated.horizontal.family import Floats
from federated.horizontal.site import Site
from federated.runs.linear import Fit, Improve
from ledger.canonical import JsonValue
from ledger.errors import TrustError
from mpc.spec.training import TrainingSpec

COEF, INTERCEPT = "coef", "intercept"
SHARE = 0.8
"""Of a round's time; the rest is for the messages around it."""


def objection(spec: TrainingSpec, shelf: Shelf | None) -> str:
    """Say why a run's app is not run here: not allowed, or this machine has no walls; empty if it is run."""
    if not spec.algorithm.app:
        return ""
    if shelf is None:
        return "app: this node runs no apps of others"
    try:
        require()
        shelf.take(spec.algorithm.app)
    except TrustError as fault:
        return str(fault)
    return ""


def improving(spec: TrainingSpec, shelf: Shelf, home: Path) -> Improve | None:
    """Return what improves the model of a run whose specification names an app; None for other runs.

    Args:
        home: where cells have their folders.
    """
    if not spec.algorithm.app:
        return None
    seconds = SHARE * spec.round_s
    limits = Limits(LIMITS.memory, max(1, min(LIMITS.processor_s, round(seconds))))

    def improve(own: Site, fit: Fit, wave: int) -> Floats:
        if len(own.labels) < spec.least_rows:
            raise AppFault("rows", f"it is shown no fewer than {spec.least_rows} rows")
        cell = Cell(shelf.take(spec.algorithm.app), home, limits)  # again each time: it may be allowed no longer
        sent = {COEF: fit.weights[None, 1:], INTERCEPT: fit.weights[:1]}
        try:
            found = cell.train(sent, _rows(spec, own, fit), _config(spec, wave), seconds)
        except AppFault:
            with suppress(NotAllowed):  # another run was first
                shelf.disallow(spec.algorithm.app)
            raise
        return np.concatenate((found[INTERCEPT], found[COEF][0]))

    return improve


def _config(spec: TrainingSpec, wave: int) -> dict[str, JsonValue]:
    """Say what a specification says of a step; what the app makes of it is its own. Millionths stay millionths."""
    algorithm = spec.algorithm
    return {
        "server-round": wave - 1,
        "model": algorithm.model.value,
        "epochs": algorithm.epochs,
        "rate-millionths": algorithm.rate,
        "proximal-millionths": algorithm.proximal,
        "ridge-millionths": algorithm.ridge,
        "seed": spec.seed,
    }


def _rows(spec: TrainingSpec, own: Site, fit: Fit) -> str:
    text = io.StringIO()
    names = ",".join(column.column for column in spec.columns)
    rows = np.column_stack((own.scaled(fit.scale)[:, 1:], own.labels))
    np.savetxt(text, rows, fmt="%.17g", delimiter=",", header=names, comments="")
    return text.getvalue()
