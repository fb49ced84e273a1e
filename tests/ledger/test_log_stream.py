"""A stream directory: appending, proving, erasing, recovering."""

import errno
import multiprocessing
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from ledger import merkle
from ledger.errors import BackendError, Conflict, InvalidRecord, NotFound, VerificationError
from ledger.log import checkpoint, source
from ledger.log.proof import verify
from ledger.log.stream import Stream, StreamWriter

NAME = "finance/sales-2019"
RECORDS = [b"row %d" % n for n in range(700)]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    with StreamWriter(tmp_path / "s", NAME) as writer:
        writer.append(RECORDS)
    return tmp_path / "s"


def check(stream: Stream, index: int, record: bytes) -> None:
    state = stream.checkpoint
    verify(record, stream.prove(index), size=state.size, root=state.root)


@pytest.mark.parametrize("index", [0, 1, 255, 256, 511, 512, 698, 699])
def test_each_leaf_is_provable_after_a_restart(directory: Path, index: int) -> None:
    stream = Stream(directory)
    check(stream, index, RECORDS[index])


def test_leaf_is_provable_in_a_size_that_was_anchored_earlier(directory: Path) -> None:
    old = Stream(directory).checkpoint
    with StreamWriter(directory) as writer:
        writer.append([b"later"] * 500)
    stream = Stream(directory)
    verify(RECORDS[5], stream.prove(5, size=old.size), size=old.size, root=old.root)
    with pytest.raises(NotFound, match="no leaf 700"):
        stream.prove(700, size=old.size)
    with pytest.raises(NotFound, match="not 1201"):
        stream.prove(0, size=1201)


@pytest.mark.parametrize("index", [-1, 700, 10**12])
def test_leaf_outside_the_stream_is_not_found(directory: Path, index: int) -> None:
    with pytest.raises(NotFound, match="it has 700"):
        Stream(directory).prove(index)


def test_empty_stream_has_the_empty_root_and_no_leaf(tmp_path: Path) -> None:
    with StreamWriter(tmp_path, NAME) as writer:
        assert writer.append([]).root == merkle.EMPTY_ROOT
    with pytest.raises(NotFound):
        Stream(tmp_path).prove(0)


def test_reading_what_is_no_stream_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no stream"):
        Stream(tmp_path)
    with pytest.raises(NotFound, match="no stream"):
        StreamWriter(tmp_path)
    assert not list(tmp_path.iterdir())


def test_equal_records_make_different_leaves(tmp_path: Path) -> None:
    with StreamWriter(tmp_path, NAME) as writer:
        writer.append([b"same", b"same"])
    leaves = (tmp_path / "tiles" / "0").read_bytes()
    assert leaves[:32] != leaves[32:]


def test_reader_beside_a_writer_keeps_its_checkpoint(directory: Path) -> None:
    stream = Stream(directory)
    with StreamWriter(directory) as writer:
        writer.append([b"later"] * 500)
        check(stream, 699, RECORDS[699])
        assert Stream(directory).checkpoint.size == 1200


def test_proof_of_consistency_between_two_sizes(directory: Path) -> None:
    old = Stream(directory).checkpoint
    with StreamWriter(directory) as writer:
        writer.append([b"later"] * 500)
    stream = Stream(directory)
    path = stream.consistency(old.size)
    merkle.verify_consistency(old.size, stream.checkpoint.size, old.root, stream.checkpoint.root, path)
    assert stream.root_at(old.size) == old.root
    assert stream.root_at(0) == merkle.EMPTY_ROOT


@pytest.mark.parametrize("size", [0, 701])
def test_consistency_with_a_size_it_never_had_is_not_found(directory: Path, size: int) -> None:
    with pytest.raises(NotFound):
        Stream(directory).consistency(size)


def test_erased_leaf_cannot_be_proven_and_its_neighbours_can(directory: Path) -> None:
    known = Stream(directory).prove(300)
    with StreamWriter(directory) as writer:
        writer.erase(300)
        writer.erase(300)
        writer.append([b"later"])
    stream = Stream(directory)
    with pytest.raises(NotFound, match="erased"):
        stream.prove(300)
    for index in (299, 301, 700):
        stream.prove(index)
    assert known.salt not in (directory / "salts").read_bytes()


