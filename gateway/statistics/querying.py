"""A query as an analyst's department asks it: planned from the descriptions it holds, run job by job, and answered.

Every job is proposed, followed and collected as any other (``gateway.statistics.asking``), so a query that was
interrupted goes on where it was when it is asked again, and one whose jobs are answered costs nothing.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.authorizations.terms import identifier
from gateway.statistics.asking import Say, ask, collect
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.node.config import NodeConfig
from mpc.node.whole import write_whole
from mpc.schema import Schema
from mpc.sql import answering, planning, reading, tables, trial
from mpc.sql.answering import Answer
from mpc.sql.planning import Asking, Plan
from mpc.sql.samples import Sampler
from mpc.sql.tables import Tables
from mpc.tables import Table

FOLDER = "tables"
ANSWER, ROWS = "answer.json", "answer.csv"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a query is asked. codes: of authorizations whose code is not ``<grantee>/<purpose>/<asset>``, by asset."""

    purpose: str
    codes: Mapping[str, str]
    minimum: int
    contributors: int
    epsilon_milli: int
    delta_log2: int

    def asking(self, recipient: str) -> Asking:
        """Say it as a plan needs it."""

        def authorization(asset: str) -> bytes:
            return identifier(self.codes.get(asset, f"{recipient}/{self.purpose}/{asset}"))

        return Asking(
            self.purpose,
            recipient,
            authorization,
            self.minimum,
            self.contributors,
            self.epsilon_milli,
            self.delta_log2,
        )


@dataclass(frozen=True, slots=True)
class Result:
    """An answered query. evidence: the files that prove each job, with their SHA-256."""

    sql: str
    answer: Answer
    jobs: tuple[bytes, ...]
    evidence: tuple[tuple[Path, str], ...]

    def json(self) -> dict[str, JsonValue]:
        proofs = zip(self.jobs, self.evidence, strict=True)
        return {
            "sql": self.sql,
            "columns": list(self.answer.columns),
            "rows": [[answering.plain(value) for value in row] for row in self.answer.rows],
            "withheld": [list(labels) for labels in self.answer.withheld],
            "evidence": [
                {"job": "0x" + job.hex(), "file": str(path), "sha256": digest} for job, (path, digest) in proofs
            ],
        }


def described(config: NodeConfig, folder: Path | None) -> Tables:
    """Read the descriptions of tables that this department holds: ``tables/`` beside its ``terms/``, or another folder.

    Raises:
        InvalidRecord: a description that cannot be read.
    """
    return tables.load(folder or config.terms.parent / FOLDER)


def plan(sql: str, config: NodeConfig, wanted: Wanted, folder: Path | None = None) -> Plan:
    """Plan a query for a department.

    Raises:
        Unanswerable, InvalidRecord: as ``reading`` and ``planning``.
    """
    return planning.plan(reading.read(sql, described(config, folder)), wanted.asking(config.party))


def run(
    sql: str, planned: Plan, config: NodeConfig, output: Path, *, deadline_s: int, say: Say, states: Sequence[Path] = ()
) -> Result:
    """Ask every job of a plan, wait for its evidence, and write ``answer.json`` and ``answer.csv`` beside it.

    Raises:
        NotAuthorized, BackendError: as ``gateway.statistics.asking``; what was answered before stays answered.
    """
    releases, jobs, evidence = [], [], []
    for number, spec in enumerate(planned.jobs, 1):
        home = output / f"job-{number}"
        home.mkdir(parents=True, exist_ok=True)
        path = home / "specification.json"
        path.write_text(json.dumps(spec.json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        say(f"job {number} of {len(planned.jobs)}: {spec.statistic} over {', '.join(s.asset for s in spec.sources)}")
        asked = ask(config, path, deadline_s, say=say)
        collect(config, asked, home, deadline_s, say=say, states=states)
        releases.append(_document(home / "release.json"))
        jobs.append(asked.job)
        proof = home / "evidence.json"
        evidence.append((proof, hashlib.sha256(proof.read_bytes()).hexdigest()))
    result = Result(sql, answering.answer(planned, releases), tuple(jobs), tuple(evidence))
    write_whole(output / ANSWER, (json.dumps(result.json(), indent=1, ensure_ascii=False) + "\n").encode())
    _write_rows(output / ROWS, result.answer)
    return result


def rehearse(planned: Plan, known: Tables, home: Path, rows: int) -> Answer:
    """Answer a plan from invented tables, written to ``home``: what an answer looks like, with nobody asked.

    Raises:
        InvalidRecord: a description of which no such table can be invented.
    """
    home.mkdir(parents=True, exist_ok=True)
    sampler, schemas = Sampler(rows), dict[str, Schema]()
    wanted = {source.asset for spec in planned.jobs for source in spec.sources}
    for table in known.owned.values():
        if table.asset in wanted:
            sampler.write(table, home / f"{table.asset}.csv")
            schemas[table.asset] = table.schema

    def opened(asset: str) -> Table:
        return Table(home / f"{asset}.csv", schemas[asset])

    return answering.answer(planned, [trial.release(spec, opened) for spec in planned.jobs])


def _document(path: Path) -> answering.Document:
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise InvalidRecord(f"{path}: expected a release document")
    return found


def _write_rows(path: Path, answer: Answer) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(answer.columns)
        writer.writerows([[_shown(answering.plain(value)) for value in row] for row in answer.rows])


def _shown(value: JsonValue) -> object:
    return "" if value is None else value


