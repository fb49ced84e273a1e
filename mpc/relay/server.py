"""The relay's HTTP server: mailboxes over TLS 1.3, both sides with registered certificates.

    POST   /v1/messages                          any registered party; the same letter again is no error
    GET    /v1/mailbox/{party}?after=N&wait=S    its owner; waits up to S <= 30 seconds for a first message
    DELETE /v1/mailbox/{party}?place=N&place=M   its owner; acknowledges, so that the relay forgets
    GET    /healthz                              any registered party

A POST carries letters, kept all or none: one round of a protocol is one request and one write to the disk.
``mpc.relay.framing`` says how letters and an answer to GET are written. Who puts and who asks is told by the pinned
certificate of the connection alone and looked up anew on every request, so a removed party is out at once.

It does NOT authenticate messages, promise delivery, or hide who talks to whom from its own operator: he
sees which certificate puts into which mailbox. The log names parties, mailboxes and sizes, never contents.
Trust assumption: none for secrecy and integrity (``mpc.sessions.sealing``), the operator for delivery.
"""

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from ledger.errors import BackendError, Conflict, InvalidRecord
from ledger.serving import Register, Server
from mpc.relay.framing import BATCH_BYTES, BATCH_COUNT, LETTER_OVERHEAD, frame_held, unframe_letters
from mpc.relay.store import Held, MailboxFull, MailboxStore, MessageTooLarge

T = TypeVar("T")

LONGEST_WAIT_S = 30.0
PLACES_LIMIT = 1000
POLLS_LIMIT = 8  # of one mailbox at a time: a node holds one open
_LOG = logging.getLogger(__name__)
_CALLER = web.RequestKey("caller", str)


class RelayServer(Server):
    """One relay over one store."""

    def __init__(
        self,
        store: MailboxStore,
        register: Register,
        host: str,
        port: int,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Args: port: 0 takes a free one."""
        super().__init__("relay", host, port, register)
        self._store = store
        self._parties = register
        self._clock = clock
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="relay-store")
        self._arrivals: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._polls: Counter[str] = Counter()

    def close(self) -> None:
        """Stop; the store stays open, it is its maker's."""
        super().close()
        self._disk.shutdown(wait=True, cancel_futures=True)

    def application(self) -> web.Application:
        # one byte above the bound, so that the store's own refusal answers a message just too large
        largest = max(BATCH_BYTES, self._store.limits.message_bytes + LETTER_OVERHEAD) + 1
        application = web.Application(middlewares=[self._admission], client_max_size=largest)
        application.router.add_post("/v1/messages", self._post)
        application.router.add_get("/v1/mailbox/{party}", self._get)
        application.router.add_delete("/v1/mailbox/{party}", self._delete)
        application.router.add_get("/healthz", self._health)
        application.on_shutdown.append(self._end_polls)
        return application

    async def _end_polls(self, _: web.Application) -> None:
        for arrival in self._arrivals.values():
            arrival.set()

    @web.middleware
    async def _admission(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        caller = self._parties.caller(request)
        if caller is None:
            return _refusal(403, "this certificate is not registered")
        request[_CALLER] = caller
        try:
            return await handler(request)
        except MessageTooLarge as exc:
            return _refusal(413, str(exc))
        except MailboxFull as exc:
            return _refusal(429, str(exc))
        except Conflict as exc:
            return _refusal(409, str(exc))
        except InvalidRecord as exc:
            return _refusal(400, str(exc))
        except BackendError as exc:
            _LOG.error("%s", exc)
            return _refusal(503, "the relay's store failed")

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _post(self, request: web.Request) -> web.Response:
        letters = unframe_letters(await request.read())
        if not 0 < len(letters) <= BATCH_COUNT:
            raise InvalidRecord(f"relay: expected 1 to {BATCH_COUNT} letters")
        if not all(self._parties.knows(letter.mailbox) for letter in letters):
            return _refusal(404, "no such mailbox")
        new = await self._run(partial(self._store.put, request[_CALLER], letters, now=self._clock()))
        for letter in new:
            _LOG.info("%d bytes for %s", len(letter.envelope), letter.mailbox)
            self._arrivals.pop(letter.mailbox, asyncio.Event()).set()
        return web.Response(status=201 if new else 200)

    async def _get(self, request: web.Request) -> web.Response:
        mailbox = self._own_mailbox(request)
        place = _number(request, "after", 1 << 62)
        deadline = time.monotonic() + _number(request, "wait", LONGEST_WAIT_S)
        if self._polls[mailbox] >= POLLS_LIMIT:
            return _refusal(429, f"more than {POLLS_LIMIT} polls of one mailbox at a time")
        self._polls[mailbox] += 1
        try:
            held = await self._poll(mailbox, place, deadline)
        finally:
            self._polls[mailbox] -= 1
        return web.Response(body=frame_held(held), content_type="application/octet-stream")

    async def _poll(self, mailbox: str, place: int, deadline: float) -> list[Held]:
        while True:
            arrival = self._arrivals[mailbox]  # taken before looking: an arrival in between sets this very event
            held = await self._run(partial(self._store.after, mailbox, place, now=self._clock()))
            left = deadline - time.monotonic()
            if held or left <= 0 or self._stopping.is_set():
                return held
            with suppress(TimeoutError):  # then one last look
                await asyncio.wait_for(arrival.wait(), left)

    async def _delete(self, request: web.Request) -> web.Response:
        mailbox = self._own_mailbox(request)
        texts = request.query.getall("place", [])
        if not 0 < len(texts) <= PLACES_LIMIT or not all(t.isascii() and t.isdigit() and len(t) < 19 for t in texts):
            raise InvalidRecord(f"relay: expected 1 to {PLACES_LIMIT} places")
        await self._run(partial(self._store.acknowledge, mailbox, [int(text) for text in texts]))
        return web.Response(status=204)

    def _own_mailbox(self, request: web.Request) -> str:
        mailbox: str = request.match_info["party"]
        if mailbox != request[_CALLER]:
            raise web.HTTPForbidden(text="a mailbox is open to its owner only")
        return mailbox

    async def _run(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, function)


def _number(request: web.Request, name: str, highest: float) -> int:
    text = request.query.get(name, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > highest:
        raise InvalidRecord(f"relay: {name} is a whole number of at most {highest:g}")
    return int(text)


def _refusal(status: int, reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=status)
