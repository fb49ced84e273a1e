"""What pages list, folded from proven acts: assets of the catalogue, jobs, cases. Pure: the same acts, the same lists.

Acts come one by one from the chronicle, which has every call of every sealed block; nothing here rests on an RPC's
word. A look sorts what is listed and does not go through the acts again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from heapq import nlargest
from typing import Final, cast

from contracts.addresses import CASES, CATALOGUE, JOBS, NOTARY
from contracts.cases import replay as replaying
from contracts.cases.replay import Replay
from contracts.catalogue.rules import Category
from contracts.jobs.record import JobState
from contracts.oversight.acts import Act
from federated.runs.record import stream_name
from ledger.chain.port import Event
from ledger.hashing import keccak256
from ledger.proofs.headers import Header
from mpc.node.guarding.guard import read_code

STAGES: Final = (JobState.PROPOSED, JobState.ACCEPTED, JobState.COMMITTED, JobState.OPENING, JobState.RELEASED)
"""A job's way when nothing goes wrong."""
ENDS: Final = ("JobRefused", "JobAborted")
"""Events that say on which ground a party ended a job, or an attempt of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An asset as the catalogue has it. rows: 0 where its owner publishes no count."""

    asset: bytes
    owner: bytes
    category: Category
    grade: int
    since: int
    changed: int
    version: int = 0
    rows: int = 0
    is_mounted: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """A job as its events have it.

    Attributes:
        moves: name, party, time and block of each event, in order.
        specification: digest of the document that says what it asks.
        ground: of a job that was refused or given up, why, as the party wrote it; empty for all others.
        waves: of a training run: leaves of its stream at each anchor, with time and block; none for other jobs.
    """

    job: bytes
    recipient: bytes
    purpose: bytes
    parties: tuple[bytes, ...]
    state: JobState
    begun: int
    deadline: int
    attempt: int = 0
    waves: tuple[tuple[int, int, int], ...] = ()
    moves: tuple[tuple[str, bytes, int, int], ...] = field(default=(), repr=False)
    specification: bytes = b""
    ground: str = ""

    @property
    def stage(self) -> int:
        """How many stages are behind it."""
        return STAGES.index(self.state) + 1 if self.state in STAGES else 0

    @property
    def last(self) -> int:
        return self.moves[-1][2]


@dataclass(frozen=True, slots=True)
class Matter:
    """A case of one window with where its time went."""

    case: bytes
    replay: Replay


