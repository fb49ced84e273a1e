"""Several departments in one process: an embedded chain over the real contracts, real keys and proofs.

The chain's clock moves a second whenever the block builder looks at it, so that blocks cost no waiting.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import granting
from citygenesis import END, GOVERNOR, genesis_of, key
from department import Carrier, Department, Died, Holding, Seconds
from foundedchain import START, VALIDATORS, trust_of

from contracts.addresses import DIRECTORY, GENESIS_ADDRESSES
from contracts.artefacts import interfaces
from contracts.authorizations.record import Authorization, Operations
from contracts.authorizations.terms import Terms, identifier
from contracts.budgets import calls
from contracts.budgets import client as budgets
from contracts.budgets.record import EVERYBODY
from contracts.jobs import client as jobs
from contracts.jobs.calls import Propose, Retry
from contracts.jobs.record import NOTHING, Job, roster_of
from contracts.terminations import client as terminations
from contracts.terminations.rules import Announce, Answer, File
from ledger import canonical
from ledger.chain.port import Chain, Operation, Receipt
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address
from ledger.embedded.engine import EmbeddedChain
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.production.builder import Pace
from ledger.embedded.production.sealing import LocalSealers
from ledger.hashing import keccak256
from ledger.proofs.view import ProvenView
from mpc.engine.port import NO_ENGINES, Engines
from mpc.kinds.registry import kind_of
from mpc.node.attempts.attempt import Finished
from mpc.node.guarding.limits import NoiseLimits
from mpc.node.registry import ProvenRegistry
from mpc.privacy.budget import DEFAULT_PERIOD
from mpc.spec import job as job_spec
from mpc.spec.job import AlignedSpec, JobSpec, JoinSpec, MatchedSpec, VerticalSpec
from mpc.spec.parts import Source

DURATION = 6 * 86_400
NOISE = NoiseLimits(epsilon_milli=2000, delta_log2=-20)
"""Weak noise: few dummy keys, quick joins."""


class City:
    """A chain and its departments; a context manager."""

    def __init__(
        self,
        directory: Path,
        holdings: Mapping[str, Holding],
        recipients: Sequence[str] = ("audit-office",),
        *,
        minimum: int = 10,
        patience_s: float = 30.0,
        micro_rho: int = 10**9,
        engines: Engines = NO_ENGINES,
        noise: NoiseLimits = NOISE,
    ) -> None:
        self.directory, self.minimum, self.patience_s = directory, minimum, patience_s
        self.engines, self.noise = engines, noise
        self.clock, self.carrier = Seconds(), Carrier()
        self._numbers = itertools.count(1)
        codes = [*holdings, *recipients]
        self.node = EmbeddedNode.open(
            directory / "chain",
            LocalSealers(VALIDATORS),
            genesis=genesis_of(codes),
            clock=self.clock.tick,
            pace=Pace(linger_s=0.005, build_s=600.0),
        )
        self.node.start()
        self.departments: dict[str, Department] = {}
        for code in codes:
            self.departments[code] = Department(self, code, holdings.get(code))
        for code, holding in holdings.items():
            statement = granting.stated(holding.asset, *holding.schema.columns, privacy=holding.privacy)
            self.sign(code, granting.entered(self[code].id, statement, identifier(f"item {holding.asset}")))
            if micro_rho:
                self.allow(code, micro_rho)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for department in self.departments.values():
            department.close()
            department.officer.close()
            department.deputy.close()
            department.head.close()
        self.node.close()

    def __getitem__(self, code: str) -> Department:
        return self.departments[code]

    def port(self, by: PrivateKey, outbox: Path) -> EmbeddedChain:
        directory = Address(GENESIS_ADDRESSES[DIRECTORY])
        return EmbeddedChain(self.node, interfaces(), directory=directory, key=by, outbox=outbox, owns_node=False)

    def view(
        self, chain: Chain, store: Path, *, max_age_s: float = 1e6, late: Callable[[], float] = lambda: 0.0
    ) -> ProvenView:
        """A view by the chain's clock, of a node whose own clock is so many seconds ahead."""
        trust = trust_of(self.node.genesis_hash)
        clock = lambda: self.clock.peek() + late()  # noqa: E731 - one line of a test
        return ProvenView(chain, trust, store, interfaces(), clock=clock, max_age_s=max_age_s)

    def number(self) -> bytes:
        """A fresh op_id."""
        return keccak256(f"operation {next(self._numbers)}".encode())

    def call(self, code: str, operation: Operation) -> Receipt:
        """Let a party's officer carry out a call, which must be accepted."""
        receipt = self.departments[code].officer.submit(operation)
        assert receipt.accepted, receipt.reason
        return receipt

    def file_end(self, owner: str, recipient: str, authorization: bytes) -> None:
        """Have owner and recipient agree that a service ends, and the authority file it."""
        word = b"\1" * 32
        self.call(owner, terminations.announce(Announce(authorization, word), op_id=self.number()))
        self.call(recipient, terminations.answer(Answer(authorization, True, word), op_id=self.number()))
        authority = self.port(key(GOVERNOR, "officer"), self.directory / f"{self.number().hex()}.sqlite")
        receipt = authority.submit(terminations.file(File(authorization), op_id=self.number()))
        authority.close()
        assert receipt.accepted, receipt.reason

    def sign(self, code: str, signed: granting.Signed) -> None:
        """Let a party's head and officer carry out calls."""
        for use, operation in signed:
            department = self.departments[code]
            receipt = (department.head if use == "head" else department.officer).submit(operation)
            assert receipt.accepted, receipt.reason

    def allow(self, owner: str, micro_rho: int, period: str = DEFAULT_PERIOD, *, window_s: int = 0) -> None:
        """Let two officers raise the limit of the owner's one asset, or with a window everybody's rate."""
        pot = EVERYBODY if window_s else identifier(period)
        limit = (identifier(next(iter(self[owner].assets))), pot, window_s, micro_rho)
        self.call(owner, budgets.limit(calls.Propose(*limit), op_id=self.number()))
        receipt = self[owner].deputy.submit(budgets.limit(calls.Confirm(*limit), op_id=self.number()))
        assert receipt.accepted, receipt.reason

    def authorize(
        self, owner: str, recipient: str, purpose: str, columns: Sequence[str], operations: Operations,
        *, valid_until: int = END, max_uses: int = 100, granted: bool = True,
    ) -> bytes:  # fmt: skip
        """Request an authorization for the owner's one asset and grant it; both keep the terms document."""
        asset = next(iter(self[owner].assets))
        number = self.number()
        text, names = "the text of the purpose", tuple(sorted(columns))
        terms = Terms(
            asset, recipient, purpose, text, operations, names, number, "article 9", START, valid_until, max_uses
        )
        for code in (owner, recipient):
            (self[code].home / "terms" / f"{number.hex()}.json").write_bytes(canonical.encode(terms.json()))
        self.sign(recipient, granting.asked(number, identifier(asset), self[owner].id, terms.scope))
        if granted:
            statement = granting.stated(
                asset, *self[owner].assets[asset].schema.columns, privacy=self[owner].assets[asset].privacy
            )
            self.sign(owner, granting.answered(number, self[owner].id, statement, terms.digest, *names))
        return number

    def authorized(self, spec: JobSpec, **terms: object) -> JobSpec:
        """Obtain fresh authorizations for all sources of a specification and name them in it."""
        sources = tuple(self._authorize_for(spec, source, terms) for source in spec.sources)
        if isinstance(spec, AlignedSpec | MatchedSpec | VerticalSpec):
            return spec.supplied(sources)
        if not isinstance(spec, JoinSpec):
            return replace(spec, sources=sources)
        further = tuple(replace(own, source=source) for own, source in zip(spec.further, sources[2:], strict=True))
        return replace(spec, holder=sources[0], lister=sources[1], further=further)

    def propose(self, spec: JobSpec, *, record: Mapping[str, object] | None = None) -> bytes:
        """Let the recipient's officer hand in the specification and propose the job; ``record`` falsifies fields."""
        self[spec.recipient].hand_in(spec)
        job = self.number()
        supplies = [(identifier(source.party), source.authorization) for source in spec.sources]
        call = Propose(
            job=job,
            spec=job_spec.digest(spec),
            purpose=identifier(spec.purpose),
            operations=int(kind_of(spec).operations()),
            recipient=identifier(spec.recipient),
            minimum=spec.minimum,
            contributors=kind_of(spec).contributors,
            duration=DURATION,
            roster=roster_of([*supplies, (identifier(spec.recipient), NOTHING)]),
        )
        changed = replace(call, **(record or {}))  # type: ignore[arg-type]
        self.call(spec.recipient, jobs.propose(changed, party=identifier(spec.recipient)))
        return job

    def retry(self, spec: JobSpec, job: bytes) -> int:
        """Begin the next attempt with the same parties; return its number."""
        entry = self.job(job)
        call = Retry(job, entry.attempt, entry.members)
        self.call(spec.recipient, jobs.retry(call, party=identifier(spec.recipient), again=next(self._numbers)))
        return entry.attempt + 1

    def run(
        self, spec: JobSpec, job: bytes, attempt: int = 1, places: Mapping[str, Mapping[str, object]] | None = None
    ) -> Finished | None:
        """Run all nodes of a job until they end; return what the recipient has. Bugs in a node surface here."""
        found: dict[str, Finished | None] = {}
        faults: list[Exception] = []

        def node(code: str) -> None:
            try:
                found[code] = self[code].run(job, attempt, **(places or {}).get(code, {}))
            except Died:
                return
            except Exception as fault:
                faults.append(fault)

        threads = [threading.Thread(target=node, args=(code,), name=code) for code in spec.parties]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(8 * self.patience_s)
            assert not thread.is_alive(), f"{thread.name} hangs"
        if faults:
            raise faults[0]
        return found.get(spec.recipient)

    def ask(self, spec: JobSpec) -> tuple[bytes, Finished | None]:
        """Propose and run."""
        job = self.propose(spec)
        return job, self.run(spec, job)

    def job(self, job: bytes) -> Job:
        """Read a job's record as a bystander's own view proves it."""
        return ProvenRegistry(self._bystander()).now().job(job)

    def authorization(self, id: bytes) -> Authorization:
        return ProvenRegistry(self._bystander()).now().authorization(id)

    def reason(self, job: bytes) -> str:
        """The recorded ground of a refusal or abort."""
        return self.job(job).reason.rstrip(b"\0").decode("ascii")

    def _bystander(self) -> ProvenView:
        return next(iter(self.departments.values())).view

    def _authorize_for(self, spec: JobSpec, source: Source, terms: Mapping[str, object]) -> Source:
        columns = sorted(kind_of(spec).columns(source.party))
        operations = kind_of(spec).operations()
        found = self.authorize(source.party, spec.recipient, spec.purpose, columns, operations, **terms)  # type: ignore[arg-type]
        return replace(source, authorization=found)
