"""Catalogue, Authorizations and Jobs together on one network: every call is made on contract and rules side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, replace

from evm import Evm, Outcome
from lockstep import Lockstep
from network import (
    ADA,
    AUDIT,
    AUTHORITY,
    MEMBERS,
    NOW,
    UNTIL,
    VALIDATORS,
    YEAR,
    Network,
    address,
    contract_of,
    digest,
    register,
)
from sharingworld import Worlds

from contracts.addresses import (
    AUTHORIZATIONS,
    CATALOGUE,
    DISPUTES,
    ENDORSEMENTS,
    ENTRIES,
    GENESIS_ADDRESSES,
    GOVERNANCE,
    GRADES,
    JOBS,
    REQUESTS,
    TERMINATIONS,
    name_id,
)
from contracts.authorizations import client as authorizations_client
from contracts.authorizations import rules as authorizations
from contracts.authorizations.record import Operations, Scope
from contracts.catalogue import client as catalogue_client
from contracts.catalogue import rules as catalogue
from contracts.disputes import rules as disputes
from contracts.endorsements import rules as endorsements
from contracts.endorsements.rules import Endorse
from contracts.entries import client as entries_client
from contracts.entries import rules as entries
from contracts.entries.record import Content
from contracts.entries.rules import File
from contracts.genesis import Founding, founding
from contracts.grades import client as grades_client
from contracts.grades import rules as grades
from contracts.grades.record import Column, Personal
from contracts.grades.rules import columns_digest
from contracts.jobs import calls, client
from contracts.jobs import rules as jobs
from contracts.jobs.record import Job, Roster, roster_of
from contracts.parties.calls import Enroll
from contracts.terminations import rules as terminations
from contracts.world import AgentRole, PartyRole
from ledger.chain.port import Operation

REGISTRARS = tuple(sorted(digest(f"registrar-{n}") for n in range(5)))
INSTITUTE = digest("institute")
PURPOSE = digest("housing-audit")
DAY = 86400
OFFICER, NODE, APPROVER, HEAD = AgentRole.OFFICER, AgentRole.NODE, AgentRole.APPROVER, AgentRole.HEAD
SUMS = Operations.COUNT | Operations.SUM


def agent(party: bytes, role: AgentRole) -> bytes:
    return address(f"{party.hex()} {role.name}")


def deputy(party: bytes) -> bytes:
    """Return the address of an owner's second officer."""
    return address(f"{party.hex()} deputy")


def founding_of(owners: tuple[bytes, ...]) -> Founding:
    """Found a network of these owners, an office and an institute that ask, and the authority that governs."""
    agents = [
        Enroll(agent(party, role), party, int(role), NOW - YEAR, UNTIL)
        for party in (*owners, AUDIT, INSTITUTE)
        for role in (OFFICER, NODE, APPROVER, HEAD)
    ]
    deputies = [Enroll(deputy(party), party, int(OFFICER), NOW - YEAR, UNTIL) for party in owners]
    members = [Enroll(member, AUTHORITY, int(OFFICER), NOW - YEAR, UNTIL) for member in MEMBERS]
    return Founding(
        time=NOW,
        members=MEMBERS,
        quorum=2,
        validators=VALIDATORS,
        parties=(
            *(register(party, PartyRole.OWNER | PartyRole.REGISTRAR) for party in owners),
            register(AUDIT, PartyRole.REQUESTER),
            register(INSTITUTE, PartyRole.REQUESTER),
            register(AUTHORITY, PartyRole.AUTHORITY),
        ),
        agents=(*agents, *deputies, *members),
    )


OFFICE = agent(AUDIT, OFFICER)
JOBS_ACCOUNT = GENESIS_ADDRESSES[JOBS]
REQUESTS_ACCOUNT = GENESIS_ADDRESSES[REQUESTS]
OFFICE_NODE = agent(AUDIT, NODE)


