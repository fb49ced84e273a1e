"""A join with three lists, four owners and an office, over in-memory channels."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pytest

from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.dummies import MatchNoise
from mpc.protocols.join import declared, messages
from mpc.protocols.join.layout import Column
from mpc.protocols.join.office import run_recipient
from mpc.protocols.join.run import LABEL, SIFTED
from mpc.protocols.join.table import KeyTotals
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.sifted.holder import run_holder
from mpc.protocols.sifted.lister import run_lister
from mpc.protocols.sums.agreement import announced
from mpc.sessions.memory_channel import Intercept, Network, deliver
from mpc.sessions.rehearsal import MemoryJournal, sessions
from mpc.sessions.replay import Unsigned, replay

HOLDER, OFFICE, LISTERS = "finance", "office", ("tax", "housing", "heritage")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    TINY = InsecureOkamotoUchiyama(bits=1024, randomiser_bits=96)


def terms_of(lists: int = 2, **changes) -> JoinTerms:
    *sifters, lister = LISTERS[:lists]
    terms = JoinTerms(
        holder=HOLDER,
        lister=lister,
        groups=("1", "2"),
        columns=(Column("price", 0, 1 << 20),),
        holder_keys=60,
        lister_keys=60,
        rows=600,
        minimum=3,
        noise=MatchNoise(epsilon_milli=10_000, delta_log2=-20),
        list_unit=16,
        group_unit=8,
        encryption=TINY,
        sifters=tuple(sifters),
    )
    return replace(terms, **changes)


def journal() -> MemoryJournal:
    return MemoryJournal(messages.SHARE)


def open_all(bits: Mapping[str, bool]) -> frozenset[str]:
    return frozenset(group for group, passed in bits.items() if passed)


def table_of(keys: Mapping[str, range]) -> dict[str, dict[str, KeyTotals]]:
    """Keys k0, k1 ... per group; key i has i % 3 + 1 rows and sums to 100 + i."""
    return {group: {f"k{i}": KeyTotals(i % 3 + 1, (100 + i,)) for i in found} for group, found in keys.items()}


def names(*ranges: range) -> list[str]:
    return [f"k{i}" for found in ranges for i in found]


def plain(table, lists) -> dict[str, tuple[int, int, int]]:
    chosen = set.intersection(*map(set, lists))
    found = {}
    for group, totals in table.items():
        hits = [t for key, t in totals.items() if key in chosen]
        found[group] = (len(hits), sum(t.rows for t in hits), sum(t.sums[0] for t in hits))
    return found


@dataclass
class Sifting:
    """One run: what to change is a field, then ``run``."""

    terms: JoinTerms = field(default_factory=terms_of)
    decide: Mapping[str, Callable] = field(default_factory=dict)
    intercept: Intercept = deliver
    network: Network | None = None
    seed: bytes = bytes(32)
    protocol: str = SIFTED
    attempt: int = 1

    def session(self, me):
        return sessions(
            self.terms.owners, OFFICE, self.protocol, self.terms.record(), seed=self.seed, attempt=self.attempt
        )[me]

    def owner(self, me, material, **options):
        role = run_holder if me == self.terms.holder else run_lister
        decide = self.decide.get(me, open_all)
        return lambda channel: role(self.session(me), channel, material, decide, journal(), terms=self.terms, **options)

    def run(self, table, lists, **programs):
        """Run everybody; answer each party's outcome or exception."""
        owners = self.terms.owners
        self.network = Network((*owners, OFFICE), timeout_s=60.0, intercept=self.intercept)
        inputs = dict(zip(owners, (table, *lists), strict=True))
        return self.network.run(
            {me: self.owner(me, material) for me, material in inputs.items()}
            | {OFFICE: lambda channel: run_recipient(self.session(OFFICE), channel, terms=self.terms)}
            | programs
        )

    def sent(self, sender, step):
        (body,) = {m.body for m in self.network.sent if (m.sender, m.step) == (sender, step)}
        return body

    def audit(self, party, material) -> None:
        """Replay one owner's recorded run from its seed and input."""
        session = self.session(party)
        session = replace(session, signer=Unsigned(session.key_of(party)))
        received = {(m.sender, m.step): m.body for m in self.network.sent if m.to == party}
        sent = {(m.to, m.step): m.body for m in self.network.sent if m.sender == party}
        decide = announced(sent, session.others[0], self.terms.cells)
        role = run_holder if party == self.terms.holder else run_lister
        replay(
            session, LABEL, received, sent,
            lambda channel: role(session, channel, material, decide, journal(), terms=self.terms),
        )  # fmt: skip


@dataclass(frozen=True)
class Kit:
    """What the tests build from; a fixture, because test modules do not import each other."""

    Sifting = Sifting
    declared = declared
    holder: str = HOLDER
    office: str = OFFICE
    terms_of = staticmethod(terms_of)
    table_of = staticmethod(table_of)
    names = staticmethod(names)
    plain = staticmethod(plain)
    open_all = staticmethod(open_all)


@pytest.fixture(scope="session")
def kit() -> Kit:
    return Kit()
