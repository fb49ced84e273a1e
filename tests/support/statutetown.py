"""A town of departments under the statute on a real embedded chain whose clock and blocks are moved by hand.

Calls are signed and queued, then a block is made of all that wait: no thread, no waiting. National rules and the
shipped calendar are in force from genesis. Everybody's keys follow from names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from functools import cache
from pathlib import Path

import granting
from foundedchain import CHAIN_ID, DIRECTORY, VALIDATORS, private_key
from meddling import Meddled

from contracts.addresses import (
    AUTHORIZATIONS,
    ENDORSEMENTS,
    GENESIS_ADDRESSES,
    JOBS,
    REQUESTS,
    SUPPLIES,
    TERMINATIONS,
)
from contracts.artefacts import interfaces
from contracts.authorizations.record import Operations, Scope
from contracts.authorizations.terms import identifier
from contracts.calendar.dates import moment_of
from contracts.calendar.notice import shipped
from contracts.catalogue.rules import Category
from contracts.entries.statement import Statement
from contracts.genesis import Founding, founding
from contracts.governance.client import calls_action, invocation
from contracts.jobs.record import roster_of
from contracts.layout import layout_of
from contracts.parties.calls import Enroll, Register
from contracts.parties.client import party_id
from contracts.regulation.reader import national
from contracts.requests.calls import Consent, Refuse, Submit
from contracts.requests.rules import act_of
from contracts.world import AgentRole, PartyRole
from gateway.statute.observation.chronicle import Chronicle
from gateway.statute.observation.observing import Observer
from ledger.abi import AbiValue
from ledger.chain.port import Operation, Receipt
from ledger.chain.transactions import sign_call
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address
from ledger.embedded.engine import EmbeddedChain
from ledger.embedded.genesis import GenesisConfig, Predeploy
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.production.builder import Pace
from ledger.embedded.production.sealing import LocalSealers
from ledger.embedded.records import TransactionReceipt
from ledger.embedded.rules import SenderRule, ValidatorRule
from ledger.errors import Conflict
from ledger.hashing import keccak256
from ledger.proofs.trust import Assurance, Trust
from ledger.proofs.view import ProvenView

FOUNDED = moment_of("2026-03-02T09:00:00+08:00")  # a Monday
YEAR = 365 * 86_400
AUTHORITY = "authority"
DUTIES = (AgentRole.OFFICER, AgentRole.HEAD, AgentRole.NODE, AgentRole.APPROVER)
MEMBERS = tuple(private_key(f"statute member {i}") for i in range(2))
GAS = 5_000_000
GRANTED = Operations.COUNT | Operations.EXPORT
ROLES = PartyRole.OWNER | PartyRole.REQUESTER


@cache
def key_of(code: str, role: AgentRole = AgentRole.OFFICER, n: int = 0) -> PrivateKey:
    """Derive the key of a department's n-th agent with a duty."""
    return private_key(f"statute {code} {role.name} {n}")


class Clock:
    """Time as the test sets it."""

    def __init__(self) -> None:
        self.now = float(FOUNDED)

    def __call__(self) -> float:
        return self.now


