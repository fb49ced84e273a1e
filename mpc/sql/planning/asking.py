"""Who asks, and how an owner's table is named in a job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mpc.additive import schemes
from mpc.spec.parts import Source
from mpc.sql.planning.jobs import Jobs
from mpc.sql.tables import OwnedTable


@dataclass(frozen=True, slots=True)
class Telling:
    """Leave to tell owners which of their keys all hold. told: the owners that are told; none named: every owner."""

    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, for which purpose, under which release rules.

    authorization: the id of the authorization to use an asset. minimum, contributors: those of the owners' nodes.
    epsilon_milli, delta_log2: the noise on what the lister of a join sees. additive: the encryption of a join.
    jobs: how a matrix of moments is asked; None where declarations decide.
    telling: leave to align rows (``mpc.sql.reading.alignments``); None for all other questions. is_matched: whether
    owners' engines are asked to match rows, which tells nobody a key.
    """

    purpose: str
    recipient: str
    authorization: Callable[[str], bytes]
    minimum: int
    contributors: int
    epsilon_milli: int
    delta_log2: int
    additive: str = schemes.DEFAULT
    jobs: Jobs | None = None
    telling: Telling | None = None
    is_matched: bool = False


def source(table: OwnedTable, asking: Asking) -> Source:
    """Name an owner's table under the authorization to ask about it."""
    return Source(table.party, table.asset, asking.authorization(table.asset))
