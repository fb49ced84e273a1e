"""The owners' inputs: one line per key with its row count and sums, and a list of keys; checked before anything leaves.

A key stands in one group only: in two it would be blinded to the same element twice, and the lister would
see that. Keys are already normalised text; this module does NOT normalise, so both owners must use the
declared rule.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ledger.errors import InvalidRecord
from mpc.protocols.join.terms import JoinTerms

MAX_KEY_BYTES = 256


@dataclass(frozen=True, slots=True)
class KeyTotals:
    """What the holder's rows of one key add up to, columns in the order of the terms."""

    rows: int
    sums: tuple[int, ...]


HolderTable = Mapping[str, Mapping[str, KeyTotals]]
"""Group -> key -> totals, after the holder's own filter."""


ListedKeys: TypeAlias = Collection[str] | Mapping[str, str]
"""The lister's keys, after its own filter; where they are grouped, each with its one group."""


def check_table(terms: JoinTerms, table: HolderTable) -> None:
    """Refuse a table outside the declared groups and bounds.

    Raises: InvalidRecord, without any value of the table.
    """
    if set(table) - set(terms.groups):
        raise InvalidRecord("join table: a group is not in the declared list")
    count = sum(len(keys) for keys in table.values())
    if count > terms.holder_keys:
        raise InvalidRecord(f"join table: {count} keys, at most {terms.holder_keys} declared")
    if len({key for keys in table.values() for key in keys}) != count:
        raise InvalidRecord("join table: a key stands in more than one group")
    for group, keys in table.items():
        if sum(totals.rows for totals in keys.values()) > terms.rows:
            raise InvalidRecord(f"join table: group {group!r} has more than the declared {terms.rows} rows")
        for key, totals in keys.items():
            _check_key(key)
            _check_totals(terms, totals)


def check_list(terms: JoinTerms, keys: ListedKeys) -> None:
    """Refuse a list that repeats a key, exceeds the declared size or lacks its groups. Raises: InvalidRecord."""
    if isinstance(keys, Mapping) != bool(terms.lister_groups):
        raise InvalidRecord("join list: keys have groups where the list is declared to have them, and nowhere else")
    if isinstance(keys, Mapping) and set(keys.values()) - set(terms.lister_groups):
        raise InvalidRecord("join list: a group is not in the declared list")
    if len(keys) > terms.lister_keys:
        raise InvalidRecord(f"join list: {len(keys)} keys, at most {terms.lister_keys} declared")
    if len(set(keys)) != len(keys):
        raise InvalidRecord("join list: a key stands in it twice")
    for key in keys:
        _check_key(key)


def slot_values(terms: JoinTerms, totals: KeyTotals) -> tuple[int, ...]:
    """Lay one key's totals out for the slots: one key, its rows, each sum above rows * least."""
    sums = (s - totals.rows * c.least for s, c in zip(totals.sums, terms.columns, strict=True))
    return (1, totals.rows, *sums)


def _check_key(key: str) -> None:
    try:
        size = len(key.encode())
    except UnicodeEncodeError as exc:
        raise InvalidRecord("join key: not writable as UTF-8") from exc
    if not 0 < size <= MAX_KEY_BYTES:
        raise InvalidRecord(f"join key: 1..{MAX_KEY_BYTES} bytes of UTF-8 expected, got {size}")


def _check_totals(terms: JoinTerms, totals: KeyTotals) -> None:
    if totals.rows < 1 or len(totals.sums) != len(terms.columns):
        raise InvalidRecord("join table: a key needs at least one row and one sum a column")
    for total, column in zip(totals.sums, terms.columns, strict=True):
        if not totals.rows * column.least <= total <= totals.rows * column.most:
            raise InvalidRecord(f"join table: a sum of {column.name!r} exceeds rows times the declared bounds")