class Town:
    """The chain, its clock, and calls by department."""

    def __init__(self, directory: Path, departments: Iterable[str], roles: PartyRole = ROLES) -> None:
        self.departments = tuple(departments)
        self.directory, self.clock = directory, Clock()
        self.node = EmbeddedNode.open(
            directory / "chain", LocalSealers(VALIDATORS), genesis=_genesis(self.departments, roles),
            clock=self.clock, pace=Pace(build_s=60.0),
        )  # fmt: skip
        self._nonces: dict[bytes, int] = {}
        self._stages: dict[int, list[tuple[PrivateKey, Address, bytes]]] = {}
        self._opened: list[Observer] = []
        self._proposals = 0
        self._stated: dict[str, Statement] = {}
        self._covered: set[str] = set()

    @property
    def now(self) -> int:
        return int(self.clock.now)

    def close(self) -> None:
        for observer in self._opened:
            observer.__exit__(None, None, None)
        self.node.close()

    def at(self, text: str) -> None:
        """Move the clock to a moment, e.g. ``"2026-03-05T10:00:00+08:00"``."""
        self.clock.now = float(max(moment_of(text), self.now))

    def later(self, seconds: float) -> None:
        self.clock.now += seconds

    def send(
        self, who: str | PrivateKey, contract: str, method: str, *args: AbiValue,
        role: AgentRole = AgentRole.OFFICER, stage: int = 0, behind: bytes = b"",
    ) -> None:  # fmt: skip
        """Queue a call of a department's agent or a key's holder; a later stage finds what came before it final.

        Args:
            behind: bytes after the arguments, which contracts pass over.
        """
        key = key_of(who, role) if isinstance(who, str) else who
        to, payload = Address(GENESIS_ADDRESSES[contract]), interfaces()[contract].encode_call(method, args)
        self._stages.setdefault(stage, []).append((key, to, payload + behind))

    def block(self, seconds: float = 1.0) -> list[TransactionReceipt]:
        """Make blocks of all that waits; return what became of each call, stage by stage, in the order of sending."""
        self.clock.now += seconds
        stages, self._stages = self._stages, {}
        receipts = [receipt for _, calls in sorted(stages.items()) for receipt in self._carry_out(calls)]
        if not receipts and self.node.step() is None:
            self.clock.now += 30  # an idle chain makes a block every half minute
            self.node.step()
        return receipts

    def _carry_out(self, calls: list[tuple[PrivateKey, Address, bytes]]) -> list[TransactionReceipt]:
        receipts = []
        for hash_ in [self.node.send_raw(self._sign(*call)) for call in calls]:
            while (found := self.node.receipt(hash_)) is None:
                self.node.step()
                self.clock.now += 1  # no two blocks in one second
            receipts.append(found)
        return receipts

    def _sign(self, key: PrivateKey, to: Address, payload: bytes) -> bytes:
        if key.address not in self._nonces:
            self._nonces[key.address] = self.node.nonce(key.address)
        nonce = self._nonces[key.address]
        self._nonces[key.address] = nonce + 1
        return sign_call(key, chain_id=CHAIN_ID, nonce=nonce, to=to, data=payload, gas=GAS)

    def do(
        self, who: str | PrivateKey, contract: str, method: str, *args: AbiValue, role: AgentRole = AgentRole.OFFICER
    ) -> TransactionReceipt:
        """Make a call in a block of its own."""
        self.send(who, contract, method, *args, role=role)
        return self.block()[-1]

    def govern(self, contract: str, method: str, *args: AbiValue) -> TransactionReceipt:
        """Have the members decide and carry out one call."""
        self._proposals += 1
        id, calls = keccak256(b"proposal %d" % self._proposals), (invocation(contract, method, *args),)
        self.do(MEMBERS[0], "Governance", "propose", id, calls_action(calls), self.now + 3600)
        self.do(MEMBERS[1], "Governance", "approve", id)
        return self.do(MEMBERS[0], "Governance", "execute", id, calls)

    def mount(self, owner: str, asset: str, category: Category = Category.CONDITIONAL) -> TransactionReceipt:
        """Enter an asset in the catalogue."""
        self.send_mount(owner, asset, category)
        return self.block()[-1]

    def send_mount(self, owner: str, asset: str, category: Category = Category.CONDITIONAL) -> None:
        """Queue an asset's entry in the catalogue: filed with the head's agreement, graded and mounted."""
        self._stated[asset] = granting.stated(asset, category=category)
        self._queue(owner, granting.entered(party_id(owner), self._stated[asset], identifier(f"item/{asset}")))

    def _queue(self, party: str, signed: granting.Signed) -> None:
        """Queue calls of a head and an officer; what the head agrees to is final before the officer acts."""
        for use, operation in signed:
            stage, role = int(use == "officer"), AgentRole[use.upper()]
            self.send(party, operation.contract, operation.method, *operation.args, role=role, stage=stage)

    def send_request(
        self, requester: str, owner: str, asset: str, name: str, *, days: int = 300, uses: int = 10
    ) -> None:
        """Queue a request, under a name, to count an asset, and have its rows, for the purpose "audit"."""
        basis, *rest = (keccak256(f"{name} ground {n}".encode()) for n in range(5))
        grounds = (basis, *rest)
        scope = Scope(identifier("audit"), GRANTED, keccak256(b"terms"), self.now, self.now + days * 86_400, uses)
        call = Submit(keccak256(name.encode()), identifier(asset), party_id(owner), grounds, scope)  # type: ignore[arg-type]
        self._agree(requester, call)
        self.send(requester, REQUESTS, "submit", call.id, call.asset, call.owner, call.grounds, astuple(scope), stage=1)

    def send_refusal(self, owner: str, name: str) -> None:
        """Queue a reasoned no."""
        call = Refuse(keccak256(name.encode()), 12, keccak256(b"reasons"))
        self._agree(owner, call)
        self.send(owner, REQUESTS, "refuse", call.id, call.rule, call.reason, stage=1)

    def send_consent(self, owner: str, asset: str, name: str) -> None:
        """Queue a yes, which makes the authorization; what the terms cover of the asset is said the first time."""
        id, terms = keccak256(name.encode()), keccak256(b"terms")
        cover, *answer = granting.answered(id, party_id(owner), self._stated[asset], terms)
        self._queue(owner, tuple(answer) if asset in self._covered else (cover, *answer))
        self._covered.add(asset)

    def send_supply(self, requester: str, owner: str, name: str) -> None:
        """Queue the first delivery under an authorization and, when it is final, the receipt for it."""
        id = keccak256(name.encode())
        self.send(owner, SUPPLIES, "deliver", id, 4, keccak256(b"content"), bytes(32))
        self.send(requester, SUPPLIES, "sign", id, 1, stage=1)

    def _agree(self, party: str, call: Submit | Consent | Refuse) -> None:
        """Queue the agreement of the head of the party's sharing body to what its officer is about to do."""
        slot = layout_of(REQUESTS).slot("count", call.id)
        count = int.from_bytes(self.node.storage(Address(GENESIS_ADDRESSES[REQUESTS]), slot), "big")
        self.send(party, ENDORSEMENTS, "endorse", act_of(call, count + 1), role=AgentRole.HEAD)

    def ask(self, requester: str, owner: str, asset: str, name: str) -> TransactionReceipt:
        self.send_request(requester, owner, asset, name)
        return self.block()[-1]

    def refuse(self, owner: str, name: str) -> TransactionReceipt:
        self.send_refusal(owner, name)
        return self.block()[-1]

    def authorize(self, owner: str, grantee: str, asset: str, name: str, *, days: int = 30, uses: int = 10) -> bytes:
        """Let a party count an asset for the purpose "audit"; return the authorization's id."""
        self.send_request(grantee, owner, asset, name, days=days, uses=uses)
        self.block()
        self.send_consent(owner, asset, name)
        assert self.block()[-1].accepted
        return keccak256(name.encode())

    def suspension(self, id: bytes) -> tuple[AbiValue, ...]:
        """Return the arguments of a suspension."""
        return id, keccak256(b"why"), 0

    def revoke(self, owner: str, grantee: str, authorization: bytes) -> None:
        """End a service with cause, after the grantee's word, filed with the authority."""
        word = keccak256(b"word")
        assert self.do(owner, TERMINATIONS, "announce", authorization, word).accepted
        assert self.do(grantee, TERMINATIONS, "answer", authorization, True, word).accepted
        assert self.do(AUTHORITY, TERMINATIONS, "file", authorization).accepted
        assert self.do(owner, AUTHORIZATIONS, "revoke", authorization, word).accepted

    def propose(
        self, recipient: str, owner: str, authorization: bytes, job: str, *, purpose: str = "audit", operations: int = 1
    ) -> TransactionReceipt:
        """Propose a job of two parties on one authorization."""
        roster = roster_of([(party_id(owner), authorization), (party_id(recipient), bytes(32))])
        id, asked = keccak256(job.encode()), (keccak256(b"spec"), identifier(purpose), operations, party_id(recipient))
        rest = (10, 1, 600, roster.parties, roster.authorizations)
        return self.do(recipient, JOBS, "propose", id, *asked, *rest)

    def observer(self, name: str) -> Observer:
        """Open another observer, with own files."""
        home = self.directory / name
        home.mkdir(exist_ok=True)
        chain = EmbeddedChain(self.node, interfaces(), directory=DIRECTORY, owns_node=False)
        members = tuple(key.address for key in VALIDATORS)
        trust = Trust(CHAIN_ID, self.node.genesis_hash, members, DIRECTORY, Assurance.SINGLE_OPERATOR)
        view = ProvenView(chain, trust, home / "belief.sqlite", interfaces(), clock=self.clock)
        view.head()
        self._opened.append(Observer(chain, view, Chronicle(home / "chronicle.sqlite", view.header(0))))
        return self._opened[-1]


