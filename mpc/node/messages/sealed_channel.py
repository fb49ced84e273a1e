"""The Channel port over sealed envelopes and a relay: what one party of one job attempt sends and receives through.

A body is cut into parts of 1 MiB, each sealed (``mpc.sessions.sealing``) and put under the recipient's mailbox. Per
sender, parts count in exactly one order: messages 0, 1, 2 .. of the session, parts 0 .. of each, one
message a step. So whatever a relay does can only stop a run, never change it:

* the same part again is dropped (a relay delivers at least once);
* a number used twice with other contents, a gap, another order, a second body for a step, sizes that do not
  fit, or more than the caller takes: the sender's further parts are refused and `receive` raises Misbehaviour
  at once, with the reason;
* envelopes of other sessions, jobs or attempts, reflected and forged ones never open here (``mpc.node.messages.post``).

It does NOT resume: a party that lost its memory needs a new attempt.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from ledger.crypto.signing import Signer
from ledger.errors import InvalidRecord
from mpc.sessions import sealing
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.sealing import Envelope, Header, Part

MIB = 1 << 20
Put = Callable[[Iterable[tuple[str, bytes]]], None]
"""Hands mailboxes' envelopes to the carrier; raises BackendError if it cannot."""
Capture = Callable[[str, str, str, bytes], None]
"""Sees every plaintext body: "sent" or "received", the other party, the step, the body. For traffic tests."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The registered keys of another party."""

    seal_key: bytes
    statement_key: bytes

    def __post_init__(self) -> None:
        if len(self.seal_key) != 32 or len(self.statement_key) != 32:
            raise InvalidRecord("peer: expected an X25519 and an Ed25519 public key of 32 bytes")


