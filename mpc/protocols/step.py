"""One kind of message of a protocol, as data: who sends it to whom, in which round, and what each part of it is.

The length of a message follows from its parts alone, and the parts' numbers are formulas over public parameters and
declared outputs. A part that tells its receiver something names the declared outputs it tells; every other part must
look like fresh randomness. It sends nothing: ``schedule`` lays a run out, tests hold real messages against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ledger.canonical import JsonValue
from mpc.protocols.formula import evaluate, names
from mpc.protocols.words import Text


class Kind(StrEnum):
    """What one item of a part is; it says how many bytes it has and what it looks like to who may not read it."""

    KEY = "key exchange key"
    ELEMENT = "group element"
    SCALAR = "group scalar"
    COMMITMENT = "hiding commitment"
    WORD = "word modulo 2^128"
    CIPHERTEXT = "additive ciphertext"
    MODULUS = "additive public key"
    CONTEXT = "lattice public key"
    LATTICE = "lattice ciphertext"
    CELL = "share of a cell"
    DIGEST = "digest"
    TAG = "confirmation"
    SALT = "salt"
    SIGNATURE = "signature"
    FLAG = "flag"
    COUNT = "count"
    DOCUMENT = "document"

    @property
    def bytes(self) -> str:
        """Bytes of one item: a number, or the name of a public parameter."""
        return _BYTES[self]


_BYTES: Mapping[Kind, str] = {
    Kind.KEY: "32",
    Kind.ELEMENT: "element",
    Kind.SCALAR: "32",
    Kind.COMMITMENT: "32",
    Kind.WORD: "16",
    Kind.CIPHERTEXT: "ciphertext",
    Kind.MODULUS: "public_key",
    Kind.CONTEXT: "context",
    Kind.LATTICE: "lattice",
    Kind.CELL: "cell",
    Kind.DIGEST: "32",
    Kind.TAG: "32",
    Kind.SALT: "32",
    Kind.SIGNATURE: "64",
    Kind.FLAG: "1",
    Kind.COUNT: "4",
    Kind.DOCUMENT: "1",
}


class Route(StrEnum):
    """Which senders reach which receivers; the order is that of the parties in the job."""

    EVERY = "every sender to every receiver but itself"
    CHAIN = "every sender to the next one"
    LAST = "the last sender to every receiver but itself"
    FIRST = "the first sender to every receiver but itself"
    RING = "every sender to the next one, the last to the first, if that is a receiver"
    LATER = "every sender to every receiver that comes after it"
    EARLIER = "every sender to every receiver that comes before it"


LEFT = "left"
"""In the sizes of a chain's messages: how many of its messages are still to come, this one included."""


@dataclass(frozen=True, slots=True)
class Part:
    """``count`` items of one kind. tells: the declared outputs its receiver reads from it; none: it looks random."""

    kind: Kind
    count: str = "1"
    tells: tuple[str, ...] = ()

    @property
    def size(self) -> str:
        """The formula of its length."""
        if self.count == "1":
            return self.kind.bytes
        count = f"({self.count})" if {"+", "-"} & set(self.count) else self.count
        return count if self.kind.bytes == "1" else f"{self.kind.bytes}*{count}"

    def record(self) -> JsonValue:
        """Render for evidence."""
        return {"kind": self.kind.value, "count": self.count, "tells": list(self.tells)}


SIGNATURE = Part(Kind.SIGNATURE)
"""What every message of a protocol ends with; see ``mpc.sessions.session.SignedChannel``."""


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of message.

    round: a message depends on messages of earlier rounds alone; within a round everybody sends before it waits.
    times: how often it is repeated, as a formula; repetitions are named "decide/1", "decide/2" and so on.
    """

    name: str
    round: int
    sender: str
    receivers: tuple[str, ...]
    content: Text
    parts: tuple[Part, ...]
    route: Route = Route.EVERY
    times: str | None = None

    @property
    def size(self) -> str:
        """The length in bytes, as a formula over the declared names."""
        return " + ".join(part.size for part in self.parts)

    @property
    def needs(self) -> frozenset[str]:
        """The names without which nobody could say how often and how long this message is."""
        found = names(self.size) | (names(self.times) if self.times else frozenset())
        return found - {LEFT} if self.route is Route.CHAIN else found

    def bytes(self, counts: Mapping[str, int]) -> int:
        """Evaluate the size formula; of a chain that gets shorter, ``counts`` says how much is left."""
        return evaluate(self.size, counts)

    def repetitions(self, counts: Mapping[str, int]) -> tuple[str, ...]:
        """Name the repetitions of this step in a run."""
        if self.times is None:
            return (self.name,)
        return tuple(f"{self.name}/{turn}" for turn in range(1, evaluate(self.times, counts) + 1))

    def record(self) -> JsonValue:
        """Render for evidence."""
        return {
            "step": self.name,
            "round": self.round,
            "from": self.sender,
            "to": list(self.receivers),
            "route": self.route.value,
            "times": self.times,
            "size": self.size,
            "parts": [part.record() for part in self.parts],
            "content": self.content.record(),
        }
