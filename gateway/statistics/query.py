"""One call from Python: SQL over departments' tables, answered as a pandas data frame with its evidence.

    from gateway.statistics.query import query

    frame = query("SELECT district, count(*) FROM permits GROUP BY district", purpose="fee-survey", config="node.toml")
    frame.attrs["evidence"]

It asks as ``shuxin query`` does, and leaves the same files. The call stands here and not in ``mpc``, which knows no
chain connection of an officer (ADR 0001). pandas is an extra; ``gateway.statistics.querying`` is the same without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.statistics import querying
from gateway.statistics.asking import Say
from gateway.statistics.events import Emit, silent
from gateway.statistics.querying import Result, Wanted
from ledger.errors import NotFound
from mpc.node import config as node_config
from mpc.sql.answering.rows import plain
from mpc.sql.noise.declared import Choices
from mpc.sql.planning.asking import Telling
from mpc.sql.planning.jobs import Jobs

if TYPE_CHECKING:
    from pandas import DataFrame


def query(
    sql: str,
    *,
    purpose: str,
    config: str | Path,
    output: str | Path = "answer",
    codes: Mapping[str, str] | None = None,
    minimum: int = 10,
    contributors: int = 3,
    epsilon_milli: int = 100,
    delta_log2: int = -40,
    choices: Choices | None = None,
    jobs: Jobs | None = None,
    telling: Telling | None = None,
    engine: bool = False,
    deadline_s: int = 600,
    say: Say = print,
    emit: Emit = silent,
) -> DataFrame:
    """Ask a query and return its rows; withheld cells are missing values.

    Args:
        purpose, codes, minimum, contributors, epsilon_milli, delta_log2: as the options of ``shuxin query``.
        choices: what a query with noise may cost, and whom it is for; None for exact figures.
        jobs: how measures of two columns are asked, as the option of ``shuxin query``.
        telling: leave to align rows, which tells owners their common keys (``mpc.sql.planning.asking.Telling``).
        engine: whether three owners' engines are to match the rows of a join, which tells nobody.
        output: where answer and evidence go. The same call again goes on where it was, and asks nothing twice.

    Returns:
        a data frame; ``attrs`` has ``sql``, ``evidence`` (job, file and SHA-256 of each), ``withheld`` (groups), and of
        noised figures ``uncertainties``, in the places of the rows.

    Raises:
        NotFound: pandas is not installed. Others as ``gateway.statistics.querying.plan`` and ``run``.
    """
    _pandas()
    read = node_config.load(Path(config))
    wanted = Wanted(
        purpose, codes or {}, minimum, contributors, epsilon_milli, delta_log2, choices,
        jobs=jobs, telling=telling, is_matched=engine,
    )  # fmt: skip
    planned = querying.plan(sql, read, wanted)
    return frame(querying.run(sql, planned, read, Path(output), deadline_s=deadline_s, say=say, emit=emit))


def frame(result: Result) -> DataFrame:
    """Lay an answered query out as a data frame; raises NotFound where pandas is not installed."""
    rows = [[plain(value) for value in row] for row in result.answer.rows]
    found = _pandas()(rows, columns=list(result.answer.columns))
    said = result.json()
    kept = ("sql", "evidence", "withheld", "uncertainties")
    found.attrs = {name: said[name] for name in kept if name in said}
    return found


def _pandas() -> type[DataFrame]:
    try:
        from pandas import DataFrame
    except ImportError as fault:
        raise NotFound("query: data frames need pandas: pip install 'shuxin[pandas]'; shuxin query does not") from fault
    found: type[DataFrame] = DataFrame
    return found
