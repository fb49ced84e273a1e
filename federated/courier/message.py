"""What a courier carries: one message of a run, and a wave of them for all departments. Opaque to the courier.

A message is a header in canonical JSON and a body of bytes. The header says for which run, attempt and wave the body
is; the body is signed by the node that made it and means nothing to a courier. A wave has one message for each
department that is asked; the office's node makes it and takes the replies back.

It does NOT protect anything: whoever carries may read, drop, repeat and change what it carries. Nodes sign and check
bodies themselves, and what must stay secret is masked or sealed inside them.

    frame    = header length (4 bytes, big endian), header, body length (8 bytes, big endian), body
    message  = frame; header {"attempt", "format": "shuxin-message-v1", "number", "run", "step"}
    wave     = frame; header {"attempt", "deadline_s", "format": "shuxin-wave-v1", "number", "outcome", "run", "sizes"}
    replies  = frame; header {"attempt", "format": "shuxin-replies-v1", "missing", "number", "run", "sizes"}

In waves and replies ``sizes`` lists party and length in the order in which the bodies stand one behind the other.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.codes import is_code

MAX_HEADER: Final = 1 << 17
"""Room for a reason of each department, whatever signs it is written in."""
MAX_BODY: Final = 64 << 20
"""Eight million numbers of eight bytes: the largest model that a run may have."""
MAX_PARTIES: Final = 32
"""Of one wave; a job has 25 at most (``contracts.jobs.record``)."""
MAX_TEXT: Final = 500
ROUND, BEGIN, COLLECT = "round", "begin", "collect"
"""What is asked: a department's part in a wave; of the office's node, the wave that waits, or the one after replies."""
CURRENT: Final = 0
"""The attempt of a message that means whichever attempt of the job runs now."""
_HEADER, _BODY = struct.Struct(">I"), struct.Struct(">Q")
FIXED: Final = _HEADER.size + _BODY.size
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a run. run: the job's id on chain. number: of the wave, from 1; 0 before the first."""

    run: bytes
    attempt: int
    number: int
    step: str
    body: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _require_place(self.run, self.attempt, self.number)
        if self.step not in (ROUND, BEGIN, COLLECT):
            raise InvalidRecord(f"message: step {self.step[:20]!r}; expected {ROUND}, {BEGIN} or {COLLECT}")

    def encode(self) -> bytes:
        """Write the bytes that travel."""
        return frame({**_place("message", self.run, self.attempt, self.number), "step": self.step}, self.body)


@dataclass(frozen=True, slots=True)
class Wave:
    """What the office's node asks for next: an encoded ``Message`` for each department; none when the run is over.

    deadline_s: how long the courier waits for replies. outcome: how the run ended; empty while it goes on.
    """

    run: bytes
    attempt: int
    number: int
    deadline_s: int
    messages: Mapping[str, bytes] = field(repr=False)
    outcome: str = ""

    def __post_init__(self) -> None:
        _require_place(self.run, self.attempt, self.number)
        _require_parties(self.messages)
        if not 0 <= self.deadline_s <= 86_400 or len(self.outcome) > MAX_TEXT:
            raise InvalidRecord("wave: a deadline of at most a day and a short outcome expected")
        if bool(self.messages) == bool(self.outcome):
            raise InvalidRecord("wave: either messages or an outcome expected")

    def encode(self) -> bytes:
        """Write the bytes that the office's node hands its courier."""
        header = _place("wave", self.run, self.attempt, self.number)
        header |= {"deadline_s": self.deadline_s, "outcome": self.outcome, "sizes": _sizes(self.messages)}
        return frame(header, b"".join(body for _, body in sorted(self.messages.items())))


@dataclass(frozen=True, slots=True)
class Replies:
    """What came back for a wave: bytes by department, and for every other one why there are none."""

    run: bytes
    attempt: int
    number: int
    bodies: Mapping[str, bytes] = field(repr=False)
    missing: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require_place(self.run, self.attempt, self.number)
        _require_parties(self.bodies)
        _require_parties(self.missing)
        if set(self.bodies) & set(self.missing) or any(len(reason) > MAX_TEXT for reason in self.missing.values()):
            raise InvalidRecord("replies: each department either replied or is missing for a short reason")

    def encode(self) -> bytes:
        """Write the bytes that a courier hands the office's node, the body of a ``COLLECT`` message."""
        header = _place("replies", self.run, self.attempt, self.number)
        header |= {"missing": dict(self.missing), "sizes": _sizes(self.bodies)}
        return frame(header, b"".join(body for _, body in sorted(self.bodies.items())))


def parse_message(data: bytes) -> Message:
    """Read a message. Raises: InvalidRecord."""
    header, body = unframe(data)
    run, attempt, number = _read_place(header, "message", {"step"})
    return Message(run, attempt, number, _text(header["step"]), body)


