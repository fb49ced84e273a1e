"""The loop of a co-signer: fetch final blocks, judge the builder's proposal, hand the seal back, for ever.

It only dials out. It does NOT judge blocks itself (`CoSigner` re-executes and seals) and never gives up: what the
network or the builder does wrong is reported and waited out, with a bounded back-off.

Trust assumption: none in the builder; every block is checked before it counts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from ledger.chain.jsonrpc import JsonRpcClient
from ledger.chain.wire import data, read_data
from ledger.embedded.records import Seal
from ledger.errors import BackendError, NotFound, TrustError, VerificationError

WAIT_S = 4.0  # stopping takes at most this long
BEHIND_S = 0.05
LEAST_BACKOFF_S = 0.5
MOST_BACKOFF_S = 15.0
CLOCK_RETRY_S = 1.0  # a proposal from a clock slightly ahead becomes acceptable by waiting
CLOCK_RETRIES = 5  # so often it is waited for without a word
MAX_PROPOSAL = 16 << 20


class Validator(Protocol):
    """What the loop needs of a `CoSigner`."""

    def head_number(self) -> int: ...

    def nothing_offered(self) -> None: ...

    def consider(self, proposal: bytes) -> Seal: ...

    def finalize(self, block: bytes) -> None: ...


Refused = Callable[[int, TrustError], None]
"""Called with the height and the reason when a proposal or block of the builder is refused."""
Held = Callable[[TrustError | None], None]
"""Called once with what keeps this validator from sealing (the builder is out of reach or its clock ahead, this replica
takes no block), and with None when the builder is followed again."""


class CoSignLoop:
    """Runs one validator against one builder until it is stopped."""

    def __init__(
        self,
        validator: Validator,
        client: JsonRpcClient,
        *,
        on_refused: Refused,
        on_held: Held,
        stop: threading.Event | None = None,
        wait_s: float = WAIT_S,
    ) -> None:
        self._validator = validator
        self._client = client
        self._on_refused = on_refused
        self._on_held = on_held
        self._held = ""
        self._early = 0
        self._stop = stop or threading.Event()
        self._wait_s = wait_s
        self._backoff_s = LEAST_BACKOFF_S

    def run(self) -> None:
        """Co-sign until `stop` is called."""
        while not self._stop.is_set():
            try:
                is_following = self.step()
            except BackendError as exc:
                self._hold(exc)
                self._back_off()
            except NotFound:
                self._stop.wait(BEHIND_S)  # others were quicker: what is offered builds on a block not yet here
            except TrustError as exc:
                self._on_refused(self._validator.head_number() + 1, exc)
                self._held = ""  # what held before is over, as this is told instead
                self._back_off()
            else:
                if is_following and not self._stop.is_set():
                    self._hold(None)
                self._backoff_s = LEAST_BACKOFF_S

    def stop(self) -> None:
        """End the loop after the wait it is in."""
        self._stop.set()

    def step(self) -> bool:
        """Catch up, then wait once for a proposal and seal it.

        Returns: whether that went well; False of a proposal that is dated ahead of this clock.

        Raises: BackendError if the builder cannot be reached; another TrustError for what the builder does wrong.
        """
        self._catch_up()
        # a proposal sealed already is sealed again, with the same seal: it may have been lost, here or at the builder
        above = self._validator.head_number()
        answer = self._client.call("shuxin_proposal", above, self._wait_s, wait_s=self._wait_s)
        if answer is None:
            self._validator.nothing_offered()
        if answer is None or self._stop.is_set():
            return True
        seal = self._judge(read_data(answer, limit=MAX_PROPOSAL))
        if seal is None:
            return False
        self._client.call("shuxin_seal", seal.height, data(seal.block_hash), data(seal.seal))
        self._client.call("shuxin_head", seal.height - 1, self._wait_s, wait_s=self._wait_s)
        return True

    def _catch_up(self) -> None:
        """Take over every final block; each is checked for its seals and re-executed."""
        while not self._stop.is_set():
            try:
                block = self._client.call("shuxin_block", self._validator.head_number() + 1)
            except NotFound:
                return
            self._validator.finalize(read_data(block, limit=MAX_PROPOSAL))

    def _judge(self, proposal: bytes) -> Seal | None:
        try:
            seal = self._validator.consider(proposal)
        except VerificationError as exc:
            if not str(exc).startswith("time:"):
                raise
            self._early += 1
            if self._early > CLOCK_RETRIES:
                self._hold(exc)
            self._stop.wait(CLOCK_RETRY_S)
            return None
        self._early = 0
        return seal

    def _hold(self, fault: TrustError | None) -> None:
        """Report a fault of a kind once, however often it is met, and its end."""
        kind = str(fault).partition(":")[0] if fault else ""
        if kind != self._held:
            self._held = kind
            self._on_held(fault)

    def _back_off(self) -> None:
        self._stop.wait(self._backoff_s)
        self._backoff_s = min(MOST_BACKOFF_S, self._backoff_s * 2)
