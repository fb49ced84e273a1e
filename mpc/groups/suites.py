"""Groups by the names that specifications and terms use."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.errors import InvalidRecord
from mpc.groups.group import Group
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.groups.sm2 import SM2

DEFAULT = RISTRETTO255
GROUPS: Mapping[str, Group] = {group.name: group for group in (RISTRETTO255, SM2)}


def named(name: str) -> Group:
    """Find a group. Raises: InvalidRecord."""
    if name not in GROUPS:
        raise InvalidRecord(f"prime group: one of {', '.join(GROUPS)} expected, got {name[:40]!r}")
    return GROUPS[name]
