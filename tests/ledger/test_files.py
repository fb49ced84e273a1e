"""Files from outside are read up to the limit of their kind and no further."""

import hashlib
from pathlib import Path

import pytest

from ledger.errors import InvalidRecord, NotFound
from ledger.files import digest_bounded, read_bounded
from ledger.proofs import trust


def test_a_file_of_the_limit_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_bounded(file, 5) == b"12345"
    with pytest.raises(InvalidRecord, match="at most 4 bytes"):
        read_bounded(file, 4)


def test_a_file_without_an_end_is_refused_and_not_read_for_ever() -> None:
    with pytest.raises(InvalidRecord, match="at most 1000 bytes"):
        read_bounded(Path("/dev/zero"), 1000)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(InvalidRecord, match=str(path)):
            read_bounded(path, 10)
    with pytest.raises(InvalidRecord, match=f"trust file {tmp_path}/missing"):
        trust.load(tmp_path / "missing")


def test_the_digest_of_a_file_of_the_limit_is_told_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert digest_bounded(file, 5) == hashlib.sha256(b"12345").digest()
    with pytest.raises(InvalidRecord, match="at most 4 bytes"):
        digest_bounded(file, 4)


def test_what_has_no_digest_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing", Path("/dev/zero")):
        with pytest.raises(NotFound, match=f"{path}: no such file"):
            digest_bounded(path, 10)
