"""How long importing a register takes: reading, and registering after it.

    PYTHONPATH=. python benchmarks/property_import.py FILE.csv.gz [PROFILE]

Prints the buckets, the seconds of reading and of registering (bound: 25 s on two cores for the 98,682 recorded sales of
the Bronx and Staten Island), the bytes that book and streams take, and the peak of memory. Exits 1 above the bound.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from gateway.property.imports import importing
from gateway.property.imports.profile import load

BOUND_S = 25.0


def main() -> int:
    """Import one file into a fresh directory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("profile", nargs="?", default="nyc")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        made = importing.run(options.file, load(options.profile), directory, "bench", datetime.now(UTC).date())
        sizes = {path.name: _size(path) for path in sorted(directory.iterdir())}
    reading, registering = made.seconds
    for bucket, count in made.report.buckets.items():
        print(f"{bucket:>18} {count:>9,}")
    print(f"{'all':>18} {made.report.rows:>9,}; {made.report.deeds:,} deeds over several parcels; "
          f"{made.report.units:,} units")  # fmt: skip
    print(f"reading {reading:.1f} s, registering {registering:.1f} s (at most {BOUND_S:.0f})")
    print(", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in sizes.items()))
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB of memory")
    return 0 if registering <= BOUND_S else 1


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
