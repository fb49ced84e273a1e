"""Asking for a joint statistic: the officer's side of ``shuxin job run``.

The officer's key proposes the job on chain; the node of the same party does the rest and leaves the files. Stopping
this command stops nothing: run it again with the same specification and it follows the same job.
"""

from __future__ import annotations

import itertools
import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from contracts.artefacts import interfaces
from contracts.authorizations.terms import identifier
from contracts.jobs import client as jobs
from contracts.jobs.calls import Propose, Retry
from contracts.jobs.record import Job, JobState, Step, roster_of
from contracts.parties.client import party_id
from gateway.network.connecting import officer_chain, submit_anew
from gateway.statistics import earlier
from gateway.statistics.events import Emit, Event, silent
from gateway.statistics.service import FIGURES
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.chain.wire import load_json
from ledger.errors import BackendError, InvalidRecord, NotAuthorized, NotFound
from ledger.hashing import tagged
from ledger.proofs.view import ProvenView
from mpc.kinds.registry import kind_of
from mpc.node.config import NodeConfig
from mpc.node.guarding.guard import NOTHING, read_code
from mpc.node.node import read_trust
from mpc.node.registry import ProvenFacts
from mpc.node.whole import write_whole
from mpc.spec import job as job_spec
from mpc.spec import reader as spec_reader
from mpc.spec.job import JobSpec

Say = Callable[[str], None]
POLL_S = 0.5
NEXT = {
    JobState.PROPOSED: (Step.ACCEPT,),
    JobState.ACCEPTED: (Step.COMMIT,),
    JobState.COMMITTED: (Step.OPEN,),
    JobState.OPENING: (Step.OPEN, Step.SIGN),
}
"""Which steps of its members a job waits for, the first first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A proposed job and the connection of its officer."""

    job: bytes
    spec: JobSpec
    view: ProvenView


def read_specification(path: Path) -> JobSpec:
    """Read a specification as people write it (any JSON layout); raises NotFound, InvalidRecord."""
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    try:
        document = cast(JsonValue, load_json(path.read_bytes()))
    except InvalidRecord as fault:
        raise InvalidRecord(f"{path}: not JSON: {fault}") from fault
    return spec_reader.from_json(document)


def job_id(spec: JobSpec, nonce: str) -> bytes:
    """Derive the id of a job; the same specification may be asked again under another nonce."""
    return tagged("SHUXIN-JOB-V1", job_spec.digest(spec), nonce.encode())


def job_to_ask(spec: JobSpec, word: str, job_of: Callable[[bytes], Job], now: int) -> bytes:
    """Name the job of a question: the first under its word that has an answer or may still get one.

    One that was refused, or whose deadline passed, never will: after it comes the next, so that a question whose ground
    of refusal is gone, or whose departments were away, can be asked anew by the same words.
    """
    ids = (job_id(spec, f"{word}/{number}" if number else word) for number in itertools.count())
    return next(id for id in ids if not _is_spent(job_of(id), now))


def ask(
    config: NodeConfig, path: Path, deadline_s: int, *, say: Say, nonce: str = "", emit: Emit = silent, hint: str = ""
) -> Asked:
    """Propose the job, or find it proposed already; one that was aborted gets its next attempt, one refused a next job.

    A question that was asked before on the same versions, in whatever words, is not asked again: its job is followed,
    which is the same files once it is released. With a ``nonce`` it is that one job, and another charge; ``hint`` says
    how the caller asks for that, if it can.

    Raises:
        InvalidRecord, NotFound: the specification.
        NotAuthorized: the chain refuses the proposal; the reason is the contract's.
    """
    spec = read_specification(path)
    if spec.recipient != config.party:
        raise NotAuthorized(f"job: {config.party} can only ask for itself, the recipient is {spec.recipient}")
    target = config.state / "specifications" / f"{job_spec.digest(spec).hex()}.json"
    write_whole(target, canonical.encode(spec.json()))
    chain = officer_chain(config)
    view = ProvenView(chain, read_trust(config.trust), config.state / "officer-belief.sqlite", interfaces())
    head = view.head()
    facts, questions = ProvenFacts(view, head), earlier.Questions(config.state)
    asked = earlier.identify(spec, facts)
    before = None if nonce else questions.find(asked, lambda job: _answers(facts.job(job), head.timestamp))
    named = job_id(spec, nonce) if nonce else job_to_ask(spec, earlier.edition(spec, facts), facts.job, head.timestamp)
    id = before or named
    record, party = facts.job(id), party_id(config.party)
    if record.state is JobState.UNKNOWN:
        call = proposal(id, spec, deadline_s)
        submit_anew(chain, lambda again: jobs.propose(call, party=party, again=again), head.number)
        questions.remember(asked, id)
        emit(Event.PROPOSED, job=id.hex(), party=config.party)
        say(f"job {id.hex()} proposed by {config.party}")
    elif record.state is JobState.RELEASED:
        emit(Event.KNOWN, job=id.hex())
        say(f"this question is answered: job {id.hex()}, the same files, nothing is charged{hint}")
    elif record.state is JobState.ABORTED and head.timestamp < record.deadline:
        receipt = chain.submit(jobs.retry(Retry(id, record.attempt, record.members), party=party))
        if not receipt.accepted:
            raise NotAuthorized(f"the chain refuses another attempt: {receipt.reason}")
        emit(Event.RETRIED, job=id.hex(), attempt=record.attempt + 1)
        say(f"job {id.hex()}: attempt {record.attempt} was aborted ({read_code(record.reason)}), the next begins")
    else:
        emit(Event.FOLLOWED, job=id.hex(), state=record.state.name.lower())
        say(f"job {id.hex()} is {record.state.name.lower()} already: following it")
    return Asked(id, spec, view)


