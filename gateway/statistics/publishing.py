"""The version of a table as its officer publishes it in the catalogue: its row count, and a root over its rows.

The row count is what other departments hold announcements against (``mpc.node.guarding.admission``); the root commits
to the rows without telling them, since every row is digested under a salt of this version. The salts of all versions
stay
here: who is shown one and that version of the table recomputes its root. On chain everybody reads the count, and how it
changes from version to version; of an asset that is declared private the declared bound stands there instead.
"""

from __future__ import annotations

import secrets
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ledger import canonical, merkle
from ledger.canonical import JsonValue
from mpc.disclosure.membership import WIDTH
from mpc.fields import Fields
from mpc.node.assets import AssetConfig
from mpc.node.whole import write_whole
from mpc.tables.table import Table

SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Edition:
    """What a version of a table comes to under a salt."""

    rows: int
    commitment: bytes
    salt: bytes = field(repr=False)


def read_edition(asset: AssetConfig, salt: bytes) -> Edition:
    """Read the table as it is now.

    Raises:
        InvalidRecord: it breaks its declaration.
    """
    with closing(Table(asset.file, asset.schema)) as table:
        together = table.row_digests(salt)
    digests = [together[start : start + WIDTH] for start in range(0, len(together), WIDTH)]
    # Exact counts of two versions would show whether one unit came between them: what noise is to hide.
    rows = len(digests) if asset.privacy is None else asset.schema.rows
    return Edition(rows, merkle.root([merkle.leaf_hash(digest) for digest in digests]), salt)


class Editions:
    """What opens each version of one asset that was ever published: a file a version, named by its commitment.

    Nothing is written over, so that an auditor can be shown any version that stands on chain. Erasing a file makes its
    version unprovable for ever, and no other.
    """

    def __init__(self, state: Path, asset: str) -> None:
        self._home = state / "published" / asset

    def salt(self, commitment: bytes) -> bytes:
        """Return the salt of a version, or a fresh one where none is kept; raises InvalidRecord."""
        path = self._path(commitment)
        if not path.is_file():
            return secrets.token_bytes(SALT_BYTES)
        return Fields(canonical.decode(path.read_bytes()), path.name).digest("salt")

    def keep(self, edition: Edition) -> None:
        """Keep what opens a version, before it is published."""
        root = edition.commitment
        opened: JsonValue = {"rows": str(edition.rows), "commitment": root.hex(), "salt": edition.salt.hex()}
        write_whole(self._path(root), canonical.encode(opened))

    def _path(self, commitment: bytes) -> Path:
        return self._home / f"{commitment.hex()}.json"


def fresh(asset: AssetConfig) -> Edition:
    """Read the table under a salt of its own: two versions under one salt would show which rows they share."""
    return read_edition(asset, secrets.token_bytes(SALT_BYTES))
