"""What an opened audit shows: one party's seed, input with its opening, and the signed messages it sent and received.

    4 bytes: length of the head, big-endian; the head, canonical JSON; then every message:
    4 bytes: length of its line; the line, canonical JSON {party, size, step, way}; its body with the signature

Of the other parties it holds nothing but the signed messages they sent to this one. It is as secret as the party's own
input. This module reads and writes; ``mpc.opened.check`` judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.sessions.replay import Place

FORMAT = "shuxin-opened-audit-v1"
HEAD_LIMIT, LINE_LIMIT, LENGTH_BYTES = 1 << 28, 1 << 10, 4
_SIZE_LIMIT = 1 << 30


class Way(StrEnum):
    """Which way a message went, seen from the party."""

    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Head:
    """A party's own part: seed and salt of 32 bytes; ``origin``, ``data``: what its input commitment was made of."""

    party: str
    job: bytes
    attempt: int
    seed: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    origin: JsonValue = field(repr=False)
    data: JsonValue = field(repr=False)

    def encode(self) -> bytes:
        """Write it with its length."""
        return _framed(
            {
                "format": FORMAT,
                "party": self.party,
                "job": self.job.hex(),
                "attempt": self.attempt,
                "seed": self.seed.hex(),
                "salt": self.salt.hex(),
                "origin": self.origin,
                "input": self.data,
            }
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """A head and the messages, bodies with signatures, by (other party, step)."""

    head: Head
    sent: Mapping[Place, bytes] = field(repr=False)
    received: Mapping[Place, bytes] = field(repr=False)


def message(way: Way, party: str, step: str, body: bytes) -> bytes:
    """Write one message."""
    return _framed({"way": way.value, "party": party, "step": step, "size": len(body)}) + body


def parse(data: bytes) -> Opened:
    """Read a whole record.

    Raises:
        InvalidRecord: malformed, or two messages of one way, party and step.
    """
    head, at = _take(data, 0, HEAD_LIMIT)
    found: dict[Way, dict[Place, bytes]] = {way: {} for way in Way}
    for way, place, body in _messages(data, at):
        if place in found[way]:
            raise InvalidRecord(f"opened audit: two messages {way} at step {place[1]}")
        found[way][place] = body
    return Opened(_head(head), found[Way.SENT], found[Way.RECEIVED])


def _messages(data: bytes, at: int) -> Iterator[tuple[Way, Place, bytes]]:
    while at < len(data):
        line, at = _take(data, at, LINE_LIMIT)
        fields = Fields(line, "opened audit")
        way, party, step = fields.choice("way", list(Way)), fields.text("party"), fields.text("step")
        size = fields.integer("size")
        fields.done()
        if not 0 <= size <= min(_SIZE_LIMIT, len(data) - at):
            raise InvalidRecord("opened audit: a message is cut off")
        yield Way(way), (party, step), data[at : at + size]
        at += size


def _head(value: JsonValue) -> Head:
    if not isinstance(value, dict):
        raise InvalidRecord("opened audit: expected an object")
    fields = Fields({name: part for name, part in value.items() if name not in ("origin", "input")}, "opened audit")
    if fields.text("format") != FORMAT:
        raise InvalidRecord(f"opened audit: expected format {FORMAT}")
    if not {"origin", "input"} <= value.keys():
        raise InvalidRecord("opened audit: origin or input is missing")
    head = Head(
        party=fields.text("party"),
        job=fields.digest("job"),
        attempt=fields.integer("attempt"),
        seed=fields.digest("seed"),
        salt=fields.digest("salt"),
        origin=value["origin"],
        data=value["input"],
    )
    fields.done()
    return head


def _framed(value: JsonValue) -> bytes:
    encoded = canonical.encode(value)
    return len(encoded).to_bytes(LENGTH_BYTES, "big") + encoded


def _take(data: bytes, at: int, limit: int) -> tuple[JsonValue, int]:
    start = at + LENGTH_BYTES
    end = start + int.from_bytes(data[at:start], "big")
    if start > len(data) or end > len(data) or end - start > limit:
        raise InvalidRecord("opened audit: cut off, or a part is too long")
    return canonical.decode(data[start:end], limit=limit), end
