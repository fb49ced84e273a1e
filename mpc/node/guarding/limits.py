"""What a specification may ask of an owner's table: judged by the owner's declaration alone, before any row is read.

Everything a specification bounds must hold at least what the owner declared for the whole asset. Then an input can
only fail for a fault of the table against its own declaration, which no choice of bounds, edges, groups or filters can
bring out: whether a job aborts tells the requester nothing about single rows. What holds for one kind of job stands
with it (``mpc.kinds``).

It reads no table and knows no chain. It does NOT judge what a released figure discloses (``mpc.disclosure``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.errors import InvalidRecord
from mpc.additive import schemes
from mpc.codes import is_code
from mpc.disclosure.region import Region, Span
from mpc.kinds.bounds import PRIVACY
from mpc.kinds.kind import Fault
from mpc.kinds.registry import kind_of
from mpc.privacy.declaration import Declaration
from mpc.spec.job import JobSpec
from mpc.tables.schema import Integer, Schema


@dataclass(frozen=True, slots=True)
class NoiseLimits:
    """The weakest noise on match counts, the encryptions of joins, and the key holders, this node takes part under.

    apart: parties that this node takes not to pool what they hold; only such may be key holder and evaluator.

    Noise is fresh in every attempt, so its cost adds up: the asset's pot on chain bounds it (``mpc.privacy.budget``).
    """

    epsilon_milli: int = 100
    delta_log2: int = -40
    additive: tuple[str, ...] = schemes.NAMES
    apart: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.epsilon_milli <= 10_000 or not -128 <= self.delta_log2 <= -20:
            raise InvalidRecord("limits: epsilon 0.001..10 and delta 2^-128..2^-20 expected")
        if not self.additive or not set(self.additive) <= set(schemes.NAMES):
            raise InvalidRecord(f"limits: additive encryptions are among {', '.join(schemes.NAMES)}")
        if not all(map(is_code, self.apart)):
            raise InvalidRecord("limits: apart names parties by their codes")


def faults(
    spec: JobSpec, party: str, schema: Schema, noise: NoiseLimits, declared: Declaration | None = None
) -> Iterator[Fault]:
    """Say what is wrong with a specification beside the declarations of the party's own asset.

    An asset that is declared private is answered privately only: one exact figure would take away what noise promises.
    One that is declared exact is not answered privately.
    """
    if declared is not None and spec.privacy is None and not declared.is_exact:
        yield PRIVACY, "job: the asset is declared private; exact questions about it are not answered"
    if declared is not None and spec.privacy is not None and declared.is_exact:
        yield PRIVACY, "job: the asset is declared exact; with noise only models of exact runs are measured"
    yield from kind_of(spec).faults(party, schema, declared, noise)


def domain(spec: JobSpec, asset: str, schema: Schema) -> Region:
    """Write an owner's declared bounds as a region: where the disclosure audit may suppose rows of its asset."""
    prefix = kind_of(spec).row_prefix(asset)
    columns = [(prefix + name, column) for name, column in schema.columns.items()]
    numbers = [(name, own) for name, own in columns if isinstance(own, Integer)]
    return Region.of({name: Span(own.low, own.high + 1, own.nullable) for name, own in numbers})
