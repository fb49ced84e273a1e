"""``shuxin table``: a department's own table made fit for publication, and tables described for queries."""

from __future__ import annotations

import json
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.computing import describing
from gateway.cli.tongue import Language, Tongue
from ledger.errors import InvalidRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from mpc.disclosure.tables.rounding import Rounding

app = typer.Typer(help="Describe tables for queries; protect tables for publication.", no_args_is_help=True)
app.command("describe")(describing.describe)
app.command("list")(describing.list_tables)
app.command("sample")(describing.sample)


class Zeros(StrEnum):
    """What becomes of empty cells."""

    WITHHELD = "withheld"
    RELEASED = "released"


class How(StrEnum):
    """Kinds of rounding."""

    RANDOM = "random"
    NEAREST = "nearest"


WORDS = {
    Tongue.EN: (
        "{withheld} of {cells} cells withheld: {small} small, {dominated} dominated, {complement} beside them ({how})",
        "least loss of information, within one percent",
        "by hypercubes",
        "to publish",
        "stays in the department",
    ),
    Tongue.ZH: (
        "{cells} 个单元中扣留 {withheld} 个:过小 {small},被少数方主导 {dominated},补充扣留 {complement}({how})",
        "信息损失最小,误差百分之一以内",
        "超立方体启发式",
        "可发布",
        "仅限本部门留存",
    ),
}


@app.callback()
def table() -> None:
    """Describe tables for queries; protect tables for publication."""


@app.command()
def protect(
    file: Annotated[Path, typer.Argument(help="CSV with a header: one row a unit, or counts with --count.")],
    by: Annotated[list[str], typer.Option("--by", help="Column to group by; repeat for more dimensions.")],
    minimum: Annotated[int, typer.Option("--minimum", help="Fewest units, and respondents, of a released cell.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Directory for the three files.")],
    hierarchy: Annotated[
        list[str] | None, typer.Option("--hierarchy", help="COLUMN=FILE: CSV of code and parent.")
    ] = None,
    value: Annotated[str | None, typer.Option("--value", help="Column that is summed.")] = None,
    scale: Annotated[int, typer.Option("--scale", help="Decimals of the value.")] = 0,
    respondent: Annotated[str | None, typer.Option("--respondent", help="Column that says whose a row is.")] = None,
    count: Annotated[str | None, typer.Option("--count", help="Column that says how many units a row is.")] = None,
    p_percent: Annotated[int | None, typer.Option("--p-percent", help="The p% rule for sums.")] = None,
    zeros: Annotated[Zeros, typer.Option("--zeros", help="Whether empty cells are a secret.")] = Zeros.WITHHELD,
    base: Annotated[int | None, typer.Option("--round", help="Round released counts to multiples of this.")] = None,
    rounding: Annotated[How, typer.Option("--rounding", help="How to round.")] = How.RANDOM,
    round_key: Annotated[Path | None, typer.Option("--round-key", help="Key file of random rounding.")] = None,
    seconds: Annotated[int, typer.Option("--seconds", min=1, help="Time for the choice, and for the audit.")] = 120,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    language: Language = Tongue.EN,
) -> None:
    """Withhold what is small or dominated and what would give it away; audit what remains; write three files."""
    from mpc.disclosure.tables.sensitivity import Percent
    from mpc.publishing import report
    from mpc.publishing.protection import Rules, secure
    from mpc.publishing.tally import Columns
    from mpc.publishing.tally import count as tally

    columns = Columns(tuple(by), value, scale, respondent, count)
    rules = Rules(minimum, None if p_percent is None else Percent(p_percent), zeros is Zeros.RELEASED)
    say = _silently if as_json else _teller()
    counted = tally(file, columns, _hierarchies(hierarchy or []), say)
    rule = _rounding(base, rounding, round_key)
    protected = secure(counted, rules, rounding=rule, limit_s=float(seconds), say=say)
    asked = {"minimum": minimum, "p_percent": p_percent, "zeros": str(zeros), "round": base}
    paths = report.write(output, protected, {**asked, "rounding": str(rounding) if base else None}, scale)
    summary = report.summary(protected)
    if as_json:
        print(json.dumps({**summary, "files": [str(path) for path in paths]}))
        return
    sentence, best, quick, public, inside = WORDS[language]
    print(sentence.format(**summary, how=best if summary["optimal"] else quick))
    for path, meant in zip(paths, (public, inside, inside), strict=True):
        print(f"{path}  ({meant})")


def _hierarchies(options: list[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for option in options:
        column, separator, path = option.partition("=")
        if not separator or not column or not path or column in found:
            raise InvalidRecord(f"--hierarchy {option}: expected COLUMN=FILE, each column once")
        found[column] = Path(path)
    return found


def _rounding(base: int | None, how: How, key: Path | None) -> Rounding | None:
    from mpc.disclosure.tables.rounding import Nearest, Unbiased
    from mpc.publishing.key import kept

    if base is None:
        return None
    if how is How.NEAREST:
        return Nearest(base)
    if key is None:
        raise InvalidRecord("--round: random rounding needs --round-key FILE; it is made if it is not there")
    return Unbiased(base, kept(key))


def _teller() -> Callable[[str], None]:
    """Say on stderr how far it got, once a second at most."""
    last = time.monotonic()

    def say(text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= 1.0:
            last = time.monotonic()
            print(text, file=sys.stderr)

    return say


def _silently(_text: str) -> None:
    """Say nothing."""
