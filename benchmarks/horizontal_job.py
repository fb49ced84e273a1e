"""Models over rows as jobs between processes: a network is founded, real tables are mounted, Flower carries the runs.

    SHUXIN_DATA=FOLDER python benchmarks/horizontal_job.py DIRECTORY [--model logistic ...] [--rows 3000] [--rounds 6]

logistic: exact; softmax, hidden (a layer of 8 units) and trees (of depth 3): with noise by person. Of each, three
departments have a table of its own. softmax: encounters of diabetics in hospitals, three classes of being taken in
again, dealt to departments by patient, at most two rows of each; the others: FATE's default_credit, its three parties,
standardised columns in thousandths within -4..4 (exact: those of many values), each row a person. The test rows are
the set's own, of patients a fourth part. ``--rows``: of each department, drawn by a seed; 0: all.

Everything is a process: chain, relay and nodes as ``shuxin up`` starts them, ``shuxin federated up`` (SuperLink and
SuperNodes over TLS) and for every run ``federated run``, ``status`` and ``log``. One run more is ended on its way by
``stop``. The evidence of each is verified by two processes that see the file and the trust file
alone: ``shuxin verify`` and, where there is Node.js, the second verifier. Printed are the quality of the joint model
on the test rows, beside scikit-learn's of the same kind on the departments' rows pooled without noise; seconds from the
command to the evidence; bytes that went through the SuperLink, and those of the evidence.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from founding import GROUNDS, OFFICE, PURPOSE, founded, verified, write_table
from horizontal import Rows, credit
from noise_quality import whole
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from contracts.authorizations.record import Operations
from federated.boosting.exposure import auc
from federated.ensemble.tree import Tree, scores
from federated.flower import bundle
from federated.horizontal.family import Floats
from federated.runs import layers
from federated.runs.part import Part, declared, part
from gateway.network.supervising import Processes, Program, network
from gateway.network.trial import Holding, authorize
from mpc.privacy.declaration import Neighbours, Nulls, UnitsAt
from mpc.privacy.trained import Evaluation, TrainingPrivacy
from mpc.spec.parts import Source
from mpc.spec.training import MILLION, Algorithm, Bounded, Model, Step, TrainingSpec
from mpc.training.shapes import Trees

GATEWAY = (sys.executable, "-m", "gateway")
DEPARTMENTS = ("guest", "host-1", "host-2")
WIDE = 4_000
PERIOD, DELTA, COLLUDERS = "2017", -20, 1
EVALUATION, HELD, COST = 50_000, 200, 1_000_000
SECOND = Path(__file__).resolve().parent.parent / "contracts" / "evidence" / "independent" / "verify.mjs"
PATIENTS = {
    "time_in_hospital": 14,
    "num_lab_procedures": 85,
    "num_procedures": 6,
    "num_medications": 43,
    "number_outpatient": 5,
    "number_emergency": 3,
    "number_inpatient": 6,
    "number_diagnoses": 9,
}
"""Columns, and where larger numbers are cut, declared: few encounters in a hundred have any."""
CLASSES = ("NO", ">30", "<30")


@dataclass(frozen=True)
class Kind:
    """How a family is trained. turns: levels of a tree a round of ``--rounds``; rate, least, ridge in millionths."""

    model: Model
    rate: int
    clip_milli: int = 0
    max_rows: int = 1
    hidden: int = 0
    trees: Trees | None = None
    ridge: int = 0

    @property
    def turns(self) -> int:
        return 1 if self.trees is None else self.trees.depth


KINDS = {
    "logistic": Kind(Model.LOGISTIC, MILLION // 2, ridge=MILLION),
    "softmax": Kind(Model.SOFTMAX, 2 * MILLION, clip_milli=1600, max_rows=2),
    "hidden": Kind(Model.LOGISTIC, 6 * MILLION, clip_milli=800, hidden=8),
    "trees": Kind(Model.LOGISTIC, MILLION // 2, clip_milli=2500, trees=Trees(3, 8, 50 * MILLION), ridge=MILLION),
}


@dataclass(frozen=True)
class Table:
    """A family's rows by department, whose they are, and the rows of the test set."""

    columns: tuple[Bounded, ...]
    label: Bounded
    parts: Mapping[str, Rows]
    persons: Mapping[str, Sequence[str]]
    test: Rows

    @property
    def pooled(self) -> Rows:
        return (np.vstack([rows for rows, _ in self.parts.values()]),
                np.concatenate([own for _, own in self.parts.values()]))  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--model", choices=tuple(KINDS), nargs="*", default=list(KINDS))
    parser.add_argument("--rows", type=int, default=3000, help="Of each department; 0: all.")
    parser.add_argument("--rounds", type=int, default=6, help="Of trees: how many are grown.")
    asked = parser.parse_args()
    home: Path = asked.directory.resolve()
    tables = {name: _table(Path(os.environ["SHUXIN_DATA"]), name, asked.rows) for name in asked.model}
    holdings = [_holding(name, party, table) for name, table in tables.items() for party in DEPARTMENTS]
    founded(home, holdings)
    for name, table in tables.items():
        for party in DEPARTMENTS:
            names = ["person", *(column.column for column in table.columns), "y"]
            rows, own = table.parts[party]
            cells = np.column_stack((rows, own)).astype(int).astype(str)
            lines = ([person, *line] for person, line in zip(table.persons[party], cells, strict=True))
            write_table(home, party, f"{name}-{party}", names, lines)
    code = 0
    with Processes(network(home), print):
        ids = authorize(home / "parties", OFFICE, holdings, GROUNDS)
        with _carried(home):
            for name, table in tables.items():
                spec = _spec(name, table, ids, asked.rounds)
                code |= _run(home, name, spec, table)
            code |= _stopped(home, _spec(asked.model[0], tables[asked.model[0]], ids, asked.rounds))
    return code


