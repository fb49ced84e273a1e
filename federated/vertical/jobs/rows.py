"""Which rows of its asset an owner has trained on, kept for ever: they answer again as the same rows, or not at all.

Whoever brings its table once more with one person left out gets the same sums without that person, and the difference
is that person's. What is asked is the same then, so the disclosure audit sees nothing; the rows are not. So every owner
notes the common rows of a run before anything of the run leaves, and a later run has exactly these, or none of them.

Rows are noted by digests of their keys under a secret of this node. The note of a run that came to nothing stays: what
of it had left, nobody knows for sure. Two runs at once note one after the other.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Collection, Mapping
from pathlib import Path

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.files import read_bounded
from ledger.hashing import sha256
from mpc.fields import Fields
from mpc.node.whole import write_whole
from mpc.training.port import VerticalRun

FORMAT = "shuxin-trained-rows-v1"
LIMIT, MAX_ROWS = 256 << 20, 1 << 21
_NOTING = threading.Lock()


def note(run: VerticalRun, keys: Collection[str]) -> None:
    """Note the common rows of a run, by their keys.

    Raises:
        InvalidRecord: some of them, not all, were trained on before, or with others, and nothing was noted; the
            sentence names no row. The file is damaged.
    """
    path = _path(run)
    with _NOTING:
        secret, known = _read(path) if path.exists() else (secrets.token_bytes(32), dict[str, int]())
        digests = {hmac.digest(secret, key.encode(), "sha256").hex() for key in keys}
        groups = {known[digest] for digest in digests if digest in known}
        if not groups:
            number = 1 + max(known.values(), default=0)
            write_whole(path, _encode(secret, {**known, **dict.fromkeys(digests, number)}))
        elif len(groups) > 1 or {digest for digest, group in known.items() if group in groups} != digests:
            raise InvalidRecord("rows: some of these were trained on with others; rows answer again as the same rows")


def _path(run: VerticalRun) -> Path:
    asset = run.spec.side(run.party).source.asset
    return run.home.parent / f"trained-{sha256(asset.encode()).hex()[:32]}.json"


def _encode(secret: bytes, known: Mapping[str, int]) -> bytes:
    rows: JsonValue = {digest: str(number) for digest, number in known.items()}
    return canonical.encode({"format": FORMAT, "secret": secret.hex(), "rows": rows})


def _read(path: Path) -> tuple[bytes, dict[str, int]]:
    fields = Fields(canonical.decode(read_bounded(path, LIMIT)), "rows")
    if fields.text("format") != FORMAT:
        raise InvalidRecord("rows: another format")
    secret, rows = fields.digest("secret"), fields.object("rows")
    found = {name: rows.decimal(name) for name in rows.names(MAX_ROWS)}
    fields.done()
    return secret, found
