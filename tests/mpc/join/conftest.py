"""A small join between two owners and an office, over in-memory channels."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from ledger.errors import NotAuthorized
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.dummies import MatchNoise
from mpc.protocols.join import messages
from mpc.protocols.join.opening import announced
from mpc.protocols.join.run import LABEL
from mpc.protocols.private_join import (
    PROTOCOL,
    Column,
    JoinTerms,
    KeyTotals,
    run_holder,
    run_lister,
    run_recipient,
)
from mpc.sessions.memory_channel import Intercept, Network, deliver
from mpc.sessions.rehearsal import MemoryJournal, sessions
from mpc.sessions.replay import Unsigned, replay
from mpc.sessions.session import Session

HOLDER, LISTER, OFFICE = "finance", "tax", "office"

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    TINY = InsecureOkamotoUchiyama(bits=1024, randomiser_bits=96)

TERMS = JoinTerms(
    holder=HOLDER,
    lister=LISTER,
    groups=("1", "2", "3"),
    columns=(Column("price", 0, 1 << 31),),
    holder_keys=400,
    lister_keys=400,
    rows=4000,
    minimum=10,
    noise=MatchNoise(epsilon_milli=1000, delta_log2=-20),
    list_unit=64,
    group_unit=32,
    encryption=TINY,
)


def journal() -> MemoryJournal:
    return MemoryJournal(messages.SHARE)


def open_all(bits: Mapping[str, bool]) -> frozenset[str]:
    return frozenset(group for group, passed in bits.items() if passed)


def table_of(**matches: int) -> dict[str, dict[str, KeyTotals]]:
    """Make per group (keyword "g1": matching keys) that many matching keys, beside 20 that do not match."""
    table = {}
    for name, count in matches.items():
        group = name[1:]
        keys = {f"{group}-listed-{i}": KeyTotals(1 + i % 3, (1000 + i,)) for i in range(count)}
        keys |= {f"{group}-other-{i}": KeyTotals(2, (999_983,)) for i in range(20)}
        table[group] = keys
    return table


def listed(table: Mapping[str, Mapping[str, KeyTotals]], extra: int = 30) -> list[str]:
    keys = [key for group in table.values() for key in group if "listed" in key]
    return keys + [f"unsold-{i}" for i in range(extra)]


def plain_join(table, keys) -> dict[str, tuple[int, int, int]]:
    chosen = set(keys)
    result = {}
    for group, totals in table.items():
        hits = [t for key, t in totals.items() if key in chosen]
        result[group] = (len(hits), sum(t.rows for t in hits), sum(t.sums[0] for t in hits))
    return result


@dataclass
class Join:
    """One run: what to change is a field, then ``run``."""

    terms: JoinTerms = TERMS
    job: bytes = bytes(range(32))
    attempt: int = 1
    seeds: dict[str, bytes] = field(default_factory=dict)  # party -> another seed than the rehearsal's
    decide: Mapping[str, Callable] = field(default_factory=dict)
    intercept: Intercept = deliver
    network: Network | None = None
    protocol: str = PROTOCOL

    def session(self, me: str, **changes) -> Session:
        everybody = sessions(
            (HOLDER, LISTER), OFFICE, self.protocol, self.terms.record(), job=self.job, attempt=self.attempt
        )
        return replace(everybody[me], **({"seed": self.seeds[me]} if me in self.seeds else {}) | changes)

    def holder(self, table, **options):
        return self._owner(HOLDER, run_holder, table, **options)

    def lister(self, keys, **options):
        return self._owner(LISTER, run_lister, keys, **options)

    def office(self):
        return lambda channel: run_recipient(self.session(OFFICE), channel, terms=self.terms)

    def run(self, table, keys, **programs):
        """Run all three; answer each party's outcome or exception."""
        self.network = Network((HOLDER, LISTER, OFFICE), timeout_s=60.0, intercept=self.intercept)
        return self.network.run(
            {HOLDER: self.holder(table), LISTER: self.lister(keys), OFFICE: self.office()} | programs
        )

    def sent(self, sender: str, step: str) -> bytes:
        (body,) = {m.body for m in self.network.sent if (m.sender, m.step) == (sender, step)}
        return body

    def sizes(self) -> dict[tuple[str, str, str], int]:
        return {(m.sender, m.to, m.step): len(m.body) for m in self.network.sent}

    def record(self, party: str) -> tuple[dict, dict]:
        """What a party received and sent, by (other party, step)."""
        messages_ = self.network.sent
        received = {(m.sender, m.step): m.body for m in messages_ if m.to == party}
        return received, {(m.to, m.step): m.body for m in messages_ if m.sender == party}

    def audit(self, party: str, role, material, record=None) -> None:
        """Replay one owner's recorded run from its seed and input."""
        session = self.session(party)
        session = replace(session, signer=Unsigned(session.key_of(party)))
        received, sent = record or self.record(party)
        decide = announced(sent, LISTER if party == HOLDER else HOLDER, self.terms.cells)
        replay(
            session,
            LABEL,
            received,
            sent,
            lambda channel: role(session, channel, material, decide, journal(), terms=self.terms),
        )

    def _owner(self, party, role, material, **options):
        decide = self.decide.get(party, open_all)
        return lambda channel: role(
            self.session(party), channel, material, decide, journal(), terms=self.terms, **options
        )


@dataclass(frozen=True)
class Kit:
    """What the join tests build from; a fixture, because test modules do not import each other."""

    Join = Join
    journal = staticmethod(journal)
    terms = TERMS
    tiny = TINY
    parties: Sequence[str] = (HOLDER, LISTER, OFFICE)
    table_of = staticmethod(table_of)
    listed = staticmethod(listed)
    plain_join = staticmethod(plain_join)
    open_all = staticmethod(open_all)
    refusal = NotAuthorized

    @staticmethod
    def with_terms(**changes) -> Join:
        return Join(terms=replace(TERMS, **changes))


@pytest.fixture(scope="session")
def kit() -> Kit:
    return Kit()
