"""Papers: words whose digest goes on chain, each with a salt of its own, so that nobody checks a guess against it.

A paper is kept in the node's state under the words and the matter they were written for, so that a command repeated
with the same words finds the same digest. Who must know the words gets them as a file; nothing else opens the digest.
What it does NOT do: encrypt. Whoever reads the file reads the words.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from ledger.files import digest_bounded, read_bounded
from ledger.hashing import tagged
from mpc.node.whole import write_whole

SALT_BYTES: Final = 32
MAX_WORDS: Final = 8192
"""Bytes of the words in one paper."""
MAX_PAPERS: Final = 16
FILE_LIMIT: Final = 1 << 28
"""Bytes of a file that a paper stands for."""
LIMIT: Final = 512 << 10
"""Bytes of a file of papers."""


@dataclass(frozen=True, slots=True)
class Paper:
    """Words and the salt that hides them."""

    words: str
    salt: bytes

    def __post_init__(self) -> None:
        if not self.words.strip() or len(self.words.encode()) > MAX_WORDS:
            raise InvalidRecord(f"paper: expected words of at most {MAX_WORDS} bytes")
        if len(self.salt) != SALT_BYTES:
            raise InvalidRecord(f"paper: expected a salt of {SALT_BYTES} bytes, got {len(self.salt)}")

    @property
    def digest(self) -> bytes:
        return tagged("SHUXIN-PAPER-V1", self.salt, self.words.encode())

    def json(self) -> JsonValue:
        return {"salt": self.salt.hex(), "words": self.words}


class Papers:
    """The papers that one department keeps."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def of(self, matter: bytes, words: str) -> Paper:
        """Return the paper of these words in a matter: the one kept, or a fresh one that is kept now."""
        place = tagged("SHUXIN-PAPER-PLACE-V1", matter, words.encode()).hex()[:32]
        for path in self._directory.glob(f"{place}-*.json"):
            return read(path)[0]
        paper = Paper(words, secrets.token_bytes(SALT_BYTES))
        write_whole(self._directory / f"{place}-{paper.digest.hex()}.json", encode([paper]))
        return paper

    def path(self, paper: Paper) -> Path:
        """Return the file of a paper that is kept here, to hand over; raises NotFound."""
        for path in self._directory.glob(f"*-{paper.digest.hex()}.json"):
            return path
        raise NotFound(f"paper: 0x{paper.digest.hex()[:12]} is not here")

    def keep(self, papers: Iterable[Paper]) -> None:
        """Keep papers that somebody else wrote."""
        for paper in papers:
            if self.find(paper.digest) is None:
                write_whole(self._directory / f"received-{paper.digest.hex()}.json", encode([paper]))

    def find(self, digest: bytes) -> Paper | None:
        """Return the paper behind a digest, if it is here."""
        for path in self._directory.glob(f"*-{digest.hex()}.json"):
            return read(path)[0]
        return None

    def require(self, digest: bytes, what: str) -> Paper:
        """Return it.

        Raises:
            NotFound: it is not here, so that nobody signs what nobody here has read.
        """
        found = self.find(digest)
        if found is None:
            raise NotFound(f"{what}: the words behind 0x{digest.hex()[:12]} are not here; ask for their papers")
        return found


def words_of(file: Path) -> str:
    """Return the words that stand for a file in a paper, its SHA-256; raises NotFound, InvalidRecord."""
    return f"sha256:{digest_bounded(file, FILE_LIMIT).hex()}"


def act_matter(entity: bytes, act: str) -> bytes:
    """Return the matter of one act about an entity on chain, so that the same words of two acts have two salts."""
    return tagged("SHUXIN-ACT-V1", entity, act.encode())


def encode(papers: Sequence[Paper]) -> bytes:
    """Write papers as one file; the first one names the matter."""
    return canonical.encode({"version": 1, "papers": [paper.json() for paper in papers]})


def read(path: Path) -> list[Paper]:
    """Read a file of papers.

    Raises:
        NotFound: there is none.
        InvalidRecord: it is not one.
    """
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    found = canonical.decode(read_bounded(path, LIMIT))
    match found:
        case {"version": 1, "papers": list(papers), **rest} if not rest and 0 < len(papers) <= MAX_PAPERS:
            return [_paper(path, paper) for paper in papers]
    raise InvalidRecord(f"{path}: not a file of papers")


def _paper(path: Path, found: JsonValue) -> Paper:
    match found:
        case {"salt": str(salt), "words": str(words), **rest} if not rest:
            try:
                return Paper(words, bytes.fromhex(salt))
            except ValueError as fault:
                raise InvalidRecord(f"{path}: a salt is not hexadecimal") from fault
    raise InvalidRecord(f"{path}: not a file of papers")
