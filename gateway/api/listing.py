"""Lists: a page of one as JSON, or all of it as CSV, from the same rows and for the same callers.

Every list has one form: `limit`, `cursor`, `form`, and a `next` that is null on the last page. A list that is worked
out anew as of a block (``Listed.at``) names it in its cursor, so that all its pages are as of that block; rows of the
others are only ever added behind. As CSV a list is read and sent a piece at
a time, under a head that does not depend on what is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Annotated, Any, Final, Literal, TypeAlias

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.api.asking import decode_page, encode_page, replied, reply
from gateway.exports.table import head, lines
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

Place: TypeAlias = tuple[int | str, ...]
"""Where a row stands in its list; places of one list are of one form and ascend."""
Row: TypeAlias = Mapping[str, JsonValue]
More: TypeAlias = Callable[[Place | None, int], Iterable[tuple[Place, Row | None]]]
"""Returns at most so many rows behind a place, each with its own; a row that is None is counted and not shown."""
Form: TypeAlias = Annotated[
    Literal["json", "csv"],
    Query(description="csv: the rows from `cursor` to the end (RFC 4180, UTF-8 with a byte order mark, a header row)."),
]
CSV: Final = "text/csv"
CHUNK: Final = 500
"""Rows of a CSV that are read and sent at once."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The form of one list.

    Attributes:
        name: of the file it is saved as.
        columns: of its CSV; `a.b` is the member `b` of the member `a`.
        member: under which its rows stand in JSON.
    """

    name: str
    columns: tuple[str, ...]
    member: str = "items"

    @property
    def described(self) -> dict[int | str, dict[str, Any]]:
        """Return what describes its answer in the API's document."""
        rows = {"type": "array", "items": {"type": "object"}}
        page = {
            "type": "object", "required": [self.member, "next"],
            "properties": {self.member: rows, "next": {"type": ["string", "null"]}},
        }  # fmt: skip
        return _described(page, self.columns)

    @property
    def described_whole(self) -> dict[int | str, dict[str, Any]]:
        """Return what describes an answer that is no list and has one as CSV."""
        return _described({"type": "object"}, self.columns)

    def page(
        self, request: Request, more: More, *, form: str, limit: int, cursor: Place | None, as_of: int | None = None,
        **told: object,
    ) -> Response:  # fmt: skip
        """Answer with the page behind a cursor, or with all rows behind it as CSV. told: further members."""
        if form == "csv":
            return self._sent(request, _steps(more, cursor))
        found = list(more(cursor, limit + 1))
        following = encode_page(*found[limit - 1][0]) if len(found) > limit else None
        block = {} if as_of is None else {"as_of": as_of}
        items = [row for _, row in found[:limit] if row is not None]
        return reply(request, {**block, **told, self.member: items, "next": following})

    def at(
        self, request: Request, rows: Sequence[Row], *, form: str, limit: int, cursor: str | None, as_of: int,
        **told: object,
    ) -> Response:  # fmt: skip
        """Answer from all rows of a list as of a block; see `block_of` for what a cursor says of the block."""
        after = decode_page(cursor, int, int)

        def more(place: Place | None, count: int) -> Iterable[tuple[Place, Row]]:
            start = 0 if place is None else int(place[1]) + 1
            return [((as_of, n), row) for n, row in enumerate(rows[start : start + count], start)]

        return self.page(request, more, form=form, limit=limit, cursor=after, as_of=as_of, **told)

    def whole(self, request: Request, rows: Iterable[Row]) -> Response:
        """Send rows as CSV: at once and under an ETag what is one piece, else piece by piece."""
        return self._sent(request, _chunks(iter(rows)))

    def _sent(self, request: Request, steps: Iterator[Sequence[Row]]) -> Response:
        pieces = self._pieces(steps)
        first, second = next(pieces), next(pieces, None)  # a fault in the first is answered as such
        media = f"{CSV}; charset=utf-8; header=present"
        headers = {"Content-Disposition": f'attachment; filename="{self.name}.csv"'}
        if second is None:
            return replied(request, first, media=media, headers=headers)
        return StreamingResponse(chain((first, second), pieces), 200, headers, media)

    def _pieces(self, steps: Iterator[Sequence[Row]]) -> Iterator[bytes]:
        yield head(self.columns) + lines(self.columns, next(steps, ()))
        for rows in steps:
            yield lines(self.columns, rows)


def block_of(cursor: str | None, block: int | None) -> int | None:
    """Return the block that a page of a list is as of: the one its cursor names, else the one asked for.

    Raises:
        InvalidRecord: the two differ, or the cursor is of no such list.
    """
    after = decode_page(cursor, int, int)
    if after is None:
        return block
    if block not in (None, after[0]):
        raise InvalidRecord(f"cursor: of a list as of block {after[0]}, not {block}")
    return int(after[0])


def require_whole(form: str, what: str, *, is_cut: bool) -> None:
    """Refuse a table that would end early and could not say so.

    Raises:
        InvalidRecord: there is more than is read, and CSV has no place for saying it.
    """
    if is_cut and form == "csv":
        raise InvalidRecord(f"form: {what} goes on beyond what is read at once; expected json, which says `cut`")


def behind(rows: Iterable[tuple[Place, Row]]) -> More:
    """Return a list of rows that no block fixes, by their places; one that goes or comes moves no other."""
    found = sorted(rows, key=lambda pair: pair[0])
    return lambda after, limit: list(islice((pair for pair in found if after is None or pair[0] > after), limit))


def _steps(more: More, cursor: Place | None) -> Iterator[Sequence[Row]]:
    """Read what is behind a cursor; a step of which nothing is shown is one too, for each holds a thread meanwhile."""
    while found := list(more(cursor, CHUNK)):
        yield [row for _, row in found if row is not None]
        cursor = found[-1][0]


def _chunks(rows: Iterator[Row]) -> Iterator[Sequence[Row]]:
    while found := list(islice(rows, CHUNK)):
        yield found


def _described(page: dict[str, Any], columns: Sequence[str]) -> dict[int | str, dict[str, Any]]:
    table = {"type": "string", "description": f"Columns: {', '.join(columns)}."}
    return {200: {"description": "Found", "content": {"application/json": {"schema": page}, CSV: {"schema": table}}}}
