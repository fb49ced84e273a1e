"""One job on a sealed chain: every step by its party's own key, and what the nodes believe comes from proofs alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import granting
import pytest
from foundedchain import CHAIN_ID, END, START, VALIDATORS, Ticking, embedded, open_node, private_key, trial

from contracts.addresses import GENESIS_ADDRESSES, GOVERNANCE, JOBS, PARTIES
from contracts.artefacts import interfaces
from contracts.authorizations import client as authorizations
from contracts.authorizations.reasons import UnusableAuthorization
from contracts.authorizations.record import NOTHING, AuthorizationState, Operations, Scope
from contracts.authorizations.rules import check_use
from contracts.genesis import Founding, founding
from contracts.jobs import client
from contracts.jobs.calls import Accept, Commit, Open, Propose, Release
from contracts.jobs.history import job_history
from contracts.jobs.record import JobState, Step, roster_of
from contracts.parties.calls import Enroll, Register
from contracts.proven import history_fact, verify_events
from contracts.regulation.reader import national
from contracts.world import AgentRole, PartyRole
from ledger.chain.port import Chain, EvmStorage, Operation, Receipt, StateFact
from ledger.crypto.signing import Address
from ledger.embedded.genesis import GenesisConfig, Predeploy
from ledger.embedded.rules import SenderRule, ValidatorRule
from ledger.hashing import keccak256
from ledger.proofs.headers import verify_header
from ledger.proofs.proof import verify_storage

FINANCE, TAX, OFFICE = (keccak256(code) for code in (b"finance", b"tax", b"audit-office"))
JOB, PURPOSE, REASON = (keccak256(word) for word in (b"job", b"purpose", b"reason"))
OPERATIONS = int(Operations.COUNT | Operations.JOIN)
ROLES = {FINANCE: PartyRole.OWNER, TAX: PartyRole.OWNER, OFFICE: PartyRole.REQUESTER}
KEYS = {party: private_key(f"node and officer {party.hex()}") for party in ROLES}


def head_of(party: bytes) -> bytes:
    """Name the head of a party's sharing body among the chains."""
    return b"head of " + party


HEADS = {head_of(party): private_key(f"head {party.hex()}") for party in ROLES}


def genesis() -> GenesisConfig:
    """Found two owners and an office, each with one key for officer and node, for brevity."""
    validators = tuple(key.address for key in VALIDATORS)
    duties = int(AgentRole.OFFICER | AgentRole.NODE)
    described = founding(
        Founding(
            time=START,
            members=(KEYS[OFFICE].address,),
            quorum=1,
            validators=validators,
            parties=tuple(
                Register(party, int(role), START, END, *(keccak256(party + use) for use in (b"1", b"2", b"3")))
                for party, role in ROLES.items()
            ),
            agents=(
                *(Enroll(key.address, party, duties, START, END) for party, key in KEYS.items()),
                *(Enroll(HEADS[head_of(party)].address, party, int(AgentRole.HEAD), START, END) for party in ROLES),
            ),
            spans=trial(),
            rule_sets=(national().call,),
        )
    )
    layouts = {name: interface.layout for name, interface in interfaces().items()}
    governance, registry = (Address(GENESIS_ADDRESSES[name]) for name in (GOVERNANCE, PARTIES))
    rule = ValidatorRule(governance, layouts[GOVERNANCE]["validators_hash"], layouts[GOVERNANCE]["validators"])
    return GenesisConfig(
        chain_id=CHAIN_ID,
        timestamp=START,
        validators=validators,
        predeploys=tuple(Predeploy(Address(at), *found) for at, found in sorted(described.items())),
        sender_rule=SenderRule(registry, layouts[PARTIES]["admitted_until"]),
        validator_rule=rule,
    )


@pytest.fixture
def chains(tmp_path: Path) -> Iterator[dict[bytes, Chain]]:
    node = open_node(tmp_path / "chain", Ticking(), genesis=genesis())
    node.start()
    yield {party: embedded(node, key, tmp_path / f"{party.hex()}.sqlite") for party, key in (KEYS | HEADS).items()}
    node.close()


def submit(chains: dict[bytes, Chain], party: bytes, operation: Operation) -> Receipt:
    receipt = chains[party].submit(operation)
    assert receipt.accepted, receipt.reason
    return receipt


def proven(chain: Chain, fact: StateFact) -> dict[bytes, bytes]:
    """Believe storage words only under a header that the validators sealed."""
    proof = chain.prove(fact)
    assert isinstance(proof, EvmStorage)
    header = verify_header(proof.header, tuple(key.address for key in VALIDATORS))
    return dict(verify_storage(header, proof.proof).values)


def label_of(party: bytes) -> str:
    return f"asset-{party.hex()[:8]}"


def asset_of(party: bytes) -> bytes:
    return keccak256(label_of(party).encode())


def authorization_of(party: bytes) -> bytes:
    return keccak256(b"authorization" + party)


