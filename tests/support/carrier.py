"""Sealed channels between three parties over a carrier that a test can make hostile."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ledger.crypto.keys import generate
from mpc.node.messages.post import Post
from mpc.node.messages.sealed_channel import Bounds, Capture, Correspondence, Peer, SealedChannel
from mpc.relay.store import Held
from mpc.sessions import sealing

JOB, SESSION = b"\x07" * 32, b"\x05" * 32
PARTIES = ("finance", "tax", "audit")
PART = sealing.PART_LIMIT
SHORT = Bounds(timeout_s=0.05)


@dataclass
class Carrier:
    """Parties, their posts, and every envelope that was put; delivers at once unless told to hold."""

    holding: bool = False
    put: list[tuple[str, bytes]] = field(default_factory=list)
    refusals: dict[str, list[str]] = field(default_factory=dict)
    settled: dict[str, list[int]] = field(default_factory=dict)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.statement = {code: generate("ed25519") for code in PARTIES}
        self.seal = {code: generate("x25519") for code in PARTIES}
        self.posts: dict[str, Post] = {}
        for code in PARTIES:
            self.refusals[code], self.settled[code] = [], []
            self.posts[code] = self.post(code)

    def post(self, code: str, hold_bytes: int = 4 * PART) -> Post:
        return Post(
            code,
            self.seal[code],
            self.carry_all,
            hold_bytes=hold_bytes,
            hold_s=60,
            on_refusal=self.refusals[code].append,
            clock=lambda: self.now,
        )

    def carry_all(self, envelopes: Iterable[tuple[str, bytes]]) -> None:
        for mailbox, envelope in envelopes:
            self.carry(mailbox, envelope)

    def carry(self, mailbox: str, envelope: bytes) -> None:
        self.put.append((mailbox, envelope))
        if not self.holding:
            self.deliver(len(self.put) - 1)

    def deliver(self, *places: int, to: str | None = None) -> None:
        for place in places:
            mailbox, envelope = self.put[place]
            self.settled[to or mailbox] += self.posts[to or mailbox].settle(Held(place, envelope))

    def correspondence(
        self, me: str, *, job: bytes = JOB, attempt: int = 1, session: bytes = SESSION
    ) -> Correspondence:
        peers = {p: Peer(self.seal[p].public, self.statement[p].public) for p in PARTIES if p != me}
        return Correspondence(job, attempt, session, me, self.statement[me].signer(), peers)

    def channel(
        self, me: str, bounds: Bounds | None = None, capture: Capture | None = None, **about: object
    ) -> SealedChannel:
        return self.posts[me].open(self.correspondence(me, **about), bounds, capture=capture)  # type: ignore[arg-type]