def test_erasing_a_leaf_that_does_not_exist_is_not_found(directory: Path) -> None:
    with StreamWriter(directory) as writer, pytest.raises(NotFound):
        writer.erase(700)


def test_second_writer_is_told_so(directory: Path) -> None:
    with StreamWriter(directory), pytest.raises(Conflict, match="another writer"):
        StreamWriter(directory)
    StreamWriter(directory).close()


def _hold(directory: Path, ready: Event) -> None:
    with StreamWriter(directory):
        ready.set()
        multiprocessing.Event().wait(30)


def test_writer_in_another_process_is_told_so_until_that_is_killed(directory: Path) -> None:
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    process = context.Process(target=_hold, args=(directory, ready))
    process.start()
    try:
        assert ready.wait(30)
        with pytest.raises(Conflict):
            StreamWriter(directory)
    finally:
        process.kill()
        process.join(30)
    StreamWriter(directory).close()


def test_another_name_is_a_conflict(directory: Path) -> None:
    with pytest.raises(Conflict, match="is called"):
        StreamWriter(directory, "tax/list")


def test_in_turn_another_writer_is_waited_for_and_another_name_is_not(directory: Path) -> None:
    waited, name = list[float](), Stream(directory).checkpoint.name
    held = StreamWriter(directory)

    def pause(seconds: float) -> None:
        waited.append(seconds)
        held.close()

    StreamWriter.in_turn(directory, name, pause=pause).close()
    assert len(waited) == 1
    with pytest.raises(Conflict, match="is called"):
        StreamWriter.in_turn(directory, "tax/list", pause=pause)
    assert len(waited) == 1


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak", "x" * 121, "\u3000"])
def test_impossible_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidRecord):
        StreamWriter(tmp_path / "new", name)
    assert not (tmp_path / "new").exists()


def test_names_in_chinese_are_names(tmp_path: Path) -> None:
    with StreamWriter(tmp_path, "财政局/2019") as writer:
        writer.append([b"x"])
    assert Stream(tmp_path).checkpoint.name == "财政局/2019"


def test_source_that_fails_half_way_leaves_nothing(directory: Path) -> None:
    before = Stream(directory).checkpoint

    def broken() -> Iterator[list[bytes]]:
        yield [b"a"] * 1000
        raise InvalidRecord("bad row")

    with StreamWriter(directory) as writer:
        with pytest.raises(InvalidRecord, match="bad row"):
            writer.append_batches(broken())
        assert writer.checkpoint == before
        writer.append([b"good"])
    stream = Stream(directory)
    assert stream.checkpoint.size == 701
    check(stream, 700, b"good")


def test_full_disk_is_a_backend_error_and_leaves_nothing(directory: Path) -> None:
    def full() -> Iterator[list[bytes]]:
        yield [b"a"] * 1000
        raise OSError(errno.ENOSPC, "No space left on device")

    with StreamWriter(directory) as writer:
        with pytest.raises(BackendError, match="No space"):
            writer.append_batches(full())
        assert writer.append([]).size == 700


def test_append_without_its_checkpoint_never_happened(directory: Path) -> None:
    before = (directory / "checkpoint").read_bytes()
    with StreamWriter(directory) as writer:
        writer.append([b"torn"] * 900)
    (directory / "checkpoint").write_bytes(before)
    with StreamWriter(directory) as writer:
        assert writer.checkpoint.size == 700
    assert (directory / "salts").stat().st_size == 700 * 16
    assert (directory / "tiles" / "0").stat().st_size == 700 * 32
    assert (directory / "tiles" / "1").stat().st_size == 2 * 32


def test_lost_durable_bytes_are_reported_not_repaired(directory: Path) -> None:
    for name in ("salts", "tiles/0", "tiles/1"):
        data = (directory / name).read_bytes()
        (directory / name).write_bytes(data[:-1])
        with pytest.raises(BackendError, match="shorter"):
            StreamWriter(directory)
        (directory / name).write_bytes(data)
    StreamWriter(directory).close()


