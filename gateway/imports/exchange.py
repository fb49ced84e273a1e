"""Exchange events of an external data-sharing platform, notarised under the authorization that each cites.

One event: which authorization, who gave what to whom, how many rows, the digest of what was handed over, when. It is
taken only if the chain proves, as of the newest block, that this authorization is in force, lets rows be handed over,
and is of this asset, owner and grantee. A stream then keeps its salted digest; its record stays on this disk. What it
does NOT say: that the platform told the truth about what it handed over.
Source: Regulation on Government Data Sharing, articles 25 and 27.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.authorizations.client import authorization_fact, decode_authorization
from contracts.authorizations.record import Authorization, Operations
from contracts.authorizations.rules import check_use
from contracts.authorizations.terms import identifier
from contracts.catalogue.client import asset_fact, decode_asset
from gateway.imports.book import Book, Entry, TakenIn
from gateway.imports.reading import load, member, objects, require_time
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotAuthorized
from ledger.proofs.headers import Header
from ledger.proofs.view import ProvenView

FORMAT: Final = "shuxin-exchange-event"
_DIGEST: Final = re.compile("[0-9a-f]{64}")
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,120}")
MAX_ROWS: Final = 1 << 53


@dataclass(frozen=True, slots=True)
class Handover:
    """One event as the platform states it; codes of parties and asset, ids and digests in 32 bytes."""

    event: str
    authorization: bytes
    asset: str
    owner: str
    grantee: str
    rows: int
    content: bytes
    time: str

    def record(self, block: int) -> bytes:
        """Write what the stream takes; block: as of which the authorization was proven."""
        return canonical.encode(
            {
                "format": FORMAT, "version": 1, "event": self.event, "authorization": self.authorization.hex(),
                "asset": self.asset, "owner": self.owner, "grantee": self.grantee, "rows": self.rows,
                "content": self.content.hex(), "time": self.time, "block": block,
            }
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event. place: in the stream; reason: why it was refused."""

    event: str
    place: int | None
    reason: str = ""

    def json(self) -> JsonValue:
        return {
            "event": self.event,
            "taken": self.place is not None,
            "place": self.place,
            "reason": self.reason or None,
        }


def read(data: bytes) -> list[Handover]:
    """Read events: one object, a list, or one a line. Raises: InvalidRecord."""
    text = data.strip()
    lines = text.splitlines()
    is_lines = len(lines) > 1 and all(line.startswith(b"{") and line.rstrip().endswith(b"}") for line in lines if line)
    value = [load(line, "exchange") for line in lines if line] if is_lines else load(text, "exchange")
    found = [_handover(one) for one in objects(value if isinstance(value, list) else [value], "exchange", is_some=True)]
    if len({one.event for one in found}) != len(found):
        raise InvalidRecord("exchange: an event stands twice")
    return found


class Desk:
    """Takes exchange events into one book as far as the chain permits them."""

    def __init__(self, book: Book, view: ProvenView) -> None:
        self._book, self._view = book, view

    def take(self, events: Sequence[Handover], *, by: str | None = None) -> list[Outcome]:
        """Notarise what is permitted and say why not where it is not; an event taken before is told again.

        Args:
            by: the party that hands them in, which must be a side of each; None for whoever is at this machine.

        Raises:
            VerificationError, BackendError: the chain proves nothing now, so nothing is taken.
        """
        head = self._view.head()
        outcomes, fresh = dict[str, Outcome](), list[Entry]()
        for event in events:
            known = self._known(event)
            if known is not None:
                outcomes[event.event] = known
                continue
            try:
                if by is not None and by not in (event.owner, event.grantee):
                    raise NotAuthorized("exchange: handed in by neither its owner nor its grantee")
                self._require(event, head)
            except NotAuthorized as fault:
                outcomes[event.event] = Outcome(event.event, None, str(fault))
                continue
            names = (event.authorization.hex(), event.content.hex(), event.asset)
            fresh.append(Entry(event.event, event.record(head.number), names))
        try:
            places = self._book.append(fresh)
        except TakenIn:  # somebody hands in the same at once: look again
            return self.take(events, by=by)
        for entry, place in zip(fresh, places, strict=True):
            outcomes[entry.id] = Outcome(entry.id, place)
        return [outcomes[event.event] for event in events]

    def _known(self, event: Handover) -> Outcome | None:
        found = self._book.known(event.event)
        if found is None:
            return None
        record, place = found
        if event.record(json.loads(record)["block"]) != record:
            return Outcome(event.event, None, "exchange: an event of this id was taken with other contents")
        return Outcome(event.event, place)

    def _require(self, event: Handover, head: Header) -> None:
        """Refuse what no authorization in force permits; raises NotAuthorized."""
        fact = authorization_fact(event.authorization)
        found = decode_authorization(event.authorization, self._view.state(fact.contract, fact.slots, head).values)
        check_use(found, head.timestamp, found.purpose, int(Operations.EXPORT), counted=False)
        _require_same(event, found)
        asset = asset_fact(found.asset)
        if decode_asset(found.asset, self._view.state(asset.contract, asset.slots, head).values).offered != found.owner:
            raise NotAuthorized("exchange: the asset was withdrawn from sharing")


def _require_same(event: Handover, found: Authorization) -> None:
    told = (identifier(event.asset), identifier(event.owner), identifier(event.grantee))
    for what, stated, granted in zip(
        ("asset", "owner", "grantee"), told, (found.asset, found.owner, found.grantee), strict=True
    ):
        if stated != granted:
            raise NotAuthorized(f"exchange: the authorization is of another {what}")


def _handover(value: Mapping[str, Any]) -> Handover:
    known = {"event", "authorization", "asset", "owner", "grantee", "rows", "content", "time"}
    if set(value) != known:
        raise InvalidRecord(f"exchange: an event has {', '.join(sorted(known))}")
    texts = {name: member(value, name, "exchange") for name in known - {"rows"}}
    rows = value["rows"]
    if isinstance(rows, bool) or not isinstance(rows, int) or not 0 <= rows < MAX_ROWS:
        raise InvalidRecord("exchange: rows must be a number from 0")
    if not _ID.fullmatch(texts["event"]):
        raise InvalidRecord("exchange: an event's id has at most 120 letters, digits, '.', '_', ':' and '-'")
    for name in ("authorization", "content"):
        if not _DIGEST.fullmatch(texts[name]):
            raise InvalidRecord(f"exchange: {name} must be 64 lower-case hexadecimal digits")
    require_time(texts["time"], "exchange")
    return Handover(
        texts["event"], bytes.fromhex(texts["authorization"]), texts["asset"][:200], texts["owner"][:200],
        texts["grantee"][:200], rows, bytes.fromhex(texts["content"]), texts["time"],
    )  # fmt: skip
