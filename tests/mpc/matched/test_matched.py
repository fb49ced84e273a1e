"""Rows matched on shares, with parties in threads: the right figures, one bit, and nothing below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import combinations_with_replacement

import pytest
from engines import each_its_own, needs_engine
from plainengines import PlainEngines

from ledger.errors import BackendError, InvalidRecord, NotFound, TrustError, VerificationError
from mpc.engine.port import Engines
from mpc.protocols import engines as frame
from mpc.protocols.align.terms import WHOLE
from mpc.protocols.engines import Outcome
from mpc.protocols.join.layout import Column
from mpc.protocols.matched import run
from mpc.protocols.matched.descriptor import DESCRIPTOR, public
from mpc.protocols.matched.office import Released, open_figures, run_recipient
from mpc.protocols.matched.run import run_owner
from mpc.protocols.matched.terms import PIECE, MatchedTerms, Member, parse
from mpc.sessions.channel import Channel, Misbehaviour
from mpc.sessions.memory_channel import Intercept, Killed, Network, deliver, kill, tamper
from mpc.sessions.rehearsal import MemoryJournal, sessions

OFFICE = "office"
PAY, AGE, TAX = Column("a.pay", 0, 9_999_999), Column("a.age", 0, 120), Column("c.tax", -5000, 5000)
TERMS = MatchedTerms((Member("a", (PAY, AGE)), Member("b"), Member("c", (TAX,)), Member("d")), ("a", "b", "c"), 200, 10)
Tables = Mapping[str, Mapping[str, tuple[int, ...]]]
Decide = Callable[[Mapping[str, bool]], AbstractSet[str]]


def tables(common: int = 120, terms: MatchedTerms = TERMS) -> dict[str, dict[str, tuple[int, ...]]]:
    """Rows of every owner: some that all have, and thirty of its own; keys are written in no order."""
    found = {}
    for place, member in enumerate(terms.members):
        numbers = [*range(common), *(1000 * (place + 1) + n for n in range(30))]
        rows = {f"k{n * 7919 % 10007}": values(n, member) for n in numbers}
        found[member.party] = dict(sorted(rows.items(), reverse=bool(place % 2)))
    return found


def values(number: int, member: Member) -> tuple[int, ...]:
    spans = ((column.least, column.most - column.least + 1) for column in member.columns)
    return tuple(least + (number * number * 131 + number * 17) % span for least, span in spans)


def all_that_passed(bits: Mapping[str, bool]) -> AbstractSet[str]:
    return {name for name, passed in bits.items() if passed}


def held(
    rows: Tables,
    *,
    terms: MatchedTerms = TERMS,
    decide: Mapping[str, Decide] | None = None,
    engines: Engines | None = None,
    intercept: Intercept = deliver,
) -> tuple[dict[str, Outcome | Released | Exception], Network]:
    common = sessions(tuple(rows), OFFICE, run.PROTOCOL, terms.record())
    network = Network((*rows, OFFICE), intercept=intercept)
    shared = engines or PlainEngines()

    def owner(party: str) -> Callable[[Channel], Outcome | Released]:
        own = (decide or {}).get(party, all_that_passed)
        return lambda channel: run_owner(common[party], channel, rows[party], own, MemoryJournal(), shared)

    programs = {party: owner(party) for party in rows}
    programs[OFFICE] = lambda channel: run_recipient(common[OFFICE], channel)
    return network.run(programs), network


def released(outcomes: Mapping[str, Outcome | Released | Exception]) -> Released:
    found = outcomes[OFFICE]
    if isinstance(found, Exception):
        raise found
    assert isinstance(found, Released)
    return found


def pooled(rows: Tables, terms: MatchedTerms = TERMS) -> tuple[int, dict[str, int], dict[tuple[str, str], int]]:
    """Add up in the open what all owners have."""
    keys = set.intersection(*(set(own) for own in rows.values()))
    lines = [[value for member in terms.members for value in rows[member.party][key]] for key in keys]
    names = [column.name for column in terms.columns]
    places = range(len(names))
    sums = {names[i]: sum(line[i] for line in lines) for i in places}
    pairs = combinations_with_replacement(places, 2)
    return len(lines), sums, {(names[i], names[j]): sum(line[i] * line[j] for line in lines) for i, j in pairs}


def test_recipient_gets_the_moments_of_the_matched_rows_and_owners_none() -> None:
    rows = tables()
    outcomes, _ = held(rows)
    found = released(outcomes)
    assert found.figures is not None
    assert (found.figures.rows, found.figures.sums, found.figures.products) == pooled(rows)
    for owner in rows:
        assert outcomes[owner] == Outcome((WHOLE,), found.transcript)


def test_one_row_below_what_the_figures_need_opens_nothing_and_no_message_tells_how_few() -> None:
    least = TERMS.least_rows
    assert least == 100
    assert released(held(tables(least))[0]).figures is not None
    shapes = []
    for common in (least - 1, 0):
        outcomes, network = held(tables(common))
        assert released(outcomes).figures is None
        assert all(outcome.opened == () for owner, outcome in outcomes.items() if owner != OFFICE)
        shapes.append(sorted((m.sender, m.to, m.step, len(m.body)) for m in network.sent))
    assert shapes[0] == shapes[1]


def test_a_column_in_which_few_rows_differ_closes_everything_and_one_that_is_constant_does_not() -> None:
    """The product with such a column is a figure of these few."""
    for differing, is_open in ((0, True), (1, False), (9, False), (10, True)):
        rows = tables()
        rows["a"] = {key: (pay, 40) for key, (pay, _) in rows["a"].items()}
        common = [key for key in rows["a"] if all(key in own for own in rows.values())]
        rows["a"] |= {key: (rows["a"][key][0], 41 + n) for n, key in enumerate(common[:differing])}
        assert (released(held(rows)[0]).figures is not None) is is_open, differing


class LookingAtRowsAlone(PlainEngines):
    """Engines that test the number of rows, and not how many differ."""

    def run(self, name: str, inputs: Sequence[str], outputs: Sequence[str], numbers: Mapping[str, int]) -> None:
        super().run(name, inputs, outputs, {**numbers, "minimum": 0})


def test_without_that_test_the_recipient_reads_the_pay_of_the_one_that_differs() -> None:
    rows = tables()
    one = next(key for key in rows["a"] if all(key in own for own in rows.values()))
    rows["a"] = {key: (pay, 41 if key == one else 40) for key, (pay, _) in rows["a"].items()}
    assert released(held(rows)[0]).figures is None
    found = released(held(rows, engines=LookingAtRowsAlone())[0]).figures
    assert found is not None
    assert found.products["a.pay", "a.age"] - 40 * found.sums["a.pay"] == rows["a"][one][0]


def test_a_count_alone_follows_the_minimum() -> None:
    terms = replace(TERMS, members=tuple(Member(member.party) for member in TERMS.members))
    for common, opened in ((9, None), (10, (10, {}, {}))):
        figures = released(held(tables(common, terms), terms=terms)[0]).figures
        assert opened == (figures and (figures.rows, figures.sums, figures.products))


def test_what_one_owner_withholds_stays_closed_and_no_share_of_it_leaves() -> None:
    outcomes, network = held(tables(), decide={"d": lambda _: frozenset()})
    assert released(outcomes).figures is None
    for message in (m for m in network.sent if m.step == frame.OPEN):
        assert not any(message.body[33 : 33 + PIECE * TERMS.scalars])


def test_every_message_has_the_size_that_is_declared() -> None:
    _, network = held(tables())
    counts = {**public(TERMS), "element": 0}
    for message in network.sent:
        assert len(message.body) == DESCRIPTOR.step(message.step).bytes(counts), message.step
    assert {m.step.partition("/")[0] for m in network.sent} == {step.name for step in DESCRIPTOR.steps}


def test_one_engine_sees_no_key_and_not_how_many_rows_an_owner_chose() -> None:
    """What the first engine gets are two drawn residues a number: the same bytes whatever the rows."""
    few = {**tables(), "d": {"another": ()}}
    seen = []
    for rows in (tables(), few):
        _, network = held(rows)
        body = next(m.body for m in network.sent if (m.sender, m.to, m.step) == ("d", "a", frame.SHARES))
        assert len(body) == PIECE * TERMS.rows * (2 + TERMS.width) + 64
        seen.append(body[:-64])
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("step", "sender"), [(run.TESTED, "b"), (frame.VERDICT, "b"), (frame.OPEN, "c"), (frame.SHARES, "d")]
)
def test_a_message_that_is_changed_after_it_was_signed_ends_the_attempt(step: str, sender: str) -> None:
    lie = tamper(sender, step, lambda body: bytes([body[0] ^ 1]) + body[1:])
    outcomes, _ = held(tables(), intercept=lie)
    assert any(isinstance(outcome, Misbehaviour) for outcome in outcomes.values())
    assert isinstance(outcomes[OFFICE], TrustError)


PLACES = sorted({(m.sender, m.step) for m in held(tables())[1].sent if m.sender in "ad"})


@pytest.mark.parametrize(("victim", "step"), PLACES)
def test_a_party_lost_at_any_message_ends_the_others_and_nothing_is_released(victim: str, step: str) -> None:
    outcomes, _ = held(tables(), intercept=kill(victim, step))
    assert isinstance(outcomes[victim], Killed)
    assert isinstance(outcomes[OFFICE], BackendError | Misbehaviour)


def test_an_owner_that_shall_compute_and_has_no_engine_ends_the_attempt() -> None:
    outcomes, _ = held(tables(), engines=PlainEngines(missing="b"))
    assert isinstance(outcomes["b"], NotFound)
    assert isinstance(outcomes[OFFICE], BackendError)


@pytest.mark.parametrize("own", [{"k": (1, 121)}, {"k": (-1, 20)}, {f"k{n}": (1, 20) for n in range(201)}, {"k": (1,)}])
def test_rows_beyond_the_declared_and_values_beyond_their_bounds_send_nothing(own: dict[str, tuple[int, ...]]) -> None:
    outcomes, network = held({**tables(), "a": own})
    assert isinstance(outcomes["a"], InvalidRecord | ValueError)
    assert not [m for m in network.sent if m.sender == "a"]


def test_an_owner_that_the_terms_do_not_name_is_refused() -> None:
    rows = tables()
    outcomes, _ = held({owner: rows[owner] for owner in "abc"})
    assert all(isinstance(outcome, InvalidRecord) for outcome in outcomes.values())


BROKEN: Sequence[dict[str, object]] = [
    {"engines": ("a", "b")},
    {"engines": ("a", "b", "x")},
    {"members": TERMS.members[:2], "engines": ("a", "b", "c")},
    {"members": TERMS.members[::-1]},
    {"rows": 0},
    {"rows": (1 << 20) + 1},
    {"minimum": 0},
    {"members": (Member("a", (Column("x", 0, (1 << 62) + 1),)), *TERMS.members[1:])},
    {"members": (Member("a", (PAY, PAY)), *TERMS.members[1:])},
    {"members": (Member("a", tuple(Column(f"c{n}", 0, 9) for n in range(9))), *TERMS.members[1:])},
]


@pytest.mark.parametrize("change", BROKEN)
def test_terms_that_cannot_be_kept_are_refused(change: dict[str, object]) -> None:
    assert parse(dict(TERMS.record())) == TERMS
    with pytest.raises(InvalidRecord):
        replace(TERMS, **change)  # type: ignore[arg-type]


def test_products_that_wrap_in_128_bits_are_refused_and_the_widest_that_do_not_are_exact() -> None:
    wide = Column("a.wide", -(1 << 58), 1 << 58)
    members = (Member("a", (wide,)), *TERMS.members[1:])
    with pytest.raises(InvalidRecord, match="too large"):
        replace(TERMS, members=members, rows=1 << 11)
    terms = replace(TERMS, members=members)
    rows = tables(120, terms)
    figures = released(held(rows, terms=terms)[0]).figures
    assert figures is not None
    assert figures.products == pooled(rows, terms)[2]
    assert max(figures.products.values()) > 1 << 120


@pytest.mark.parametrize("change", [{0: 99}, {0: 201}, {1: -1}, {3: 5001 * 120}, {4: -1}])
def test_figures_that_the_terms_rule_out_are_refused(change: dict[int, int]) -> None:
    numbers = [120, 100, 100, 0, 9, 9, 0, 9, 0, 9]
    open_figures(TERMS, numbers)
    with pytest.raises(VerificationError):
        open_figures(TERMS, [change.get(place, number) for place, number in enumerate(numbers)])


@needs_engine
@pytest.mark.slow
def test_three_real_engines_give_what_plain_arithmetic_gives() -> None:
    """With the values of a percentage, whose covariance in fixed point is wrong by thousands."""
    members = (Member("a", (Column("a.x", 0, 100),)), Member("b", (Column("b.y", 0, 100),)), Member("c"))
    terms = MatchedTerms(members, ("a", "b", "c"), 200, 10)
    rows = tables(120, terms)
    figures = released(held(rows, terms=terms, engines=each_its_own("abc"))[0]).figures
    assert figures is not None
    assert (figures.rows, figures.sums, figures.products) == pooled(rows, terms)
    few = {**rows, "a": dict.fromkeys(rows["a"], (7,)) | {"k0": (8,)}}
    assert released(held(few, terms=terms, engines=each_its_own("abc"))[0]).figures is None
