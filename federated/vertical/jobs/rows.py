"""Which rows of its asset an owner has trained on, kept for ever: they answer the same run again, or nothing.

Whoever brings its table once more with one person left out gets the same sums without that person, and the difference
is that person's. What is asked is the same then, so the disclosure audit sees nothing; the rows are not. So every owner
notes the common rows of a run before anything of the run leaves, and a later run has exactly these, or none of them.

With the rows it notes what was asked of them (``mpc.kinds.models.vertical.mark_of``). Another owner's next table is
another join to the disclosure audit; its gradients or bins would be further equations about the same rows.

Rows are noted by digests of their keys under a secret of this node. The note of a run that came to nothing stays: what
of it had left, nobody knows for sure. Two runs at once note one after the other.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.files import read_bounded
from ledger.hashing import sha256
from mpc.fields import Fields
from mpc.kinds.models.vertical import mark_of
from mpc.node.whole import write_whole
from mpc.training.port import VerticalRun

FORMAT = "shuxin-trained-rows-v1"
LIMIT, MAX_ROWS = 256 << 20, 1 << 21
_NOTING = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Noted:
    """secret: of the digests. rows: digest of a key, and the number of the run that it was in. asked: by number."""

    secret: bytes
    rows: Mapping[str, int]
    asked: Mapping[int, str]


def note(run: VerticalRun, keys: Collection[str]) -> None:
    """Note the common rows of a run, by their keys.

    Raises:
        InvalidRecord: some of them, not all, were trained on before, or with others, or for another run, and nothing
            was noted; the sentence names no row. The file is damaged.
    """
    path, asked = _path(run), mark_of(run.spec)
    with _NOTING:
        known = _read(path) if path.exists() else _Noted(secrets.token_bytes(32), {}, {})
        digests = {hmac.digest(known.secret, key.encode(), "sha256").hex() for key in keys}
        groups = {known.rows[digest] for digest in digests if digest in known.rows}
        if not groups:
            number = 1 + max(known.asked, default=0)
            rows = {**known.rows, **dict.fromkeys(digests, number)}
            write_whole(path, _encode(_Noted(known.secret, rows, {**known.asked, number: asked})))
        elif len(groups) > 1 or {digest for digest, group in known.rows.items() if group in groups} != digests:
            raise InvalidRecord("rows: some of these were trained on with others; rows answer again as the same rows")
        elif known.asked[groups.pop()] != asked:
            raise InvalidRecord("rows: these were trained on with other columns or settings; rows answer for one run")


def _path(run: VerticalRun) -> Path:
    asset = run.spec.side(run.party).source.asset
    return run.home.parent / f"trained-{sha256(asset.encode()).hex()[:32]}.json"


def _encode(noted: _Noted) -> bytes:
    rows: JsonValue = {digest: str(number) for digest, number in noted.rows.items()}
    asked: JsonValue = {str(number): mark for number, mark in noted.asked.items()}
    return canonical.encode({"format": FORMAT, "secret": noted.secret.hex(), "rows": rows, "asked": asked})


def _read(path: Path) -> _Noted:
    fields = Fields(canonical.decode(read_bounded(path, LIMIT)), "rows")
    if fields.text("format") != FORMAT:
        raise InvalidRecord("rows: another format")
    secret, rows, asked = fields.digest("secret"), fields.object("rows"), fields.object("asked")
    found = {name: rows.decimal(name) for name in rows.names(MAX_ROWS)}
    marks = {number: asked.text(str(number)) for number in range(1, 1 + len(asked.names(MAX_ROWS)))}
    fields.done()
    if not set(found.values()) <= set(marks):
        raise InvalidRecord("rows: a row of no run")
    return _Noted(secret, found, marks)
