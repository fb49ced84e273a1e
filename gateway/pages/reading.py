"""What pages list, folded from proven acts: assets of the catalogue, jobs, cases. Pure: the same acts, the same lists.

Acts come from the chronicle, which has every call of every sealed block; nothing here rests on an RPC's word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, cast

from contracts.addresses import CASES, CATALOGUE, JOBS, NOTARY
from contracts.cases import replay as replaying
from contracts.cases.replay import Replay
from contracts.catalogue.rules import Category
from contracts.jobs.record import JobState
from contracts.oversight.acts import Act
from federated.runs.record import stream_name
from ledger.chain import Event
from ledger.hashing import keccak256

STAGES: Final = (JobState.PROPOSED, JobState.ACCEPTED, JobState.COMMITTED, JobState.OPENING, JobState.RELEASED)
"""A job's way when nothing goes wrong."""


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

    @property
    def stage(self) -> int:
        """How many stages are behind it."""
        return STAGES.index(self.state) + 1 if self.state in STAGES else 0

    @property
    def last(self) -> int:
        return self.moves[-1][2]


def assets(acts: Iterable[Act]) -> list[Entry]:
    """Return the catalogue, the newest change first."""
    found: dict[bytes, Entry] = {}
    for event in events(acts, CATALOGUE):
        args, asset = event.args, cast(bytes, event.args["asset"])
        before = found.get(asset)
        entry = before or Entry(asset, cast(bytes, args["party"]), Category.CONDITIONAL, 0, event.timestamp, 0)
        changes: dict[str, object] = {"changed": event.timestamp}
        if event.name in ("AssetMounted", "AssetAmended"):
            changes |= {"category": Category(cast(int, args["category"])), "grade": args["grade"], "is_mounted": True}
        elif event.name == "AssetPublished":
            changes |= {"version": args["version"], "rows": args["rows"]}
        else:
            changes |= {"is_mounted": False}
        found[asset] = replace(entry, **changes)  # type: ignore[arg-type]
    return sorted(found.values(), key=lambda one: (-one.changed, one.asset))


def jobs(acts: Iterable[Act]) -> list[Run]:
    """Return all jobs, the newest first."""
    held = list(acts)
    anchored: dict[bytes, list[tuple[int, int, int]]] = defaultdict(list)
    for event in events(held, NOTARY):
        at = (cast(int, event.args["new_size"]), event.timestamp, event.block_number)
        anchored[cast(bytes, event.args["stream"])].append(at)
    found: dict[bytes, Run] = {}
    for event in events(held, JOBS):
        args, job = event.args, cast(bytes, event.args["job"])
        state = JobState(cast(int, args["state"]))
        if event.name == "JobProposed":
            parties = cast(tuple[bytes, ...], tuple(cast(Iterable[bytes], args["parties"])))
            found[job] = Run(
                job,
                cast(bytes, args["recipient"]),
                cast(bytes, args["purpose"]),
                parties,
                state,
                event.timestamp,
                cast(int, args["deadline"]),
            )
        if job in found:
            move = (event.name, cast(bytes, args["party"]), event.timestamp, event.block_number)
            attempt = cast(int, args.get("attempt", 0))
            found[job] = replace(found[job], state=state, attempt=attempt, moves=(*found[job].moves, move))
    told = (replace(run, waves=tuple(anchored.get(_stream(run), ()))) for run in found.values())
    return sorted(told, key=lambda one: (-one.begun, one.job))


def _stream(run: Run) -> bytes:
    return keccak256(stream_name(run.job, run.attempt).encode())


@dataclass(frozen=True, slots=True)
class Matter:
    """A case of one window with where its time went."""

    case: bytes
    replay: Replay


def cases(acts: Iterable[Act], now: int) -> list[Matter]:
    """Return all cases, the newest first; departments are those of the case's template."""
    departments: dict[bytes, tuple[bytes, ...]] = {}
    opened: dict[bytes, tuple[bytes, int]] = {}
    told: dict[bytes, list[replaying.Act]] = {}
    for event in events(acts, CASES):
        args, id = event.args, cast(bytes, event.args["id"])
        if event.name == "TemplateDefined":
            departments[id] = tuple(cast(Iterable[bytes], args["departments"]))
            continue
        if event.name == "CaseOpened":
            opened[id] = cast(bytes, args["template"]), cast(int, args["due"])
        late = bool(args.get("late", 0))
        told.setdefault(id, []).append(replaying.Act(event.name, cast(bytes, args["party"]), event.timestamp, late))
    found = [
        Matter(case, replaying.replay(steps, departments[opened[case][0]], opened[case][1], now))
        for case, steps in told.items()
        if case in opened and opened[case][0] in departments
    ]
    return sorted(found, key=lambda one: (-one.replay.opened, one.case))


def events(acts: Iterable[Act], contract: str) -> Iterator[Event]:
    """Return the events of one contract, in order."""
    return (event for act in acts for event in act.events if event.contract == contract)
