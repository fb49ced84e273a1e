"""``scripts/bench``: run what can be run, then write the page, its pictures and the same as JSON, all of what is known.

What ended before, in this place or in the report that is there, of the same size and machine, is not run again.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from measuring import earlier, page, plots, running
from measuring.programs import Program, programs
from measuring.running import ROOT, Run

BENCHMARKS = ROOT / "benchmarks"
REPORT = "benchmarks.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 0 if every program that could run ended."""
    given = _arguments().parse_args(arguments)
    if given.list:
        for program in programs(BENCHMARKS):
            print(f"{program.name:22} {running.lacking(program)}".rstrip())
        return 0
    size = "quick" if given.quick else "full"
    folder, measured, missing = given.out / size, list[tuple[Program, Run]](), dict[str, str]()
    earlier.take_over(given.docs / REPORT, folder, size, running.machine())
    end = time.monotonic() + 60 * given.within
    for program in programs(BENCHMARKS):
        words = program.quick if given.quick else program.full
        is_asked = not given.only or program.name in given.only
        done = None if words is None or (given.again and is_asked) else running.kept(folder, program.name, words)
        reason = "no small size" if words is None else running.lacking(program)
        if not is_asked:
            is_there = (folder / f"{program.name}.json").is_file()
            reason = reason or ("stopped at its bound" if is_there else "not asked for")
        elif time.monotonic() >= end:
            reason = reason or "no time was left"
        if done is None and not reason and words is not None:
            print(f"{program.name} {' '.join(words)} ...", flush=True)
            limit = min(given.limit, end - time.monotonic())
            done = running.run(BENCHMARKS / f"{program.name}.py", words, limit)
            running.keep(folder, done)
            print(f"  {done.wall_s} s, {'stopped' if done.code is None else f'exit code {done.code}'}", flush=True)
        if done is None:
            missing[program.name] = reason
        else:
            measured.append((program, done))
    _report(measured, missing, size, given.docs)
    return 0 if all(run.ended for _, run in measured) else 1


def _report(measured: page.Measured, missing: dict[str, str], size: str, docs: Path) -> None:
    """Write what is measured, now or before, for people and for programs; ``scripts/bench`` goes on from the latter."""
    figures = [figure for program, run in measured for figure in program.figures(run.output)]
    machine = running.machine()
    document = {
        "machine": machine, "size": size, "missing": missing,
        "figures": [{**asdict(figure), "kind": figure.kind.value} for figure in figures],
        "runs": [asdict(run) for _, run in measured],
    }  # fmt: skip
    docs.mkdir(parents=True, exist_ok=True)
    (docs / REPORT).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    pictures = plots.draw(figures, docs / "images")
    (docs / "benchmarks.md").write_text(page.page(measured, missing, machine, size, pictures), encoding="utf-8")
    print(f"{docs / REPORT}\n{docs / 'benchmarks.md'}")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Run the benchmarks and report them.")
    parser.add_argument(
        "--only", action="append", choices=[program.name for program in programs(BENCHMARKS)], metavar="NAME"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, some minutes")
    parser.add_argument("--again", action="store_true", help="run anew what ended before; with --only, of those named")
    parser.add_argument(
        "--within", type=float, default=math.inf, metavar="MINUTES", help="begin nothing, and go on with nothing, after"
    )
    parser.add_argument("--limit", type=float, default=7200, help="seconds that one program may take; default 7200")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "out" / "bench", help="where runs are kept; default out/bench"
    )
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="for page, pictures and JSON; default docs")
    parser.add_argument("--list", action="store_true", help="name the programs, and what each lacks here")
    return parser


if __name__ == "__main__":
    sys.exit(main())
