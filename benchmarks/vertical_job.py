"""A model over columns as a job between processes: a network is founded, real tables are mounted, a model trained.

    SHUXIN_DATA=FOLDER python benchmarks/vertical_job.py DIRECTORY breast [--trees 30] [--bits 3072] [--rows 0]
    SHUXIN_DATA=FOLDER python benchmarks/vertical_job.py DIRECTORY breast --model logistic [--steps 2] [--components 4]

The sets are FATE's examples in ``FOLDER/fate``, two halves of one table: ``guest`` has labels and its columns, ``host``
the others; every value is rounded to 4 decimals. One row in five is held out as in ``benchmarks/boosting.py``: the
departments' tables have the others alone, or with ``--rows`` so many of them (drawn by the division's seed), the pooled
run too. The job runs through nodes, relay and chain as processes on this machine; its
evidence is verified by a process that sees the file and the trust file. Then the parts that lie with both departments
are put together, which no department could do, and score the rows held out, beside a run on pooled columns: of trees
our own in memory, of a regression scikit-learn's over the same components, with the same ridge.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from boosting import run as in_memory
from fate import Columns, Halves, read
from founding import GROUNDS, OFFICE, PURPOSE, founded, verified, write_table
from sklearn.linear_model import LogisticRegression

from contracts.authorizations.record import Operations
from federated.boosting import model
from federated.boosting.loss import Floats, Logistic, Softmax
from federated.vertical.components import principal, standardised
from federated.vertical.jobs import part, weights
from federated.vertical.logistic.terms import SPAN
from gateway.network.supervising import Processes, network
from gateway.network.trial import Holding, authorize
from gateway.statistics.asking import ask, collect
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.node import config as node_config
from mpc.protocols.join.layout import Column
from mpc.spec.aligned import Side
from mpc.spec.parts import Source
from mpc.spec.training import MILLION
from mpc.spec.vertical import Label, VerticalSpec
from mpc.vertical.algorithms import Loss, Trees
from mpc.vertical.regression import Regression

GUEST, HOST = "guest", "host"
SCALE, DEADLINE_S = 4, 3600


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("set", choices=("breast", "default_credit", "motor", "student", "vehicle_scale"))
    parser.add_argument("--model", choices=("boosted", "logistic"), default="boosted")
    parser.add_argument("--trees", type=int, default=30)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--components", type=int, default=4)
    parser.add_argument("--bits", type=int, default=3072)
    parser.add_argument("--rows", type=int, default=0, help="Rows to train on; 0: all that are not held out.")
    asked = parser.parse_args()
    halves = _rounded(read(Path(os.environ["SHUXIN_DATA"]) / "fate", asked.set), asked.rows)
    home: Path = asked.directory.resolve()
    tables = {GUEST: {"y": halves.labels, **halves.guest}, HOST: dict(halves.host)}
    _found(home, halves, tables)
    with Processes(network(home), print):
        ids = authorize(home / "parties", OFFICE, _holdings(tables), GROUNDS)
        spec = _spec(halves, tables, ids, _algorithm(asked, halves), asked.bits)
        path = home / "spec.json"
        path.write_text(json.dumps(spec.json(), indent=1), encoding="utf-8")
        config = node_config.load(home / "parties" / OFFICE / "node.toml")
        began = time.monotonic()
        proposed = ask(config, path, DEADLINE_S, say=print)
        states = [party / "state" for party in (home / "parties").iterdir()]
        release, evidence, _ = collect(config, proposed, home / "job", DEADLINE_S, say=_quiet, states=states)
        took = time.monotonic() - began
    print(release.read_text(encoding="utf-8"))
    code = verified(evidence, home / "trust.json")
    job = home / "parties" / "{}" / "state" / "jobs" / proposed.job.hex()
    homes = {party: Path(str(job).format(party)) for party in (GUEST, HOST)}
    if isinstance(spec.algorithm, Regression):
        scores, pooled = _weighed(halves, homes), _regressed(halves, spec.algorithm)
    else:
        scores = _joint(halves, homes)
        with _nothing_to_hide() as scheme:
            pooled, _, _ = in_memory(halves, halves.pooled, {}, asked.trees, scheme, 0, 1.0)
    print(f"{asked.set}: {took:.0f} s from the proposal to evidence, {spec.rounds} rounds, {asked.bits}-bit keys")
    joint, whole = (halves.quality(halves.loss.predict(found)) for found in (scores, pooled))
    print(f"rows held out: joint {joint}, pooled {whole}")
    return code


def _rounded(halves: Halves, rows: int = 0) -> Halves:
    def cut(columns: Columns) -> Columns:
        return {name: values.round(SCALE) for name, values in columns.items()}

    labels = halves.labels if isinstance(halves.loss, Logistic | Softmax) else halves.labels.round(SCALE)
    return Halves(cut(halves.guest), cut(halves.host), labels, halves.loss, halves.kept[: rows or None], halves.held)


def _found(home: Path, halves: Halves, tables: dict[str, Columns]) -> None:
    founded(home, _holdings(tables))
    for party, columns in tables.items():
        rows = (
            [f"r{row:06}", *(f"{values[row]:.{_scale(name, values)}f}" for name, values in columns.items())]
            for row in halves.kept
        )
        write_table(home, party, f"{party}-rows", ["id", *columns], rows)


def _scale(name: str, values: Floats) -> int:
    return 0 if name == "y" and (values == values.round()).all() else SCALE


def _bounds(name: str, values: Floats) -> tuple[int, int]:
    scaled = values * 10 ** _scale(name, values)
    return int(np.floor(scaled.min())), int(np.ceil(scaled.max()))


def _holdings(tables: dict[str, Columns]) -> list[Holding]:
    used = Operations.COUNT | Operations.JOIN | Operations.DISTINCT | Operations.ALIGN | Operations.TRAIN
    return [
        Holding(party, f"{party}-rows", f"Rows of {party}", PURPOSE, "Comparison of joint models", used,
                ("id", *columns), _toml(party, columns))
        for party, columns in tables.items()
    ]  # fmt: skip


def _toml(party: str, columns: Columns) -> str:
    rows = len(next(iter(columns.values())))
    head = f'[[assets]]\ncode = "{party}-rows"\nfile = "data/{party}-rows.csv"\nrows = {rows}\n'
    head += 'unique = "id"\nkey = "id"\n'
    found = [head, '[assets.columns.id]\ntype = "text"\npattern = "r[0-9]{6}"\n']
    for name, values in columns.items():
        low, high = _bounds(name, values)
        found.append(f'[assets.columns.{name}]\ntype = "integer"\nscale = {_scale(name, values)}\n'
                     f"minimum = {low}\nmaximum = {high}\n")  # fmt: skip
    return "\n".join(found)


def _spec(
    halves: Halves, tables: dict[str, Columns], ids: dict[str, bytes], algorithm: Trees | Regression, bits: int
) -> VerticalSpec:
    rows, label = len(halves.labels), _bounds("y", tables[GUEST]["y"])
    return VerticalSpec(
        purpose=PURPOSE,
        recipient=OFFICE,
        sides=tuple(
            Side(Source(party, f"{party}-rows", ids[f"{party}-rows"]), "id", rows,
                 tuple(Column(name, *_bounds(name, values)) for name, values in columns.items() if name != "y"))
            for party, columns in tables.items()
        ),
        label=Label(GUEST, Column("y", *label)),
        algorithm=algorithm,
        minimum=10,
        least_rows=max(100, algorithm.rows_for(len(halves.host)) if isinstance(algorithm, Regression) else 0),
        round_s=600,
        key_bits=bits,
    )  # fmt: skip


def _algorithm(asked: argparse.Namespace, halves: Halves) -> Trees | Regression:
    if asked.model == "logistic":
        return Regression(asked.steps, asked.components, MILLION, 3 * MILLION)
    loss = {"logistic": Loss.LOGISTIC, "softmax": Loss.SOFTMAX}.get(halves.loss.name, Loss.SQUARED)
    return Trees(loss, asked.trees, 3, 32, 50, MILLION, 3 * MILLION // 10)


def _weighed(halves: Halves, homes: dict[str, Path]) -> Floats:
    """Add up both departments' parts of a regression's scores of the rows held out."""
    found = np.zeros((1, len(halves.held)))
    for party, columns in ((GUEST, halves.guest), (HOST, halves.host)):
        kept = weights.read(homes[party])
        found += kept.scores(np.stack([np.rint(columns[name][halves.held] * 10**SCALE) for name in kept.columns]))
    return found


def _regressed(halves: Halves, asked: Regression) -> Floats:
    """Score the rows held out by a regression on both departments' components, pooled."""
    blocks = []
    for half in (halves.guest, halves.host):
        columns = np.stack(list(half.values()))
        kept = columns[:, halves.kept]
        made = principal(kept, asked.components) if asked.components else standardised(kept)
        blocks.append(np.clip(made.of(columns), -SPAN, SPAN))
    rows = np.vstack(blocks).T
    fitted = LogisticRegression(C=MILLION / asked.ridge, max_iter=2000)
    fitted.fit(rows[halves.kept], halves.labels[halves.kept])
    found: Floats = fitted.decision_function(rows[halves.held])[None, :]
    return found


def _joint(halves: Halves, homes: dict[str, Path]) -> Floats:
    """Score the rows held out with both departments' parts, in units of the label."""
    kept = {party: part.read(home) for party, home in homes.items()}
    rows = {GUEST: halves.guest, HOST: halves.host}
    units = {
        party: {name: np.rint(values[halves.held] * 10**SCALE) for name, values in columns.items()}
        for party, columns in rows.items()
    }
    answers = {party: model.sides(found.splits, units[party]) for party, found in kept.items()}
    trees = kept[GUEST].model
    assert trees is not None
    scores = model.scores(trees, answers, len(halves.held))
    return scores / 10 ** _scale("y", halves.labels) if halves.loss.name == "squared" else scores


@contextmanager
def _nothing_to_hide() -> Iterator[InsecureOkamotoUchiyama]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield InsecureOkamotoUchiyama(512, 64)


def _quiet(_text: str) -> None:
    """Tell no progress: trees are many."""


if __name__ == "__main__":
    raise SystemExit(main())
