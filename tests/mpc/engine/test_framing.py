"""Messages between a node and its engine: what is written is read, and nothing beyond its bounds."""

import io
import struct

import pytest

from mpc.engine import framing
from mpc.engine.framing import FrameFault, Message, read, write


def written(message: Message) -> bytes:
    stream = io.BytesIO()
    write(stream, message)
    return stream.getvalue()


def test_a_message_is_read_as_it_was_written() -> None:
    message = Message({"do": "take", "name": "own0", "numbers": {"rank": 3}}, (b"", b"\x00" * 40))
    found = read(io.BytesIO(written(message)))
    assert found == message
    assert (found.text("name"), found.numbers("numbers")) == ("own0", {"rank": 3})


def test_a_message_that_is_cut_off_anywhere_is_refused() -> None:
    whole = written(Message({"do": "run"}, (b"share",)))
    for end in range(len(whole)):
        with pytest.raises(FrameFault):
            read(io.BytesIO(whole[:end]))


@pytest.mark.parametrize("length", [framing.MAX_HEADER + 1, 1 << 63])
def test_a_length_beyond_its_bound_is_refused_before_anything_is_read(length: int) -> None:
    class Narrow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert size == 8, "more than the length was asked for"
            return super().read(size)

    with pytest.raises(FrameFault, match="at most"):
        read(Narrow(struct.pack("<Q", length) + b"x" * 100))


def test_a_blob_is_bounded_by_its_reader() -> None:
    whole = written(Message({}, (b"x" * 65,)))
    assert len(read(io.BytesIO(whole), most=65).blobs[0]) == 65
    with pytest.raises(FrameFault):
        read(io.BytesIO(whole), most=64)


@pytest.mark.parametrize("header", [b"[]", b"{", b"\xff", b"[" * 60_000, b'{"a":' * 12_000, b'"a"'])
def test_what_is_no_object_is_refused_however_deep_it_is(header: bytes) -> None:
    whole = struct.pack("<Q", len(header)) + header + struct.pack("<Q", 0)
    with pytest.raises(FrameFault):
        read(io.BytesIO(whole))


@pytest.mark.parametrize("value", [1, None, ["a", 1], {"a": True}, {"a": 1.5}, "text"])
def test_values_of_another_type_are_refused(value: object) -> None:
    message = Message({"it": value})
    readers = [message.texts, message.numbers, *([] if isinstance(value, str) else [message.text])]
    for reader in [*readers, *([] if type(value) is int else [message.number])]:
        with pytest.raises(FrameFault):
            reader("it")
