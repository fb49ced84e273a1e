"""A training run tried out in one process, without nodes, chain, SuperLink, ports or ray.

    from federated.simulation import simulate

    found = simulate(spec, {"bank-a": frame_a, "bank-b": frame_b, "bank-c": frame_c})
    found.document["weights"], found.digest.hex()

The same apps carry the same waves, and departments compute what they compute as nodes, in the same words of fixed
point; masks, which cancel in a sum, are left out. So the model is the one that a run of the same specification, rows
and seed releases, bit for bit. A table is anything whose columns are read by name: a dict of lists, a pandas frame.

It does NOT protect anything, nor judge whether a department would answer: the guard, the disclosure audit and the
budget are the nodes'. Whoever calls it sees all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from federated.aggregation.vector import Layout
from federated.courier.message import ROUND, Message, Wave, parse_message
from federated.flower.local import run_locally
from federated.horizontal.family import Floats
from federated.horizontal.site import Site
from federated.runs import linear
from federated.runs.linear import Fit
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotAuthorized
from mpc.spec.training import Bounded, TrainingSpec

_ATTEMPT = 1


class Rows(Protocol):
    """A department's table."""

    def __getitem__(self, column: str, /) -> Iterable[int]: ...


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a run would release. digests: of the model after each wave, as a run's leaves have them."""

    document: Mapping[str, JsonValue]
    digests: tuple[bytes, ...]

    @property
    def digest(self) -> bytes:
        """Of the model that came out."""
        return self.digests[-1]


def simulate(spec: TrainingSpec, tables: Mapping[str, Rows]) -> Simulated:
    """Train a model on the tables of the specification's departments.

    Args:
        tables: by party code, with the specification's columns; whole numbers within its bounds.

    Raises:
        InvalidRecord: a table is missing, or does not fit the specification; training diverged.
        NotAuthorized: a table has fewer rows than the specification asks for.
    """
    if spec.privacy is not None or spec.quality is not None:
        raise InvalidRecord("simulate: a run with noise draws its own, and no simulation says what it would release")
    parties = [source.party for source in spec.sources]
    if set(tables) != set(parties):
        raise InvalidRecord(f"simulate: tables of {', '.join(parties)} expected, got {', '.join(tables) or 'none'}")
    departments = {party: _Department(spec, party, _rows(spec, party, tables[party])) for party in parties}
    office = _Office(spec, parties)
    nodes = {party: department.answer for party, department in departments.items()}
    run_locally(canonical.digest(spec.json()), office, nodes)
    document = linear.document(spec, office.fit)
    assert isinstance(document, dict)
    return Simulated(document, tuple(office.digests))


class _Department:
    """A department's part in each wave, as ``federated.runs.department`` has it."""

    def __init__(self, spec: TrainingSpec, party: str, rows: Floats) -> None:
        self._spec, self._party, self._layout = spec, party, _layout(spec)
        self._site: Site = linear.site(spec, rows)

    def answer(self, data: bytes) -> bytes:
        asked = parse_message(data)
        found = linear.vector(self._spec, self._site, linear.decode(self._spec, asked.body), asked.number)
        return self._layout.words(found).astype("<u8").tobytes()


@dataclass
class _Office:
    """The coordinator's part: sums in, models out."""

    spec: TrainingSpec
    parties: list[str]
    digests: list[bytes] = field(default_factory=list)
    fit: Fit = field(init=False)

    def __post_init__(self) -> None:
        self.fit = linear.begin(self.spec)

    def begin(self, run: bytes) -> Wave:
        return self._wave(run, 1)

    def collect(self, wave: Wave, bodies: Mapping[str, bytes], missing: Mapping[str, str]) -> Wave:
        if missing:
            raise InvalidRecord("simulate: " + "; ".join(f"{party}: {why}" for party, why in missing.items()))
        words = [np.frombuffer(body, dtype="<u8").astype(np.uint64) for _, body in sorted(bodies.items())]
        total = _layout(self.spec).floats(np.sum(words, axis=0, dtype=np.uint64))
        self.fit = linear.advance(self.spec, self.fit, total, wave.number)
        self.digests.append(linear.digest(self.fit.encode()))
        return self._wave(wave.run, wave.number + 1)

    def _wave(self, run: bytes, number: int) -> Wave:
        if number > self.spec.waves:
            return Wave(run, _ATTEMPT, number, 0, {}, "the model is complete")
        body = Message(run, _ATTEMPT, number, ROUND, self.fit.encode()).encode()
        return Wave(run, _ATTEMPT, number, self.spec.round_s, dict.fromkeys(self.parties, body))


def _layout(spec: TrainingSpec) -> Layout:
    return linear.layout(spec, len(spec.sources))


def _rows(spec: TrainingSpec, party: str, table: Rows) -> Floats:
    columns = [_column(party, column, table) for column in spec.columns]
    if len({len(column) for column in columns}) != 1:
        raise InvalidRecord(f"{party}: columns of different lengths")
    if len(columns[0]) > spec.rows:
        raise InvalidRecord(f"{party}: {len(columns[0])} rows, at most {spec.rows} were declared")
    if len(columns[0]) < spec.least_rows:
        raise NotAuthorized(f"{party}: {len(columns[0])} rows, at least {spec.least_rows} are asked for")
    return np.stack(columns, axis=1)


def _column(party: str, column: Bounded, table: Rows) -> Floats:
    try:
        found = np.array(list(table[column.column]), dtype=np.float64)
    except KeyError as fault:
        raise InvalidRecord(f"{party}: no column {column.column}") from fault
    except (TypeError, ValueError) as fault:
        raise InvalidRecord(f"{party}: {column.column} holds something that is no number") from fault
    wrong = ~((found >= column.least) & (found <= column.most) & (found == np.rint(found)))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InvalidRecord(
            f"{party}: row {at + 1} of {column.column} is {found[at]:g}; a whole number in "
            f"{column.least}..{column.most} expected"
        )
    return found
