"""Founding: the storage written by genesis is what the contracts read, and wrong foundations are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from network import (
    ADA,
    AGENTS,
    AUDIT,
    BEN,
    FINANCE,
    FOUNDING,
    MEMBERS,
    NOW,
    OPERATOR,
    UNTIL,
    VALIDATORS,
    Network,
    address,
    digest,
)

from contracts.addresses import GENESIS_ADDRESSES, GOVERNANCE, NAMES, PARTIES
from contracts.artefacts import runtime
from contracts.genesis import Founding, founding, founding_states
from contracts.parties.calls import Enroll
from contracts.world import AgentRole
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound, TrustError


def test_every_contract_stands_at_its_address_with_its_code() -> None:
    deployed = founding(FOUNDING)
    assert {address: code for address, (code, _) in deployed.items()} == {
        GENESIS_ADDRESSES[name]: runtime(name) for name in NAMES
    }
    assert all(any(value) and len(value) == 32 for _, words in deployed.values() for value in words.values())


def test_the_contracts_read_what_genesis_wrote(network: Network) -> None:
    for member in MEMBERS:
        assert network.read(GOVERNANCE, "members", member) == (True,)
        assert network.read(PARTIES, "admitted_until", member) == (UNTIL,)
    assert network.read(GOVERNANCE, "members", address("stranger")) == (False,)
    assert network.read(GOVERNANCE, "member_count") == (3,)
    assert network.read(GOVERNANCE, "quorum") == (2,)
    assert network.read(GOVERNANCE, "getValidators") == (VALIDATORS,)
    for (party, role), agent in AGENTS.items():
        assert network.read(PARTIES, "acting", agent, int(role)) == (party,)
    for register in FOUNDING.parties:
        keys = (register.statement, register.seal, register.tls, NOW, 0, 0)
        assert network.read(PARTIES, "keys", register.party, 1) == (keys,)


def test_the_duties_of_founding_agents_bind_their_parties(network: Network) -> None:
    assert network.states.parties.party(FINANCE).duties == 7
    outcome = network.govern(PARTIES, "renew", FINANCE, 8, NOW, UNTIL)
    assert outcome.reason == "parties: operator may not approve or audit"


def test_histories_begin_after_genesis(network: Network) -> None:
    assert network.head(PARTIES, FINANCE) == (bytes(32), 0)
    assert network.states.parties.journal.heads == {}


def test_the_same_foundation_gives_the_same_storage() -> None:
    assert founding(FOUNDING) == founding(FOUNDING)
    assert founding(replace(FOUNDING, quorum=3)) != founding(FOUNDING)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"quorum": 0}, InvalidRecord),
        ({"quorum": 4}, InvalidRecord),
        ({"members": (ADA, ADA, BEN)}, InvalidRecord),
        ({"members": (*MEMBERS, address("unknown"))}, InvalidRecord),
        ({"members": (*MEMBERS, b"short")}, InvalidRecord),
        ({"members": (*MEMBERS, bytes(20))}, InvalidRecord),
        ({"validators": VALIDATORS[::-1]}, InvalidRecord),
        ({"validators": ()}, InvalidRecord),
        ({"parties": (*FOUNDING.parties, FOUNDING.parties[0])}, Conflict),
        ({"parties": FOUNDING.parties[1:]}, NotFound),
        ({"parties": (*FOUNDING.parties, replace(FOUNDING.parties[0], party=digest("x"), roles=0))}, InvalidRecord),
        ({"agents": (*FOUNDING.agents, FOUNDING.agents[0])}, InvalidRecord),
        ({"agents": (*FOUNDING.agents, Enroll(address("o"), OPERATOR, 4, NOW, UNTIL))}, NotAuthorized),
        ({"agents": (*FOUNDING.agents, Enroll(address("o"), AUDIT, 12, NOW, UNTIL))}, NotAuthorized),
        ({"agents": (*FOUNDING.agents, Enroll(address("o"), AUDIT, 1, NOW, UNTIL + 1))}, InvalidRecord),
    ],
)
def test_a_foundation_the_contracts_would_refuse_is_refused(
    changes: dict[str, object], error: type[TrustError]
) -> None:
    with pytest.raises(error):
        founding_states(replace(FOUNDING, **changes))  # type: ignore[arg-type]


def test_the_smallest_foundation_works() -> None:
    config = Founding(NOW, (ADA,), 1, VALIDATORS[:1], FOUNDING.parties, (
        Enroll(ADA, AUDIT, int(AgentRole.OFFICER), NOW, UNTIL),
    ))  # fmt: skip
    network = Network(config)
    assert network.read(GOVERNANCE, "getValidators") == (VALIDATORS[:1],)
