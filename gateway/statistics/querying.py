"""A query as an analyst's department asks it: planned from the descriptions it holds, run job by job, and answered.

Every job is proposed, followed and collected as any other (``gateway.statistics.asking``), so a query that was
interrupted goes on where it was when it is asked again, and one whose jobs are answered costs nothing.
"""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.authorizations.terms import identifier
from gateway.statistics.asking import Say, ask, collect
from gateway.statistics.events import Emit, Event, silent
from gateway.statistics.service import FIGURES
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.additive import schemes
from mpc.node.config import NodeConfig
from mpc.node.whole import write_whole
from mpc.protocols.words import Text
from mpc.spec.job import JobSpec
from mpc.sql import tables, trial
from mpc.sql.answering import rows as answering
from mpc.sql.answering import withheld
from mpc.sql.answering.rows import Answer, Uncertainty, Value
from mpc.sql.noise import declared, noised, private
from mpc.sql.noise.declared import Choices
from mpc.sql.noise.noised import Noised
from mpc.sql.planning import exact
from mpc.sql.planning.asking import Asking, Telling
from mpc.sql.planning.jobs import Jobs
from mpc.sql.planning.plan import Plan
from mpc.sql.reading import text as reading
from mpc.sql.samples import Sampler
from mpc.sql.tables import Tables
from mpc.tables.schema import Schema
from mpc.tables.table import Table

