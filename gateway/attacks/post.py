"""Two parties' real channels with a lying courier in between, in this process: for what cannot be done to a live relay.

Keys are fresh and belong to nobody; envelopes, posts and channels are those of the nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from gateway.attacks.attack import Try, failed, stopped
from ledger.errors import TrustError
from ledger.keys import generate
from mpc import sealing
from mpc.node.post import Post
from mpc.node.sealed_channel import Bounds, Correspondence, Peer
from mpc.relay.store import Held

JOB, SESSION = b"\x07" * 32, b"\x05" * 32
SENT = (("first", b"one " * 64), ("second", b"two " * 64), ("third", b"three " * (sealing.PART_LIMIT // 4)))
Lie = Callable[[list[bytes]], list[bytes]]


@dataclass(frozen=True)
class Courier:
    """What it does with the envelopes that one party sent; ``harmless``: the receiver still gets what was sent."""

    lie: Lie
    harmless: bool = False

    @classmethod
    def lies(cls) -> Iterator[tuple[str, Courier]]:
        """Every way a courier can lie."""
        yield "the relay doubles every envelope", cls(lambda e: [x for x in e for _ in range(2)], harmless=True)
        yield "the relay drops an envelope", cls(lambda e: e[1:])
        yield "the relay exchanges two envelopes", cls(lambda e: [e[1], e[0], *e[2:]])
        yield "the relay drops a part of a large message", cls(lambda e: [*e[:2], *e[3:]])
        yield "the relay truncates an envelope", cls(lambda e: [e[0][:-20], *e[1:]])
        yield "the relay changes one bit", cls(lambda e: [e[0][:90] + bytes([e[0][90] ^ 1]) + e[0][91:], *e[1:]])
        yield "the relay invents an envelope", cls(lambda e: [e[0][:1] + bytes(len(e[0]) - 1), *e[1:]])

    def try_on(self, what: str) -> Iterator[Try]:
        """Let one party send three messages and the other receive what the courier leaves of them."""
        refusals: list[str] = []
        got: list[bytes] = []
        try:
            got = _carry(self.lie, refusals)
        except TrustError as refusal:
            refusals.append(str(refusal))
        sent = [body for _, body in SENT]
        if got == sent and self.harmless:
            yield stopped(what, "the messages arrived once each: a part that is known is dropped")
        elif got and got != sent[: len(got)]:
            yield failed(what, "the receiver took other messages than were sent")
        elif got == sent:
            yield failed(what, "not noticed")
        else:
            yield stopped(what, refusals[0])


def _carry(lie: Lie, refusals: list[str]) -> list[bytes]:
    parties = ("sender", "receiver")
    seals = {code: generate("x25519") for code in parties}
    signers = {code: generate("ed25519") for code in parties}
    peers = {code: Peer(seals[code].public, signers[code].public) for code in parties}
    envelopes: list[bytes] = []

    def put(letters: Iterable[tuple[str, bytes]]) -> None:
        envelopes.extend(envelope for _, envelope in letters)

    def about(me: str, other: str) -> Correspondence:
        return Correspondence(JOB, 1, SESSION, me, signers[me].signer(), {other: peers[other]})

    sending = Post("sender", seals["sender"], put).open(about("sender", "receiver"))
    post = Post("receiver", seals["receiver"], put, on_refusal=refusals.append)
    receiving = post.open(about("receiver", "sender"), Bounds(timeout_s=0.2))
    for step, body in SENT:
        sending.send("receiver", step, body)
    for place, envelope in enumerate(lie(envelopes), start=1):
        post.settle(Held(place, envelope))
    return [receiving.receive("sender", step, limit=len(body)) for step, body in SENT]
