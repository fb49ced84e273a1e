"""Which persons a run is measured on and not fitted to: a share, chosen by a digest of who they are.

The digest is keyed by the owners' data period, so a person is on the same side in every run of the period, in each
of its rows and at every department that names it alike; and whoever is held out of a share is held out of a larger
one. The key is no secret: which side somebody is on says nothing of its rows, and nobody who asks for a run chooses it.

It is asked where noise is added by person. Exact runs hold nobody out (``REFUSED``).
"""

from __future__ import annotations

from ledger.hashing import tagged

THOUSAND = 1000
LEAST, MOST = 50, 500
REFUSED = (
    "spec: an exact run holds no rows out: those between two shares would be a few that the disclosure audit does not "
    'see, and two runs would leave their sums; a run with noise has "held_out" in its evaluation'
)


def is_held_out(person: str, period: str, thousandths: int) -> bool:
    """Tell on which side a person is."""
    found = tagged("SHUXIN-HELD-OUT-V1", period.encode(), person.encode())
    return int.from_bytes(found[:8], "big") % THOUSAND < thousandths
