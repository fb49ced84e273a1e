"""Bad requests by the thousand, each with the statuses that may refuse it: forms, numbers, cursors, bodies, methods."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from gateway.accounts.caller import Role

HOSTILE = (
    "' OR '1'='1", "'; DROP TABLE events; --", "1 UNION SELECT key FROM nodes", "<script>alert(1)</script>",
    "../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "\x00", "a" * 1000, "{{7*7}}", "${jndi:ldap://x}",
    "\u202e", "asset:" + "g" * 64, "asset:" + "0" * 63, "planet:" + "0" * 64, "X" + "0" * 63, "block:-1", "-1", "NaN",
    "[]", "{}",
)  # fmt: skip
NUMBERS = ("-1", "1.5", "x", "", "NaN", "99999999999999999999999", "0x10", "1e3", "null", "[]", "' OR 1=1", "1;2")
NAMED = (
    "nodes/{}", "nodes/{}/lineage", "nodes/{}/why", "nodes/{}/history", "holders/{}", "exports/prov/{}",
    "exports/odrl/{}", "exports/openlineage/{}", "exports/report/{}", "streams/{}", "catalogue/{}", "budgets/{}",
)  # fmt: skip
BODIES = (
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe\x00", b"[" * 200, b'{"a":' * 50, b'{"unit": 1}', b"<xml/>",
    b'{"unit": "x", "purpose": ["own"]}', b'{"dataset": 1}', b'{"dataset": [1]}', b'{"eventTime": "x"}',
    b'{"entity": 1}', b'{"event": "x"}', b"NaN", b'{"a": 1, "a": 2}', b'{"__proto__": {}}',
)  # fmt: skip
WRITES = ("rights", "imports/openlineage", "imports/dcat", "imports/prov", "imports/exchange", "verify/files")
JSON = {"content-type": "application/json"}
SURROGATES = ("WzEsMSwxLCJcdWQ4MDAiXQ", "WyJcdWQ4MDAiXQ")
"""Cursors of the forms of lists whose text is half of a surrogate pair: [1,1,1,"\\ud800"] and ["\\ud800"]."""
COUNTED = (
    ("nodes/sales", "block"), ("catalogue", "block"), ("catalogue", "limit"), ("streams", "block"),
    ("streams", "limit"), ("nodes/sales/lineage", "block"), ("nodes/sales/lineage", "limit"),
    ("nodes/sales/lineage", "depth"), ("search", "block"), ("search", "limit"), ("events/stream", "wait"),
    ("events", "limit"), ("alerts", "block"), ("alerts", "limit"), ("inbox", "limit"),
    ("evidence", "limit"), ("exports/dcat", "block"),
    ("exports/sample", "count"), ("exports/sample", "seed"), ("holders/tax", "block"), ("nodes/sales/why", "block"),
    ("nodes/sales/history", "block"), ("catalogue/sales", "block"), ("nodes", "limit"),
)  # fmt: skip
NOWHERE = (
    "/", "/v1", "/v1/", "/v2/nodes", "/docs", "/redoc", "/.env", "/.git/config", "/v1/../etc/passwd", "//v1/chain",
)  # fmt: skip


@dataclass(frozen=True)
class Bad:
    """One request and the statuses that refuse it rightly."""

    method: str
    path: str
    statuses: tuple[int, ...]
    params: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def bad_requests() -> Iterator[Bad]:
    """Every request that no role may be answered."""
    yield from _names()
    yield from _numbers()
    yield from _queries()
    yield from _bodies()
    for method, path in itertools.product(("PUT", "DELETE", "PATCH", "POST"), NAMED):
        yield Bad(method, f"/v1/{path.format('sales')}", (405,), body=b"{}")
    for path in NOWHERE:
        yield Bad("GET", path, (404,))


def closed_requests() -> Iterator[tuple[Role, Bad]]:
    """What a role may not do, on every route that is not its own."""
    reads = [f"/v1/{route.format('ab' * 32)}" for route in NAMED if "catalogue" not in route]
    lists = [f"/v1/{name}" for name in ("inbox", "alerts", "events", "streams", "evidence", "nodes?kind=asset")]
    for role, path in itertools.product((Role.VISITOR, Role.CITIZEN, Role.OPERATOR), (*reads, *lists)):
        yield role, Bad("GET", path, (401,) if role is Role.VISITOR else (403,))
    kinds = ("dcat", "exchange", "prov", "openlineage")
    for role, kind in itertools.product((Role.AUDITOR, Role.COURT, Role.OPERATOR, Role.CITIZEN), kinds):
        yield role, Bad("POST", f"/v1/imports/{kind}", (403,), body=b"{}", headers=JSON)


def _names() -> Iterator[Bad]:
    for route, text in itertools.product(NAMED, HOSTILE):
        yield Bad("GET", f"/v1/{route.format(quote(text, safe=''))}", (400, 404, 422))
    for place in itertools.product(("-1", "x", "9" * 30, "1"), ("-1", "x", "999"), ("-1", "x", "999")):
        yield Bad("GET", f"/v1/proofs/{'/'.join(place)}", (404, 422))


def _numbers() -> Iterator[Bad]:
    for (route, name), number in itertools.product(COUNTED, NUMBERS):
        yield Bad("GET", f"/v1/{route}", (400, 404, 422), {name: number, "q": "tax"})


def _queries() -> Iterator[Bad]:
    for text in HOSTILE:
        yield Bad("GET", "/v1/search", (400, 422), {"q": text})
        yield Bad("GET", "/v1/nodes", (400, 422), {"kind": text})
        yield Bad("GET", "/v1/catalogue", (422,), {"form": text})
        yield Bad("GET", "/v1/events", (400, 422), {"contract": text, "form": "csv"})
        yield Bad("GET", "/v1/exports/sample", (400, 422), {"kind": text, "count": "1", "seed": "1"})
        yield Bad("GET", "/v1/path", (400, 422), {"from": text, "to": "sales"})
        yield Bad("GET", "/v1/events", (400, 422), {"contract": text})
    cursors = (*HOSTILE, "e30", "WzEuNV0", "W10", "LTE", "Wy0xXQ", *SURROGATES)
    lists = ("catalogue", "events", "streams", "nodes", "alerts", "inbox", "evidence")
    for cursor, path in itertools.product(cursors, lists):
        yield Bad("GET", f"/v1/{path}", (400, 422), {"cursor": cursor, "kind": "asset"})
    for path in ("search", "catalogue", "nodes/sales"):
        yield Bad("GET", f"/v1/{path}", (413,), {"x": "a" * 5000, "q": "tax"})


def _bodies() -> Iterator[Bad]:
    for path, body in itertools.product(WRITES, BODIES):
        yield Bad("POST", f"/v1/{path}", (400, 404, 422), body=body, headers=JSON)
    for path, body in itertools.product(WRITES, BODIES[:8]):
        yield Bad("POST", f"/v1/{path}", (400, 404, 415, 422), body=body, headers={"content-type": "text/plain"})
