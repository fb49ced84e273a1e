"""Ten thousand random questions on real sales of New York, and an adversary that solves for what they leave open.

    python benchmarks/fuzz_gate.py [--towns 10] [--questions 1000] [--processes 2] [--rows N] [--unaudited]

Each town is a history of its own: five registrars, a holder and a lister with real journals, three recipients of whom
one is declared apart, tables that change eight times. Prints how many questions were answered and which rule refused
the others, how many numbers are protected (hidden cells, pieces of opened cells, sums, changes between versions), and
how many of them the adversary knows more closely than the rule; exit code 1 if there is one. With
``--unaudited`` every cell that passed its gate is opened, and the adversary must succeed (exit code 0 if it does).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from fuzzing import Fuzzer, Market
from overheard import MINIMUM, Findings, attack


def main() -> int:
    """Run all towns and print the summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--towns", type=int, default=10)
    parser.add_argument("--questions", type=int, default=1000, help="in each town")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rows", type=int, default=None, help="a sample of the sales (default: all)")
    parser.add_argument("--unaudited", action="store_true")
    options = parser.parse_args()
    verdicts, faults, protected = Counter[str](), list[str](), 0
    with ProcessPoolExecutor(options.processes) as pool:
        towns = [
            pool.submit(_town, seed, options.questions, options.rows, not options.unaudited)
            for seed in range(options.towns)
        ]
        for number, town in enumerate(towns):
            said, found, seconds = town.result()
            verdicts += said
            faults += found.faults
            protected += found.protected
            print(
                f"town {number}: {sum(said.values())} questions in {seconds:.0f} s, {found.protected} protected "
                f"numbers, {len(found.faults)} known too closely",
                flush=True,
            )
    print(f"asked {sum(verdicts.values())}")
    for verdict, times in verdicts.most_common():
        print(f"  {times:6d} {verdict}")
    print(f"protected numbers: {protected}; known more closely than the rule of {MINIMUM - 1} rows: {len(faults)}")
    for fault in faults[:20]:
        print(f"  too narrow: {fault}")
    return int(not faults) if options.unaudited else int(bool(faults))


def _town(seed: int, questions: int, rows: int | None, audited: bool) -> tuple[Counter[str], Findings, float]:
    start, chance = time.perf_counter(), random.Random(seed)
    with tempfile.TemporaryDirectory() as directory:
        fuzzer = Fuzzer(Market(chance, rows), Path(directory), chance, audited)
        fuzzer.run(questions)
    return fuzzer.verdicts, attack(fuzzer.released), time.perf_counter() - start


if __name__ == "__main__":
    raise SystemExit(main())
