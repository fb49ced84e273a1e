"""Two parties' real channels with a lying courier in between, in this process: for what cannot be done to a live relay.

Keys are fresh and belong to nobody; envelopes, posts and channels are those of the nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from gateway.attacks.attack import Try, failed, refused, stopped
from gateway.attacks.defence import KNOWN, LOW_ORDER, ORDER, SEALED, Defence
from ledger.crypto.keys import generate
from ledger.errors import TrustError
from mpc.node.messages.post import Post
from mpc.node.messages.sealed_channel import Bounds, Correspondence, Peer
from mpc.protocols.words import Text
from mpc.relay.store import Held
from mpc.sessions import sealing

JOB, SESSION = b"\x07" * 32, b"\x05" * 32
SENT = (("first", b"one " * 64), ("second", b"two " * 64), ("third", b"three " * (sealing.PART_LIMIT // 4)))
Lie = Callable[[list[bytes]], list[bytes]]


@dataclass(frozen=True)
class Courier:
    """What it does with the envelopes that one party sent, and what must notice it; ``harmless``: the receiver still
    gets what was sent, once.
    """

    lie: Lie
    noticed_by: Defence
    harmless: bool = False

    @classmethod
    def lies(cls) -> Iterator[tuple[Text, Courier]]:
        """Every way a courier can lie."""
        doubles = cls(lambda e: [x for x in e for _ in range(2)], KNOWN, harmless=True)
        yield Text("the relay doubles every envelope", "中继将每个信封投递两次"), doubles
        yield Text("the relay drops an envelope", "中继丢弃一个信封"), cls(lambda e: e[1:], ORDER)
        exchanges = cls(lambda e: [e[1], e[0], *e[2:]], ORDER)
        yield Text("the relay exchanges two envelopes", "中继调换两个信封"), exchanges
        drops = cls(lambda e: [*e[:2], *e[3:]], ORDER)
        yield Text("the relay drops a part of a large message", "中继丢弃大消息的一段"), drops
        truncates = cls(lambda e: [e[0][:-20], *e[1:]], SEALED)
        yield Text("the relay truncates an envelope", "中继截断一个信封"), truncates
        changes = cls(lambda e: [e[0][:90] + bytes([e[0][90] ^ 1]) + e[0][91:], *e[1:]], SEALED)
        yield Text("the relay changes one bit", "中继改动一位"), changes
        invents = cls(lambda e: [e[0][:1] + bytes(len(e[0]) - 1), *e[1:]], LOW_ORDER)
        yield Text("the relay invents an envelope", "中继伪造一个信封"), invents

    def try_on(self, what: Text) -> Iterator[Try]:
        """Let one party send three messages and the other receive what the courier leaves of them."""
        refusals: list[str] = []
        got: list[bytes] = []
        try:
            got = _carry(self.lie, refusals)
        except TrustError as refusal:
            refusals.append(str(refusal))
        sent = [body for _, body in SENT]
        if got == sent and self.harmless:
            yield stopped(what, "the messages arrived once each: a part that is known is dropped", self.noticed_by)
        elif got and got != sent[: len(got)]:
            yield failed(what, "the receiver took other messages than were sent")
        elif got == sent:
            yield failed(what, "not noticed")
        else:
            yield refused(what, "; ".join(dict.fromkeys(refusals)), self.noticed_by)


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
