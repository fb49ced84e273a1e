"""Verifying the proof of a title: bytes and a trust file in, a verdict with its steps and the title out.

Pure: no clock, no network, no files. Nothing is taken from the file on its word: the histories of the unit are complete
by two proven words each, so a hidden entry is found, and that no mortgage or seizure stands is as certain as that one
does. The answer is as of the newest block of the file, and says so; what came later it cannot know.

What a verdict that holds does NOT say: that nothing was registered elsewhere before the living register had the unit (a
past of sales tells of no mortgages), that the registrar examined papers rightly, that its records of the past are
true, or that the unit's name on chain is that of a certain house where no record of the past says so. A pre-notice's
digest of future holders stays a digest.
Trust assumption: the trust file, and what its assurance says.
"""

from __future__ import annotations

from contracts.addresses import CALENDAR, NOTARY, PARTIES
from contracts.evidence.network import Network, require_network
from contracts.evidence.report import FORM, Failed, Record, Verdict, Words
from contracts.evidence.states import Proven, require_states
from contracts.evidence.title import document
from contracts.evidence.title.chain import (
    UnitHistory,
    contracts_of,
    owner_of,
    proven_days,
    require_histories,
    require_moments,
    slots_of,
)
from contracts.evidence.title.document import TitleEvidence
from contracts.evidence.title.names import require_names
from contracts.evidence.title.past import require_pasts
from contracts.evidence.title.sentences import KINDS, sentences
from contracts.evidence.title.telling import tell
from contracts.evidence.title.title import Title
from contracts.parties.client import decode_party
from contracts.restrictions.record import NOTHING
from contracts.titles.replay import Standing, restrictions_of, standing
from contracts.world import PartyRole
from ledger.errors import VerificationError
from ledger.proofs.trust import Trust


def verify(data: bytes, trust: Trust) -> Verdict:
    """Verify the proof of a title; the verdict ends with the first step that does not hold."""
    record = Record()
    try:
        title = _examine(data, trust, record)
    except Failed:
        return Verdict(tuple(record.steps), trust.assurance)
    return Verdict(tuple(record.steps), trust.assurance, figures=title.json(), shown=sentences(title))


def examine(data: bytes, trust: Trust) -> Title:
    """Verify the proof of a title and return what it says.

    Raises:
        Failed: a step does not hold, and is named.
    """
    return _examine(data, trust, Record())


def _examine(data: bytes, trust: Trust, record: Record) -> Title:
    evidence = record.take(FORM, lambda: (document.parse(data), Words(f"{len(data)} bytes", f"{len(data)} 字节")))
    network = record.take("network", lambda: require_network(evidence.facts, trust))
    proven = record.take("contracts", lambda: _require_states(evidence, network))
    whole = record.take("register", lambda: require_histories(evidence, proven))
    dated = record.take("entries", lambda: require_moments(evidence, network, proven, whole))
    pasts = record.take("past", lambda: require_pasts(dated, proven.values.get(NOTARY, {})))
    stands = record.take("restrictions", lambda: _require_standing(dated[0], network, proven))
    opened = record.take("names", lambda: require_names(evidence.names, evidence.parties, dated, pasts.values()))
    return tell(dated, pasts, stands, opened, network.newest)


def _require_states(evidence: TitleEvidence, network: Network) -> tuple[Proven, Words]:
    """Verify that the file proves exactly the words that its units need, and that a past is in a registrar's stream.

    Raises:
        VerificationError: other words, or a past from the stream of a party that is no registrar.
    """
    units, past = [unit.unit for unit in evidence.units], evidence.units[0].past
    now = network.newest.timestamp
    proven, words = require_states(evidence.facts, network, contracts_of(past))
    owner = owner_of(past, proven.values[NOTARY]) if NOTARY in proven.values else NOTHING
    for contract, slots in slots_of(units, past, owner, now).items():
        proven.require_slots(contract, slots)
    if PARTIES in proven.values:
        party = decode_party(owner, proven.values[PARTIES])
        if not party.is_serving(PartyRole.REGISTRAR, now):
            raise VerificationError(f"contracts: party {owner.hex()}, whose stream closes the past, is no registrar")
    return proven, words


def _require_standing(history: UnitHistory, network: Network, proven: Proven) -> tuple[tuple[Standing, ...], Words]:
    """Derive what stands against the unit at the newest block's time."""
    entered = restrictions_of((entry, moment.time) for entry, moment in history.burdened)
    registrar = history.entries[-1].registrar if history.entries else NOTHING
    now = network.newest.timestamp
    days = proven_days(proven.values[CALENDAR], now)
    found = standing(entered.items(), registrar, now, days)
    return found, Words(*(_told(found, language) for language in (0, 1)))


def _told(found: tuple[Standing, ...], language: int) -> str:
    counts = {kind: sum(one.kind is kind for one in found) for kind in KINDS}
    some = [f"{KINDS[kind][language]} {count}" for kind, count in counts.items() if count]
    none = [KINDS[kind][language] for kind, count in counts.items() if not count]
    if language:
        return f"登记簿{'有:' + '、'.join(some) + ';' if some else ''}无:{'、'.join(none)}"
    return f"the living register has {', '.join(some) + '; ' if some else ''}none of: {', '.join(none)}"
