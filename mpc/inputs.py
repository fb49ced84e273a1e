"""What one owner brings to a protocol, as values and in the JSON that commitments, records and opened audits hold.

Inputs are secret: no message or log ever shows one. Computing them from a table, and reading them back for a party's
role, is a kind's business (``mpc.kinds``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.protocols.join.noise import Noise
from mpc.protocols.join.table import HolderTable, KeyTotals

_DECIMAL = re.compile(r"0|-?[1-9][0-9]{0,38}")


@dataclass(frozen=True, slots=True)
class CellValues:
    """An owner's totals per cell, for masked sums."""

    values: Mapping[str, int] = field(repr=False)

    def json(self) -> JsonValue:
        return {name: str(value) for name, value in self.values.items()}


@dataclass(frozen=True, slots=True)
class HolderRows:
    """The holder's totals per group and key, for a join; in a private one truncated, and with the holder's noise."""

    table: HolderTable = field(repr=False)
    noise: Noise | None = field(default=None, repr=False)

    def json(self) -> JsonValue:
        table: JsonValue = {group: _group(keys) for group, keys in self.table.items()}
        return table if self.noise is None else {"table": table, "noise": _noise(self.noise)}


@dataclass(frozen=True, slots=True)
class ListedKeys:
    """The lister's distinct keys, for a join; in a private one with the lister's noise."""

    keys: tuple[str, ...] = field(repr=False)
    noise: Noise | None = field(default=None, repr=False)

    def json(self) -> JsonValue:
        keys: JsonValue = list(self.keys)
        return keys if self.noise is None else {"keys": keys, "noise": _noise(self.noise)}


@dataclass(frozen=True, slots=True)
class Column:
    """The values of an owner's chosen rows, for percentiles."""

    values: tuple[int, ...] = field(repr=False)

    def json(self) -> JsonValue:
        return [str(value) for value in self.values]


@dataclass(frozen=True, slots=True)
class GroupedKeys:
    """The lister's distinct keys, each with the one group of its own that it is in."""

    groups: Mapping[str, str] = field(repr=False)

    def json(self) -> JsonValue:
        found: dict[str, JsonValue] = {}
        for group in sorted(set(self.groups.values())):
            found[group] = [key for key in self.groups if self.groups[key] == group]
        return found


@dataclass(frozen=True, slots=True)
class AlignedRows:
    """An owner's values by key, one row a key, for moments over aligned rows; no values for a count."""

    rows: Mapping[str, tuple[int, ...]] = field(repr=False)

    def json(self) -> JsonValue:
        return {key: [str(value) for value in values] for key, values in self.rows.items()}


@dataclass(frozen=True, slots=True)
class WeighedSums:
    """An owner's sums by figure with its own noise in them, for CKKS sums.

    cover: the key holder's further noise on each, for the encryption's error; none at the others.
    """

    sums: Mapping[str, int] = field(repr=False)
    cover: tuple[int, ...] = field(repr=False)

    def json(self) -> JsonValue:
        sums: JsonValue = {name: str(total) for name, total in self.sums.items()}
        return {"sums": sums, "cover": [str(drawn) for drawn in self.cover]}


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """An owner's values for a training run, column by column in the order of the specification, the label last."""

    columns: tuple[tuple[int, ...], ...] = field(repr=False)

    def json(self) -> JsonValue:
        return {"columns": [[str(value) for value in column] for column in self.columns]}


@dataclass(frozen=True, slots=True)
class MeasuredRows:
    """An owner's values for an exact run that is measured: as ``TrainingRows``, without the persons that are held out.

    held: the values of these, truncated by person; noise: this owner's share for the counts of their rows.
    """

    columns: tuple[tuple[int, ...], ...] = field(repr=False)
    held: tuple[tuple[int, ...], ...] = field(repr=False)
    noise: tuple[int, ...] = field(repr=False)

    def json(self) -> JsonValue:
        return {
            "columns": [[str(value) for value in column] for column in self.columns],
            "held": [[str(value) for value in column] for column in self.held],
            "noise": [str(drawn) for drawn in self.noise],
        }


@dataclass(frozen=True, slots=True)
class PrivateRows:
    """An owner's values for a run with noise: as ``TrainingRows``, truncated, with each row's person and all noise.

    persons: numbers from 0 on, one a row. noise: this owner's share for every wave. held: the numbers of the persons
    that the run is measured on and not fitted to, where it has such.
    """

    columns: tuple[tuple[int, ...], ...] = field(repr=False)
    persons: tuple[int, ...] = field(repr=False)
    noise: tuple[tuple[int, ...], ...] = field(repr=False)
    held: tuple[int, ...] = field(default=(), repr=False)

    def json(self) -> JsonValue:
        return {
            "columns": [[str(value) for value in column] for column in self.columns],
            "persons": [str(person) for person in self.persons],
            "noise": [[str(drawn) for drawn in wave] for wave in self.noise],
            **({"held": [str(person) for person in self.held]} if self.held else {}),
        }


class Input(Protocol):
    """What an owner of some kind of job brings."""

    def json(self) -> JsonValue: ...


def with_noise(is_private: bool, value: JsonValue, name: str) -> tuple[JsonValue, Noise | None]:
    """Take the noise of a private join from beside what it is for."""
    if not is_private:
        return value, None
    parts = object_of(value)
    if set(parts) != {name, "noise"}:
        raise InvalidRecord(f"input: expected {name} and noise")
    return parts[name], {group: integers_of(drawn) for group, drawn in object_of(parts["noise"]).items()}


def object_of(value: JsonValue) -> Mapping[str, JsonValue]:
    """Read an object; raises InvalidRecord."""
    if not isinstance(value, dict):
        raise InvalidRecord("input: expected an object")
    return value


def totals_of(value: JsonValue) -> KeyTotals:
    """Read the totals of a key; raises InvalidRecord."""
    rows, *sums = integers_of(value)
    return KeyTotals(rows, tuple(sums))


def integers_of(value: JsonValue) -> tuple[int, ...]:
    """Read a list of at least one integer; raises InvalidRecord."""
    if not isinstance(value, list) or not value:
        raise InvalidRecord("input: expected a list of numbers")
    return tuple(map(integer_of, value))


def integer_of(value: JsonValue) -> int:
    """Read an integer written as a decimal string; raises InvalidRecord."""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise InvalidRecord("input: expected integers written as decimal strings")
    return int(value)


def _group(keys: Mapping[str, KeyTotals]) -> JsonValue:
    return {key: [str(totals.rows), *(str(total) for total in totals.sums)] for key, totals in keys.items()}


def _noise(noise: Noise) -> JsonValue:
    return {group: [str(number) for number in drawn] for group, drawn in noise.items()}
