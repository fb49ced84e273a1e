"""No owner's value is in any message of any protocol: those that no node runs, and the list of them all.

Every declared protocol has an entry here or among the forms of ``plantedforms.py``, which whole nodes run in
``test_node_traffic.py``. Here the parties of a protocol are threads; searched are all messages as they were handed
over, before any sealing, and what was logged. In a build that adds one value to one message the same search finds it.
"""

from __future__ import annotations

import logging
import struct
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import pytest
from canaries import Wanted
from plainengines import PlainEngines
from planted import KEYS, PRICES, WIDE, leaking
from plantedforms import FORMS
from protocols import descriptors

from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.dummies import MatchNoise
from mpc.protocols.align.rehearsal import rehearse as rehearse_aligned
from mpc.protocols.align.terms import AlignedTerms, Member
from mpc.protocols.join import office as join_office
from mpc.protocols.join.layout import Column
from mpc.protocols.join.run import protocol_of
from mpc.protocols.join.table import KeyTotals
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.matched import office as matched_office
from mpc.protocols.matched import run as matching
from mpc.protocols.matched.terms import MatchedTerms
from mpc.protocols.matched.terms import Member as MatchedMember
from mpc.protocols.percentiles import office as ranks_office
from mpc.protocols.percentiles import run as ranks
from mpc.protocols.percentiles.terms import Terms as RankTerms
from mpc.protocols.private_join import run_holder, run_lister
from mpc.protocols.sifted.holder import run_holder as run_sifted_holder
from mpc.protocols.sifted.lister import run_lister as run_sifted_lister
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Message, Network
from mpc.sessions.rehearsal import MemoryJournal, sessions

OFFICE = "office"
FIGURES = [211_223_344_556 + 70_001 * n for n in range(4)]
"""For CKKS, whose sums stay below 2^43."""
Sent = list[Message]


def open_all(bits: Mapping[str, bool]) -> frozenset[str]:
    return frozenset(name for name, passed in bits.items() if passed)


def tiny() -> InsecureOkamotoUchiyama:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return InsecureOkamotoUchiyama(bits=1024, randomiser_bits=96)


def join_terms(**changes: object) -> JoinTerms:
    fields: dict[str, object] = {
        "holder": "finance",
        "lister": "tax",
        "groups": ("*",),
        "columns": (Column("price", 0, WIDE),),
        "holder_keys": 60,
        "lister_keys": 60,
        "rows": 60,
        "minimum": 3,
        "noise": MatchNoise(epsilon_milli=10_000, delta_log2=-20),
        "list_unit": 16,
        "group_unit": 8,
        "encryption": tiny(),
    }
    return JoinTerms(**fields | changes)  # type: ignore[arg-type]


def joined(terms: JoinTerms, holder: Callable, lister: Callable, listed: object) -> Sent:
    table = {"*": {key: KeyTotals(1, (price,)) for key, price in zip(KEYS[:30], PRICES, strict=False)}}
    common = sessions(terms.owners, OFFICE, protocol_of(terms), terms.record())
    network = Network((*terms.owners, OFFICE))

    def owner(party: str, role: Callable, material: object):
        journal = MemoryJournal("join-share")
        return lambda channel: role(common[party], channel, material, open_all, journal, terms=terms)

    programs = {party: owner(party, lister, listed) for party in terms.owners if party != terms.holder}
    programs[terms.holder] = owner(terms.holder, holder, table)
    programs[OFFICE] = lambda channel: join_office.run_recipient(common[OFFICE], channel, terms=terms)
    network.run(programs)
    return network.sent


def grouped_join() -> Sent:
    terms = join_terms(lister_groups=("new", "old"))
    return joined(terms, run_holder, run_lister, {key: "new" for key in KEYS[10:40]})


def sifted_join() -> Sent:
    return joined(join_terms(sifters=("housing",)), run_sifted_holder, run_sifted_lister, KEYS[10:40])


def percentiles() -> Sent:
    terms = RankTerms(("a", "b", "c"), (500,), WIDE, 60, 4, 3)
    columns = {owner: PRICES[place:60:3] for place, owner in enumerate("abc")}
    common, engines = sessions(tuple(columns), OFFICE, ranks.PROTOCOL, terms.record()), PlainEngines()
    network = Network((*columns, OFFICE))
    programs = {
        owner: partial(
            lambda party, channel: ranks.run_owner(
                common[party], channel, columns[party], open_all, MemoryJournal(), engines
            ),
            owner,
        )
        for owner in columns
    }
    network.run(programs | {OFFICE: lambda channel: ranks_office.run_recipient(common[OFFICE], channel)})
    return network.sent


