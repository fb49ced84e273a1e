"""A node's side of the relay: puts envelopes, and a thread that fetches those addressed to this party.

Nodes only dial out: the thread holds a long poll open. Every wait, answer and retry is bounded. A message's
id is the hash of its envelope, so that putting again after a lost answer changes nothing. It does NOT open
envelopes; the relay is trusted with nothing but delivery.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from types import TracebackType
from typing import Self
from urllib.parse import quote

import urllib3

from ledger.crypto.tls import Identity, client_pool, network_error
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, NotFound, TrustError
from mpc.relay.framing import batches, frame_letters, unframe_held
from mpc.relay.store import Held, Letter, MailboxFull, MessageTooLarge

ANSWER_LIMIT = (6 << 20) + 4096  # the relay sends at most 4 MiB unless a single message is larger
CONNECT_S = 5.0
ANSWER_S = 15.0
GRACE_S = 10.0  # an answer to a long poll may come this much later than the wait that was asked for
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0
ACKNOWLEDGE_AT = 64
PLACES_LIMIT = 500  # a request; the relay takes 1,000
_LOG = logging.getLogger(__name__)

Settle = Callable[[Held], list[int]]
"""Takes an envelope; answers the places which the relay may forget. The others come again after a restart."""


class RelayClient:
    """Requests to one relay in the name of one party; thread-safe."""

    def __init__(
        self,
        url: str,
        server_pem: bytes,
        identity: Identity,
        party: str,
        *,
        retry_s: float = 20.0,
        connections: int = 4,
    ) -> None:
        """Args: retry_s: how long one call goes on trying while the relay cannot be reached or is full."""
        if not url.startswith("https://"):
            raise InvalidRecord("relay: expected an https address")
        self.party = party
        self._url = url.rstrip("/")
        self._retry_s = retry_s
        self._pool = client_pool(server_pem, identity, connections=connections)
        self._stopping = threading.Event()

    def put(self, envelopes: Iterable[tuple[str, bytes]]) -> None:
        """Hand envelopes over, each with its mailbox; once this returns the relay holds them durably.

        As many as fit go in one request; a request is kept whole or not at all.

        Raises:
            NotFound: no such mailbox.  NotAuthorized: the relay does not know this party.
            MessageTooLarge: over the relay's bound.  BackendError: no success within the time for retries.
        """
        for batch in batches(Letter(mailbox, sha256(sealed).digest(), sealed) for mailbox, sealed in envelopes):
            self._post(frame_letters(batch))

    def fetch(self, after: int, wait_s: int) -> list[Held]:
        """Fetch what came behind a place, waiting up to ``wait_s`` for the first; one try."""
        path = f"/v1/mailbox/{quote(self.party, safe='')}?after={after}&wait={wait_s}"
        answer = self._request("GET", path, wait_s=wait_s)
        try:
            return unframe_held(answer)
        except InvalidRecord as exc:
            raise BackendError(str(exc)) from exc

    def acknowledge(self, places: Sequence[int]) -> None:
        """Let the relay forget messages; one try."""
        query = "&".join(f"place={place}" for place in places)
        self._request("DELETE", f"/v1/mailbox/{quote(self.party, safe='')}?{query}")

    def pause(self, seconds: float) -> bool:
        """Wait, unless and until closed; tell whether closed."""
        return self._stopping.wait(seconds)

    def close(self) -> None:
        """End waits and retries and drop the connections."""
        self._stopping.set()
        self._pool.clear()

    def _post(self, body: bytes) -> None:
        for pause in self._pauses():
            try:
                self._request("POST", "/v1/messages", body=body)
                return
            except (BackendError, MailboxFull) as exc:
                self._rest(pause, exc)

    def _pauses(self) -> Iterator[float]:
        deadline = time.monotonic() + self._retry_s
        pause = FIRST_PAUSE_S
        while time.monotonic() + pause < deadline:
            yield pause
            pause = min(2 * pause, LONGEST_PAUSE_S)
        yield 0.0

    def _rest(self, pause: float, exc: TrustError) -> None:
        """Wait before the next try; raise if that was the last."""
        if pause == 0.0 or self._stopping.wait(pause):
            raise exc if isinstance(exc, BackendError) else BackendError(str(exc)) from exc

    def _request(self, method: str, path: str, *, body: bytes | None = None, wait_s: float = 0.0) -> bytes:
        timeout = urllib3.Timeout(connect=CONNECT_S, read=wait_s + GRACE_S if wait_s else ANSWER_S)
        try:
            answer = self._pool.request(
                method, self._url + path, body=body, timeout=timeout, preload_content=False, redirect=False
            )
            try:
                content = answer.read(ANSWER_LIMIT + 1)
            finally:
                answer.close()  # a connection whose answer was read to the end is back in the pool already
        except (urllib3.exceptions.HTTPError, OSError) as exc:
            raise network_error(exc, "the relay") from exc
        if len(content) > ANSWER_LIMIT:
            raise BackendError(f"relay: answered with more than {ANSWER_LIMIT} bytes")
        if answer.status >= 300:
            raise _fault(answer.status)
        return content


class Receiver:
    """The thread that fetches envelopes and hands them on, in order of arrival, until closed."""

    def __init__(self, client: RelayClient, settle: Settle, *, wait_s: int = 20) -> None:
        self._client = client
        self._settle = settle
        self._wait_s = wait_s
        self._done: list[int] = []
        self.failure: TrustError | None = None
        self._thread = threading.Thread(target=self._main, name=f"receiver-{client.party}", daemon=True)

    def start(self) -> Self:
        """Begin to fetch."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop; a running long poll is left to end by itself in the daemon thread."""
        self._client.close()
        if self._thread.is_alive():
            self._thread.join(GRACE_S if self._wait_s == 0 else 1.0)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _main(self) -> None:
        place, pause = 0, FIRST_PAUSE_S
        while not self._client.pause(0):
            try:
                place = self._turn(place)
                if self.failure is not None:
                    _LOG.warning("receiving for %s again", self._client.party)
                self.failure, pause = None, FIRST_PAUSE_S
            except TrustError as exc:  # a thread's edge: kept for whoever waits, and tried again
                if self.failure is None:
                    _LOG.warning("receiving for %s: %s", self._client.party, exc)
                self.failure = exc
                self._client.pause(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    def _turn(self, place: int) -> int:
        held = self._client.fetch(place, self._wait_s)
        for item in held:
            if item.place <= place:
                raise BackendError("relay: answered with messages out of order")
            place = item.place
            self._done += self._settle(item)
        # not after each message: the next one may be on its way, and what is told twice is dropped
        if not held or len(self._done) >= ACKNOWLEDGE_AT:
            self._acknowledge()
        return place

    def _acknowledge(self) -> None:
        if self._done:
            self._client.acknowledge(self._done[:PLACES_LIMIT])
            del self._done[:PLACES_LIMIT]


def _fault(status: int) -> TrustError:
    match status:
        case 403:
            return NotAuthorized("relay: does not accept this party's certificate for that")
        case 404:
            return NotFound("relay: has no such mailbox")
        case 409:
            return Conflict("relay: holds another message under this id")
        case 413:
            return MessageTooLarge("relay: the message is too large")
        case 429:
            return MailboxFull("relay: the mailbox is full")
        case 400:
            return InvalidRecord("relay: did not understand the request")
        case _:
            return BackendError(f"relay: answered with HTTP {status}")
