"""What one owner brings to a protocol, as values and in the JSON that commitments, records and opened audits hold.

Inputs are secret: no message or log ever shows one. Computing them from a table is ``mpc.computation``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.protocols.join.noise import Noise
from mpc.protocols.join.table import HolderTable, KeyTotals
from mpc.spec import JobSpec, JoinSpec, SumsSpec

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


Input: TypeAlias = CellValues | HolderRows | ListedKeys


def read(spec: JobSpec, party: str, value: JsonValue) -> Input:
    """Read what ``json`` wrote for a party's role.

    Raises:
        InvalidRecord: not the input of this role; whether it fits the job's bounds is the protocol's business.
    """
    match spec:
        case SumsSpec():
            return CellValues({name: _integer(total) for name, total in _object(value).items()})
        case JoinSpec() if party == spec.holder.party:
            table, noise = _with_noise(spec, value, "table")
            found = {group: _object(keys) for group, keys in _object(table).items()}
            totals = {group: {k: _totals(t) for k, t in keys.items()} for group, keys in found.items()}
            return HolderRows(totals, noise)
        case JoinSpec():
            listed, noise = _with_noise(spec, value, "keys")
            if isinstance(listed, list) and all(isinstance(key, str) for key in listed):
                return ListedKeys(tuple(key for key in listed if isinstance(key, str)), noise)
    raise InvalidRecord("input: expected a list of keys")


def _with_noise(spec: JoinSpec, value: JsonValue, name: str) -> tuple[JsonValue, Noise | None]:
    """Take the noise of a private join from beside what it is for."""
    if spec.privacy is None:
        return value, None
    parts = _object(value)
    if set(parts) != {name, "noise"}:
        raise InvalidRecord(f"input: expected {name} and noise")
    return parts[name], {group: _integers(drawn) for group, drawn in _object(parts["noise"]).items()}


def _object(value: JsonValue) -> Mapping[str, JsonValue]:
    if not isinstance(value, dict):
        raise InvalidRecord("input: expected an object")
    return value


def _totals(value: JsonValue) -> KeyTotals:
    rows, *sums = _integers(value)
    return KeyTotals(rows, tuple(sums))


def _integers(value: JsonValue) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        raise InvalidRecord("input: expected a list of numbers")
    return tuple(map(_integer, value))


def _integer(value: JsonValue) -> int:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise InvalidRecord("input: expected integers written as decimal strings")
    return int(value)


def _group(keys: Mapping[str, KeyTotals]) -> JsonValue:
    return {key: [str(totals.rows), *(str(total) for total in totals.sums)] for key, totals in keys.items()}


def _noise(noise: Noise) -> JsonValue:
    return {group: [str(number) for number in drawn] for group, drawn in noise.items()}