FOLDER = "tables"
ANSWER, ROWS = "answer.json", "answer.csv"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a query is asked.

    codes: of authorizations whose code is not ``<grantee>/<purpose>/<asset>``, by asset. choices: of a query with
    noise; None for exact figures. additive: the encryption of a join. jobs: how a matrix of moments is
    asked; None where declarations decide. telling: leave to align rows; None for all other questions. is_matched:
    whether owners' engines match the rows of a join.
    """

    purpose: str
    codes: Mapping[str, str]
    minimum: int
    contributors: int
    epsilon_milli: int
    delta_log2: int
    choices: Choices | None = None
    additive: str = schemes.DEFAULT
    jobs: Jobs | None = None
    telling: Telling | None = None
    is_matched: bool = False

    def __post_init__(self) -> None:
        if self.telling is not None and self.is_matched:
            raise InvalidRecord("query: --align tells owners their common keys, --engine tells nobody; one of them")
        schemes.named(self.additive)
        if self.jobs is not None and self.choices is not None:
            raise InvalidRecord("query: --jobs is of exact figures; those with noise have no other way")

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
            self.additive,
            self.jobs,
            self.telling,
            self.is_matched,
        )


@dataclass(frozen=True, slots=True)
class Done:
    """One answered job. evidence: the file that proves it, with its SHA-256."""

    release: answering.Document
    job: bytes
    evidence: tuple[Path, str]


@dataclass(frozen=True, slots=True)
class Result:
    """An answered query. evidence: the files that prove each job, with their SHA-256.

    withheld_for: for which reasons something of it may have been withheld; None where nothing was.
    """

    sql: str
    answer: Answer
    jobs: tuple[bytes, ...]
    evidence: tuple[tuple[Path, str], ...]
    withheld_for: Text | None = None

    def json(self) -> dict[str, JsonValue]:
        proofs = zip(self.jobs, self.evidence, strict=True)
        return {
            "sql": self.sql,
            "columns": list(self.answer.columns),
            "rows": [[answering.plain(value) for value in row] for row in self.answer.rows],
            "withheld": [list(labels) for labels in self.answer.withheld],
            **({"withheld_for": self.withheld_for.record()} if self.withheld_for else {}),
            **self._stated(),
            "evidence": [
                {"job": "0x" + job.hex(), "file": str(path), "sha256": digest} for job, (path, digest) in proofs
            ],
        }

    def _stated(self) -> dict[str, JsonValue]:
        """Write what is stated of noised figures, in the places of ``rows``."""
        rows = self.answer.uncertainties
        stated: JsonValue = [[None if known is None else known.json() for known in row] for row in rows]
        return {"uncertainties": stated} if rows else {}


def described(config: NodeConfig, folder: Path | None) -> Tables:
    """Read the descriptions of tables that this department holds: ``tables/`` beside its ``terms/``, or another folder.

    Raises:
        InvalidRecord: a description that cannot be read.
    """
    return tables.load(folder or config.terms.parent / FOLDER)


def plan(sql: str, config: NodeConfig, wanted: Wanted, folder: Path | None = None) -> Plan:
    """Plan a query for a department.

    Raises:
        Unanswerable, InvalidRecord: as ``reading``, and ``exact`` or ``private``.
    """
    known, asking = described(config, folder), wanted.asking(config.party)
    seen = known if wanted.choices is None else declared.view(known)
    read = reading.read(sql, seen, is_aligned=wanted.telling is not None, is_matched=wanted.is_matched)
    return exact.plan(read, asking) if wanted.choices is None else private.plan(read, asking, wanted.choices)


def run(
    sql: str,
    planned: Plan,
    config: NodeConfig,
    output: Path,
    *,
    deadline_s: int,
    say: Say,
    states: Sequence[Path] = (),
    emit: Emit = silent,
) -> Result:
    """Ask every job of a plan, wait for its evidence, and write ``answer.json`` and ``answer.csv`` beside it.

    Raises:
        NotAuthorized, BackendError: as ``gateway.statistics.asking``; what was answered before stays answered.
    """
    done, found = list[Done](), list[Noised]()
    begun, of = time.monotonic(), len(planned.jobs)
    emit(Event.STARTED, jobs=of)
    for number, spec in enumerate(planned.jobs, 1):

        def step(text: str, place: str = f"job {number} of {of}") -> None:
            say(f"[{place}, {time.monotonic() - begun:.0f} s] {text.strip()}")

        home = output / f"job-{number}"
        emit(Event.PLANNED, number=number, of=of, statistic=spec.statistic)
        step(f"{spec.statistic} over {', '.join(s.asset for s in spec.sources)}")
        one = run_job(spec, config, home, deadline_s=deadline_s, say=step, emit=emit, states=states)
        found.append(Noised(one.release, _deviations(home / FIGURES) if planned.is_noised else {}))
        done.append(one)
    proofs = tuple(one.evidence for one in done)
    answer = _answer(planned, found)
    closed = withheld.reasons(planned.jobs) if answer.withheld else None
    result = Result(sql, answer, tuple(one.job for one in done), proofs, closed)
    write_whole(output / ANSWER, (json.dumps(result.json(), indent=1, ensure_ascii=False) + "\n").encode())
    _write_rows(output / ROWS, result.answer)
    emit(Event.ANSWERED, rows=len(result.answer.rows), withheld=len(result.answer.withheld), file=str(output / ANSWER))
    return result


def run_job(
    spec: JobSpec,
    config: NodeConfig,
    home: Path,
    *,
    deadline_s: int,
    say: Say,
    emit: Emit = silent,
    states: Sequence[Path] = (),
) -> Done:
    """Ask one job, wait for its evidence, and leave specification, release and evidence in its directory.

    Raises:
        NotAuthorized, BackendError: as ``gateway.statistics.asking``; what was answered before stays answered.
    """
    home.mkdir(parents=True, exist_ok=True)
    path, proof = home / "specification.json", home / "evidence.json"
    path.write_text(json.dumps(spec.json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    asked = ask(config, path, deadline_s, say=say, emit=emit)
    collect(config, asked, home, deadline_s, say=say, states=states, emit=emit)
    return Done(_document(home / "release.json"), asked.job, (proof, hashlib.sha256(proof.read_bytes()).hexdigest()))


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

    deviations = [noised.expected(spec) if planned.is_noised else {} for spec in planned.jobs]
    releases = [trial.release(spec, opened) for spec in planned.jobs]
    return _answer(planned, [Noised(*pair) for pair in zip(releases, deviations, strict=True)])


def _answer(planned: Plan, found: Sequence[Noised]) -> Answer:
    if planned.is_noised:
        return noised.answer(planned, found)
    return answering.answer(planned, [job.release for job in found])


def _deviations(path: Path) -> dict[str, float]:
    """Read what the recipient's node says of each noised figure: the deviation of its noise."""
    match _document(path):
        case {"expected_error": list(lines)}:
            return {str(line["cell"]): float(line["standard_deviation"]) for line in lines}
    raise InvalidRecord(f"{path}: expected figures with their errors")


def _document(path: Path) -> answering.Document:
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise InvalidRecord(f"{path}: expected a release document")
    return found


def _write_rows(path: Path, answer: Answer) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        noised_columns = {place for row in answer.uncertainties for place, known in enumerate(row) if known}
        heads = [[name, f"{name} low", f"{name} high"] if place in noised_columns else [name]
                 for place, name in enumerate(answer.columns)]  # fmt: skip
        writer.writerow([head for column in heads for head in column])
        for number, row in enumerate(answer.rows):
            stated = answer.uncertainties[number] if answer.uncertainties else (None,) * len(row)
            cells = zip(heads, row, stated, strict=True)
            writer.writerow([_shown(cell) for column, value, known in cells for cell in _cells(column, value, known)])


def _cells(heads: Sequence[str], value: Value, known: Uncertainty | None) -> list[JsonValue]:
    """Write a value and, of a noised figure, what holds it."""
    ends = [] if len(heads) == 1 else [None, None] if known is None else [known.low, known.high]
    return [answering.plain(value), *ends]


def _shown(value: JsonValue) -> object:
    return "" if value is None else value
