"""Change every byte of evidence vectors, one after the other, and ask both verifiers; by hand, minutes a file:

    PYTHONPATH=.:tests/support python tests/support/every_byte.py voucher.json receipt.json
    PYTHONPATH=.:tests/support python tests/support/every_byte.py --stride 31

The second changes every 31st byte of all files that hold. Prints of each file how many changes either verifier took;
exit code 1 if there is one.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from secondverifier import BATCH, failures, ours

FOLDER = Path(__file__).resolve().parent.parent / "vectors" / "evidence" / "v1"


def holding() -> dict[str, dict[str, Any]]:
    """List the cases whose every step holds, by file."""
    return {c["file"]: c for c in json.loads((FOLDER / "verdicts.json").read_bytes()) if not c["failed"]}


def taken(name: str, stride: int) -> tuple[int, int, int]:
    """Return how many changes there were, and how many the second verifier and ours took."""
    case = holding()[name]
    encoded = (FOLDER / name).read_bytes()
    others = [(FOLDER / case[part]).read_bytes() for part in ("trust", "record") if case[part]]
    places, found = range(0, len(encoded), stride), [0, 0]
    for start in range(0, len(places), BATCH):
        batch = [[_flipped(encoded, place), *others] for place in places[start : start + BATCH]]
        for verifier, said in enumerate((failures(batch), ours(batch))):
            found[verifier] += said.count(None)
    return len(places), found[0], found[1]


def _flipped(encoded: bytes, place: int) -> bytes:
    """Change the lowest bit, which leaves most letters letters and digits digits."""
    changed = bytearray(encoded)
    changed[place] ^= 1
    return bytes(changed)


def main() -> int:
    """Run the files asked for, or all that hold."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("names", nargs="*", help="files of tests/vectors/evidence/v1; all that hold if none is named")
    asked.add_argument("--stride", type=int, default=1, help="change every so many bytes only")
    given = asked.parse_args()
    worst = 0
    for name in given.names or sorted(holding()):
        count, second, own = taken(name, given.stride)
        print(f"{name}: {count} changes, {second} taken by the second verifier, {own} by ours", flush=True)
        worst = max(worst, second, own)
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
