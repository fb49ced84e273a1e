"""A small town whose departments run both statistics on a real embedded chain, in one process: what evidence is of.

Real contracts, keys, seals, protocols and proofs; only the parties share a process and the join a small key.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import granting
from foundedchain import CHAIN_ID, DIRECTORY, END, START, Ticking
from jobtowngenesis import (
    HOLDER,
    LISTER,
    MEMBERS,
    OFFICE,
    OWNERS,
    REGISTRARS,
    SUCCESSORS,
    VALIDATORS,
    agent,
    deputy,
    genesis,
    statement_key,
)
from jobtownspecs import MATCHES, PURPOSE, join_spec, offered, sums_spec

from contracts.artefacts import interfaces
from contracts.authorizations.record import Scope
from contracts.budgets import client as budgets
from contracts.budgets.calls import Confirm, Propose, Reserve
from contracts.evidence import dsse
from contracts.evidence.bundle import Disclosure, Evidence
from contracts.evidence.collect import collect
from contracts.governance.client import calls_action, invocation
from contracts.jobs import calls, client
from contracts.jobs.record import NOTHING, roster_of
from contracts.parties import client as parties
from contracts.parties.client import party_id
from contracts.world import AgentRole
from ledger.chain.port import Operation
from ledger.crypto.keys import PrivateKey
from ledger.embedded.engine import EmbeddedChain
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.production.sealing import LocalSealers
from ledger.hashing import keccak256, tagged
from ledger.proofs.trust import Assurance, Trust
from ledger.proofs.view import ProvenView
from mpc import commitment
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.commitment import Owner, Secret
from mpc.inputs import CellValues, HolderRows, Input, ListedKeys
from mpc.kinds.joins.join import release as join_release
from mpc.kinds.joins.terms import join_terms_of
from mpc.kinds.registry import kind_of
from mpc.kinds.released import Release
from mpc.node.attempts import release as releases
from mpc.node.guarding.guard import Mandate
from mpc.privacy import budget
from mpc.protocols.join import messages
from mpc.protocols.join.run import silent
from mpc.protocols.private_join import KeyTotals, run_holder, run_lister
from mpc.protocols.private_join import run_recipient as receive_join
from mpc.protocols.sums.owner import run_owner
from mpc.sessions.memory_channel import Network
from mpc.sessions.rehearsal import MemoryJournal
from mpc.sessions.session import Seat, Session
from mpc.spec import job as spec
from mpc.spec.job import JobSpec, JoinSpec, SumsSpec

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    TINY = InsecureOkamotoUchiyama(bits=1024, randomiser_bits=96)

ROWS = {
    "registrar-1": {"count": 40, "sum": 4_000_123, "squares": 500_000_000_000, "bin0": 28, "bin1": 12},
    "registrar-2": {"count": 25, "sum": 3_100_456, "squares": 420_000_000_000, "bin0": 14, "bin1": 11},
    "registrar-3": {"count": 30, "sum": 2_700_789, "squares": 310_000_000_000, "bin0": 17, "bin1": 13},
}
MICRO_RHO = 10_000_000
"""What each asset's pot holds."""


def seed_of(party: str) -> bytes:
    return keccak256(f"seed {party}".encode())


def salt_of(party: str) -> bytes:
    return keccak256(f"salt {party}".encode())


def secret_of(party: str, data: Input) -> Secret:
    return commitment.hide(salt_of(party), {"asset": f"sales-{party}"}, data.json())


@dataclass(frozen=True)
class Finished:
    """A released job before its evidence is gathered."""

    mandate: Mandate
    envelope: dsse.Envelope
    disclosure: Disclosure


