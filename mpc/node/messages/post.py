"""The node's post: sorts fetched envelopes to the channels of running sessions.

An envelope that fits no session yet is held for a while, because a peer may have seen the chain a block
earlier; the relay keeps its copy until the envelope is claimed or given up. Each sender has a bounded share
of that memory, so that a flood drives out nothing but itself. Who sent is what the relay says of the
certificate: it counts for the shares alone, and a false word costs no more than mail withheld. One that fits
a session which has ended is late and dropped. Whatever cannot be opened is refused with a reason, told to
``on_refusal`` and to nobody outside: the carrier learns neither.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from contracts.jobs.record import MAX_PARTIES
from ledger.crypto.keys import PrivateKey
from ledger.errors import Conflict, InvalidRecord, VerificationError
from mpc.node.messages.sealed_channel import Bounds, Capture, Correspondence, Put, SealedChannel
from mpc.relay.store import Held
from mpc.sessions import sealing
from mpc.sessions.sealing import Envelope

REMEMBERED = 64  # ended sessions whose late envelopes are still recognised
SENDERS = MAX_PARTIES  # with a share of their own, as many as a job has; the others have one together
HELD_COUNT = 1024  # of one sender: the smallest envelopes cost more memory than their bytes
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    place: int
    sender: str
    size: int
    since: float
    envelope: Envelope


class Post:
    """The sorting desk of one party; thread-safe."""

    def __init__(
        self,
        me: str,
        seal_key: PrivateKey,
        put: Put,
        *,
        hold_bytes: int = 64 << 20,
        hold_s: float = 300.0,
        on_refusal: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args: seal_key: this party's X25519 key; put: see RelayClient.put; hold_bytes: of one sender."""
        self._me, self._seal_key, self._put = me, seal_key, put
        self._hold_bytes, self._hold_s = hold_bytes, hold_s
        self._on_refusal = on_refusal
        self._clock = clock
        self._lock = threading.RLock()
        self._channels: list[SealedChannel] = []
        self._ended: deque[bytes] = deque(maxlen=REMEMBERED)
        self._waiting: dict[str, deque[_Waiting]] = {}
        self._settled: list[int] = []

    def open(
        self, correspondence: Correspondence, bounds: Bounds | None = None, *, capture: Capture | None = None
    ) -> SealedChannel:
        """Make a channel and give it what was held for it.

        Raises:
            Conflict: there is a channel for this session, job and attempt.
        """
        if correspondence.me != self._me:
            raise ValueError(f"this is the post of {self._me}")
        channel = SealedChannel(correspondence, self._put, bounds, capture=capture)
        with self._lock:
            if any(_subject(other) == _subject(channel) for other in self._channels):
                raise Conflict(f"{self._me}: this attempt has a channel already")
            self._channels.append(channel)
            held, self._waiting = self._waiting, {}
            for waiting in sorted(chain.from_iterable(held.values()), key=lambda item: item.place):
                self._offer(waiting)
        return channel

    def end(self, channel: SealedChannel) -> None:
        """Close a channel; what still comes for its session is late. Ending it twice is no error."""
        channel.close()
        with self._lock:
            if channel not in self._channels:
                return
            self._channels.remove(channel)
            if channel.correspondence.session != sealing.NO_SESSION:
                self._ended.append(channel.correspondence.session)

    def settle(self, held: Held) -> list[int]:
        """Sort one fetched envelope; return the places that the relay may forget, this one or earlier ones."""
        with self._lock:
            self._give_up()
            try:
                envelope = Envelope(held.envelope, recipient=self._me, private=self._seal_key)
            except InvalidRecord as exc:
                self._refuse(held.place, str(exc))
            else:
                self._offer(_Waiting(held.place, held.sender, len(held.envelope), self._clock(), envelope))
            settled, self._settled = self._settled, []
            return settled

    def _offer(self, waiting: _Waiting) -> None:
        fitting = [c for c in self._channels if waiting.envelope.fits(c.correspondence.session)]
        if fitting:
            self._deliver(waiting, fitting)
        elif any(map(waiting.envelope.fits, self._ended)):
            self._refuse(waiting.place, "late: its session has ended")
        else:
            self._hold(waiting)

    def _deliver(self, waiting: _Waiting, fitting: list[SealedChannel]) -> None:
        """Give the envelope to the first channel that takes it; several fit only before there is a session."""
        reasons = []
        for channel in fitting:
            try:
                channel.accept(waiting.envelope)
            except (VerificationError, InvalidRecord) as exc:
                reasons.append(str(exc))
            else:
                self._settled.append(waiting.place)
                return
        self._refuse(waiting.place, "; ".join(reasons))

    def _hold(self, waiting: _Waiting) -> None:
        has_share = waiting.sender in self._waiting or len(self._waiting) < SENDERS
        share = self._waiting.setdefault(waiting.sender if has_share else "", deque())
        share.append(waiting)
        while len(share) > HELD_COUNT or sum(item.size for item in share) > self._hold_bytes:
            self._refuse(share.popleft().place, "too much mail for sessions that have not begun")

    def _give_up(self) -> None:
        for sender, share in list(self._waiting.items()):
            while share and share[0].since < self._clock() - self._hold_s:
                self._refuse(share.popleft().place, "no session has claimed it")
            if not share:
                del self._waiting[sender]

    def _refuse(self, place: int, reason: str) -> None:
        self._settled.append(place)
        _LOG.warning("envelope %d for %s refused: %s", place, self._me, reason)
        if self._on_refusal is not None:
            self._on_refusal(reason)


def _subject(channel: SealedChannel) -> tuple[bytes, bytes, int]:
    about = channel.correspondence
    return about.session, about.job, about.attempt