def _run(home: Path, name: str, spec: TrainingSpec, table: Table) -> int:
    """Train one model, have it verified, and print what it is worth."""
    path, output, config = home / f"{name}.json", home / name, home / "parties" / OFFICE / "node.toml"
    path.write_text(json.dumps(spec.json(), indent=1), encoding="utf-8")
    began = time.monotonic()
    told = shuxin("federated", "run", str(path), "--config", str(config), "-o", str(output))
    took = time.monotonic() - began
    (run,) = re.findall(r"^flower run (\d+)$", told, re.MULTILINE)
    carried = _listed(config)[run]
    said = shuxin("federated", "log", run, "--config", str(config))
    assert f"wave {spec.waves}: {len(DEPARTMENTS)} of {len(DEPARTMENTS)} replied" in said, said
    evidence = output / "evidence.json"
    code = verified(evidence, home / "trust.json") | _second(evidence, home / "trust.json")
    release = json.loads((output / "release.json").read_text(encoding="utf-8"))
    joint, pooled = _quality(table, _expected(spec, table, release)), _quality(table, _pooled(name, table, spec))
    size = carried["bytes_sent"] + carried["bytes_received"]
    print(f"{name}: {took:.0f} s from the command to evidence, {spec.waves} waves, {size / 1e6:.2f} MB over Flower, "
          f"evidence {evidence.stat().st_size / 1e6:.2f} MB; test rows: joint {joint}, pooled {pooled}")  # fmt: skip
    return code


