"""Queries and studies of published files over processes: three departments' nodes, an office, a chain and a relay.

    [SHUXIN_DATA=DIR] nice python benchmarks/real_files.py OUT [--only adult ...]

A network is founded in OUT, or started again if one is there: what was answered is not asked again. The departments
hold thirds of the Adult, credit and diabetes files and of the sales of New York, two of them one year each of the pay
gaps of the same companies, and lists of parcels (``departments.py``): which sold parcels are on the tax bills and on
the housing agency's list as well, no department learns. The office asks by ``shuxin query`` and ``shuxin study``, as a
person would, and once by the Python function. Every figure is compared with DuckDB or SciPy over all rows, and every
evidence file is verified by a process of its own. Printed: what was asked, its seconds, and whether the answer is that
of the pooled rows. Exit code 1 if one is not, or its evidence does not verify.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import isclose
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts"), str(ROOT / "tests" / "support")]

import duckdb  # noqa: E402
from departments import DEPARTMENTS, PERSONS, Holding, holdings  # noqa: E402
from new_york import cast  # noqa: E402
from scipy import stats  # noqa: E402
from smallnetwork import free_ports  # noqa: E402

from contracts.authorizations.record import Operations  # noqa: E402
from contracts.world import PartyRole  # noqa: E402
from gateway.network import trial  # noqa: E402
from gateway.network.founding import Plan, found, utc_now, write_configurations  # noqa: E402
from gateway.network.supervising import Processes, network  # noqa: E402
from gateway.statistics.query import query  # noqa: E402
from mpc.sql import tables  # noqa: E402

PURPOSE, OFFICE = "survey", cast.OFFICE
IN_PYTHON = "gateway.statistics.query.query"
"""In the place of a subcommand: the question is asked by the function of this name."""
DEADLINE_S = 3600
MICRO_RHO = 50 * cast.JOINS
PERMITTED = (
    Operations.COUNT | Operations.SUM | Operations.MEAN | Operations.VARIANCE | Operations.HISTOGRAM
    | Operations.JOIN | Operations.DISTINCT | Operations.ALIGN
)  # fmt: skip
COMPANIES = "gaps_2017 a JOIN gaps_2021 b USING (company)"
STAYS = "time_in_hospital >= 8 AND gender IN ('Female', 'Male')"
ON_BOTH_LISTS = (
    "SELECT count(DISTINCT s.bbl), count(*), sum(s.sale_price) FROM sold s WHERE bbl IN (SELECT bbl FROM tax_bill) "
    "AND bbl IN (SELECT bbl FROM housing)"
)
Figures = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Question:
    """What the office asks. expected: SQL over all rows, or the figure of a study by its name and what SciPy says."""

    file: str
    arguments: tuple[str, ...]
    expected: str = ""
    figure: str = ""


QUESTIONS = (
    Question("adult", ("study", "compare", "adult", "--value", "hours_per_week", "--by", "income=>50K,<=50K"),
             "hours", "t"),
    Question("adult", ("query", "SELECT income, count(*), sum(age) FROM adult WHERE income IN ('>50K', '<=50K') "
             "GROUP BY income ORDER BY 1")),
    Question("credit", ("study", "correlate", "credit", "--column", "limit_bal", "--column", "bill_amt1",
             "--column", "bill_amt2"), "bills", "r"),
    Question("credit", ("query", "SELECT count(*), sum(pay_amt1) FROM credit")),
    Question("diabetes", ("study", "table", "diabetes", "--rows", "readmitted=<30,>30,NO", "--columns",
             "time_in_hospital:3,5", "--where", "time_in_hospital < 8"), "stays", "p"),
    Question("diabetes", ("query", f"SELECT gender, count(*), sum(num_medications) FROM diabetes WHERE {STAYS} "
             "GROUP BY gender ORDER BY gender")),
    Question("new york", ("query", "SELECT borough, count(*), avg(sale_price) FROM sales WHERE sale_price >= 1000 "
             "GROUP BY borough ORDER BY borough")),
    Question("new york", ("query", ON_BOTH_LISTS)),
    Question("new york", (IN_PYTHON, ON_BOTH_LISTS)),
    Question("pay gap", ("query", f"SELECT count(*), avg(a.gap), avg(b.gap), corr(a.gap, b.gap) FROM {COMPANIES}",
             "--align")),
    Question("pay gap", ("study", "correlate", COMPANIES, "--column", "a.gap", "--column", "b.gap", "--align"),
             "gaps", "r"),
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", action="append", choices=sorted({question.file for question in QUESTIONS}))
    chosen = parser.parse_args()
    out: Path = chosen.out.resolve()
    held = holdings()
    if not (out / "genesis.json").exists():
        prepare(out, held)
    faults = 0
    with Processes(network(out), print), pooled(out, held) as db:
        permit(out, held)
        for number, question in enumerate(QUESTIONS, 1):
            if not chosen.only or question.file in chosen.only:
                faults += not ask(out, number, question, db)
    return 1 if faults else 0


def prepare(out: Path, held: Sequence[Holding]) -> None:
    """Found the network, hand out the files, and have the owners describe their tables to the office."""
    out.mkdir(parents=True)
    ports, roles = free_ports(), PartyRole.OWNER
    plans = [
        *(Plan(code, roles, validator=True) for code in DEPARTMENTS),
        Plan(OFFICE, PartyRole.REQUESTER, governor=True),
    ]
    found(out, plans, ports, chain_id=20262, now=utc_now(), is_trial=True)
    assets = {code: "".join(own.toml for own in held if own.party == code) for code in DEPARTMENTS}
    write_configurations(out, plans, ports, assets)
    for code in (*DEPARTMENTS, OFFICE):
        with (out / "parties" / code / "node.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n[limits]\nmessage_timeout_s = {DEADLINE_S}\n")
    folder = out / "parties" / OFFICE / "tables"
    folder.mkdir()
    for own in held:
        own.write(out / "parties" / own.party / "data")
        described = tables.describe(own.party, own.asset, own.schema, {})
        (folder / f"{own.asset}{tables.SUFFIX}").write_text(described, encoding="utf-8")
    joint = [f'{name} = ["{name}_1", "{name}_2", "{name}_3"]' for name in (*PERSONS, "sales")]
    (folder / tables.JOINT).write_text("\n".join(["version = 1", "[joint]", *joint]) + "\n", encoding="utf-8")


def permit(out: Path, held: Sequence[Holding]) -> None:
    """Have every table entered and the office authorized for it."""
    record = out / "authorized"
    if record.exists():
        return
    trial.authorize(out / "parties", OFFICE, [_permitted(own) for own in held], cast.GROUNDS)
    print(f"authorized: {', '.join(own.asset for own in held)}", flush=True)
    record.touch()


def _permitted(own: Holding) -> trial.Holding:
    joined = MICRO_RHO if own.schema.key else 0
    return trial.Holding(
        own.party, own.asset, f"Published file {own.asset}", PURPOSE, "Figures of published files beside pooled ones",
        PERMITTED, tuple(own.schema.columns), "", joined,
    )  # fmt: skip


def pooled(out: Path, held: Sequence[Holding]) -> duckdb.DuckDBPyConnection:
    """Give one process all rows, by the names that queries use."""
    db = duckdb.connect()
    for own in held:
        path = out / "parties" / own.party / "data" / f"{own.asset}.csv"
        db.execute(f"CREATE TABLE {own.asset.replace('-', '_')} AS SELECT * FROM read_csv('{path}', all_varchar=true)")
        for name, column in own.schema.columns.items():
            if not hasattr(column, "pattern"):
                kind = f"DECIMAL(18, {column.scale})"
                db.execute(f"ALTER TABLE {own.asset.replace('-', '_')} ALTER {name} TYPE {kind}")
    for name in (*PERSONS, "sales"):
        db.execute(f"CREATE VIEW {name} AS " + " UNION ALL ".join(f"SELECT * FROM {name}_{n}" for n in (1, 2, 3)))
    return db


def ask(out: Path, number: int, question: Question, db: duckdb.DuckDBPyConnection) -> bool:
    """Ask as a person would; tell whether the answer is that of all rows and its evidence verifies."""
    home, begun = out / "answers" / str(number), time.monotonic()
    common = ["--purpose", PURPOSE, "--config", str(out / "parties" / OFFICE / "node.toml"), "-o", str(home)]
    in_python = question.arguments[0] == IN_PYTHON
    print(f"\n[{question.file}] {'' if in_python else 'shuxin '}{' '.join(question.arguments)}", flush=True)
    if in_python:
        ours = _frame(question.arguments[1], out, home)
    else:
        done = _shuxin(*question.arguments, *common, "--deadline", str(DEADLINE_S), "--json")
        if done.returncode:
            print(done.stderr)
            return False
        ours = _figures(question, json.loads(done.stdout))
    print(f"  {time.monotonic() - begun:.1f} s")
    theirs = _expected(question, db)
    is_same = _is_same(ours, theirs)
    print(f"  ours   {ours}\n  pooled {theirs}\n  {'equal' if is_same else 'DIFFERENT'}")
    proofs = sorted(home.rglob("evidence.json"))
    verdicts = [_shuxin("verify", str(path), "--trust", str(out / "trust.json")).returncode for path in proofs]
    print(f"  evidence: {len(proofs)} files, {'all verified' if not any(verdicts) else 'NOT VERIFIED'}", flush=True)
    return is_same and bool(proofs) and not any(verdicts)


def _frame(sql: str, out: Path, home: Path) -> Figures:
    config = out / "parties" / OFFICE / "node.toml"
    found = query(sql, purpose=PURPOSE, config=config, output=home, deadline_s=DEADLINE_S, say=lambda _: None)
    return list(found.itertuples(index=False, name=None))


def _shuxin(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def _figures(question: Question, document: dict[str, object]) -> Figures:
    """Read the rows of an answer, or the one figure of a study."""
    if not question.expected:
        return [tuple(row) if isinstance(row, list) else tuple(row.values()) for row in document["rows"]]  # type: ignore[attr-defined]
    if question.figure == "r":
        return [(document["rows"][0]["r"],)]  # type: ignore[index]
    return [(document["figures"][question.figure],)]  # type: ignore[index]


def _expected(question: Question, db: duckdb.DuckDBPyConnection) -> Figures:
    def columns(sql: str) -> list[list[float]]:
        return [list(map(float, own)) for own in zip(*db.execute(sql).fetchall(), strict=True)]

    match question.expected:
        case "":
            return db.execute(question.arguments[1]).fetchall()
        case "hours":
            two = [columns(f"SELECT hours_per_week FROM adult WHERE income = '{of}'")[0] for of in ("<=50K", ">50K")]
            return [(float(stats.ttest_ind(*two, equal_var=False).statistic),)]
        case "bills":
            return [(float(stats.pearsonr(*columns("SELECT limit_bal, bill_amt1 FROM credit")).statistic),)]
        case "gaps":
            return [(float(stats.pearsonr(*columns(f"SELECT a.gap, b.gap FROM {COMPANIES}")).statistic),)]
    classes = (
        "SELECT count(*) FILTER (time_in_hospital < 3), count(*) FILTER (time_in_hospital BETWEEN 3 AND 4), count(*) "
    )
    rows = f"{classes} FILTER (time_in_hospital >= 5) FROM diabetes WHERE time_in_hospital < 8 GROUP BY readmitted"
    return [(float(stats.chi2_contingency(db.execute(rows).fetchall(), correction=False).pvalue),)]


def _is_same(ours: Figures, theirs: Figures) -> bool:
    """Equal texts and whole numbers; other figures to nine digits."""
    if [len(row) for row in ours] != [len(row) for row in theirs]:
        return False
    pairs = [pair for one, other in zip(ours, theirs, strict=True) for pair in zip(one, other, strict=True)]
    return all(
        one == other if isinstance(one, str) else isclose(float(one), float(other), rel_tol=1e-9)  # type: ignore[arg-type]
        for one, other in pairs
    )


if __name__ == "__main__":
    sys.exit(main())
