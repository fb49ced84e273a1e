"""The founding state: what the contracts hold before the first block, as code and storage for a genesis.

Nobody deploys and nobody is first: Directory entries, Governance's members and validators, the founding parties and
their agents are predeployed, and the genesis hash commits to all of it. Founding records carry no events; histories
begin with the first change after genesis.

What it does NOT do: make the genesis block (the engine does) or choose keys. Wrong founding values cannot be repaired
later, so everything the contracts would refuse is refused here, by the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from contracts.addresses import (
    CALENDAR,
    DIRECTORY,
    DISPUTES,
    GENESIS_ADDRESSES,
    GOVERNANCE,
    NAMES,
    PARTIES,
    REGULATION,
    name_id,
)
from contracts.artefacts import code_hash, runtime
from contracts.calendar import client as calendar_client
from contracts.calendar import rules as calendar
from contracts.calendar.rules import SetSpan
from contracts.directory import rules as directory
from contracts.disputes import client as disputes_client
from contracts.disputes import rules as disputes
from contracts.disputes.rules import SetSuperior
from contracts.governance import rules as governance
from contracts.governance.calls import SetValidators
from contracts.layout import layout_of, word
from contracts.parties import rules as parties
from contracts.parties.calls import Enroll, Register
from contracts.regulation import client as regulation_client
from contracts.regulation import rules as regulation
from contracts.regulation.rules import SetRules
from contracts.states import States
from contracts.world import PartyRole
from ledger.errors import InvalidRecord

Predeploy = tuple[bytes, Mapping[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Founding:
    """Who founds a network.

    Attributes:
        time: of the genesis block, unix seconds.
        members: of Governance, each also an agent, for the chain admits agents only.
        validators: in ascending order.
        spans: of the working-day calendar, in force from the start.
        rule_sets: in force from the start, the national one first.
        superiors: which authority stands above a party, for disputes.
    """

    time: int
    members: tuple[bytes, ...]
    quorum: int
    validators: tuple[bytes, ...]
    parties: tuple[Register, ...]
    agents: tuple[Enroll, ...]
    spans: tuple[SetSpan, ...] = ()
    rule_sets: tuple[SetRules, ...] = ()
    superiors: tuple[SetSuperior, ...] = ()

    def __post_init__(self) -> None:
        for account in (*self.members, *self.validators, *(agent.agent for agent in self.agents)):
            if len(account) != 20 or not any(account):
                raise InvalidRecord(f"founding: expected an address, got {account.hex()}")
        if len(set(self.members)) != len(self.members) or len(self.members) > governance.MAX_MEMBERS:
            raise InvalidRecord(f"founding: expected at most {governance.MAX_MEMBERS} distinct members")
        if not 0 < self.quorum <= len(self.members):
            raise InvalidRecord(f"founding: quorum {self.quorum} of {len(self.members)} members")
        if missing := set(self.members) - {agent.agent for agent in self.agents}:
            raise InvalidRecord(f"founding: member {min(missing).hex()} is no agent, so the chain would not admit it")
        if len({agent.agent for agent in self.agents}) != len(self.agents):
            raise InvalidRecord("founding: an agent appears twice")


def founding_states(config: Founding) -> States:
    """Return the founding state as the rules see it, without journals.

    Raises:
        TrustError: a contract would refuse one of the founding records.
    """
    own = GENESIS_ADDRESSES[GOVERNANCE]
    entries = {
        name_id(name): directory.Entry(GENESIS_ADDRESSES[name], 1, code_hash(name), config.time) for name in NAMES
    }
    names = {entry.account: name for name, entry in entries.items()}
    votes, _ = governance.apply(
        governance.State(frozenset(config.members), config.quorum),
        SetValidators(config.validators), own, config.time, own,
    )  # fmt: skip
    world = States(directory.State(entries, names), governance.State())
    state = parties.State()
    calls: tuple[Register | Enroll, ...] = (*config.parties, *config.agents)
    for call in calls:
        state, _ = parties.apply(state, call, own, config.time, world)
    empty = directory.State().journal
    return States(world.directory, replace(votes, journal=empty), replace(state, journal=empty))


def founding(config: Founding) -> dict[bytes, Predeploy]:
    """Return code and storage of every founding contract, by address.

    Raises:
        TrustError: a contract would refuse one of the founding records.
    """
    states = founding_states(config)
    storage = {
        DIRECTORY: directory_storage(states.directory),
        GOVERNANCE: governance_storage(states.governance),
        PARTIES: parties_storage(states.parties),
        CALENDAR: calendar_client.storage(founding_calendar(config, states)),
        REGULATION: regulation_client.storage(founding_rules(config, states)),
        DISPUTES: disputes_client.storage(founding_superiors(config, states)),
    }
    return {GENESIS_ADDRESSES[name]: (runtime(name), storage.get(name, {})) for name in NAMES}


def founding_calendar(config: Founding, world: States) -> calendar.State:
    """Return the calendar that the founders put in force, without journal.

    Raises:
        TrustError: the Calendar would refuse one of the spans.
    """
    state = calendar.State()
    for span in config.spans:
        state, _ = calendar.apply(state, span, GENESIS_ADDRESSES[GOVERNANCE], config.time, world)
    return replace(state, journal=world.directory.journal)


def founding_rules(config: Founding, world: States) -> regulation.State:
    """Return the rule sets that the founders put in force, without journal.

    Raises:
        TrustError: Regulation would refuse one of them.
    """
    state = regulation.State()
    for rules in config.rule_sets:
        state, _ = regulation.apply(state, rules, GENESIS_ADDRESSES[GOVERNANCE], config.time, world)
    return replace(state, journal=world.directory.journal)


def founding_superiors(config: Founding, world: States) -> disputes.State:
    """Return who stands above whom from the start, without journal.

    Raises:
        TrustError: Disputes would refuse one of them, or a superior is no founding authority.
    """
    state = disputes.State()
    for call in config.superiors:
        if not world.serving(call.superior, PartyRole.AUTHORITY, config.time):
            raise InvalidRecord(f"founding: superior {call.superior.hex()} is no authority")
        state, _ = disputes.set_superior(state, call, GENESIS_ADDRESSES[GOVERNANCE], world)
    return replace(state, journal=world.directory.journal)


def directory_storage(state: directory.State) -> dict[bytes, bytes]:
    """Return the words that make the Directory hold a state's records."""
    found = layout_of(DIRECTORY)
    words = {found.slot("names", account): name for account, name in state.names.items()}
    for name, entry in state.entries.items():
        values = (entry.account, entry.version, entry.code_hash, entry.since)
        words |= _record(found.record("entries", name), values)
    return words


