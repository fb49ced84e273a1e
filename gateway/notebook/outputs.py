"""What a cell put out, in one form for the kernel that ran it and for the file that keeps it, and its digest.

A stream is its text; a display is its data by media type. Pictures are base64 without white space, other values text or
JSON. A stamp is left out: it says what the rest was. It is the last display, and says no more than stamps do, so that
nothing else is shown under its mark. Jupyter's format: nbformat 4, "Cell outputs".
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

MARK = "shuxin"
"""The key in a display's metadata that tells a stamp."""

_STAMP = re.compile(
    r"evidence ([0-9a-f]{64})\nauthorized by [a-z0-9/,. -]+, in force after block [0-9]+ 授权有效\n"
    r"verify 验证: shuxin verify [^\n]{1,2000}"
)


def boxed(text: str) -> dict[str, str]:
    """Return the display of a stamp."""
    page = "<br>".join(html.escape(part) for part in text.split("\n"))
    box = f'<div style="border-left:4px solid #2a7f62;padding:4px 10px;font-family:monospace">{page}</div>'
    return {"text/plain": text, "text/html": box}


def cell_digest(source: str) -> bytes:
    """Digest a cell's own lines, without its first, the magic, and without what white space follows the last."""
    return hashlib.sha256(source.rstrip().encode()).digest()


def output_digest(outputs: Iterable[JsonValue]) -> bytes:
    """Digest outputs in their common form."""
    return hashlib.sha256(canonical.encode(list(outputs))).digest()


def stream(name: str, text: str) -> list[JsonValue]:
    """Put a stream's text in the common form; nothing for none."""
    return [{"name": name, "text": text}] if text else []


def display(data: Mapping[str, Any]) -> JsonValue:
    """Put a display's data in the common form."""
    return {"data": {kind: _value(kind, value) for kind, value in sorted(data.items())}}


def of_file(outputs: Sequence[Mapping[str, Any]]) -> list[JsonValue]:
    """Read a saved cell's outputs in the common form, streams first, as the stamped cell wrote them.

    Raises:
        InvalidRecord: an output of no known kind; an error is one, for a cell that failed gets no stamp, and so is
            what has a stamp's mark and is none.
    """
    streams, shown = dict[str, str](), list[JsonValue]()
    for left, output in zip(reversed(range(len(outputs))), outputs, strict=True):
        match output:
            case {"output_type": "stream", "name": str(name), "text": text}:
                streams[name] = streams.get(name, "") + _text(text)
            case {"output_type": "display_data", "metadata": metadata, "data": data} if MARK in metadata:
                if left or not _is_stamp(metadata[MARK], data):
                    raise InvalidRecord("notebook: a display that has a stamp's mark and is none 并非凭据的标记输出")
            case {"output_type": "display_data" | "execute_result", "data": data}:
                shown.append(display(data))
            case _:
                raise InvalidRecord(f"notebook: an output that no stamp covers: {output.get('output_type')!r}")
    return [*stream("stdout", streams.get("stdout", "")), *stream("stderr", streams.get("stderr", "")), *shown]


def _is_stamp(mark: Any, data: Mapping[str, Any]) -> bool:
    plain = _text(data.get("text/plain", ""))
    found = _STAMP.fullmatch(plain)
    shown = {kind: _text(value) for kind, value in data.items()}
    return found is not None and isinstance(mark, Mapping) and mark.get("id") == found[1] and shown == boxed(plain)


def _value(kind: str, value: Any) -> JsonValue:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, str | list) and not kind.endswith("json"):
        text = _text(value)
        return "".join(text.split()) if kind.startswith("image/") and kind != "image/svg+xml" else text
    found: JsonValue = value
    return found


def _text(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else "".join(value)
