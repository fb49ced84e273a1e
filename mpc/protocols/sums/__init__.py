"""Masked sums over horizontally divided data, with owner-held opening pads and a private release gate.

Every owner uploads its cells under a pad of its own and pairwise masks; the owners test on encrypted shares
which cells reach the minimum count and the minimum number of contributors; only then, and only for cells on
which all disclosure audits agree, do pads leave. The recipient adds. Nobody, the recipient included, ever
holds a withheld cell.
"""

from mpc.protocols.sums.descriptor import DESCRIPTOR
from mpc.protocols.sums.office import Contribution, Released, run_recipient
from mpc.protocols.sums.owner import Decide, OwnerOutcome, run_owner
from mpc.protocols.sums.schema import Cell, Kind, Schema

__all__ = [
    "DESCRIPTOR",
    "Cell",
    "Contribution",
    "Decide",
    "Kind",
    "OwnerOutcome",
    "Released",
    "Schema",
    "run_owner",
    "run_recipient",
]
