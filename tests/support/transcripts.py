"""Real transcripts beside declared ones: shapes, the parts of each body, and what may be compared of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from scipy.stats import chisquare

from mpc.protocols.descriptor import Descriptor
from mpc.protocols.formula import evaluate
from mpc.protocols.schedule import Cast, Line, Sight, simulate, simulate_courier
from mpc.protocols.step import LEFT, Kind, Part, Route
from mpc.sessions.memory_channel import Message, Seen

Numbers = Mapping[str, int]
BLOCK = 16


@dataclass(frozen=True)
class Run:
    """One finished run: what each party saw, and the numbers that each role may know."""

    descriptor: Descriptor
    cast: Cast
    views: Mapping[str, Sequence[Seen]]
    sent: Sequence[Message]
    roles: Mapping[str, str]  # party -> role
    known: Mapping[str, Numbers]  # role -> numbers it may use

    def require_declared(self) -> None:
        """Hold every party's transcript, and the courier's, against the declaration."""
        for party, role in self.roles.items():
            seen = in_order(Sight(m.direction, m.other, m.step, len(m.body)) for m in self.views[party])
            simulated = in_order(simulate(self.descriptor, role, party, self.cast, self.known[role]))
            assert seen == simulated, f"{party} sees other messages than declared"
        carried = simulate_courier(self.descriptor, self.cast, self.known["courier"])
        lines = sorted(Line(m.sender, m.to, m.step, len(m.body)) for m in self.sent)
        assert lines == sorted(carried), "the courier carries other messages than declared"

    def parts(self, message: Message) -> Iterator[tuple[Part, bytes]]:
        """Cut a body into its declared parts."""
        counts = {name: number for numbers in self.known.values() for name, number in numbers.items()}
        start, step = 0, self.descriptor.step(message.step)
        if step.route is Route.CHAIN:
            senders = list(self.cast[step.sender])
            counts[LEFT] = len(senders) - 1 - senders.index(message.sender)
        for part in step.parts:
            end = start + evaluate(part.size, counts)
            yield part, message.body[start:end]
            start = end
        assert start == len(message.body)

    def told(self) -> dict[tuple[str, str, str, int], bytes]:
        """The flags and counts that messages show in the clear, by sender, receiver, step and place."""
        return {
            (message.sender, message.to, message.step, place): data
            for message in self.sent
            for place, (part, data) in enumerate(self.parts(message))
            if part.kind in (Kind.FLAG, Kind.COUNT)
        }

    def hidden(self, *kinds: Kind) -> Iterator[tuple[Part, bytes]]:
        """The parts that tell nothing by themselves, of each broadcast body one copy, signatures left out."""
        bodies: set[tuple[str, str, bytes]] = set()
        for message in self.sent:
            for part, data in self.parts(message):
                if part.kind in kinds and (message.sender, message.step, data) not in bodies:
                    bodies.add((message.sender, message.step, data))
                    yield part, data


def in_order(sights: Iterable[Sight]) -> list[list[Sight]]:
    """Leave the order as it is, except among a party's messages of one step to or from several others."""
    return [sorted(same) for _, same in groupby(sights, key=lambda sight: (sight.direction, sight.step))]


RANDOM = {  # of one item: which bytes are uniform (encodings are below a prime, even, or below an order)
    Kind.WORD: (16, slice(0, 16)),
    Kind.ELEMENT: (32, slice(1, 31)),
    Kind.KEY: (32, slice(0, 31)),
    Kind.SCALAR: (32, slice(0, 31)),
    Kind.COMMITMENT: (32, slice(1, 31)),
    Kind.TAG: (32, slice(0, 32)),
    Kind.SALT: (32, slice(0, 32)),
}


def uniform_bytes(kind: Kind, data: bytes) -> bytes:
    """Take the bytes of each item that look uniform."""
    width, chosen = RANDOM[kind]
    return b"".join(data[start : start + width][chosen] for start in range(0, len(data), width))


def blocks(data: bytes, width: int = BLOCK) -> set[bytes]:
    return {data[start : start + width] for start in range(0, len(data), width)} - {bytes(width)}


def p_value(data: bytes) -> float:
    """Test bytes for uniformity: chi-square over 256 values."""
    counts = [0] * 256
    for byte in data:
        counts[byte] += 1
    assert len(data) >= 256 * 5, "too few bytes for a test"
    return float(chisquare(counts).pvalue)
