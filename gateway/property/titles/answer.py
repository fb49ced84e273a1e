"""Answering a query of a title, for the command and for notebooks alike.

    with Registrar(Path("register"), network_of(node_config.load(Path("node.toml")))) as registrar:
        answer = registrar.title("2/2025800004", question("own", "Ann"), at=date(2026, 6, 30))
        answer.title.holders, answer.title.burdens, answer.title.rows()

Every answer that rests on the chain is read out of its proof, by the verifier that everybody else uses. The query is
recorded before anything is returned. Without a configuration only the records of the past are there, unproven.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from contracts.artefacts import interfaces
from contracts.calendar.dates import ZONE
from contracts.evidence.title import verify
from contracts.evidence.title.title import PAST, PAST_ONLY, SUCCEEDED, UNREGISTERED, Holder, Registration, Title
from gateway.network.connecting import reading_chain
from gateway.network.naming import names_of
from gateway.property.book import Book
from gateway.property.entering.living import LivingBook
from gateway.property.titles.asking import Asking, QueryBook, Question, as_of_text, refusal
from gateway.property.titles.entries import EntryBook
from gateway.property.titles.finding import BeforeGenesis, Found, block_of, last_block, named, unit_of
from gateway.property.titles.proving import Register, collect, successors
from ledger.canonical import JsonValue
from ledger.chain.port import Chain
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound, VerificationError
from ledger.proofs.headers import Header
from ledger.proofs.trust import Trust
from ledger.proofs.view import ProvenView
from mpc.node.config import NodeConfig
from mpc.node.node import read_trust

NOTHING = bytes(32)


@dataclass(frozen=True, slots=True)
class Answer:
    """A title, the place of its query in the registrar's stream, and the proof, empty where no block proves it.

    Attributes:
        successors: codes of the units that one was divided or merged into, by the registrar's book.
    """

    title: Title
    query: int
    proof: bytes = field(default=b"", repr=False)
    successors: tuple[str, ...] = ()

    def json(self) -> dict[str, JsonValue]:
        """Return everything but the proof for programs."""
        return {**self.title.json(), "succeeded_by": list(self.successors), "query": self.query}


@dataclass(frozen=True, slots=True)
class Network:
    """The chain as one node believes it. codes: of parties by id, as far as they are known."""

    chain: Chain
    view: ProvenView
    trust: Trust
    codes: Mapping[bytes, str]

    def close(self) -> None:
        self.view.close()
        self.chain.close()


class Registrar:
    """One registrar's book and, with a network, its living register."""

    def __init__(
        self, directory: Path, network: Network | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Open the book; raises NotFound if there is none. The network is closed with it."""
        self.book, self._network, self._clock = Book(directory), network, clock
        self._followed = -1  # block up to which the copy of the entries is known to be whole

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self._network is not None:
            self._network.close()
        self.book.close()

    def title(
        self, unit: str, asked: Question, at: int | date | None = None, *, provable: bool = False,
        record: Callable[[Asking], int] | None = None,
    ) -> Answer:  # fmt: skip
        """Answer a query and record it, also where there is nothing to answer with.

        Args:
            unit: its old code, or its name on chain.
            at: after this block, or at the end of this day; None for now.
            provable: refuse rather than answer from records that no block proves.
            record: records a query durably and returns its place; None to do so in the book itself.

        Raises:
            NotFound: no such unit, block, or nothing of it by then; the query is recorded all the same.
            InvalidRecord: a day in the future.
            NotAuthorized: the asker may not have the answer; the query is recorded all the same.
            Conflict: without a configuration, a unit of the living register.
        """
        keep = record or (lambda asking: QueryBook(self.book).record_all([asking])[0])
        now = datetime.fromtimestamp(self._clock(), UTC)
        try:
            found = unit_of(self.book, unit)
            title, proof = self._told(found, asked, at)
            if provable and not proof:
                raise NotFound(f"{at}: no block proves a title of before this network's first; ask without a proof")
        except NotFound:  # that there is none is an answer too
            keep(Asking(asked, named(self.book, unit), as_of_text(at), now, answered=False))
            raise
        names = {holder.name for holder in title.holders} | {burden.beneficiary for burden in title.burdens}
        reason = refusal(asked, names - {""})
        as_of = f"block {title.block}" if title.block else f"{at or 'records of the past'}"
        query = keep(Asking(asked, found, as_of, now, not reason))
        if reason:
            raise NotAuthorized(reason)
        return Answer(title, query, proof, self._successors(title))

    def _successors(self, title: Title) -> tuple[str, ...]:
        if self._network is None or title.standing != SUCCEEDED:
            return ()
        return successors(self._register(self._network), title.unit, title.block)

    def _register(self, network: Network) -> Register:
        return Register(self.book, EntryBook(self.book.database, network.trust.genesis_hash))

    def _told(self, found: Found, asked: Question, at: int | date | None) -> tuple[Title, bytes]:
        opens = asked.purpose.opens_names
        if self._network is None:
            if isinstance(at, int):
                raise Conflict("a block is known only with --config, which names the node's configuration")
            if at is not None and at > (today := datetime.fromtimestamp(self._clock(), ZONE).date()):
                raise InvalidRecord(f"{at} is in the future 日期尚未到来: today is {today}")
            if LivingBook(self.book).knows(found.code):
                raise Conflict(f"unit {found.code} is in the living register; --config names the node that proves it")
            return recorded(self.book, found, at, opens_names=opens), b""
        try:
            view = self._network.view
            header = last_block(view, at) if isinstance(at, date) else block_of(view, at)
        except BeforeGenesis as fault:
            if not (isinstance(at, date) and self.book.has(found.code)):
                raise
            try:
                return recorded(self.book, found, at, opens_names=opens), b""
            except NotFound as none:
                raise NotFound(f"{fault}; {none}") from none
        title, proof = self._proven(self._network, found, header, opens_names=opens)
        if title.standing == UNREGISTERED and not title.registrations:
            raise NotFound(f"unit {found.code}: in no register after block {header.number}")
        return replace(title, code=title.code or found.code), proof

    def _proven(self, network: Network, found: Found, at: Header, *, opens_names: bool) -> tuple[Title, bytes]:
        """Prove a title and read it out of its proof; the copy of the entries is read anew once if it is no good."""
        register = self._register(network)
        for is_again in (False, True):
            if is_again or at.number > self._followed:
                register.entries.follow(network.chain)  # up to the head, which is no less than this block
                self._followed = at.number
            try:
                made = collect(register, network.view, found, at, network.codes, opens_names=opens_names)
                proof = made.encode()
                return verify.examine(proof, network.trust), proof
            except VerificationError:
                if is_again:
                    raise
                register.entries.forget()
        raise AssertionError("unreachable")


def recorded(book: Book, found: Found, at: date | None, *, opens_names: bool) -> Title:
    """Say what the records of the past say, up to a day; the registrar's word alone.

    Raises:
        NotFound: nothing had been registered by then.
    """
    steps = [step for step in book.steps_of(found.code) if at is None or date.fromisoformat(step.day) <= at]
    if not steps:
        raise NotFound(f"unit {found.code!r} had no registration by {at}")
    unit, last = book.unit(found.code), json.loads(steps[-1].record)
    return Title(
        unit=found.id,
        code=found.code,
        standing=PAST_ONLY,
        registrar=NOTHING,
        registrar_code=book.registrar,
        right=unit.right,
        description=last["description"],
        holders=(Holder(Fraction(1), NOTHING, last["holder"]),) if opens_names else (),
        burdens=(),
        registrations=tuple(_step(found.id, json.loads(step.record), is_open=opens_names) for step in steps),
        block=0,
        time=0,
    )


def _step(unit: bytes, record: dict[str, str], *, is_open: bool) -> Registration:
    if not is_open:
        return Registration(PAST, "", unit, "title", "withheld", 0, NOTHING, "", NOTHING)
    day, kind = record["day"], record["kind"]
    return Registration(PAST, day, unit, "title", kind, 0, NOTHING, "", NOTHING, record=dict(record))


def network_of(config: NodeConfig, *, clock: Callable[[], float] = time.time) -> Network:
    """Connect to read only, as a department's configuration says."""
    trust, chain = read_trust(config.trust), reading_chain(config)
    view = ProvenView(chain, trust, config.state / "query-belief.sqlite", interfaces(), clock=clock)
    return Network(chain, view, trust, dict(names_of(config).known))
