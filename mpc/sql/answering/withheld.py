"""For which reasons figures of a query may have been withheld, by the kinds of its jobs, in two languages.

Which of them it was is told by nobody: an owner that withholds a matrix would tell something about its own rows. What
is named here follows from the specification alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from mpc.protocols.words import Text
from mpc.spec.job import AlignedSpec, JobSpec, MatchedSpec, MomentsSpec, SumsSpec
from mpc.sql.planning.matrices import own_rows_needed

_CELLS = Text("too few rows or owners", "行数或所有方过少")
_PRODUCTS = Text(
    "too few rows or owners, or few rows of an owner that differ in a factor of a product",
    "行数或所有方过少,或某所有方在乘积的某个因子上取值不同的行过少",
)


def reasons(jobs: Sequence[JobSpec]) -> Text:
    """Name every reason for which a figure of these jobs may stay closed, beside an owner's rules of dominance."""
    for job in jobs:
        match job:
            case MomentsSpec():
                return _matrix(own_rows_needed(len(job.columns)))
            case AlignedSpec() | MatchedSpec():
                return _side_by_side(job.terms.least_rows)
    if any(isinstance(job, SumsSpec) and job.value.by is not None for job in jobs):
        return _PRODUCTS
    return _CELLS


def _matrix(rows: int) -> Text:
    return Text(
        f"too few rows or owners; or an owner has fewer than {rows} own rows (more, if moments of them were asked "
        "before), or few that differ in a column. Which of these, no owner says: it would tell of its rows. The same "
        "rows may be asked with --jobs each",
        f"行数或所有方过少;或某所有方自有行少于 {rows} 行(若以前查询过其矩,则需更多),或在某列上取值不同的行过少。"
        "究竟是哪一项,所有方不说明,以免泄露其数据;同样的行可用 --jobs each 查询",
    )


def _side_by_side(rows: int) -> Text:
    return Text(
        f"fewer than {rows} common rows, or few of an owner's common rows that differ in a column. Which of these, no "
        "owner says: it would tell of its rows",
        f"共有行少于 {rows} 行,或某所有方的共有行中在某列上取值不同者过少。究竟是哪一项,所有方不说明,以免泄露其数据",
    )
