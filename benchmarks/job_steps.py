"""Where the time of a joint statistic goes: protocol, block waits, reading, per party.

Run after ``scripts/demo --no-serve --dir OUT``:

    python benchmarks/job_steps.py OUT

Prints, for each job of the demo, the slowest party's protocol time without the block wait of the opening, the number of
block waits and their total, and the ratio of the whole job to the same computation on pooled data (the peer: one
process that holds every table). Exit code 1 if the horizontal protocol takes 1 s or more, or a job waits for more than
six blocks.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from new_york import cast, pooled

BLOCK_WAITS = ("accepted by all", "budget reserved", "inputs committed by all", "opening on chain", "released by all")
MOST_PROTOCOL_S = 1.0
MOST_WAITS = 6


def main() -> int:
    """Read the demo's progress files and print the table."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    timings = json.loads((out / "results.json").read_text(encoding="utf-8"))["timings"]
    peers: dict[str, Callable[[], object]] = {
        "horizontal": lambda: pooled.market(cast.SALES, cast.MARKET_PRICE, cast.EDGES),
        "join": lambda: pooled.rent(cast.SALES, cast.LISTED, cast.MARKET_PRICE),
    }
    faults = 0
    for name, peer in peers.items():
        steps = _steps(out, name)
        # Owners open together: each waits, inside the protocol, for the block of the slowest one's announcement.
        opening = max(
            found.get("opening on chain", 0.0) + found.get("opening announced", 0.0) for found in steps.values()
        )
        protocol = max(found["protocol"] for found in steps.values() if "opening on chain" in found) - opening
        waits = 1 + max(sum(1 for step in found if step in BLOCK_WAITS) for found in steps.values())
        start = time.perf_counter()
        peer()
        pooled_s = time.perf_counter() - start
        print(
            f"{name}: protocol {protocol:.2f} s beside {waits} block waits (the proposal included); "
            f"whole job {timings[name]} s, pooled computation {pooled_s:.2f} s, ratio {timings[name] / pooled_s:.1f}"
        )
        for party, found in sorted(steps.items()):
            print(f"  {party}: " + ", ".join(f"{step} {seconds:.2f}" for step, seconds in found.items()))
        faults += waits > MOST_WAITS or (name == "horizontal" and protocol >= MOST_PROTOCOL_S)
    return 1 if faults else 0


def _steps(out: Path, name: str) -> dict[str, dict[str, float]]:
    job = _job(out, name)
    found: dict[str, dict[str, float]] = {}
    for path in (out / "parties").glob(f"*/state/jobs/{job}/progress.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            if "seconds" in entry:
                found.setdefault(entry["party"], {})[entry["step"]] = entry["seconds"]
    return found


def _job(out: Path, name: str) -> str:
    """Find the job whose evidence is the one kept under this name."""
    wanted = (out / "evidence" / f"{name}.json").read_bytes()
    for path in (out / "parties" / cast.OFFICE / "state" / "jobs").glob("*/evidence.json"):
        if path.read_bytes() == wanted:
            return path.parent.name
    raise SystemExit(f"{out}: no job with the evidence of {name!r}")


if __name__ == "__main__":
    sys.exit(main())
