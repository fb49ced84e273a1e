"""What the statute says on a network, by proof: working days, limits in force, and whom the founding agents act for.

Read from the storage of Calendar, Regulation and Parties under a sealed header, because genesis put these there without
events. What it does NOT do: say what a limit means (``contracts.regulation.reading`` does).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from contracts import layout
from contracts.addresses import CALENDAR, GOVERNANCE, PARTIES, REGULATION
from contracts.calendar import client as calendar_client
from contracts.calendar import rules as calendar
from contracts.calendar.dates import Day, day_of, end_of
from contracts.calendar.rules import UnknownDay, last_day
from contracts.layout import layout_of
from contracts.parties.client import agent_fact, decode_agent, decode_party, party_fact
from contracts.parties.record import Agent, Party
from contracts.regulation import client as regulation
from contracts.regulation.reader import national
from contracts.regulation.rules import NATIONAL, Limit
from ledger.proofs.headers import Header
from ledger.proofs.view import ProvenView

YEAR_DAYS: Final = 366
MAX_SLOTS: Final = 200
"""How many words are asked for in one proof; nodes give 256."""


@dataclass(frozen=True, slots=True)
class Statute:
    """Working days and national limits as one block holds them; an ``oversight.agenda.Limits``."""

    days: calendar.State
    limits: Mapping[str, Limit]

    def until(self, code: str, start: int) -> int:
        """Return the moment a limit ends that began at start; 0 if the calendar does not reach so far."""
        found = self.limits[code]
        try:
            return end_of(last_day(self.days, day_of(start), found.amount, found.unit))
        except UnknownDay:
            return 0


def in_force(view: ProvenView, at: Header, *, since: int) -> Statute:
    """Read calendar and national limits as a block holds them.

    Args:
        since: days from a year before this moment on are read, up to two years after the block.
    """
    return Statute(working_days(view, at, since=since), national_limits(view, at))


def working_days(view: ProvenView, at: Header, *, since: int) -> calendar.State:
    """Read which days are known, and which of them are working days."""
    first, last = day_of(since) - YEAR_DAYS, day_of(at.timestamp) + 2 * YEAR_DAYS
    words = range(first // calendar.WORD_DAYS, last // calendar.WORD_DAYS + 1)
    facts = {index: calendar_client.day_fact(Day(index * calendar.WORD_DAYS)).slots for index in words}
    values = _values(view, at, CALENDAR, [slot for slots in facts.values() for slot in slots])
    days: dict[int, bool] = {}
    for index, slots in facts.items():
        known, working = (layout.number(values, slot) for slot in slots)
        start = index * calendar.WORD_DAYS
        days |= {start + bit: bool(working >> bit & 1) for bit in range(calendar.WORD_DAYS) if known >> bit & 1}
    return calendar.State(days=days)


def national_limits(view: ProvenView, at: Header) -> dict[str, Limit]:
    """Read the limits of the national rule set in force, by code; the codes are those this build knows."""
    return limits_of_version(view, at, NATIONAL, version_of(view, at, NATIONAL))


def version_of(view: ProvenView, at: Header, jurisdiction: bytes) -> int:
    """Read which version of a jurisdiction's rule set is in force, 0 for none."""
    fact = regulation.standing_fact(jurisdiction)
    return regulation.decode_standing(jurisdiction, _values(view, at, REGULATION, fact.slots)).version


def limits_of_version(view: ProvenView, at: Header, jurisdiction: bytes, version: int) -> dict[str, Limit]:
    """Read the limits of one version of a rule set, empty ones for those it leaves out; all versions stay on chain."""
    codes = {stated.code: regulation.limit_id(stated.code) for stated in national().limits}
    facts = [regulation.limit_fact(jurisdiction, version, code) for code in codes.values()]
    values = _values(view, at, REGULATION, [slot for fact in facts for slot in fact.slots])
    return {name: regulation.decode_limit(jurisdiction, version, code, values) for name, code in codes.items()}


def parties_of(view: ProvenView, at: Header, agents: Iterable[bytes]) -> dict[bytes, bytes]:
    """Read which party each agent belongs to; accounts that are no agents are left out. It never changes once set."""
    slots = {agent: layout_of(PARTIES).slot("agents", agent, member="party") for agent in agents}
    values = _values(view, at, PARTIES, list(slots.values()))
    found = {agent: layout.digest(values, slot) for agent, slot in slots.items()}
    return {agent: party for agent, party in found.items() if any(party)}


def agents_of(view: ProvenView, at: Header, accounts: Iterable[bytes]) -> dict[bytes, Agent]:
    """Read how each account is appointed as a block holds it; accounts that are no agents are left out."""
    wanted = sorted(set(accounts))
    values = _values(view, at, PARTIES, [slot for account in wanted for slot in agent_fact(account).slots])
    found = {account: decode_agent(account, values) for account in wanted}
    return {account: agent for account, agent in found.items() if any(agent.party)}


def registered(view: ProvenView, at: Header, parties: Iterable[bytes]) -> dict[bytes, Party]:
    """Read how each party is registered: roles, duties of its agents, validity; others are left out."""
    wanted = sorted(set(parties))
    values = _values(view, at, PARTIES, [slot for party in wanted for slot in party_fact(party).slots])
    found = {party: decode_party(party, values) for party in wanted}
    return {party: record for party, record in found.items() if record.roles}


@dataclass(frozen=True, slots=True)
class Governing:
    """How many members of how many carry a decision, and how many validators seal."""

    quorum: int
    members: int
    validators: int


def governing(view: ProvenView, at: Header) -> Governing:
    """Read the quorum, the members and the validators as a block holds them."""
    found = layout_of(GOVERNANCE)
    slots = [found.slot(name) for name in ("quorum", "member_count", "validators")]  # an array's length comes first
    values = _values(view, at, GOVERNANCE, slots)
    return Governing(*(layout.number(values, slot) for slot in slots))


def _values(view: ProvenView, at: Header, contract: str, slots: Iterable[bytes]) -> dict[bytes, bytes]:
    wanted, values = list(slots), dict[bytes, bytes]()
    for start in range(0, len(wanted), MAX_SLOTS):
        values |= view.state(contract, wanted[start : start + MAX_SLOTS], at).values
    return values