def governance_storage(state: governance.State) -> dict[bytes, bytes]:
    """Return the words that make Governance hold a state's members, quorum and validators."""
    found = layout_of(GOVERNANCE)
    words = {found.slot("members", member): word(1) for member in state.members}
    words[found.slot("member_count")] = word(len(state.members))
    words[found.slot("quorum")] = word(state.quorum)
    words[found.slot("validators_hash")] = governance.validators_hash(state.validators)
    words[found.slot("validators")] = word(len(state.validators))
    for index, validator in enumerate(state.validators):
        words[found.slot("validators", offset=1 + index)] = word(validator)
    return words


def parties_storage(state: parties.State) -> dict[bytes, bytes]:
    """Return the words that make Parties hold a state's records."""
    found = layout_of(PARTIES)
    words = {found.slot("epoch", party): word(epoch) for party, epoch in state.epochs.items()}
    words |= {found.slot("admitted_until", agent): word(until) for agent, until in state.admitted_until.items()}
    for party, record in state.parties.items():
        bounds = (record.valid_from, record.valid_until)
        words |= _record(found.record("parties", party), (record.roles, record.duties, *bounds))
    for agent, duty in state.agents.items():
        bounds = (duty.valid_from, duty.valid_until)
        words |= _record(found.record("agents", agent), (duty.party, duty.roles, duty.held, *bounds))
    for (party, epoch), keys in state.keys.items():
        public, times = (keys.statement, keys.seal, keys.tls), (keys.since, keys.until, keys.compromised)
        words |= _record(found.record("keyring", party, word(epoch)), (*public, *times))
    return words


def _record(slots: Mapping[str, bytes], values: Sequence[bytes | int]) -> dict[bytes, bytes]:
    """Pair a struct's slots, in declared order, with its values; zero words are left out as in any storage."""
    pairs = zip(slots.values(), map(word, values), strict=True)
    return {slot: value for slot, value in pairs if any(value)}