def test_changed_tile_is_found_when_writing_or_proving(directory: Path) -> None:
    tile = bytearray((directory / "tiles" / "0").read_bytes())
    tile[-1] ^= 1
    (directory / "tiles" / "0").write_bytes(tile)
    with pytest.raises(VerificationError):
        StreamWriter(directory)
    with pytest.raises(VerificationError):
        Stream(directory).prove(0)


@pytest.mark.parametrize(
    "data", [b"", b"a\n1\n", b"a\n01\n" + b"A" * 43 + b"=\n", b"a\n-1\nAA==\n", b"\xff\n1\nAA==\n", b"a\n0\n!\n"]
)
def test_damaged_checkpoint_is_an_invalid_record(directory: Path, data: bytes) -> None:
    (directory / "checkpoint").write_bytes(data)
    with pytest.raises(InvalidRecord):
        Stream(directory)
    with pytest.raises(InvalidRecord):
        StreamWriter(directory, NAME)


def test_checkpoint_file_is_the_published_form() -> None:
    state = checkpoint.Checkpoint("a", 0, merkle.EMPTY_ROOT)
    assert state.encode() == b"a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    assert checkpoint.parse(state.encode()) == state
    with pytest.raises(InvalidRecord):
        checkpoint.parse(state.encode() + b"\n")
    with pytest.raises(InvalidRecord, match="empty stream"):
        checkpoint.Checkpoint("a", 0, bytes(32))


def test_progress_counts_leaves(tmp_path: Path) -> None:
    seen: list[int] = []
    with StreamWriter(tmp_path, NAME) as writer:
        writer.append_batches(iter([[b"a"] * 10, [b"b"] * 5]), progress=seen.append)
    assert seen == [10, 15]


@pytest.mark.parametrize(
    ("text", "records"),
    [
        (b"", []),
        (b"a", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\r\nb\n", [b"a", b"b"]),
        (b"a\n\nb", [b"a", b"", b"b"]),
        (b"\n", [b""]),
        ("数据\n".encode(), ["数据".encode()]),
    ],
)
def test_records_of_a_text_file_are_its_lines(tmp_path: Path, text: bytes, records: list[bytes]) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text)
    assert [line for batch in source.lines(path) for line in batch] == records


def test_lines_across_read_boundaries_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    expected = [b"%d" % n * 40 for n in range(30_000)]
    path.write_bytes(b"\r\n".join(expected))
    assert [line for batch in source.lines(path) for line in batch] == expected


def test_endless_line_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "t.bin"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(InvalidRecord, match="text file"):
        list(source.lines(path))
    with pytest.raises(InvalidRecord, match="at most"):
        list(source.whole([path]))


def test_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no\.csv"):
        list(source.lines(tmp_path / "no.csv"))
    with pytest.raises(NotFound, match=r"no\.csv"):
        list(source.whole([tmp_path / "no.csv"]))


def test_whole_files_are_one_record_each(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1\n2\n")
    (tmp_path / "b").write_bytes(b"")
    assert list(source.whole([tmp_path / "a", tmp_path / "b"])) == [[b"1\n2\n"], [b""]]


def test_batches_are_bounded_by_count_and_bytes() -> None:
    assert max(map(len, source.batches(b"x" for _ in range(150_000)))) == source.BATCH_RECORDS
    assert [len(b) for b in source.batches([bytes(source.BATCH_BYTES)] * 3)] == [1, 1, 1]


def _append_for_ever(directory: Path, acknowledged: Connection) -> None:
    with StreamWriter(directory) as writer:
        while True:
            acknowledged.send(writer.append([b"record"] * 777).size)


def test_killed_writer_loses_nothing_acknowledged(directory: Path) -> None:
    context = multiprocessing.get_context("fork")
    for acknowledgements in (1, 2, 5, 9):
        ours, theirs = context.Pipe()
        process = context.Process(target=_append_for_ever, args=(directory, theirs))
        process.start()
        sizes = [ours.recv() for _ in range(acknowledgements)]
        process.kill()
        process.join(30)
        with StreamWriter(directory) as writer:
            assert writer.checkpoint.size >= sizes[-1]
            assert (writer.checkpoint.size - 700) % 777 == 0
        Stream(directory).prove(sizes[-1] - 1)
