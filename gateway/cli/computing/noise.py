"""Queries with noise on the command line: their options, and how figures with their errors are shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.tongue import Tongue
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

if TYPE_CHECKING:
    from mpc.sql.answering.rows import Answer, Uncertainty
    from mpc.sql.noise.declared import Choices
    from mpc.sql.noise.keyed import Keyed

_WEIGHT = re.compile(r"-?[1-9][0-9]{0,4}")
Private = Annotated[bool, typer.Option("--private", help="Ask with noise, on the terms that the owners declare.")]
MicroRho = Annotated[
    list[str] | None,
    typer.Option("--micro-rho", help="FAMILY=N: what count, sum, squares, histogram (keys, rows) may cost; repeat."),
]
Recipients = Annotated[str, typer.Option("--recipients", help="With noise: the class of recipients, as everybody.")]
Steps = Annotated[
    int, typer.Option("--steps", min=0, max=256, help="With noise: steps of the declared bounds, for quantiles.")
]
Extremes = Annotated[
    str, typer.Option("--extremes", help="With noise: the share of rows beyond what is shown as min and max.")
]
Under = Annotated[
    str, typer.Option("--under-key", help="With noise: sums under the CKKS key of an owner: HOLDER:EVALUATOR.")
]
Weights = Annotated[
    list[str] | None, typer.Option("--weight", help="With --under-key: ASSET=N, what a table's sum counts; repeat.")
]

WORDS = {
    Tongue.EN: {
        "open": "no bound",
        "between": "{value} ({low} to {high})",
        "intervals": "in brackets: what holds the figure with 95 in 100, after truncation and clipping by declaration",
        "rank": "{name}: with 95 in 100 its rank is within {rows} rows of the wanted one; a step is {step}",
        "share": "{name}: the value below which {share} of the rows lie",
    },
    Tongue.ZH: {
        "open": "无界",
        "between": "{value}({low} 至 {high})",
        "intervals": "括号内:按申明截断与裁剪之后,95% 置信的范围",
        "rank": "{name}:95% 情形下其秩与所求相差不超过 {rows} 行;格宽 {step}",
        "share": "{name}:有 {share} 的行低于该值",
    },
}


def choices(
    *,
    private: bool,
    costs: list[str] | None,
    recipients: str,
    steps: int,
    extremes: str,
    under: str = "",
    weights: list[str] | None = None,
) -> Choices | None:
    """Read what a query with noise chooses; None for an exact one.

    Raises:
        InvalidRecord: something is missing, or said of an exact query.
    """
    from mpc.sql.noise.declared import Choices

    if not private:
        if costs or recipients or steps or extremes or under or weights:
            raise InvalidRecord("--micro-rho, --recipients, --steps, --extremes and --under-key belong to --private")
        return None
    if not recipients:
        raise InvalidRecord("--private: name the class of recipients, --recipients everybody if no other is declared")
    share = _share(extremes) if extremes else None
    return Choices(dict(map(_cost, costs or [])), recipients, steps or None, share, _keyed(under, weights or []))


def texts(answer: Answer, language: Tongue) -> Iterator[list[str]]:
    """Write rows for people; noised figures with what holds them."""
    for place, record in enumerate(answer.records()):
        stated = answer.uncertainties[place] if answer.uncertainties else (None,) * len(record)
        yield [_text(value, known, language) for value, known in zip(record.values(), stated, strict=True)]


def notes(answer: Answer, language: Tongue) -> Iterator[str]:
    """Say what the intervals are, and of quantiles which they are and how far their rank may be off."""
    if not answer.uncertainties:
        return
    words = WORDS[language]
    yield words["intervals"]
    for name, known in zip(answer.columns, answer.uncertainties[0], strict=True):
        if known is not None and known.share is not None:
            yield words["share"].format(name=name, share=f"{known.share:g}")
            if known.rank_error is not None and known.step is not None:
                yield words["rank"].format(name=name, rows=f"{known.rank_error:,.0f}", step=_short(known.step))


def _text(value: JsonValue, known: Uncertainty | None, language: Tongue) -> str:
    if value is None:
        return "-"
    if known is None:
        return str(value)
    words = WORDS[language]
    low, high = (words["open"] if end is None else _short(end) for end in (known.low, known.high))
    return words["between"].format(value=_short(value), low=low, high=high)


def _short(value: object) -> str:
    """Write a number with the digits that mean something."""
    return f"{value:,.6g}" if isinstance(value, float) and abs(value) < 1e6 else f"{value:,.0f}"


def _cost(pair: str) -> tuple[str, int]:
    family, _, amount = pair.partition("=")
    if not family or not amount.isascii() or not amount.isdigit() or len(amount) > 12:
        raise InvalidRecord(f"--micro-rho {pair}: expected FAMILY=N, as count=5000")
    return family, int(amount)


def _keyed(under: str, weights: list[str]) -> Keyed | None:
    from mpc.sql.noise.keyed import Keyed

    holder, _, evaluator = under.partition(":")
    if weights and not under:
        raise InvalidRecord("--weight: what a table's sum counts under one owner's key; it stands beside --under-key")
    if under and not (holder and evaluator):
        raise InvalidRecord(f"--under-key {under[:80]}: expected HOLDER:EVALUATOR, two of the owners")
    return Keyed(holder, evaluator, dict(map(_weight, weights))) if under else None


def _weight(pair: str) -> tuple[str, int]:
    asset, _, number = pair.partition("=")
    if not asset or not _WEIGHT.fullmatch(number):
        raise InvalidRecord(f"--weight {pair[:80]}: expected ASSET=N, a whole number other than 0, as sales-1=-2")
    return asset, int(number)


def _share(text: str) -> Fraction:
    try:
        return Fraction(text[:40])
    except (ValueError, ZeroDivisionError) as fault:
        raise InvalidRecord(f"--extremes {text}: expected a share of the rows, as 0.01") from fault
