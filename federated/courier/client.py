"""The courier's side: hand a message to the node of one's own department and get the reply's bytes, or a refusal.

A courier is whatever brings messages from one department to another: a Flower app, a loop in a notebook. It sees
masked and signed bytes only. At a department it passes on what came, as it came:

    reply = Courier(Path("/var/lib/node/courier/run.sock"), app).ask(message)      # bytes in, bytes out

Beside the office that asks for the run, it asks for wave after wave, carries each and brings the replies back:

    office = Courier(path, app)
    wave = office.begin(run)
    while wave.messages:
        bodies, missing = carry(wave.messages, wave.deadline_s)      # by party code: reply bytes; why there is none
        wave = office.collect(wave, bodies, missing)
    print(wave.outcome)

Everything may be repeated: ``begin`` answers the wave that waits for replies, a department answers the same message
with the same bytes, and replies to a wave that is over change nothing. So a courier that was killed begins again.

app: the SHA-256 of the app that the department runs, as whoever started it knows it (the digest of a Flower app
bundle). The node answers only if the run's specification allows it. It does NOT prove that this app runs: the node
believes whoever may open its socket, that is its own account. It imports neither numpy nor anything of a node.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from federated.courier import message
from federated.courier.message import BEGIN, COLLECT, CURRENT, Message, Replies, Wave
from ledger.canonical import JsonValue
from ledger.errors import BackendError, InvalidRecord, NotAuthorized, NotFound

ASK, ANSWER = "shuxin-courier-ask-v1", "shuxin-courier-answer-v1"
MAX_PATH: Final = 107
"""The longest name of a local socket on Linux; elsewhere shorter ones are refused by the system."""
AGAIN: Final = frozenset({"run: unknown", "run: slow"})
"""Grounds of refusals that pass: the node takes part in the run in a moment, or still computes. Ask again."""
_CHUNK = 1 << 20


class Refusal(NotAuthorized):
    """The node does not answer this message. ground: a short code, the one it records on chain if the run ends."""

    def __init__(self, ground: str, reason: str) -> None:
        super().__init__(reason)
        self.ground = ground


@dataclass(frozen=True, slots=True)
class Courier:
    """A way to one node. path: its socket; app: 32 bytes; wait_s: longest wait for an answer, computing included.

    node: at which Flower node's key the courier runs, the key's fingerprint of 32 bytes; empty: at none.
    """

    path: Path
    app: bytes
    wait_s: float = 300.0
    node: bytes = b""

    def __post_init__(self) -> None:
        if len(self.app) != 32 or len(self.node) not in (0, 32) or not 0 < self.wait_s <= 86_400:
            raise InvalidRecord("courier: digests of 32 bytes of app and key, and a wait of at most a day expected")
        if len(str(self.path).encode()) > MAX_PATH:
            raise InvalidRecord(f"courier: {self.path}: the name of a socket has {MAX_PATH} bytes at most")

    def ask(self, data: bytes) -> bytes:
        """Hand over an encoded message and return the reply's bytes.

        Raises:
            Refusal: the node does not answer it, with ground and reason.
            InvalidRecord: the message is too large, or the answer is none.
            NotFound: no node listens here. BackendError: it did not answer in time, or went away.
        """
        request = message.frame({"app": self.app.hex(), "format": ASK, "node": self.node.hex()}, data)
        until = time.monotonic() + self.wait_s
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(self.wait_s)
                line.connect(str(self.path))
                line.sendall(request)
                return _answer(*receive(line, until))
        except (FileNotFoundError, ConnectionRefusedError) as gone:
            raise NotFound(f"courier: no node listens at {self.path}") from gone
        except PermissionError as denied:
            raise NotAuthorized(f"courier: {self.path} belongs to another account") from denied
        except TimeoutError as late:
            raise BackendError(f"courier: the node did not answer within {self.wait_s:.0f} s") from late
        except OSError as broken:
            raise BackendError("courier: the node went away before it answered") from broken

    def begin(self, run: bytes) -> Wave:
        """Ask the office's node for the wave that waits; raises what ``ask`` does."""
        return self._wave(Message(run, CURRENT, 0, BEGIN, b""))

    def collect(self, wave: Wave, bodies: Mapping[str, bytes], missing: Mapping[str, str]) -> Wave:
        """Hand the office's node what came back for a wave, and return the next; raises what ``ask`` does.

        Args:
            missing: for each department that did not reply, why not; longer reasons are cut.
        """
        short = {party: reason[: message.MAX_TEXT] for party, reason in missing.items()}
        replies = Replies(wave.run, wave.attempt, wave.number, bodies, short)
        return self._wave(Message(wave.run, wave.attempt, wave.number, COLLECT, replies.encode()))

    def _wave(self, asked: Message) -> Wave:
        found = message.parse_wave(self.ask(asked.encode()))
        if found.run != asked.run:
            raise InvalidRecord("courier: the wave of another run")
        return found


def receive(line: socket.socket, until: float) -> tuple[dict[str, JsonValue], bytes]:
    """Read one frame, by the given moment of the monotonic clock.

    Raises:
        InvalidRecord: no frame. TimeoutError, OSError: the line.
    """
    header = message.read_header(_exactly(line, message.header_size(_exactly(line, 4, until)), until))
    return header, _exactly(line, message.body_size(_exactly(line, 8, until)), until)


def _exactly(line: socket.socket, count: int, until: float) -> bytes:
    parts, left = list[bytes](), count
    while left:
        line.settimeout(max(until - time.monotonic(), 0.001))
        part = line.recv(min(left, _CHUNK))
        if not part:
            raise ConnectionResetError("the other end closed the line")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _answer(header: Mapping[str, JsonValue], body: bytes) -> bytes:
    if set(header) != {"format", "ground", "reason"} or header["format"] != ANSWER:
        raise InvalidRecord("courier: no answer of a node")
    ground, reason = header["ground"], header["reason"]
    if not isinstance(ground, str) or not isinstance(reason, str):
        raise InvalidRecord("courier: ground and reason of a refusal expected")
    if ground:
        raise Refusal(ground, reason)
    return body