COLUMNS = (
    Column(digest("price"), 1),
    Column(digest("parcel"), 2),
    Column(digest("owner"), 3, Personal.PERSONAL),
    Column(digest("health"), 4, Personal.SENSITIVE),
)


def filing(asset: bytes, category: int = catalogue.Category.CONDITIONAL, **changes: int | bytes) -> File:
    """A complete entry; of data shared on conditions with one condition."""
    words = ("name", "items", "format", "frequency", "method")
    law = digest("law") if category == catalogue.Category.NOT_SHARED else bytes(32)
    last = (law, digest("secrecy"), digest("persons"), columns_digest(COLUMNS))
    content = Content(*map(digest, words), int(category), 1, 0, *last)
    conditions = (digest("condition"),) if category == catalogue.Category.CONDITIONAL else ()
    return File(asset, replace(content, **changes), conditions)  # type: ignore[arg-type]


def asset_of(party: bytes) -> bytes:
    return digest(f"asset {party.hex()}")


def authorization_of(party: bytes) -> bytes:
    return digest(f"authorization {party.hex()}")


class Sharing:
    """A network with some owners of one asset each and an office that asks them."""

    def __init__(self, owners: int = len(REGISTRARS), machine: type[Evm] = Evm) -> None:
        more = (digest(f"registrar-{n}") for n in range(len(REGISTRARS), owners))
        self.owners = (*REGISTRARS, *more)
        config = founding_of(self.owners)
        self.network = Network(config)
        if machine is not Evm:
            self.network.evm = machine(founding(config), config.time)
        self.base = self.network.states
        self.catalogue = Lockstep(self.network, CATALOGUE, catalogue.State())
        self.authorizations = Lockstep(self.network, AUTHORIZATIONS, authorizations.State())
        self.jobs = Lockstep(self.network, JOBS, jobs.State())
        self.endorsements = Lockstep(self.network, ENDORSEMENTS, endorsements.State())
        self.terminations = Lockstep(self.network, TERMINATIONS, terminations.State())
        self.disputes = Lockstep(self.network, DISPUTES, disputes.State())
        self.entries = Lockstep(self.network, ENTRIES, entries.State())
        self.grades = Lockstep(self.network, GRADES, grades.State())

    @property
    def now(self) -> int:
        return self.network.now

    @now.setter
    def now(self, time: int) -> None:
        self.network.now = time

    @property
    def world(self) -> Worlds:
        return Worlds(
            self.base, self.catalogue.state, self.authorizations.state, self.endorsements.state,
            self.terminations.state, self.disputes.state, self.entries.state, self.grades.state,
        )  # fmt: skip

    def pause(self, name: str) -> None:
        """Have one guardian pause a contract."""
        assert self.network.send(ADA, GOVERNANCE, "pause", name_id(name)).accepted
        self._set_paused(self.base.governance.paused | {name_id(name)})

    def unpause(self, name: str) -> None:
        """Have the members lift a pause."""
        assert self.network.govern(GOVERNANCE, "unpause", name_id(name)).accepted
        self._set_paused(self.base.governance.paused - {name_id(name)})

    def _set_paused(self, paused: frozenset[bytes]) -> None:
        self.base = replace(self.base, governance=replace(self.base.governance, paused=paused))

    def job(self, job: bytes) -> Job:
        return self.jobs.state.job(job)

    def do(
        self, caller: bytes, call: catalogue.Call | authorizations.Call | calls.Call, *, alone: bool = False
    ) -> Outcome:
        """Make one call on both sides; they must agree. Unless alone, an end is consulted on and filed before."""
        if isinstance(call, authorizations.Revoke) and not alone:
            self.file(call.id)
        if isinstance(call, catalogue.Call):
            return self.catalogue.step(
                lambda state: catalogue.apply(state, call, caller, self.now, self.world),
                self._sending(caller, catalogue_operation(call)),
            )
        if isinstance(call, calls.Call):
            return self._job(caller, call)
        return self.authorizations.step(
            lambda state: authorizations.apply(state, call, caller, self.now, self.world),
            self._sending(caller, authorization_operation(call)),
        )

    def must(self, caller: bytes, call: catalogue.Call | authorizations.Call | calls.Call) -> Outcome:
        outcome = self.do(caller, call)
        assert outcome.accepted, outcome.reason
        return outcome

    def file(self, id: bytes) -> None:
        """Have owner and grantee agree that a service ends, and the authority file it, unless that was done."""
        record = self.world.authorization(id)
        if not record.state or self.terminations.state.of(id):
            return
        word = digest("word")
        for caller, call in (
            (agent(record.owner, OFFICER), terminations.Announce(id, word)),
            (agent(record.grantee, OFFICER), terminations.Answer(id, True, word)),
            (ADA, terminations.File(id)),
        ):
            assert self.end(caller, call).accepted

    def end(self, caller: bytes, call: terminations.Call) -> Outcome:
        """Make a call of Terminations on both sides."""
        return self.terminations.call(
            lambda state: terminations.apply(state, call, caller, self.now, self.world),
            caller,
            type(call).__name__.lower(),
            *astuple(call),
        )

    def endorse(self, caller: bytes, call: endorsements.Call) -> Outcome:
        """Have a head agree to an act, or take that back, on both sides."""
        return self.endorsements.call(
            lambda state: endorsements.apply(state, call, caller, self.now, self.world),
            caller,
            type(call).__name__.lower(),
            call.act,
        )

    def mount(self, party: bytes, category: int = catalogue.Category.CONDITIONAL) -> None:
        document = self.enter(party, filing(asset_of(party), category))
        self.must(agent(party, OFFICER), catalogue.Mount(asset_of(party), digest(f"item {party.hex()}"), document))

    def enter(self, party: bytes, call: File) -> bytes:
        """File an entry with the agreement of the owner's head; return its digest, also if it is filed already."""
        document = entries.document_of(call, party)
        if not self.entries.state.entry(document).filed:
            n = self.entries.state.journal.count(call.asset) + 1
            self.endorse(agent(party, HEAD), Endorse(entries.act_of(call, party, n)))
            outcome = self.file_entry(agent(party, OFFICER), call)
            assert outcome.accepted, outcome.reason
        return document

    def cover(self, party: bytes, terms: bytes, *columns: Column) -> None:
        """Grade the party's asset, unless that is done, and cover terms; without columns, the lowest one."""
        asset, clerk = asset_of(party), agent(party, OFFICER)
        document = self.catalogue.state.asset(asset).document
        if not self.grades.state.column(document, COLUMNS[0].id).grade:
            assert self.grading(clerk, grades.Grade(document, COLUMNS)).accepted
        ids = tuple(column.id for column in columns or COLUMNS[:1])
        assert self.grading(clerk, grades.Covering(asset, terms, ids)).accepted

    def grading(self, caller: bytes, call: grades.Call) -> Outcome:
        """Grade columns, or cover terms, on both sides."""
        build = grades_client.grade if isinstance(call, grades.Grade) else grades_client.cover
        return self.grades.step(
            lambda state: grades.apply(state, call, caller, self.now, self.world),
            self._sending(caller, build(call, op_id=digest("op"))),  # type: ignore[arg-type]
        )

    def file_entry(self, caller: bytes, call: File) -> Outcome:
        """File an entry on both sides."""
        return self.entries.step(
            lambda state: entries.apply(state, call, caller, self.now, self.world),
            self._sending(caller, entries_client.file(call, op_id=digest("op"))),
        )

    def grant(self, party: bytes, *, id: bytes = b"", **changes: int | bytes) -> authorizations.Grant:
        """The call that Requests makes when the party has said yes to the office."""
        scope = Scope(PURPOSE, int(SUMS), digest("terms"), self.now, self.now + 30 * DAY, 2)
        asked = replace(scope, **changes)  # type: ignore[arg-type]
        return authorizations.Grant(id or authorization_of(party), asset_of(party), party, AUDIT, asked)

    def authorize(self, party: bytes, **changes: int | bytes) -> bytes:
        """Mount the party's asset and have the office authorized for it."""
        if self.world.offered(asset_of(party)) != party:
            self.mount(party)
        grant = self.grant(party, **changes)  # type: ignore[arg-type]
        self.must(REQUESTS_ACCOUNT, grant)
        return grant.id

    def propose(self, job: bytes, parties: tuple[bytes, ...] = REGISTRARS, **changes: object) -> calls.Propose:
        supplies = [(party, authorization_of(party)) for party in parties]
        propose = calls.Propose(
            job, digest("spec"), PURPOSE, int(SUMS), AUDIT, 10, min(3, len(parties)), 3600,
            roster_of([*supplies, (AUDIT, bytes(32))]),
        )  # fmt: skip
        return replace(propose, **changes)  # type: ignore[arg-type]

    def to_accepted(self, job: bytes) -> None:
        for party in self.members(job):
            self.must(agent(party, NODE), calls.Accept(job, self.job(job).attempt))

    def to_committed(self, job: bytes) -> None:
        self.to_accepted(job)
        for party in self.members(job):
            call = calls.Commit(job, self.job(job).attempt, digest("input"), digest("seed"))
            self.must(agent(party, NODE), call)

    def to_opened(self, job: bytes) -> None:
        self.to_committed(job)
        for party in self.suppliers(job):
            self.must(agent(party, NODE), calls.Open(job, self.job(job).attempt))

    def roster(self, job: bytes) -> Roster:
        return self.jobs.state.roster(job)

    def members(self, job: bytes) -> tuple[bytes, ...]:
        return self.roster(job).members(self.job(job).members)

    def suppliers(self, job: bytes) -> tuple[bytes, ...]:
        return self.roster(job).members(self.job(job).openers)

    def _sending(self, caller: bytes, operation: Operation) -> Callable[[], Outcome]:
        return lambda: self.network.send(caller, operation.contract, operation.method, *operation.args)

    def _job(self, caller: bytes, call: calls.Call) -> Outcome:
        before = self.jobs.state
        outcome = self.jobs.step(
            lambda state: jobs.apply(state, call, caller, self.now, self.world),
            self._sending(caller, job_operation(call)),
        )
        used = [log for log in outcome.logs if contract_of(log) == AUTHORIZATIONS]
        expected = []
        for use in jobs.consumed(before, self.jobs.state, call.job):
            state, changes = authorizations.apply(
                self.authorizations.state, use, GENESIS_ADDRESSES[JOBS], self.now, self.world
            )
            self.authorizations.state = state
            expected += [(change.topics, change.data) for change in changes]
        assert [(log.topics, log.data) for log in used] == expected
        return outcome


def catalogue_operation(call: catalogue.Call) -> Operation:
    build: Callable[..., Operation] = getattr(catalogue_client, type(call).__name__.lower())
    return build(*astuple(call), op_id=digest("op"))


def authorization_operation(call: authorizations.Call) -> Operation:
    if isinstance(call, authorizations.Grant | authorizations.Use):
        return Operation(AUTHORIZATIONS, type(call).__name__.lower(), astuple(call), digest("op"))
    build: Callable[..., Operation] = getattr(authorizations_client, type(call).__name__.lower())
    return build(*astuple(call), op_id=digest("op"))


def job_operation(call: calls.Call) -> Operation:
    match call:
        case calls.Refuse():
            return client.refuse(call, attempt=1, party=AUDIT)
        case calls.Open():
            return client.open_(call, party=AUDIT)
        case _:
            build: Callable[..., Operation] = getattr(client, type(call).__name__.lower())
            return build(call, party=AUDIT)
