"""Synthetic blocks for an index of any size, entered through the indexer's own writer: used by ``gateway_load.py``.

Titles, authorizations, jobs, releases, and deliveries that derive from one another: 360,000 events and some 1.4 million
edges at full size. No chain stands behind these blocks, so what is not measured with them is the checking of blocks.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from contracts.addresses import AUTHORIZATIONS, GENESIS_ADDRESSES, JOBS, SUPPLIES, TITLES
from contracts.artefacts import interfaces
from gateway.index.index import Index
from ledger.abi import AbiValue, encode
from ledger.crypto.signing import Address
from ledger.hashing import keccak256
from ledger.proofs.blocks import Sent
from ledger.proofs.headers import Header
from ledger.proofs.proof import Log
from ledger.proofs.runs import RUN

UNITS, AUTHORIZED, COMPUTED, SUPPLIED, ASSETS = 200_000, 60_000, 20_000, 40_000, 3_000
CALLS = 200
"""In one block, as the builder has them."""
SENDER = Address(b"\7" * 20)


def word(*parts: object) -> bytes:
    return keccak256("/".join(map(str, parts)).encode())


def lot(n: int) -> int:
    """Return the number of the n-th tax lot of borough 2."""
    return 2_000_000_000 + (n // 900 + 1) * 10_000 + n % 900 + 1  # lots from 1001 on are flats, named otherwise


def call(contract: str, name: str, entity: bytes, **values: AbiValue) -> Sent:
    """Make an accepted call with one event; numbers that are not given are one, words zero."""
    kind = next(found for found in interfaces()[contract].events.values() if found.name == name)
    fields = [field for field in kind.fields if not field.indexed]
    blank = {"bytes32": bytes(32), "bool": False, "bytes32[]": (), "uint256[]": ()}
    data = encode([field.type for field in fields], [values.get(f.name, blank.get(f.type, 1)) for f in fields])
    log = Log(Address(GENESIS_ADDRESSES[contract]), (kind.topic, entity), data)
    return Sent(SENDER, Address(GENESIS_ADDRESSES[contract]), b"\0\0\0\0", True, (log,))


def calls(units: Sequence[bytes], scale: float) -> Iterator[Sent]:
    """Everything that is indexed besides the town's own blocks."""
    for n, unit in enumerate(units):
        held = tuple(sorted((word("holder", n, 0), word("holder", n, 1))))
        yield call(
            TITLES, "TitleEntered", unit, state=1, party=word("registrar"), kind=1, source=word("application", n),
            spatial=word("spatial", n), right=1, holders=held, numerators=(1, 2), denominator=3,
        )  # fmt: skip
    for n in range(int(AUTHORIZED * scale)):
        parties = {
            "party": word("owner", n % 60),
            "grantee": word("grantee", n % 180),
            "asset": word("asset", n % ASSETS),
        }
        yield call(AUTHORIZATIONS, "AuthorizationGranted", word("authorization", n), terms=word("terms", n), **parties)
    for n in range(int(COMPUTED * scale)):
        job = word("job", n)
        yield call(
            JOBS, "JobProposed", job, party=word("grantee", n % 180), recipient=word("grantee", n % 180),
            spec=word("spec", n), parties=(word("owner", n % 60), word("owner", (n + 1) % 60)),
        )  # fmt: skip
        yield call(AUTHORIZATIONS, "AuthorizationUsed", word("authorization", n), n=2, job=job)
        yield call(
            JOBS, "JobSigned", job, n=2, state=5, party=word("owner", n % 60), result=word("result", n),
            statement=word("statement", n),
        )  # fmt: skip
    for n in range(int(SUPPLIED * scale)):
        source = word("content", n - 1) if n % 8 else bytes(32)
        yield call(
            SUPPLIES, "Supplied", word("authorization", n), party=word("owner", n % 60),
            grantee=word("grantee", n % 180), content=word("content", n), source=source,
        )  # fmt: skip


def fill(index: Index, genesis: Header, made: Iterator[Sent]) -> tuple[int, float, float]:
    """Index calls in blocks, run by run; return events, seconds in the indexer and of them of a processor."""
    events, spent, busy, run = 0, 0.0, 0.0, list[tuple[Header, tuple[Sent, ...]]]()
    mark = index.mark
    number = mark.number

    def keep() -> None:
        nonlocal spent, busy, mark
        began, used = time.perf_counter(), time.process_time()
        assert index.keep(mark, run)  # type: ignore[arg-type]
        spent += time.perf_counter() - began
        busy += time.process_time() - used
        mark = index.mark
        run.clear()

    while block := tuple(islice(made, CALLS)):
        events, number = events + len(block), number + 1
        header = replace(genesis, number=number, timestamp=mark.time + 1, block_hash=word("block", number))
        run.append((header, block))
        if len(run) == RUN:
            keep()
    if run:
        keep()
    return events, spent, busy
