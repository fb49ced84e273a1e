"""What permits a cell to run: authorizations in force after one sealed, fresh block, each with the proof of that.

The proof of an authorization is its whole history up to that block (``contracts.evidence.records.occurrence``), so that
whoever reads it later sees that nothing ended it before. What it does NOT say: that the cell did what it was permitted;
the nodes of those who own the data decide that for every job anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from contracts.addresses import AUTHORIZATIONS
from contracts.authorizations.record import Operations
from contracts.authorizations.rules import obstacle
from contracts.authorizations.terms import identifier
from contracts.evidence.collect import Events, collect_occurrence, find_events
from contracts.parties.client import party_id
from ledger.errors import InvalidRecord, NotAuthorized
from ledger.proofs.headers import Header
from ledger.proofs.view import ProvenView
from mpc.node.registry import ProvenFacts

MAX_CODES = 64


@dataclass(frozen=True, slots=True)
class Wish:
    """On what a cell wants to rest: authorizations by code, for one purpose and these operations."""

    codes: tuple[str, ...]
    purpose: str
    operations: Operations

    def __post_init__(self) -> None:
        if not 0 < len(self.codes) <= MAX_CODES or len(set(self.codes)) < len(self.codes):
            raise InvalidRecord(f"authorized: name 1 to {MAX_CODES} authorizations, each once")
        if not self.purpose or not self.operations:
            raise InvalidRecord("authorized: name the purpose (--purpose) and one operation at least")


class CellRefused(NotAuthorized):
    """A cell may not run; a notebook shows the one line instead of a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


@dataclass(frozen=True, slots=True)
class Permit:
    """One authorization in force. proof: what ``shuxin verify`` reads."""

    code: str
    id: bytes
    proof: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Permits:
    """All that a cell named, in force after one block."""

    head: Header
    permits: tuple[Permit, ...]


def require(wish: Wish, party: str, view: ProvenView, chain: Events) -> Permits:
    """Prove that a party may do what it wishes now.

    Raises:
        CellRefused: an authorization is not in force, or not for this; the message has code and reason.
        VerificationError, BackendError: the chain cannot be asked, or is not believed.
    """
    head = view.head()
    facts = ProvenFacts(view, head)
    for code in wish.codes:
        _require(code, wish, party, facts)
    ids = {code: identifier(code) for code in wish.codes}
    events = find_events(chain, {(AUTHORIZATIONS, id) for id in ids.values()}, head)
    proofs = (
        Permit(code, id, collect_occurrence(view, AUTHORIZATIONS, id, events[AUTHORIZATIONS, id], head).encode())
        for code, id in ids.items()
    )
    return Permits(head, tuple(proofs))


def require_still(wish: Wish, party: str, view: ProvenView) -> None:
    """Prove, once a cell has run, that nothing ended what permitted it; that its own jobs used it up ends nothing.

    Raises: as ``require``.
    """
    facts = ProvenFacts(view, view.head())
    for code in wish.codes:
        _require(code, wish, party, facts, has_run=True)


def _require(code: str, wish: Wish, party: str, facts: ProvenFacts, *, has_run: bool = False) -> None:
    said = "its output is kept back 输出不予显示" if has_run else "nothing of it ran"
    record = facts.authorization(identifier(code))
    offered = facts.asset(record.asset).offered
    purpose, operations = identifier(wish.purpose), int(wish.operations)
    ground = obstacle(record, offered, facts.time, purpose, operations, counted=not has_run)
    if ground is not None:
        raise CellRefused(f"{said}: {code}: {ground.text} ({ground.en})")
    if record.grantee != party_id(party):
        raise CellRefused(f"{said}: {code}: granted to another party than {party}")