class Lists:
    """Everything that pages list, as of the acts that were taken."""

    def __init__(self) -> None:
        self._assets: dict[bytes, Entry] = {}
        self._runs: dict[bytes, Run] = {}
        self._waves: dict[bytes, list[tuple[int, int, int]]] = {}  # by stream, of attempts that there were
        self._departments: dict[bytes, tuple[bytes, ...]] = {}  # by template
        self._cases: dict[bytes, _Case] = {}
        self._counts = Counter[tuple[str, str]]()
        self._states = Counter[JobState]()

    def take(self, act: Act, _at: Header) -> None:
        """Follow one act."""
        for event in act.events:
            self._counts[event.contract, event.name] += 1
            match event.contract:
                case _ if event.contract == CATALOGUE:
                    self._asset(event)
                case _ if event.contract == JOBS:
                    self._job(event)
                case _ if event.contract == NOTARY:
                    self._anchor(event)
                case _ if event.contract == CASES:
                    self._case(event)

    def count(self, contract: str, name: str | None = None) -> int:
        """Return how many events of a contract there were, of one name or of all."""
        return sum(n for (one, said), n in self._counts.items() if one == contract and name in (None, said))

    def assets(self) -> list[Entry]:
        """Return the catalogue, the newest change first."""
        return sorted(self._assets.values(), key=lambda one: (-one.changed, one.asset))

    def ended(self, state: JobState) -> int:
        """Return how many jobs stand in a state."""
        return self._states[state]

    def jobs(self, most: int) -> list[Run]:
        """Return the newest jobs, the newest first."""
        found = nlargest(most, self._runs.values(), key=lambda one: (one.begun, one.job))
        return [self._with_waves(one) for one in found]

    def run(self, job: bytes) -> Run | None:
        """Return one job."""
        found = self._runs.get(job)
        return None if found is None else self._with_waves(found)

    def cases(self, now: int, most: int) -> list[Matter]:
        """Return the newest cases, the newest first; departments are those of the case's template."""
        held = [(id, one) for id, one in self._cases.items() if one.template in self._departments]
        found = nlargest(most, held, key=lambda pair: (pair[1].steps[0].time, pair[0]))
        return [
            Matter(id, replaying.replay(one.steps, self._departments[one.template], one.due, now)) for id, one in found
        ]

    def _asset(self, event: Event) -> None:
        args, asset = event.args, cast(bytes, event.args["asset"])
        entry = self._assets.get(asset) or Entry(
            asset, cast(bytes, args["party"]), Category.CONDITIONAL, 0, event.timestamp, 0
        )
        changes: dict[str, object] = {"changed": event.timestamp}
        if event.name in ("AssetMounted", "AssetAmended"):
            changes |= {"category": Category(cast(int, args["category"])), "grade": args["grade"], "is_mounted": True}
        elif event.name == "AssetPublished":
            changes |= {"version": args["version"], "rows": args["rows"]}
        else:
            changes |= {"is_mounted": False}
        self._assets[asset] = replace(entry, **changes)  # type: ignore[arg-type]

    def _job(self, event: Event) -> None:
        args, job = event.args, cast(bytes, event.args["job"])
        state, before = JobState(cast(int, args["state"])), self._runs.get(job)
        if event.name == "JobProposed":
            parties = cast(tuple[bytes, ...], tuple(cast(Iterable[bytes], args["parties"])))
            recipient, purpose = cast(bytes, args["recipient"]), cast(bytes, args["purpose"])
            found = Run(
                job, recipient, purpose, parties, state, event.timestamp, cast(int, args["deadline"]),
                specification=cast(bytes, args["spec"]),
            )  # fmt: skip
        elif before is not None:
            found = before
        else:
            return
        move = (event.name, cast(bytes, args["party"]), event.timestamp, event.block_number)
        attempt = cast(int, args.get("attempt", 0))
        ground = read_code(cast(bytes, args["reason"])) if event.name in ENDS else ""
        found = replace(found, state=state, attempt=attempt, moves=(*found.moves, move), ground=ground)
        if before is not None:
            self._states[before.state] -= 1
        self._states[state] += 1
        self._runs[job] = found
        self._waves.setdefault(_stream(found), [])

    def _anchor(self, event: Event) -> None:
        waves = self._waves.get(cast(bytes, event.args["stream"]))
        if waves is not None:
            waves.append((cast(int, event.args["new_size"]), event.timestamp, event.block_number))

    def _case(self, event: Event) -> None:
        args, id = event.args, cast(bytes, event.args["id"])
        if event.name == "TemplateDefined":
            self._departments[id] = tuple(cast(Iterable[bytes], args["departments"]))
            return
        if event.name == "CaseOpened":
            self._cases.setdefault(id, _Case(cast(bytes, args["template"]), cast(int, args["due"])))
        if id in self._cases:
            late = bool(args.get("late", 0))
            step = replaying.Act(event.name, cast(bytes, args["party"]), event.timestamp, late)
            self._cases[id].steps.append(step)

    def _with_waves(self, run: Run) -> Run:
        return replace(run, waves=tuple(self._waves.get(_stream(run), ())))


@dataclass(slots=True)
class _Case:
    template: bytes
    due: int
    steps: list[replaying.Act] = field(default_factory=list)


def _stream(run: Run) -> bytes:
    return keccak256(stream_name(run.job, run.attempt).encode())
