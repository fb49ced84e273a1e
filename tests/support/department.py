"""One party of a city with everything its node has: agent and officers, a proven view, journal, post, its own files.

Only the carrier between parties is a stand-in: it hands envelopes over at once, keeps their bytes, and lets a test
lose, change or repeat them.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import granting
from citygenesis import key
from foundedchain import START, Ticking

from contracts.authorizations.terms import identifier
from ledger import canonical
from ledger.chain.port import Chain
from mpc.node.assets import AssetConfig
from mpc.node.attempts.attempt import AttemptRun, Finished
from mpc.node.guarding.guard import Guard
from mpc.node.memory.journal import NodeJournal
from mpc.node.messages.post import Post
from mpc.node.messages.sealed_channel import Capture
from mpc.node.messages.transcripts import Locker, Retention, Transcripts
from mpc.node.registry import ProvenRegistry
from mpc.node.whole import write_whole
from mpc.node.workplace import Workplace
from mpc.privacy.budget import DEFAULT_PERIOD
from mpc.privacy.declaration import Declaration
from mpc.relay.store import Held
from mpc.spec import job as job_spec
from mpc.spec.job import JobSpec
from mpc.tables.schema import Schema

if TYPE_CHECKING:
    from city import City

Carry = Callable[[str, bytes], Sequence[tuple[str, bytes]]]
"""What the carrier does with an envelope put for a mailbox."""


class Died(BaseException):
    """A node's process ends here: nothing of it runs on, not even its clean-up of the job."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One owner's table: asset code, schema and CSV text, and how it may be asked privately."""

    asset: str
    schema: Schema
    csv: str
    privacy: Declaration | None = None


@dataclass(frozen=True, slots=True)
class Plaintext:
    """One message as a node handed it over or took it, before sealing and after opening."""

    node: str
    direction: str
    other: str
    step: str
    body: bytes = field(repr=False)


class Seconds:
    """The chain's clock: ``tick`` moves on with every look, ``peek`` only reads."""

    def __init__(self) -> None:
        self._ticking = Ticking()
        self._last = float(START + 100)

    def tick(self) -> float:
        self._last = self._ticking()
        return self._last

    def peek(self) -> float:
        return self._last


class Carrier:
    """Hands every envelope to its mailbox at once and remembers its bytes."""

    def __init__(self) -> None:
        self.posts: dict[str, Post] = {}
        self.stored: list[tuple[str, bytes]] = []
        self.carry: Carry = lambda mailbox, envelope: [(mailbox, envelope)]
        self._places = itertools.count(1)

    def put(self, envelopes: Iterable[tuple[str, bytes]]) -> None:
        for mailbox, envelope in envelopes:
            self.stored.append((mailbox, envelope))
            for to, data in self.carry(mailbox, envelope):
                self.posts[to].settle(Held(next(self._places), data))


class Department:
    """One party with everything its node has; ``open`` starts it anew over the same files."""

    def __init__(self, city: City, code: str, holding: Holding | None) -> None:
        self.city, self.code, self.id = city, code, identifier(code)
        self.home = city.directory / code
        self.assets: dict[str, AssetConfig] = {}
        (self.home / "terms").mkdir(parents=True)
        if holding is not None:
            file = self.home / f"{holding.asset}.csv"
            file.write_text(holding.csv, encoding="utf-8")
            period = holding.privacy.period if holding.privacy else DEFAULT_PERIOD
            statement = granting.stated(holding.asset, *holding.schema.columns, privacy=holding.privacy)
            write_whole(self.home / "entries" / f"{holding.asset}.json", canonical.encode(statement.json()))
            self.assets[holding.asset] = AssetConfig(holding.asset, file, holding.schema, period, holding.privacy)
        self.messages: list[Plaintext] = []
        self.on_message: Callable[[Plaintext], None] = lambda message: None
        self.officer = city.port(key(code, "officer"), self.home / "officer.sqlite")
        self.deputy = city.port(key(code, "deputy"), self.home / "deputy.sqlite")
        self.head = city.port(key(code, "head"), self.home / "head.sqlite")
        self.open()

    def open(self) -> None:
        """Put the node together from its files, as after a start."""
        self.stopping = threading.Event()
        self.journal = NodeJournal(self.home / "journal.sqlite")
        self.chain: Chain = self.city.port(key(self.code, "agent"), self.home / "outbox.sqlite")
        self.view = self.city.view(self.chain, self.home / "belief.sqlite")
        self.post = Post(self.code, key(self.code, "seal"), self.city.carrier.put)
        self.city.carrier.posts[self.code] = self.post

    def close(self) -> None:
        """Let go of the files."""
        self.stopping.set()
        self.journal.close()
        self.view.close()
        self.chain.close()

    def restart(self) -> None:
        self.close()
        self.open()

    def workplace(self, **changes: object) -> Workplace:
        """What the node works with; tests replace single parts."""
        place = Workplace(
            party=self.code,
            genesis=self.city.node.genesis_hash,
            codes={department.id: code for code, department in self.city.departments.items()},
            chain=self.chain,
            registry=ProvenRegistry(self.view),
            guard=Guard(
                self.code,
                self.assets,
                self.home / "terms",
                self.city.minimum,
                noise=self.city.noise,
                entries=self.home / "entries",
            ),
            journal=self.journal,
            post=self.post,
            signer=key(self.code, "statement").signer(),
            assets=self.assets,
            state=self.home / "state",
            message_timeout_s=self.city.patience_s,
            step_timeout_s=self.city.patience_s,
            rest=lambda seconds: self.stopping.wait(min(seconds, 0.05)),
            capture=self._capture,
            transcripts=self.transcripts,
            engines=self.city.engines,
        )
        return replace(place, **changes)  # type: ignore[arg-type]

    @property
    def transcripts(self) -> Transcripts:
        """What this node keeps for opened audits."""
        locker = Locker(self.code, key(self.code, "seal"), key(self.code, "statement").signer())
        return Transcripts(self.home / "state" / "audits", Retention(), locker)

    def run(self, job: bytes, attempt: int = 1, **changes: object) -> Finished | None:
        return AttemptRun(self.workplace(**changes), job, attempt).run()

    def hand_in(self, spec: JobSpec) -> None:
        """Put a specification where the officer puts it."""
        path = self.workplace().specification_path(job_spec.digest(spec))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(canonical.encode(spec.json()))

    def said(self, job: bytes) -> str:
        """Everything this node reported about a job."""
        path = self.home / "state" / "jobs" / job.hex() / "progress.jsonl"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def sent(self) -> set[str]:
        """The steps under which messages left."""
        return {message.step for message in self.messages if message.direction == "sent"}

    @property
    def _capture(self) -> Capture:
        def capture(direction: str, other: str, step: str, body: bytes) -> None:
            message = Plaintext(self.code, direction, other, step, body)
            if direction == "sent":
                self.on_message(message)  # before it is noted: who dies here has sent nothing
            self.messages.append(message)

        return capture
