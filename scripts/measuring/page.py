"""The report as a page of the handbook: machine, ratios, profiles, growth, and the run behind each figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from measuring.profiles import Profile, profiles
from measuring.programs import Figure, Kind, Program
from measuring.running import Run

Measured = Sequence[tuple[Program, Run]]


def page(
    measured: Measured, missing: Mapping[str, str], machine: Mapping[str, str], size: str, plots: Mapping[str, str]
) -> str:
    """Write the page.

    Args:
        missing: programs that did not run, each with the reason. size: "quick" or "full".
        plots: the pictures "ratios" and "growth", as paths from docs/; one that is not there is left out.
    """
    figures = [figure for program, run in measured for figure in program.figures(run.output)]
    described = ", ".join(f"{name}: {value}" for name, value in machine.items())
    loads = [load for _, run in measured for load in run.load]
    beside = f"load average {min(loads):.1f} to {max(loads):.1f}" if loads else "nothing ran"
    call = "scripts/bench --quick" if size == "quick" else "scripts/bench"
    lines = [
        "# Benchmark report",
        "",
        f"Written by `{call}`; do not edit. Every figure is from a run of a program of `benchmarks/` whose words stand "
        "below; peers ran in the same run on the same machine. [The same as JSON](benchmarks.json).",
        "",
        f"{described}. While it ran: {beside}.",
        "",
        *_sizes(size),
        *_ratios(figures, plots),
        *_profiles(figures),
        *_growth(figures, plots),
        *_runs(measured, missing),
    ]
    return "\n".join([*lines, ""])


def _sizes(size: str) -> list[str]:
    if size == "full":
        return []
    return ["**Small sizes**: fixed costs weigh more than in earnest, and growth is seen over a short stretch.", ""]


def _ratios(figures: Sequence[Figure], plots: Mapping[str, str]) -> list[str]:
    found = [figure for figure in figures if figure.kind is Kind.RATIO]
    if not found:
        return []
    lines = ["## Beside peers", "", *_picture("Ratios against peers in the same run", plots.get("ratios"))]
    lines += ["| peer, and what is compared | ours divided by the peer's | better is |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.value:,.2f} | {'more' if one.more_is_better else 'less'} |" for one in found]
    return [*lines, ""]


def _profiles(figures: Sequence[Figure]) -> list[str]:
    held = profiles({figure.label: figure.value for figure in figures if figure.kind is Kind.RATE})
    if not held:
        return []
    lines = ["## Profiles", "", "| profile | asks for | measured | all of it needs |", "|---|---|---|---|"]
    return [*lines, *map(Profile.sentence, held), ""]


def _growth(figures: Sequence[Figure], plots: Mapping[str, str]) -> list[str]:
    curves: dict[str, list[Figure]] = {}
    for figure in figures:
        if figure.kind is Kind.POINT:
            curves.setdefault(figure.label, []).append(figure)
    if not curves:
        return []
    lines = ["## Growth", "", *_picture("Growth with size, both axes logarithmic", plots.get("growth"))]
    lines += ["| what | by size |", "|---|---|"]
    for label, points in curves.items():
        told = "; ".join(f"{point.size:,.0f}: {point.value:g} {point.unit}" for point in points)
        lines.append(f"| {label} | {told} |")
    return [*lines, ""]


def _runs(measured: Measured, missing: Mapping[str, str]) -> list[str]:
    lines = ["## Runs", "", "| program | words | by the clock, processor | outcome |", "|---|---|---|---|"]
    for program, run in measured:
        words = f"`{' '.join(run.words)}`" if run.words else ""
        outcome = (
            "stopped at its bound" if run.code is None else "as it should" if run.code == 0 else f"exit code {run.code}"
        )
        lines.append(
            f"| `benchmarks/{program.name}.py` | {words} | {run.wall_s:,.0f} s, {run.processor_s:,.0f} s | {outcome} |"
        )
    lines += [f"| `benchmarks/{name}.py` | | | not run: {reason} |" for name, reason in missing.items()]
    lines += [
        "",
        "Exit code 1 means that a bound of the program was not met; on a machine with other work that says little.",
        "",
    ]
    for program, run in measured:
        lines += [
            f"### {program.name}",
            "",
            "```",
            *(line.rstrip() for line in run.output.strip().splitlines()[-40:]),
            "```",
            "",
        ]
    return lines


def _picture(words: str, path: str | None) -> list[str]:
    return [f"![{words}]({path})", ""] if path else []