def parse_wave(data: bytes) -> Wave:
    """Read a wave. Raises: InvalidRecord."""
    header, body = unframe(data)
    run, attempt, number = _read_place(header, "wave", {"deadline_s", "outcome", "sizes"})
    messages = _split(header["sizes"], body)
    return Wave(run, attempt, number, _whole(header["deadline_s"]), messages, _text(header["outcome"]))


def parse_replies(data: bytes) -> Replies:
    """Read replies. Raises: InvalidRecord."""
    header, body = unframe(data)
    run, attempt, number = _read_place(header, "replies", {"missing", "sizes"})
    missing = header["missing"]
    if not isinstance(missing, dict):
        raise InvalidRecord("replies: missing departments with their reasons expected")
    reasons = {party: _text(reason) for party, reason in missing.items()}
    return Replies(run, attempt, number, _split(header["sizes"], body), reasons)


def frame(header: Mapping[str, JsonValue], body: bytes) -> bytes:
    """Put header and body together. Raises: InvalidRecord: beyond the bounds."""
    head = canonical.encode(dict(header))
    if len(head) > MAX_HEADER or len(body) > MAX_BODY:
        raise InvalidRecord(f"courier: at most {MAX_HEADER} bytes of header and {MAX_BODY} of body expected")
    return _HEADER.pack(len(head)) + head + _BODY.pack(len(body)) + body


def unframe(data: bytes) -> tuple[dict[str, JsonValue], bytes]:
    """Take a frame apart. Raises: InvalidRecord."""
    size = header_size(data[: _HEADER.size])
    rest = data[_HEADER.size + size :]
    if body_size(rest[: _BODY.size]) != len(rest) - _BODY.size:
        raise InvalidRecord("courier: the body has another length than is said")
    return read_header(data[_HEADER.size : _HEADER.size + size]), rest[_BODY.size :]


def header_size(prefix: bytes) -> int:
    """Read the length of a header from the first 4 bytes. Raises: InvalidRecord."""
    return _length(_HEADER, prefix, MAX_HEADER)


def body_size(prefix: bytes) -> int:
    """Read the length of a body from the 8 bytes before it. Raises: InvalidRecord."""
    return _length(_BODY, prefix, MAX_BODY)


def read_header(data: bytes) -> dict[str, JsonValue]:
    """Read a header. Raises: InvalidRecord."""
    header = canonical.decode(data, limit=MAX_HEADER)
    if not isinstance(header, dict):
        raise InvalidRecord("courier: the header is no object")
    return header


def _length(form: struct.Struct, prefix: bytes, most: int) -> int:
    if len(prefix) != form.size:
        raise InvalidRecord("courier: ends before a length")
    (found,) = form.unpack(prefix)
    if found > most:
        raise InvalidRecord(f"courier: a length of {found}, at most {most} expected")
    return int(found)


def _place(name: str, run: bytes, attempt: int, number: int) -> dict[str, JsonValue]:
    return {"attempt": attempt, "format": f"shuxin-{name}-v1", "number": number, "run": run.hex()}


def _read_place(header: Mapping[str, JsonValue], name: str, further: set[str]) -> tuple[bytes, int, int]:
    if set(header) != {"attempt", "format", "number", "run", *further} or header["format"] != f"shuxin-{name}-v1":
        raise InvalidRecord(f"courier: the header of a {name} expected")
    text = _text(header["run"])
    if len(text) != 2 * _DIGEST_BYTES or text.strip("0123456789abcdef"):
        raise InvalidRecord("courier: a run is 64 hexadecimal digits")
    return bytes.fromhex(text), _whole(header["attempt"]), _whole(header["number"])


def _require_place(run: bytes, attempt: int, number: int) -> None:
    if len(run) != _DIGEST_BYTES or not 0 <= attempt < 1 << 32 or not 0 <= number < 1 << 32:
        raise InvalidRecord("courier: a run of 32 bytes, an attempt and a number expected")


def _require_parties(found: Mapping[str, object]) -> None:
    if len(found) > MAX_PARTIES or not all(is_code(party) for party in found):
        raise InvalidRecord(f"courier: at most {MAX_PARTIES} party codes expected")


def _sizes(bodies: Mapping[str, bytes]) -> JsonValue:
    return [[party, len(body)] for party, body in sorted(bodies.items())]


def _split(sizes: JsonValue, body: bytes) -> dict[str, bytes]:
    if not isinstance(sizes, list) or len(sizes) > MAX_PARTIES:
        raise InvalidRecord(f"courier: sizes of at most {MAX_PARTIES} bodies expected")
    found, start = dict[str, bytes](), 0
    for item in sizes:
        if not isinstance(item, list) or len(item) != 2:
            raise InvalidRecord("courier: a party and a size expected")
        party, size = _text(item[0]), _whole(item[1])
        found[party] = body[start : start + size]
        start += size
    if start != len(body) or len(found) != len(sizes) or list(found) != sorted(found):
        raise InvalidRecord("courier: the sizes do not make up the body, or parties are not in order")
    return found


def _text(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise InvalidRecord("courier: a text expected")
    return value


def _whole(value: JsonValue) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidRecord("courier: a number that is not negative expected")
    return value