class Stepped(Meddled):
    """The port of one department's officer, for code that waits for receipts: every call gets its block at once."""

    def __init__(self, town: Town, party: str) -> None:
        super().__init__(EmbeddedChain(town.node, interfaces(), directory=DIRECTORY, owns_node=False))
        self._town, self._party = town, party
        self._done: dict[bytes, Receipt] = {}
        self._made: dict[bytes, Operation] = {}

    def submit(self, operation: Operation, *, timeout_s: float = 30.0) -> Receipt:
        if self._made.setdefault(operation.op_id, operation) != operation:
            raise Conflict("outbox: this op_id was used for another operation")
        if operation.op_id not in self._done:
            found = self._town.do(self._party, operation.contract, operation.method, *operation.args)
            self._done[operation.op_id] = Receipt(
                operation.op_id, found.transaction_hash, found.block_number, found.block_hash, found.index,
                found.accepted, found.reason,
            )  # fmt: skip
        return self._done[operation.op_id]


def _genesis(departments: tuple[str, ...], roles: PartyRole) -> GenesisConfig:
    until, since = FOUNDED + 3 * YEAR, FOUNDED - YEAR
    agents = [
        Enroll(key_of(code, role).address, party_id(code), int(role), since, until)
        for code in (*departments, AUTHORITY)
        for role in DUTIES
    ]
    members = [Enroll(key.address, party_id(AUTHORITY), int(AgentRole.OFFICER), since, until) for key in MEMBERS]
    described = founding(
        Founding(
            time=FOUNDED,
            members=tuple(key.address for key in MEMBERS),
            quorum=2,
            validators=tuple(key.address for key in VALIDATORS),
            parties=(
                *(_register(code, int(roles), since, until) for code in departments),
                _register(AUTHORITY, int(PartyRole.AUTHORITY), since, until),
            ),
            agents=(*agents, *members),
            spans=tuple(notice.span for notice in shipped()),
            rule_sets=(national().call,),
        )
    )
    layouts = {name: interface.layout for name, interface in interfaces().items()}
    words = layouts["Governance"]
    governance, registry = Address(GENESIS_ADDRESSES["Governance"]), Address(GENESIS_ADDRESSES["Parties"])
    return GenesisConfig(
        chain_id=CHAIN_ID,
        timestamp=FOUNDED,
        validators=tuple(key.address for key in VALIDATORS),
        predeploys=tuple(Predeploy(Address(at), *found) for at, found in sorted(described.items())),
        sender_rule=SenderRule(registry, layouts["Parties"]["admitted_until"]),
        validator_rule=ValidatorRule(governance, words["validators_hash"], words["validators"]),
    )


def _register(code: str, roles: int, since: int, until: int) -> Register:
    keys = [keccak256(f"{code} {use}".encode()) for use in ("statement", "seal", "tls")]
    return Register(party_id(code), roles, since, until, *keys)
