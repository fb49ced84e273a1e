"""Change every byte of evidence vectors, one after the other, and ask both verifiers; by hand, minutes a file:

    PYTHONPATH=.:tests/support python tests/support/every_byte.py voucher.json receipt.json

Prints of each file how many changes either verifier took; exit code 1 if there is one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from secondverifier import failures, ours

FOLDER = Path(__file__).resolve().parent.parent / "vectors" / "evidence" / "v1"
BATCH = 400


def taken(name: str) -> tuple[int, int, int]:
    """Return how many changes there were, and how many the second verifier and ours took."""
    case = next(c for c in json.loads((FOLDER / "verdicts.json").read_bytes()) if c["file"] == name and not c["failed"])
    encoded = (FOLDER / name).read_bytes()
    others = [(FOLDER / case[part]).read_bytes() for part in ("trust", "record") if case[part]]
    tries = [[_flipped(encoded, place), *others] for place in range(len(encoded))]
    found = [0, 0]
    for start in range(0, len(tries), BATCH):
        batch = tries[start : start + BATCH]
        for place, said in enumerate((failures(batch), ours(batch))):
            found[place] += said.count(None)
    return len(tries), found[0], found[1]


def _flipped(encoded: bytes, place: int) -> bytes:
    """Change the lowest bit, which leaves most letters letters and digits digits."""
    changed = bytearray(encoded)
    changed[place] ^= 1
    return bytes(changed)


def main(names: Sequence[str]) -> int:
    """Run all files."""
    worst = 0
    for name in names:
        count, second, own = taken(name)
        print(f"{name}: {count} changes, {second} taken by the second verifier, {own} by ours", flush=True)
        worst = max(worst, second, own)
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