def _stopped(home: Path, spec: TrainingSpec) -> int:
    """Stop carrying a run that goes on and that nobody waits for any more; no model comes of it."""
    path, output, config = home / "stopped.json", home / "stopped", home / "parties" / OFFICE / "node.toml"
    path.write_text(json.dumps(replace(spec, round_s=spec.round_s + 1).json()), encoding="utf-8")
    command = [*GATEWAY, "federated", "run", str(path), "--config", str(config), "-o", str(output), "--again", "stop"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as asking:
        run = _going(config)
        asking.terminate()
    shuxin("federated", "stop", run["run"], "--config", str(config))
    ended = _listed(config)[run["run"]]
    print(f"run {run['run']}: {ended['status']} {ended['outcome']}")
    return int((output / "evidence.json").exists())


def _going(config: Path) -> dict[str, Any]:
    """Wait until a run goes on, and return it."""
    for _ in range(300):
        if going := [run for run in _listed(config).values() if run["status"] == "running"]:
            return going[0]
        time.sleep(1)
    raise SystemExit("no run went on")


def _listed(config: Path) -> dict[str, dict[str, Any]]:
    """Return the runs of the office's SuperLink by number."""
    status = json.loads(shuxin("federated", "status", "--config", str(config), "--json"))
    return {run["run"]: run for run in status["runs"]}


def shuxin(*arguments: str) -> str:
    """Run a command of the project and return what it prints; ends with what it said if it fails."""
    ended = subprocess.run([*GATEWAY, *arguments], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"shuxin {' '.join(arguments)}: {ended.stdout}{ended.stderr}")
    return ended.stdout


def _second(evidence: Path, trust: Path) -> int:
    node = shutil.which("node")
    if node is None:
        print("no Node.js: the second verifier was not asked")
        return 0
    ended = subprocess.run([node, str(SECOND), str(evidence), str(trust)], capture_output=True, text=True, check=False)
    print(f"second verifier: {(ended.stdout + ended.stderr).strip().splitlines()[-1]}")
    return ended.returncode


@contextmanager
def _carried(home: Path) -> Iterator[None]:
    arguments = ["federated", "up", str(home), "--office", OFFICE]
    with Processes([Program("flower", arguments, home / "logs" / "federated-up.log", "up; Ctrl-C")], print):
        yield


def _table(folder: Path, name: str, rows: int) -> Table:
    if name == "softmax":
        return _patients(folder, rows)
    parts, test = whole(*credit(folder))
    drawn = np.random.default_rng(0)
    chosen = {party: np.sort(drawn.permutation(len(own))[: rows or None]) for party, (_, own) in parts.items()}
    parts = {party: (found[chosen[party]], own[chosen[party]]) for party, (found, own) in parts.items()}
    kept = [n for n in range(test[0].shape[1]) if name != "logistic" or _is_fine(parts, n)]
    return Table(
        columns=tuple(Bounded(f"x{n}", -WIDE, WIDE) for n in kept),
        label=Bounded("y", 0, 1),
        parts={party: (found[:, kept], own) for party, (found, own) in parts.items()},
        persons={party: [f"{party}-{n}" for n in chosen[party]] for party in parts},
        test=(test[0][:, kept], test[1]),
    )


def _is_fine(parts: Mapping[str, Rows], column: int) -> bool:
    """Tell whether a column has many values: an exact run takes no other."""
    return min(len(np.unique(found[:, column])) for found, _ in parts.values()) >= 64


def _patients(folder: Path, rows: int) -> Table:
    """Encounters by patient: a fourth of the patients are the test set, the others a department's each."""
    with gzip.open(folder / "persons" / "uci_diabetes_130_hospitals.csv.gz", "rt", encoding="utf-8") as lines:
        found = list(csv.DictReader(lines))
    whose = np.array([int(row["patient_nbr"]) for row in found])
    columns = np.array([[min(float(row[name]), most) for name, most in PATIENTS.items()] for row in found])
    own = np.array([float(CLASSES.index(row["readmitted"])) for row in found])
    places = {party: np.flatnonzero(whose % 4 == n)[: rows or None] for n, party in enumerate(DEPARTMENTS)}
    test = whose % 4 == len(DEPARTMENTS)
    return Table(
        columns=tuple(Bounded(name, 0, most) for name, most in PATIENTS.items()),
        label=Bounded("y", 0, len(CLASSES) - 1),
        parts={party: (columns[at], own[at]) for party, at in places.items()},
        persons={party: [f"p-{number}" for number in whose[at]] for party, at in places.items()},
        test=(columns[test], own[test]),
    )


def _holding(name: str, party: str, table: Table) -> Holding:
    used, kind = Operations.TRAIN, KINDS[name]
    names = ("person", *(column.column for column in table.columns), "y")
    rows = len(table.parts[party][1])
    toml = [f'[[assets]]\ncode = "{name}-{party}"\nfile = "data/{name}-{party}.csv"\nrows = {rows}']
    if name != "logistic":
        toml.append(f'period = "{PERIOD}"')
    toml.append('[assets.columns.person]\ntype = "text"\npattern = "[a-z0-9-]+"')
    toml += [
        f'[assets.columns.{column.column}]\ntype = "integer"\nminimum = {column.least}\nmaximum = {column.most}'
        for column in (*table.columns, table.label)
    ]
    if name != "logistic":
        toml.append(
            f'[assets.privacy]\nunit = "person"\nneighbours = "{Neighbours.ONE_UNIT.value}"\n'
            f'max_rows = {kind.max_rows}\nmax_groups = 1\nunits_at = "{UnitsAt.ONE.value}"\ncolluders = {COLLUDERS}\n'
            f'nulls = "{Nulls.REFUSED.value}"\ndelta_log2 = {DELTA}\n[assets.privacy.groups]'
        )
        toml += [
            f"[assets.privacy.bounds.{column.column}]\nlow = {column.least}\nhigh = {column.most}"
            for column in (*table.columns, table.label)
        ]
    title, budget = f"Rows of {party} for {name}", 0 if name == "logistic" else 2 * COST
    return Holding(party, f"{name}-{party}", title, PURPOSE, "Comparison of joint models", used, names,
                   "\n".join(toml) + "\n", budget, PERIOD)  # fmt: skip


def _spec(name: str, table: Table, ids: Mapping[str, bytes], rounds: int) -> TrainingSpec:
    kind, most = KINDS[name], max(len(own) for _, own in table.parts.values())
    whole_rounds, is_exact = rounds * kind.turns, name == "logistic"
    privacy = None if is_exact else TrainingPrivacy(
        unit="person", neighbours=Neighbours.ONE_UNIT, max_rows=kind.max_rows, units_at=UnitsAt.ONE,
        colluders=COLLUDERS, nulls=Nulls.REFUSED, period=PERIOD, delta_log2=DELTA, clip_milli=kind.clip_milli,
        persons=sum(len(set(own)) for own in table.persons.values()) * (1000 - HELD) // 1000, is_local=False,
        micro_rho=COST // whole_rounds, evaluation=Evaluation(16, False, EVALUATION, HELD),
        recipient_class="everybody",
    )  # fmt: skip
    return TrainingSpec(
        purpose=PURPOSE, recipient=OFFICE,
        sources=tuple(Source(party, f"{name}-{party}", ids[f"{name}-{party}"]) for party in DEPARTMENTS),
        algorithm=Algorithm(kind.model, Step.AVERAGE, 10 if is_exact else 1, most, kind.rate, 0, kind.ridge,
                            hidden=kind.hidden, trees=kind.trees),
        features=table.columns, label=table.label, rounds=whole_rounds, rows=most, least_rows=100 if is_exact else 0,
        minimum=10, contributors=len(DEPARTMENTS), clip=1024 if is_exact else 0, norm=100 * MILLION if is_exact else 0,
        round_s=120, seed=7, apps=(bundle.digest(),), privacy=privacy,
    )  # fmt: skip


def _expected(spec: TrainingSpec, table: Table, release: Mapping[str, Any]) -> Floats:
    """Return what the released model expects of the test rows, (rows, outputs)."""
    found, _ = table.test
    rows = _part(spec, table)
    if spec.privacy is None:
        means, deviations, weights = (np.array(release[name], dtype=np.float64)
                                      for name in ("means", "deviations", "weights"))  # fmt: skip
        return (np.clip(found, -WIDE, WIDE) - means) / deviations @ weights[1:, None] + weights[0]
    if spec.algorithm.trees is None:
        return layers.expected(spec, rows, np.array(release["weights"], dtype=np.float64))
    grown = [_tree(tree) for tree in release["trees"]]
    return np.asarray(scores(grown, 1, rows.places)).reshape(-1, 1)


def _tree(written: Mapping[str, Any]) -> Tree:
    splits = {int(node): (int(column), int(last)) for node, (column, last) in written["splits"].items()}
    return Tree(splits, {int(node): float(weight) for node, weight in written["weights"].items()})


def _part(spec: TrainingSpec, table: Table) -> Part:
    low, high = ([getattr(column, end) for column in spec.features] for end in ("least", "most"))
    return part(spec, np.clip(table.test[0], low, high), table.test[1], np.arange(len(table.test[1])))


def _pooled(name: str, table: Table, spec: TrainingSpec) -> Floats:
    """Fit scikit-learn's model of the same kind to the departments' rows, pooled and without noise."""
    (rows, own), scale, trees = table.pooled, declared(spec), spec.algorithm.trees
    rows, test = ((found - scale.means) / scale.deviations for found in (rows, table.test[0]))
    if trees is not None:
        fitted = GradientBoostingClassifier(
            n_estimators=spec.rounds // trees.depth, max_depth=trees.depth, learning_rate=spec.algorithm.rate / MILLION
        )
    elif name == "hidden":
        fitted = MLPClassifier((spec.algorithm.hidden,), activation="tanh", max_iter=500, random_state=0)
    else:
        fitted = LogisticRegression(max_iter=3000)
    fitted.fit(rows, own)
    found: Floats = fitted.predict_proba(test)
    return found if name == "softmax" else found[:, 1:]


def _quality(table: Table, expected: Floats) -> str:
    labels = table.test[1]
    if expected.shape[1] > 1:
        common = np.bincount(labels.astype(int)).max() / len(labels)
        return f"accuracy {(expected.argmax(axis=1) == labels).mean():.4f} (the commonest class {common:.4f})"
    return f"AUC {auc(labels, expected[:, 0]):.4f}"


if __name__ == "__main__":
    raise SystemExit(main())