class Town:
    """The chain and everybody's ports to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = Ticking()
        sealers = LocalSealers((*VALIDATORS, *SUCCESSORS))
        self.node = EmbeddedNode.open(directory / "chain", sealers, genesis=genesis(), clock=self.clock)
        self.node.start()
        members = tuple(key.address for key in VALIDATORS)
        self.trust = Trust(CHAIN_ID, self.node.genesis_hash, members, DIRECTORY, Assurance.SINGLE_OPERATOR)
        self.reader = EmbeddedChain(self.node, interfaces(), directory=DIRECTORY, owns_node=False)
        self.view = ProvenView(self.reader, self.trust, directory / "view", interfaces(), clock=self._now)
        self._ports: dict[bytes, EmbeddedChain] = {}
        for party in OWNERS:
            self._offer(party)

    def close(self) -> None:
        for port in self._ports.values():
            port.close()
        self.view.close()
        self.node.close()

    def port(self, key: PrivateKey) -> EmbeddedChain:
        """Return the port of an agent."""
        if key.address not in self._ports:
            outbox = self.directory / f"{key.address.hex()}.outbox"
            self._ports[key.address] = EmbeddedChain(
                self.node, interfaces(), directory=DIRECTORY, key=key, outbox=outbox, owns_node=False
            )
        return self._ports[key.address]

    def submit(self, key: PrivateKey, operation: Operation) -> None:
        """Carry out a call; a refusal is an error."""
        receipt = self.port(key).submit(operation, timeout_s=60.0)
        assert receipt.accepted, receipt.reason

    def appoint_successors(self) -> None:
        """Have the members replace all validators."""
        proposal, successors = keccak256(b"appointment"), tuple(key.address for key in SUCCESSORS)
        voted = [invocation("Governance", "set_validators", successors)]
        steps = (
            (MEMBERS[0], "propose", (proposal, calls_action(voted), int(self._now()) + 86_400)),
            (MEMBERS[1], "approve", (proposal,)),
            (MEMBERS[0], "execute", (proposal, tuple(voted))),
        )
        for key, method, args in steps:
            self.submit(key, Operation("Governance", method, args, keccak256(f"appoint {method}".encode())))

    def rotate(self, party: str) -> None:
        """Have a party begin its second epoch of keys."""
        key, word = statement_key(party, 2).public, keccak256(b"rotated")
        operation = parties.rotate(party_id(party), key, word, word, op_id=keccak256(party.encode()))
        self.submit(agent(party, AgentRole.APPROVER), operation)

    def run_sums(
        self, values: Mapping[str, Mapping[str, int]] = ROWS, *, attempts: int = 1, spec: SumsSpec | None = None
    ) -> Finished:
        """Run masked sums to the release, after attempts that were given up before anything was opened."""
        asked = spec or sums_spec()
        mandate, inputs = self.begin(asked, {party: CellValues(row) for party, row in values.items()}, attempts)
        sessions = {party: self.session(mandate, inputs, party) for party in asked.parties}
        programs: dict[str, Callable[[Any], Any]] = {
            party: _owner(sessions[party], CellValues(values[party])) for party in REGISTRARS
        }
        programs[OFFICE] = lambda channel: kind_of(asked).receive(sessions[OFFICE], channel, silent)
        return self.finish(mandate, sessions, received(Network((*programs,)).run(programs)))

    def run_join(self, matches: Mapping[str, int] = MATCHES) -> Finished:
        """Run a private join to the release."""
        asked = join_spec()
        table = {group: _keys(group, count) for group, count in matches.items()}
        listed = tuple(sorted(key for keys in table.values() for key in keys if "listed" in key))
        mandate, inputs = self.begin(asked, {HOLDER: HolderRows(table), LISTER: ListedKeys(listed)})
        sessions = {party: self.session(mandate, inputs, party) for party in asked.parties}
        terms = replace(join_terms_of(asked), list_unit=64, group_unit=32, encryption=TINY)
        programs: dict[str, Callable[[Any], Any]] = {
            HOLDER: lambda c: run_holder(sessions[HOLDER], c, table, _open, _journal(), terms=terms),
            LISTER: lambda c: run_lister(sessions[LISTER], c, listed, _open, _journal(), terms=terms),
            OFFICE: lambda c: receive_join(sessions[OFFICE], c, terms=terms),
        }
        found = received(Network((*programs,)).run(programs))
        return self.finish(mandate, sessions, join_release(terms, found))

    def evidence(self, finished: Finished) -> Evidence:
        """Gather evidence at the newest block."""
        mandate = finished.mandate
        return collect(
            self.view,
            self.reader,
            mandate.id,
            [source.authorization for source in mandate.owners],
            [party_id(party) for party in mandate.parties],
            finished.envelope,
            finished.disclosure,
        )

    def _now(self) -> float:
        return float(self.reader.head().timestamp)

    def allow(self, party: str, period: str) -> None:
        """Have two officers of the party fill the pot of its asset's data period."""
        limit = (party_id(offered(party).asset), party_id(period), 0, MICRO_RHO)
        for key, raised in ((agent(party, AgentRole.OFFICER), Propose(*limit)), (deputy(party), Confirm(*limit))):
            op_id = keccak256(f"{type(raised).__name__} {party} {period}".encode())
            self.submit(key, budgets.limit(raised, op_id=op_id))

    def _offer(self, party: str) -> None:
        """Mount the party's asset, have the office request it and the party grant it."""
        own, item = offered(party), keccak256(f"item {party}".encode())
        for use, operation in granting.entered(party_id(party), granting.stated(own.asset), item):
            self.submit(agent(party, AgentRole[use.upper()]), operation)
        self.allow(party, budget.DEFAULT_PERIOD)
        asset, statement = party_id(own.asset), granting.stated(own.asset)
        operations = int(kind_of(sums_spec()).operations() | kind_of(join_spec()).operations())
        scope = Scope(party_id(PURPOSE), operations, keccak256(b"terms"), START, END, 5)
        for code, signed in (
            (OFFICE, granting.asked(own.authorization, asset, party_id(party), scope)),
            (party, granting.answered(own.authorization, party_id(party), statement, scope.terms)),
        ):
            for use, operation in signed:
                self.submit(agent(code, AgentRole[use.upper()]), operation)

    def begin(
        self, asked: JobSpec, data: Mapping[str, Input], attempts: int = 1
    ) -> tuple[Mandate, Mapping[str, bytes]]:
        """Propose, accept and commit."""
        kind = "table" if isinstance(asked, SumsSpec) and asked.table else asked.statistic
        job = keccak256(f"{kind} {attempts}".encode())
        roster = roster_of(
            [(party_id(s.party), s.authorization) for s in asked.sources] + [(party_id(OFFICE), NOTHING)]
        )
        proposal = calls.Propose(
            job, spec.digest(asked), party_id(asked.purpose), int(kind_of(asked).operations()),
            party_id(OFFICE), asked.minimum, kind_of(asked).contributors, 7 * 86_400, roster,
        )  # fmt: skip
        self.submit(agent(OFFICE, AgentRole.OFFICER), client.propose(proposal, party=party_id(OFFICE)))
        for attempt in range(1, attempts):
            self._commit(job, asked, attempt, data)
            abort = calls.Abort(job, attempt, keccak256(b"timeout"))
            self._step(OFFICE, client.abort(abort, party=party_id(OFFICE)))
            retry = calls.Retry(job, attempt, (1 << len(roster.parties)) - 1)
            self._step(OFFICE, client.retry(retry, party=party_id(OFFICE)))
        inputs = self._commit(job, asked, attempts, data)
        entry = client.decode_job(job, self.view.value("Jobs", client.job_fact(job).slots))
        return Mandate(job, entry, asked, roster, {}), inputs

    def _commit(self, job: bytes, asked: JobSpec, attempt: int, data: Mapping[str, Input]) -> Mapping[str, bytes]:
        """Have every party accept an attempt and commit to its input and seed."""
        owners = {party: Owner(self.trust.genesis_hash, job, party) for party in data}
        inputs = {p: kind_of(asked).commit(owners[p], own, secret_of(p, own)) for p, own in data.items()}
        inputs[OFFICE] = NOTHING
        for party in asked.parties:
            self._step(party, client.accept(calls.Accept(job, attempt), party=party_id(party)))
        for charge in budget.charges(asked):
            asset, all_rows = party_id(charge.asset), party_id(charge.period or budget.DEFAULT_PERIOD)
            paid = Reserve(job, attempt, asset, all_rows, charge.mode, charge.micro_rho, charge.side)
            self._step(charge.party, budgets.reserve(paid, party=party_id(charge.party)))
        for party in asked.parties:
            seed = tagged("SHUXIN-SEED-V1", salt_of(party), seed_of(party))
            commit = calls.Commit(job, attempt, inputs[party], seed)
            self._step(party, client.commit(commit, party=party_id(party)))
        return inputs

    def session(self, mandate: Mandate, inputs: Mapping[str, bytes], me: str) -> Session:
        asked = mandate.spec
        terms = kind_of(asked).terms()
        if isinstance(asked, JoinSpec):
            terms = replace(join_terms_of(asked), list_unit=64, group_unit=32, encryption=TINY).record()
        owners = [source.party for source in asked.sources]
        return Session(
            protocol=kind_of(asked).protocol,
            genesis=self.trust.genesis_hash,
            job=mandate.id,
            attempt=mandate.attempt,
            seats=tuple(Seat(party, statement_key(party).public, inputs[party]) for party in owners),
            recipient=OFFICE,
            recipient_key=statement_key(OFFICE).public,
            terms=terms,
            me=me,
            signer=statement_key(me),
            seed=seed_of(me),
        )

    def finish(self, mandate: Mandate, sessions: Mapping[str, Session], release: Release) -> Finished:
        """Open and sign on chain as the nodes do around the protocol."""
        job, attempt = mandate.id, mandate.attempt
        signed = releases.build_statement(sessions[OFFICE], mandate, release.verdict, release.result)
        payload = signed.encode()
        for source in mandate.owners:
            self._step(source.party, client.open_(calls.Open(job, attempt), party=party_id(source.party)))
        for party in mandate.spec.parties:
            done = calls.Release(job, attempt, release.result, signed.digest)
            self._step(party, client.release(done, party=party_id(party)))
        signatures = {party: dsse.sign(payload, sessions[party].signer) for party in sessions}
        disclosure = Disclosure(release.document, release.salt, release.openings)
        return Finished(mandate, dsse.Envelope(payload, signatures), disclosure)

    def _step(self, party: str, operation: Operation) -> None:
        self.submit(agent(party, AgentRole.NODE), operation)


def received(outcomes: Mapping[str, Any]) -> Any:
    """What the recipient has; a party's error surfaces here."""
    for outcome in outcomes.values():
        if isinstance(outcome, Exception):
            raise outcome
    return outcomes[OFFICE]


def _keys(group: str, matches: int) -> dict[str, KeyTotals]:
    found = {f"{group}-listed-{i}": KeyTotals(1 + i % 3, (1000 + i,)) for i in range(matches)}
    return found | {f"{group}-other-{i}": KeyTotals(2, (999_983,)) for i in range(5)}


def all_but_a_bin(bits: Mapping[str, bool]) -> frozenset[str]:
    """Withhold one bin, so that a file has a withheld cell beside an opened total; no node would decide so."""
    return _open(bits) - {"bin1"}


def _open(bits: Mapping[str, bool]) -> frozenset[str]:
    return frozenset(name for name, passed in bits.items() if passed)


def _journal() -> MemoryJournal:
    return MemoryJournal(messages.SHARE)


def _owner(session: Session, data: CellValues) -> Callable[[Any], Any]:
    secret = secret_of(session.me, data)
    return lambda channel: run_owner(session, channel, data.values, all_but_a_bin, MemoryJournal(), secret)