@dataclass(frozen=True, slots=True)
class Correspondence:
    """Who exchanges messages about what.

    Args:
        session: digest of the session, or sealing.NO_SESSION for what is said before there is one.
        peers: the other parties; nobody else is heard.
    """

    job: bytes
    attempt: int
    session: bytes
    me: str
    signer: Signer = field(repr=False)
    peers: Mapping[str, Peer] = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.job) != 32 or len(self.session) != 32 or self.attempt < 0:
            raise InvalidRecord("correspondence: job and session digest have 32 bytes, attempts are not negative")
        if self.me in self.peers:
            raise InvalidRecord(f"correspondence: {self.me} is not its own peer")

    @property
    def statement_keys(self) -> dict[str, bytes]:
        """The keys that messages are verified with."""
        return {code: peer.statement_key for code, peer in self.peers.items()}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one channel waits for and holds at most.

    Args:
        timeout_s: longest wait of one `receive`; deadline_s: of all of them together, from the start.
        body_bytes: one body; unread_bytes: bodies of one sender that nobody has received yet; messages: of one sender,
        in all: an empty one costs memory too.
    """

    timeout_s: float = 60.0
    deadline_s: float = 3600.0
    body_bytes: int = 64 * MIB
    unread_bytes: int = 128 * MIB
    messages: int = 2048

    def __post_init__(self) -> None:
        if min(self.timeout_s, self.deadline_s, self.body_bytes, self.unread_bytes, self.messages) <= 0:
            raise InvalidRecord("channel bounds: each is more than zero")


class SealedChannel:
    """One party's end; `accept` is called by the thread that fetches, the rest by the protocol."""

    def __init__(
        self, correspondence: Correspondence, put: Put, bounds: Bounds | None = None, *, capture: Capture | None = None
    ) -> None:
        self.correspondence = correspondence
        self._put = put
        self._bounds = bounds or Bounds()
        self._capture = capture
        self._deadline = time.monotonic() + self._bounds.deadline_s
        self._sending = threading.Lock()
        self._sent: dict[str, int] = {}
        self._changed = threading.Condition()
        self._inboxes = {code: _Inbox(code, self._bounds) for code in correspondence.peers}
        self._closed = False

    def send(self, to: str, step: str, body: bytes) -> None:
        """Seal and put one body, part by part.

        Raises:
            BackendError: the relay cannot be reached; the attempt cannot go on.
        """
        self.send_all(step, {to: body})

    def send_all(self, step: str, bodies: Mapping[str, bytes]) -> None:
        """Seal and put a step's bodies together: small ones leave in one request; see `send`."""
        for to in bodies:
            if to not in self.correspondence.peers:
                raise ValueError(f"{to} takes no part")
            if self._capture is not None:
                self._capture("sent", to, step, bodies[to])
        with self._sending:  # parts of one message must not be mixed with those of another thread's
            self._put((to, envelope) for to, body in bodies.items() for envelope in self._seal(to, step, body))

    def _seal(self, to: str, step: str, body: bytes) -> Iterator[bytes]:
        about = self.correspondence
        number = self._sent.get(to, 0)
        self._sent[to] = number + 1
        chunks = sealing.chunks_of(len(body))
        key = about.peers[to].seal_key
        for chunk in range(chunks):
            header = Header(about.job, about.attempt, about.me, to, step, number, chunk, chunks, len(body))
            part = body[chunk * sealing.PART_LIMIT : (chunk + 1) * sealing.PART_LIMIT]
            yield sealing.seal(header, part, session=about.session, recipient_key=key, signer=about.signer)

    def receive(self, sender: str, step: str, *, limit: int) -> bytes:
        """Take the one body that ``sender`` sent under ``step``; see the port.

        Raises:
            ChannelTimeout: not all of it came in time, or the channel was closed.
            Misbehaviour: it is larger than ``limit``, or the sender's messages are out of order or form.
        """
        end = min(time.monotonic() + self._bounds.timeout_s, self._deadline)
        inbox = self._inboxes.get(sender)
        if inbox is None:
            raise ValueError(f"{sender} takes no part")
        with self._changed:
            while (body := inbox.take(step, limit)) is None:
                left = end - time.monotonic()
                if left <= 0 or self._closed:
                    raise ChannelTimeout(sender, step)
                self._changed.wait(left)
        if self._capture is not None:
            self._capture("received", sender, step, body)
        return body

    def accept(self, envelope: Envelope) -> None:
        """Open an envelope of this session and file its part.

        Raises:
            VerificationError: it does not open, or is refused: Misbehaviour names the sender and the reason.
            InvalidRecord: its verified sender wrote a header out of form.
        """
        about = self.correspondence
        part = envelope.open(about.session, about.statement_keys)
        header = part.header
        if (header.job, header.attempt) != (about.job, about.attempt):
            raise Misbehaviour(header.sender, header.step, "of another job or attempt")
        with self._changed:
            try:
                self._inboxes[header.sender].add(part)
            finally:
                self._changed.notify_all()

    def close(self) -> None:
        """End every wait with ChannelTimeout."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class _Inbox:
    """What came from one sender; guarded by the channel's condition."""

    def __init__(self, sender: str, bounds: Bounds) -> None:
        self._sender = sender
        self._bounds = bounds
        self._seen: dict[tuple[int, int], bytes] = {}
        self._expected = (0, 0)
        self._sizes: dict[str, int] = {}  # of every step begun
        self._limits: dict[str, int] = {}  # of every step waited for
        self._parts: list[bytes] = []
        self._bodies: dict[str, bytes] = {}
        self._unread = 0
        self._fault: Misbehaviour | None = None

    def take(self, step: str, limit: int) -> bytes | None:
        """Hand out a complete body; None if it is not there yet; raise what keeps it from ever coming."""
        self._limits[step] = limit
        if self._sizes.get(step, 0) > limit:
            self._refuse(step, f"{self._sizes[step]} bytes, at most {limit} expected")
        body = self._bodies.pop(step, None)
        if body is not None:
            self._unread -= len(body)
        elif self._fault is not None:
            raise Misbehaviour(self._sender, step, self._fault.reason)
        return body

    def add(self, part: Part) -> None:
        """File a part if it is the next one, drop it if it is known, refuse it otherwise."""
        header = part.header
        number = (header.sequence, header.chunk)
        digest = sha256(header.encode() + part.body).digest()
        if number in self._seen:
            if self._seen[number] != digest:
                self._refuse(header.step, "the same number for two messages")
            return
        if self._fault is not None:
            raise self._fault
        if number != self._expected:
            self._refuse(header.step, f"out of order: part {number}, expected {self._expected}")
        if header.chunk == 0:
            self._begin(header)
        elif (header.step, header.size) not in self._sizes.items() or self._parts == []:
            self._refuse(header.step, "a part of another message")
        self._seen[number] = digest
        self._file(part)

    def _begin(self, header: Header) -> None:
        step, size = header.step, header.size
        if step in self._sizes:
            self._refuse(step, "a second body for the same step")
        if len(self._sizes) >= self._bounds.messages:
            self._refuse(step, f"more than {self._bounds.messages} messages")
        limit = min(self._bounds.body_bytes, self._limits.get(step, size))
        if size > limit:
            self._refuse(step, f"{size} bytes, at most {limit} expected")
        if self._unread + size > self._bounds.unread_bytes:
            self._refuse(step, f"more than {self._bounds.unread_bytes} bytes ahead of the protocol")
        self._sizes[step] = size
        self._unread += size

    def _file(self, part: Part) -> None:
        header = part.header
        self._parts.append(part.body)
        self._expected = (header.sequence, header.chunk + 1)
        if header.chunk + 1 == header.chunks:
            self._bodies[header.step] = b"".join(self._parts)
            self._parts.clear()
            self._expected = (header.sequence + 1, 0)

    def _refuse(self, step: str, reason: str) -> None:
        self._fault = self._fault or Misbehaviour(self._sender, step, reason)
        self._parts.clear()
        raise Misbehaviour(self._sender, step, reason)
