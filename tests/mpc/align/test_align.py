"""Aligned rows, all owners in one process: figures, what each learns, and what others may send."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

import pytest
from transcripts import Run as Transcripts

from ledger.errors import InvalidRecord
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.groups.group import InvalidElement
from mpc.protocols.align import descriptor, messages
from mpc.protocols.align.moments import Rows
from mpc.protocols.align.rehearsal import RECIPIENT, Rehearsal, rehearse
from mpc.protocols.align.terms import AlignedTerms, Member, parse_terms, squares
from mpc.protocols.join.layout import Column
from mpc.sessions.channel import Channel, ChannelTimeout, Misbehaviour

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    TINY = InsecureOkamotoUchiyama(bits=1024, randomiser_bits=96)

A, B, C = "agency", "bureau", "court"
UNIT = 32


def member(party: str, *columns: Column, told: bool = True, most: int = 300) -> Member:
    return Member(party, most, told, tuple(replace(c, name=f"{party}.{c.name}") for c in columns))


def terms(*members: Member, minimum: int = 10) -> AlignedTerms:
    return AlignedTerms(members, minimum, set_unit=UNIT, encryption=TINY)


def counting(told: tuple[str, ...] = (A, B), parties: tuple[str, ...] = (A, B)) -> AlignedTerms:
    return terms(*(member(party, told=party in told) for party in parties))


TWO = terms(member(A, Column("x", -50, 50), Column("w", 0, 20)), member(B, Column("y", 100, 200)))


def rows(first: int, count: int, *columns: Column, seed: int = 7) -> Rows:
    draw = Random(seed)
    return {f"k{n}": tuple(draw.randint(c.least, c.most) for c in columns) for n in range(first, first + count)}


def tables(of: AlignedTerms, common: int = 100, own: int = 5) -> dict[str, Rows]:
    """Rows of which so many keys are common, and a few others of each owner."""
    return {
        m.party: {**rows(0, common, *m.columns, seed=n), **rows(1000 * (n + 1), own, *m.columns, seed=n)}
        for n, m in enumerate(of.members)
    }


def pooled(of: AlignedTerms, brought: Mapping[str, Rows]) -> tuple[int, list[int], list[int]]:
    keys = set.intersection(*(set(brought[party]) for party in of.parties))
    lines = [[value for party in of.parties for value in brought[party][key]] for key in sorted(keys)]
    count = len(of.columns)
    sums = [sum(line[i] for line in lines) for i in range(count)]
    return len(lines), sums, [sum(line[i] * line[j] for line in lines) for i, j in squares(count)]


@pytest.mark.parametrize(
    "of",
    [
        TWO,
        terms(member(A, Column("x", -9, 9)), member(B, Column("y", 0, 1000)), member(C, Column("z", -100, -1))),
        terms(member(A, Column("x", 0, 1 << 40)), member(B, Column("y", -(1 << 40), 0))),
    ],
    ids=["two owners", "three owners", "wide columns"],
)
def test_figures_are_those_of_the_pooled_rows(of: AlignedTerms) -> None:
    brought = tables(of)
    found = rehearse(of, brought).released.figures
    assert found is not None
    assert (found.rows, list(found.sums.values()), list(found.products.values())) == pooled(of, brought)


@pytest.mark.parametrize("told", [(A,), (B,), (A, B), (A, C), (B, C), (A, B, C)])
def test_exactly_the_named_owners_learn_the_common_keys_and_all_learn_their_number(told: tuple[str, ...]) -> None:
    of = counting(told, (A, B, C) if C in told else (A, B))
    brought = tables(of, common=40)
    done = rehearse(of, brought)
    for party in of.parties:
        outcome = done.owner(party)
        assert outcome.count == 40
        expected = {f"k{n}" for n in range(40)} if party in told else None
        assert (set(outcome.keys) if outcome.keys is not None else None) == expected
    assert done.released.document()["cells"] == [{"group": "*", "rows": "40", "sums": {}, "products": {}}]


def test_keys_that_only_some_owners_share_are_told_to_nobody() -> None:
    of = counting((A, B, C), (A, B, C))
    brought = tables(of, common=20)
    brought[A], brought[B] = {**brought[A], "pair": ()}, {**brought[B], "pair": ()}
    done = rehearse(of, brought)
    assert all("pair" not in (done.owner(party).keys or ()) for party in of.parties)
    assert {done.owner(party).count for party in of.parties} == {20}


@pytest.mark.parametrize("common", [0, 1, 9])
def test_below_the_minimum_nothing_is_opened_and_small_numbers_look_alike(common: int) -> None:
    of = counting()
    done = rehearse(of, tables(of, common=common, own=30 - common))
    assert done.released.document() == {"cells": [], "withheld": ["*"]}
    ten = rehearse(of, tables(of, common=10, own=20))
    assert ten.released.figures is not None
    sizes = [[(m.sender, m.to, m.step, len(m.body)) for m in sorted(r.sent, key=order)] for r in (done, ten)]
    assert sizes[0] == sizes[1]  # the relay sees no difference either


def order(message: object) -> tuple[str, str, str]:
    return message.sender, message.to, message.step  # type: ignore[attr-defined]


def test_fewer_than_ten_rows_for_every_opened_number_are_withheld() -> None:
    assert (TWO.scalars, TWO.least_rows) == (10, 100)
    assert rehearse(TWO, tables(TWO, common=99)).released.figures is None
    assert rehearse(TWO, tables(TWO, common=100)).released.figures is not None


def test_without_that_rule_moments_of_few_rows_would_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Defence off: two rows, five sums of two columns, and both rows are solved for."""
    of = terms(member(A, Column("x", 0, 99)), member(B, Column("y", 0, 99)), minimum=1)
    monkeypatch.setattr(AlignedTerms, "least_rows", 1)
    found = rehearse(of, {A: {"p": (7,), "q": (30,)}, B: {"p": (50,), "q": (2,)}}).released.figures
    assert found is not None
    total, squared = found.sums[f"{A}.x"], found.products[f"{A}.x", f"{A}.x"]
    assert {(total - d) // 2 for d in (int((2 * squared - total**2) ** 0.5),)} == {7}


@pytest.mark.parametrize("of", [TWO, counting(), counting((B,)), counting((A, B, C), (A, B, C))])
@pytest.mark.parametrize("common", [3, 100])
def test_every_message_is_declared_with_its_size(of: AlignedTerms, common: int) -> None:
    done = rehearse(of, tables(of, common=common))
    numbers = {**descriptor.public(of), **descriptor.learned(of, common + 5, common)}
    cast, known = descriptor.cast(of, RECIPIENT), {}
    roles = {party: role for role in ("matcher", "named", "unnamed", "recipient") for party in cast[role]}
    for role in (*set(roles.values()), "courier"):
        names = descriptor.DESCRIPTOR.known(role)
        known[role] = {name: number for name, number in numbers.items() if name in names}
    Transcripts(descriptor.DESCRIPTOR, cast, done.views, done.sent, roles, known).require_declared()


def test_a_constant_column_gives_its_constant_and_no_spread() -> None:
    of = terms(member(A, Column("x", 0, 99)), member(B, Column("y", 0, 99)))
    brought = {A: {f"k{n}": (7,) for n in range(80)}, B: {f"k{n}": (n % 9,) for n in range(80)}}
    found = rehearse(of, brought).released.figures
    assert found is not None
    assert 80 * found.products[f"{A}.x", f"{A}.x"] == found.sums[f"{A}.x"] ** 2


def test_no_key_travels() -> None:
    brought = {A: rows(10_000, 40), B: rows(10_000, 40)}
    for message in rehearse(counting(), brought).sent:
        assert not any(key.encode() in message.body for key in brought[A])


class Tampering:
    """A channel that changes what one party sends at one step, before it is signed again by nobody."""

    def __init__(self, channel: Channel, step: str, change: Callable[[bytes], bytes]) -> None:
        self._channel, self._step, self._change = channel, step, change

    def send(self, to: str, step: str, body: bytes) -> None:
        self._channel.send(to, step, self._change(body) if step == self._step else body)

    def send_all(self, step: str, bodies: Mapping[str, bytes]) -> None:
        self._channel.send_all(step, bodies)

    def receive(self, sender: str, step: str, *, limit: int) -> bytes:
        return self._channel.receive(sender, step, limit=limit)


def fault(done: Rehearsal, party: str) -> Exception:
    found = done.outcomes[party]
    assert isinstance(found, Exception)
    return found


@pytest.mark.parametrize("step", ["align-size", "align-set/1", "align-full", "align-common", "align-decide"])
def test_a_changed_message_names_its_sender_and_opens_nothing(step: str) -> None:
    of = counting()
    sender = B if step == "align-full" else A
    flip = lambda body: bytes([body[0] ^ 1]) + body[1:]  # noqa: E731
    done = rehearse(of, tables(of), wrap=lambda p, c: Tampering(c, step, flip) if p == sender else c)
    found = fault(done, B if sender == A else A)
    assert isinstance(found, Misbehaviour)
    assert found.party == sender
    assert isinstance(fault(done, RECIPIENT), ChannelTimeout)


@pytest.mark.parametrize("silent", [A, B])
def test_without_one_owner_nothing_is_opened(silent: str) -> None:
    of = counting()
    brought = {party: table for party, table in tables(of).items() if party != silent}
    done = rehearse(of, brought)
    assert isinstance(fault(done, B if silent == A else A), ChannelTimeout)
    assert isinstance(fault(done, RECIPIENT), ChannelTimeout)


def test_more_keys_than_declared_and_values_out_of_bounds_leave_nothing() -> None:
    of = counting()
    done = rehearse(of, {**tables(of), A: rows(0, 301)})
    assert isinstance(fault(done, A), InvalidRecord)
    assert not [message for message in done.sent if message.sender == A]
    wide = rehearse(TWO, {**tables(TWO), A: {**tables(TWO)[A], "k0": (51, 0)}})
    assert isinstance(fault(wide, A), InvalidRecord)
    assert not [message for message in wide.sent if message.step == messages.SHARE]


@pytest.mark.parametrize("size", [0, 31, 320, 1 << 30])
def test_sizes_beyond_the_declared_ones_end_the_run_before_a_point_is_computed(size: int) -> None:
    """Attack 9, at the check itself: sizes come signed by their owner."""
    from mpc.protocols.align import ring

    of = counting()

    class Liar:
        def __init__(self) -> None:
            self.session, self.terms, self.me = type("S", (), {"others": (B,)})(), of, A

        def exchange(self, _step: str, _body: bytes) -> dict[str, bytes]:
            return {A: messages.encode_count(UNIT), B: messages.encode_count(size)}

        admit = staticmethod(lambda _party, _size: None)

    if size == 320:
        assert ring._size(Liar(), 5) == 320
        return
    with pytest.raises(Misbehaviour, match="announces"):
        ring._size(Liar(), 5)


@pytest.mark.parametrize("bad", [bytes(32), b"\xff" * 32])
def test_points_that_are_none_are_refused_by_the_group(bad: bytes) -> None:
    """Attack 10: identity and encodings that are not canonical."""
    group = TWO.prime_group
    with pytest.raises(InvalidElement):
        group.multiply_all(group.scalar(3), messages.decode_elements(group, bad))
    with pytest.raises(InvalidRecord, match="twice"):
        messages.decode_elements(group, group.base(group.scalar(5)) * 2)


def test_keys_are_compared_as_they_are_written() -> None:
    """Attack 39: look-alikes and leading zeros are other keys; declared forms are applied where a table is read."""
    of = counting()
    left, right = ("007", "\u00e9", "\u0410"), ("7", "e\u0301", "A")
    done = rehearse(of, {A: {**rows(0, 20), **dict.fromkeys(left, ())}, B: {**rows(0, 20), **dict.fromkeys(right, ())}})
    assert done.owner(A).count == 20


def test_terms_are_read_back_and_others_refused() -> None:
    full = replace(TWO, encryption=AlignedTerms.__dataclass_fields__["encryption"].default_factory())
    assert parse_terms(full.record()) == full
    for change in ({"told": [B, A]}, {"told": []}, {"set_unit": 0}, {"format": "x"}, {"members": []}, {"extra": 1}):
        with pytest.raises(InvalidRecord):
            parse_terms({**full.record(), **change})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "members",
    [
        (member(A),),
        (member(B), member(A)),
        (member(A, told=False), member(B, told=False)),
        (member(A, Column("x", 0, 9)), member(B)),
        (member(A, Column("x", 0, 9)), member(B, Column("y", 0, 9), told=False)),
        (member(A, Column("x", 0, 1 << 95), Column("w", 0, 9)), member(B, Column("y", 0, 1 << 95))),
        (member(A, *(Column(f"x{n}", 0, 9) for n in range(8))), member(B, Column("y", 0, 9))),
    ],
)
def test_terms_that_cannot_be_kept_are_refused(members: tuple[Member, ...]) -> None:
    with pytest.raises(InvalidRecord):
        terms(*members)
