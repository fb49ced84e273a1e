"""What every kind answers alike that adds up owners' own rows, and matches none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ledger.errors import InvalidRecord, NotFound
from mpc.disclosure.region import ROW
from mpc.spec.parts import Source


class Addressed(Protocol):
    """A specification, as far as its parties go."""

    @property
    def parties(self) -> Sequence[str]: ...
    @property
    def recipient(self) -> str: ...


class Stacked(Protocol):
    """Answers of a kind that adds up owners' own rows; see ``mpc.kinds.kind.Kind``."""

    __slots__ = ()
    spec: Addressed

    def role(self, party: str) -> str:
        if party not in self.spec.parties:
            raise NotFound(f"{party} takes no part in this job")
        return "recipient" if party == self.spec.recipient else "owner"

    def row_prefix(self, asset: str) -> str:
        return ROW

    def partners(self, party: str) -> tuple[Source, ...]:
        return ()

    def most_announced(self, party: str, published: int) -> int:
        raise ValueError("no owner announces a size where rows are not matched")


def require_rows(count: int, declared: int) -> None:
    """Refuse more rows than a specification declares; raises InvalidRecord."""
    if count > declared:
        raise InvalidRecord(f"{count} rows, at most {declared} were declared")