def aligned() -> Sent:
    members = tuple(Member(party, 60, True, (Column(f"{party}.price", 0, WIDE),)) for party in "ab")
    terms = AlignedTerms(members, 10, set_unit=32, encryption=tiny())
    tables = {party: {key: (price,) for key, price in zip(KEYS[:60], PRICES[:60], strict=True)} for party in "ab"}
    return list(rehearse_aligned(terms, tables).sent)


def matched() -> Sent:
    members = tuple(MatchedMember(owner, (Column(f"{owner}.price", 0, WIDE),)) for owner in "abc")
    terms = MatchedTerms(members, ("a", "b", "c"), len(KEYS), 10)
    rows = {key: (price,) for key, price in zip(KEYS, PRICES, strict=True)}
    common, engines = sessions(terms.engines, OFFICE, matching.PROTOCOL, terms.record()), PlainEngines()
    network = Network((*terms.engines, OFFICE))

    def owner(party: str) -> Callable[[Channel], object]:
        return lambda channel: matching.run_owner(common[party], channel, rows, open_all, MemoryJournal(), engines)

    programs = {party: owner(party) for party in terms.engines}
    network.run(programs | {OFFICE: lambda channel: matched_office.run_recipient(common[OFFICE], channel)})
    return network.sent


def ckks() -> Sent:
    pytest.importorskip("tenseal", reason="tenseal is not installed (extra 'ckks')")
    from mpc.protocols.ckks.rehearsal import rehearse
    from mpc.protocols.ckks.terms import CkksTerms
    from mpc.protocols.ckks.terms import Column as Figure

    column = Figure("paid", 1, 0, 270_000_000_000, 10**6)
    weights = (("a", 1), ("b", 1), ("bureau", 1), ("c", 1))
    terms = CkksTerms("bureau", "b", weights, (column,), 1, False, 100_000, -40)
    figures = {owner: {"paid": figure} for owner, figure in zip(terms.owners, FIGURES, strict=True)}
    return list(rehearse(terms, figures).sent)


ENTRIES: Mapping[str, tuple[Callable[[], Sent], str]] = {
    "grouped-join-v1": (grouped_join, "tax"),
    "sifted-join-v1": (sifted_join, "housing"),
    "percentiles-v1": (percentiles, "a"),
    "aligned-v1": (aligned, "a"),
    "matched-v1": (matched, "a"),
    "ckks-sums-v1": (ckks, "a"),
}
"""How a protocol is run over planted values, and which owner adds one to its messages in a build that leaks."""


def doubles() -> Iterator[tuple[bytes, str]]:
    for figure in FIGURES:
        for order in "<>":
            yield struct.pack(f"{order}d", figure), f"number {figure}"


WANTED = Wanted(Wanted.of(KEYS, [*PRICES, *FIGURES]).needles | dict(doubles()))


def test_every_declared_protocol_has_its_entry() -> None:
    through_nodes = {form.protocol for form in FORMS.values()}
    assert through_nodes | set(ENTRIES) == set(descriptors())


@pytest.mark.parametrize("protocol", ENTRIES)
def test_no_planted_value_is_in_any_message(protocol: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    run, _ = ENTRIES[protocol]
    sent = run()
    assert {message.to for message in sent} & {OFFICE, "recipient"}, "the run did not come to its end"
    assert WANTED.found_in(places(sent, caplog.text)) == set()


@pytest.mark.parametrize("protocol", ENTRIES)
def test_the_same_search_finds_a_build_that_leaks(protocol: str) -> None:
    run, owner = ENTRIES[protocol]
    price = PRICES[3].to_bytes(8, "little")
    with leaking(owner, b"." + KEYS[7].encode() + b"." + price):
        found = WANTED.found_in(places(run(), ""))
    assert found == {f"messages of {owner}: text {KEYS[7]}", f"messages of {owner}: number {PRICES[3]}"}


def places(sent: Sent, log: str) -> dict[str, bytes]:
    """What each party said, a body sent to several once."""
    said = {sender: {m.body for m in sent if m.sender == sender} for sender in {m.sender for m in sent}}
    return {f"messages of {sender}": b"\0".join(bodies) for sender, bodies in said.items()} | {"log": log.encode()}
