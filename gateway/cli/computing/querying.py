"""Options that every command over described tables takes, and how such a command is planned, explained and asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.following import following
from gateway.cli.tongue import Tongue
from ledger.errors import InvalidRecord

if TYPE_CHECKING:
    from gateway.statistics.querying import Done, Result
    from mpc.node.config import NodeConfig
    from mpc.spec.job import JobSpec
    from mpc.sql.answering.rows import Answer
    from mpc.sql.noise.declared import Choices
    from mpc.sql.planning.asking import Telling
    from mpc.sql.planning.jobs import Jobs
    from mpc.sql.planning.plan import Plan

Purpose = Annotated[str, typer.Option("--purpose", help="The code of the purpose; that of every authorization.")]
Config = Annotated[Path, typer.Option("--config", help="The configuration of the department that asks.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="Where answer and evidence go.")]
Explain = Annotated[bool, typer.Option("--explain", help="Only say how it would be answered; asks nobody.")]
Folder = Annotated[
    Path | None, typer.Option("--tables", help="Descriptions of tables (default: tables/ beside terms/).")
]
Codes = Annotated[
    list[str] | None, typer.Option("--code", help="ASSET=CODE of an authorization with another code; repeat.")
]
Minimum = Annotated[int, typer.Option("--minimum", help="Rows below which a cell stays closed; the owners' own.")]
Contributors = Annotated[
    int, typer.Option("--contributors", help="Owners below which a cell stays closed; the owners' own.")
]
Epsilon = Annotated[
    int, typer.Option("--epsilon-milli", help="Noise on what the lister of a join sees, in thousandths.")
]
Delta = Annotated[int, typer.Option("--delta-log2", help="Where that noise is cut off: delta = 2^this.")]
Additive = Annotated[
    str,
    typer.Option("--additive", help="The encryption of a join: okamoto-uchiyama, paillier-djn or paillier."),
]
InJobs = Annotated[
    str, typer.Option("--jobs", help="Measures of two columns: 'one' job for all, or one for 'each' of them.")
]
Align = Annotated[
    bool, typer.Option("--align", help="A JOIN over aligned rows: its owners are told which keys all of them hold.")
]
Told = Annotated[
    list[str] | None,
    typer.Option("--told", help="With --align, a count alone: an owner that is told; repeat (default: every owner)."),
]
Engine = Annotated[
    bool,
    typer.Option("--engine", help="A JOIN that three owners' engines match on shares: nobody learns a key or a match."),
]
Deadline = Annotated[int, typer.Option("--deadline", min=60, max=604800, help="Seconds until a job is given up.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def jobs_named(text: str) -> Jobs | None:
    """Read how measures of two columns are asked; None where declarations are to decide."""
    from mpc.sql.planning.jobs import Jobs

    if text and text not in tuple(Jobs):
        raise InvalidRecord(f"--jobs {text[:40]}: expected {' or '.join(Jobs)}")
    return Jobs(text) if text else None


def telling(*, align: bool, told: list[str] | None) -> Telling | None:
    """Read leave to tell owners their common keys; raises InvalidRecord for names without it."""
    from mpc.sql.planning.asking import Telling

    if told and not align:
        raise InvalidRecord("--told: names who learns the keys of aligned rows; it stands beside --align")
    return Telling(tuple(told or ())) if align else None


@dataclass(frozen=True, slots=True)
class Request:
    """What a command was told beside its question."""

    purpose: str
    config: Path
    output: Path
    tables: Path | None
    codes: list[str] | None
    minimum: int
    contributors: int
    epsilon_milli: int
    delta_log2: int
    deadline: int
    language: Tongue
    as_json: bool
    choices: Choices | None = None
    events: Path | None = None
    additive: str = "okamoto-uchiyama"
    jobs: Jobs | None = None
    telling: Telling | None = None
    engine: bool = False

    def plan(self, sql: str) -> tuple[NodeConfig, Plan]:
        """Plan a query; a refusal is told in the language asked for."""
        from gateway.statistics import querying
        from mpc.node import config as node_config
        from mpc.sql.refusal import Unanswerable

        pairs = dict(pair.partition("=")[::2] for pair in self.codes or [])
        if not all(pairs.values()):
            raise InvalidRecord("--code: expected ASSET=CODE")
        wanted = querying.Wanted(
            self.purpose, pairs, self.minimum, self.contributors, self.epsilon_milli, self.delta_log2,
            self.choices, self.additive, self.jobs, self.telling, self.engine,
        )  # fmt: skip
        read = node_config.load(self.config)
        try:
            return read, querying.plan(sql, read, wanted, self.tables)
        except Unanswerable as refused:
            raise InvalidRecord(refused.text(self.language.value)) from refused

    def explain(self, *queries: str) -> None:
        """Print how queries would be answered, one after the other."""
        read = [self.plan(sql) for sql in queries]
        self.explain_plans(*(planned for _, planned in read), configs=[config for config, _ in read])

    def explain_plans(self, *plans: Plan, configs: Sequence[NodeConfig] = ()) -> None:
        """Print how the jobs of plans would be answered. configs: beside plans that may be noised."""
        from gateway.statistics import expecting, explaining

        found = tuple(job for planned in plans for job in explaining.explain(planned))
        read = zip(plans, configs, strict=False)
        noised = [expecting.expect(planned, config) for planned, config in read if planned.is_noised]
        if self.as_json:
            jobs: object = [job.json(self.language.value) for job in found]
            print(json.dumps({"jobs": jobs, **noised[0].json()} if noised else jobs, ensure_ascii=False))
        else:
            print("\n".join(explaining.lines(found, self.language.value)))
            for expected in noised:
                print("\n".join(expecting.lines(expected, self.language.value)))

    def rehearse(self, sql: str, rows: int) -> Answer:
        """Answer a query from invented tables, left in the output's ``sample`` directory."""
        from gateway.statistics import querying

        read, planned = self.plan(sql)
        return querying.rehearse(planned, querying.described(read, self.tables), self.output / "sample", rows)

    def ask(self, sql: str) -> Result:
        """Have a query answered, telling each step unless only JSON is expected."""
        from gateway.statistics import querying

        read, planned = self.plan(sql)
        with following(self.config, self.events, self.language, is_silent=self.as_json) as (say, emit):
            return querying.run(sql, planned, read, self.output, deadline_s=self.deadline, say=say, emit=emit)

    def ask_job(self, spec: JobSpec, home: Path) -> Done:
        """Have one job answered that is no query's."""
        from gateway.statistics import querying
        from mpc.node import config as node_config

        read = node_config.load(self.config)
        with following(self.config, self.events, self.language, is_silent=self.as_json) as (say, emit):
            return querying.run_job(spec, read, home, deadline_s=self.deadline, say=say, emit=emit)
