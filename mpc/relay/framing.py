"""How letters travel to the relay, and held envelopes back: plain concatenation, lengths first.

A letter: length (1 byte) and code of the mailbox, id (32 bytes), length (4 bytes) and bytes of the envelope. A held
envelope: place (8 bytes), length (1 byte) and code of the sender, length (4 bytes) and bytes of the envelope. Whole
numbers are big-endian; a body that does not end where an item ends raises InvalidRecord.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from ledger.errors import InvalidRecord
from mpc.relay.store import ID_BYTES, Held, Letter

T = TypeVar("T")

BATCH_BYTES = 4 << 20  # of one POST, unless a single letter is larger
BATCH_COUNT = 64
LETTER_OVERHEAD = 1 + 255 + ID_BYTES + 4


def batches(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    """Cut into what one POST may hold, in order, at least one letter each."""
    batch: list[Letter] = []
    size = 0
    for letter in letters:
        more = LETTER_OVERHEAD + len(letter.envelope)
        if batch and (size + more > BATCH_BYTES or len(batch) == BATCH_COUNT):
            yield batch
            batch, size = [], 0
        batch.append(letter)
        size += more
    if batch:
        yield batch


def frame_letters(letters: Iterable[Letter]) -> bytes:
    """Write the body of a POST."""
    return b"".join(_short(item.mailbox) + item.id + _long(item.envelope) for item in letters)


def unframe_letters(data: bytes) -> list[Letter]:
    """Read the body of a POST; raises InvalidRecord."""
    return _items(data, lambda rest: Letter(rest.short(), rest.take(ID_BYTES), rest.long()))


def frame_held(held: Iterable[Held]) -> bytes:
    """Write an answer's body."""
    return b"".join(item.place.to_bytes(8, "big") + _short(item.sender) + _long(item.envelope) for item in held)


def unframe_held(data: bytes) -> list[Held]:
    """Read an answer's body; raises InvalidRecord."""

    def read(rest: _Rest) -> Held:
        place, sender = int.from_bytes(rest.take(8), "big"), rest.short()
        return Held(place, rest.long(), sender)

    return _items(data, read)


def _short(text: str) -> bytes:
    return len(text.encode()).to_bytes(1, "big") + text.encode()


def _long(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


class _Rest:
    """What is left to read."""

    def __init__(self, data: bytes) -> None:
        self.left = memoryview(data)

    def take(self, size: int) -> bytes:
        if size > len(self.left):
            raise InvalidRecord("relay: the messages are truncated")
        taken, self.left = bytes(self.left[:size]), self.left[size:]
        return taken

    def short(self) -> str:
        return self.take(self.take(1)[0]).decode("ascii", "replace")

    def long(self) -> bytes:
        return self.take(int.from_bytes(self.take(4), "big"))


def _items(data: bytes, read: Callable[[_Rest], T]) -> list[T]:
    rest, items = _Rest(data), []
    while rest.left:
        items.append(read(rest))
    return items