def _is_spent(record: Job, now: int) -> bool:
    """Tell whether a job that was proposed ended without an answer, and without another attempt to come."""
    return record.is_over(now) and record.state not in (JobState.UNKNOWN, JobState.RELEASED)


def _answers(record: Job, now: int) -> bool:
    """Tell whether a job has been released, or may still be without anybody's doing."""
    return record.state is JobState.RELEASED or (record.state is not JobState.ABORTED and not record.is_over(now))


def collect(
    config: NodeConfig,
    asked: Asked,
    output: Path,
    deadline_s: int,
    *,
    say: Say,
    states: Sequence[Path] = (),
    emit: Emit = silent,
) -> list[Path]:
    """Follow a job until its evidence is there and copy the files.

    Args:
        states: state directories of other nodes on this machine whose progress is told too.

    Raises:
        NotAuthorized: a party refused or the job was aborted; the message names who and why.
        BackendError: it did not end within the deadline; the message names whose step is missing.
    """
    home = config.state / "jobs" / asked.job.hex()
    progress = Progress([state / "jobs" / asked.job.hex() for state in {config.state, *states}], say, emit)
    begun, seen = time.monotonic(), JobState.UNKNOWN
    end = begun + deadline_s
    while not (home / "evidence.json").exists():
        progress.tell()
        record = _require_alive(config, asked)
        if record.state is not seen:
            emit(Event.STATE, job=asked.job.hex(), state=record.state.name.lower())
            seen = record.state
        if time.monotonic() > end:
            late = ", ".join(awaited(record, asked.spec.parties)) or "nobody"
            raise BackendError(
                f"the job did not finish in time: {seen.name.lower()}, and waits for {late}; run the command again"
            )
        time.sleep(POLL_S)
    progress.tell()
    emit(Event.RELEASED, job=asked.job.hex(), seconds=round(time.monotonic() - begun, 1))
    output.mkdir(parents=True, exist_ok=True)
    copied = []
    for name in ("release.json", "evidence.json", "evidence.public.json"):
        shutil.copyfile(home / name, output / name)
        copied.append(output / name)
    if (home / FIGURES).exists():
        shutil.copyfile(home / FIGURES, output / FIGURES)
        copied.append(output / FIGURES)
    return copied


def awaited(record: Job, parties: Sequence[str]) -> list[str]:
    """Name those whose next step of an attempt the chain does not have, in the order of their codes."""
    ordered = sorted(parties, key=identifier)  # as on the roster
    for step in NEXT.get(record.state, ()):
        left = (record.openers if step is Step.OPEN else record.members) & ~record.done(step)
        if left:
            return sorted(code for place, code in enumerate(ordered) if left >> place & 1)
    return []


def _require_alive(config: NodeConfig, asked: Asked) -> Job:
    """Return how far the job has come; raises NotAuthorized if it ended."""
    record = ProvenFacts(asked.view, asked.view.head()).job(asked.job)
    if record.state in (JobState.REFUSED, JobState.ABORTED):
        names = {party_id(pem.stem): pem.stem for pem in config.parties.glob("*.pem")}
        who = names.get(record.by, record.by.hex())
        raise NotAuthorized(f"job {record.state.name.lower()} by {who}: {read_code(record.reason)}")
    return record


def proposal(id: bytes, spec: JobSpec, deadline_s: int) -> Propose:
    """Say on chain what a specification asks for."""
    kind = kind_of(spec)
    supplies = [(identifier(source.party), source.authorization) for source in spec.sources]
    return Propose(
        job=id,
        spec=job_spec.digest(spec),
        purpose=identifier(spec.purpose),
        operations=int(kind.operations()),
        recipient=identifier(spec.recipient),
        minimum=spec.minimum,
        contributors=kind.contributors,
        duration=deadline_s,
        roster=roster_of([*supplies, (identifier(spec.recipient), NOTHING)]),
    )


class Progress:
    """Tells what nodes report about a job, each line once, in the order of time."""

    def __init__(self, homes: Sequence[Path], say: Say, emit: Emit = silent) -> None:
        self._paths = [home / "progress.jsonl" for home in homes]
        self._told = dict.fromkeys(self._paths, 0)
        self._say, self._emit = say, emit

    def tell(self) -> None:
        """Say what is new."""
        new: list[Mapping[str, JsonValue]] = []
        for path in self._paths:
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            new += [{"job": path.parent.name} | json.loads(line) for line in lines[self._told[path] :]]
            self._told[path] = len(lines)
        for line in sorted(new, key=lambda line: str(line["at"])):
            rest = f" ({line['seconds']} s)" if "seconds" in line else ""
            reason = f": {line['reason']}" if "reason" in line else ""
            self._emit(Event.STEP, **{name: value for name, value in line.items() if name != "at"})
            self._say(f"  {line['party']}: {line['step']}{rest}{reason}")
