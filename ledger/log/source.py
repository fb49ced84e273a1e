"""Records out of files: each line one, or each file one.

A record of a text file is a line without its ending (LF or CRLF). Empty lines are records too, so that leaf
number = first leaf + line number - 1. Bytes are taken as they are: no decoding, no trimming.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ledger.errors import InvalidRecord, NotFound
from ledger.log.record import RECORD_LIMIT

CHUNK = 1 << 21
BATCH_BYTES = 1 << 23
BATCH_RECORDS = 1 << 16
LINE_LIMIT = 1 << 24


def lines(path: Path) -> Iterator[list[bytes]]:
    """Yield the lines of a file in batches of bounded size; raise InvalidRecord for a line over 16 MiB."""
    rest = b""
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK):
                *batch, rest = (rest + chunk).split(b"\n")
                if len(rest) > LINE_LIMIT:
                    raise InvalidRecord(f"{path.name}: a line is longer than {LINE_LIMIT} bytes: is this a text file?")
                yield _without_returns(batch)
    except FileNotFoundError as exc:
        raise NotFound(f"{path.name}: no such file") from exc
    if rest:
        yield _without_returns([rest])


def whole(paths: Iterable[Path]) -> Iterator[list[bytes]]:
    """Yield each file as one record; raise InvalidRecord for one over 256 MiB."""
    for path in paths:
        try:
            if path.stat().st_size > RECORD_LIMIT:
                raise InvalidRecord(f"{path.name}: a record is at most {RECORD_LIMIT} bytes: append its lines or parts")
            yield [path.read_bytes()]
        except FileNotFoundError as exc:
            raise NotFound(f"{path.name}: no such file") from exc


def batches(records: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Cut any iterable of records into batches of bounded size."""
    batch: list[bytes] = []
    held = 0
    for record in records:
        if len(record) > RECORD_LIMIT:
            raise InvalidRecord(f"a record is at most {RECORD_LIMIT} bytes, got {len(record)}")
        batch.append(record)
        held += len(record)
        if held >= BATCH_BYTES or len(batch) >= BATCH_RECORDS:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _without_returns(batch: list[bytes]) -> list[bytes]:
    if any(line.endswith(b"\r") for line in batch):
        return [line[:-1] if line.endswith(b"\r") else line for line in batch]
    return batch