def authorize(chains: dict[bytes, Chain], party: bytes) -> None:
    asset, id = asset_of(party), authorization_of(party)
    scope = Scope(PURPOSE, OPERATIONS, keccak256(b"terms"), START, END, 1)
    statement = granting.stated(label_of(party))
    for signer, signed in (
        (party, granting.entered(party, statement, keccak256(b"item" + party))),
        (OFFICE, granting.asked(id, asset, party, scope)),
        (party, granting.answered(id, party, statement, scope.terms)),
    ):
        for use, operation in signed:
            submit(chains, signer if use == "officer" else head_of(signer), operation)


def propose() -> Propose:
    roster = roster_of([(party, authorization_of(party)) for party in (FINANCE, TAX)] + [(OFFICE, NOTHING)])
    return Propose(JOB, keccak256(b"spec"), PURPOSE, OPERATIONS, OFFICE, 10, 2, 86_400, roster)


def test_a_job_runs_on_a_sealed_chain_and_its_proofs_tell_all_of_it(chains: dict[bytes, Chain]) -> None:
    for party in (FINANCE, TAX):
        authorize(chains, party)
    receipts = [submit(chains, OFFICE, client.propose(propose(), party=OFFICE))]
    for party in ROLES:
        receipts.append(submit(chains, party, client.accept(Accept(JOB, 1), party=party)))
    for party in ROLES:
        call = Commit(JOB, 1, keccak256(b"input" + party), keccak256(b"seed" + party))
        receipts.append(submit(chains, party, client.commit(call, party=party)))
    for party in (TAX, FINANCE):
        receipts.append(submit(chains, party, client.open_(Open(JOB, 1), party=party)))
    for party in ROLES:
        call = Release(JOB, 1, keccak256(b"result"), keccak256(b"statement"))
        receipts.append(submit(chains, party, client.release(call, party=party)))

    chain = chains[FINANCE]
    entry = client.decode_job(JOB, proven(chain, client.job_fact(JOB)))
    assert entry.state is JobState.RELEASED
    assert entry.done(Step.SIGN) == entry.members == 0b111
    assert client.decode_roster(entry, chain.read(JOBS, "roster", JOB)) == propose().roster
    inputs = client.decode_inputs(JOB, 1, TAX, proven(chain, client.inputs_fact(JOB, 1, TAX)))
    assert inputs.input == keccak256(b"input" + TAX)
    own = [event for receipt in receipts for event in receipt.events if event.contract == JOBS]
    verify_events(JOBS, JOB, own, proven(chain, history_fact(JOBS, JOB)))
    assert job_history(own).entry == entry


def test_a_node_learns_from_a_proof_that_an_authorization_is_used_up(chains: dict[bytes, Chain]) -> None:
    authorize(chains, TAX)
    roster = roster_of([(TAX, authorization_of(TAX)), (OFFICE, NOTHING)])
    call = Propose(JOB, keccak256(b"spec"), PURPOSE, OPERATIONS, OFFICE, 10, 1, 86_400, roster)
    submit(chains, OFFICE, client.propose(call, party=OFFICE))
    id = authorization_of(TAX)
    before = authorizations.decode_authorization(id, proven(chains[TAX], authorizations.authorization_fact(id)))
    check_use(before, START + 1, PURPOSE, OPERATIONS)
    for party in (TAX, OFFICE):
        submit(chains, party, client.accept(Accept(JOB, 1), party=party))
    for party in (TAX, OFFICE):
        submit(chains, party, client.commit(Commit(JOB, 1, REASON, REASON), party=party))
    submit(chains, TAX, client.open_(Open(JOB, 1), party=TAX))
    after = authorizations.decode_authorization(id, proven(chains[TAX], authorizations.authorization_fact(id)))
    assert (after.state, after.uses) == (AuthorizationState.GRANTED, 1)
    with pytest.raises(UnusableAuthorization, match="exhausted"):
        check_use(after, START + 1, PURPOSE, OPERATIONS)


def test_a_repeated_step_is_one_step_and_a_refused_one_needs_a_new_try(chains: dict[bytes, Chain]) -> None:
    authorize(chains, TAX)
    roster = roster_of([(TAX, authorization_of(TAX)), (OFFICE, NOTHING)])
    call = Propose(JOB, keccak256(b"spec"), PURPOSE, OPERATIONS, OFFICE, 10, 1, 86_400, roster)
    submit(chains, OFFICE, client.propose(call, party=OFFICE))
    id, accept = authorization_of(TAX), client.accept(Accept(JOB, 1), party=TAX)
    submit(chains, TAX, authorizations.suspend(id, REASON, op_id=keccak256(b"suspend")))
    assert chains[TAX].submit(accept).reason == "job: authorization suspended"
    submit(chains, TAX, authorizations.resume(id, op_id=keccak256(b"resume")))
    assert chains[TAX].submit(accept).reason == "job: authorization suspended"
    again = client.accept(Accept(JOB, 1), party=TAX, again=1)
    first, second = submit(chains, TAX, again), submit(chains, TAX, again)
    assert first.transaction_hash == second.transaction_hash
