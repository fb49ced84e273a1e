"""The owner of one of several lists: raises what passes, sifts the rows by its own list, and masks the sums.

Its own list comes to it raised by everybody before it, as the rows do, and sorted, so that it knows of each row that
passes whether the key is on its own list, and neither whose key it is nor anything of other lists: what it is handed
for a row that an earlier list lacks is an encryption of zero, which looks like any other. It hands rows on in the order
of their newly raised elements. The last one adds up what is left.

It learns padded group sizes, a noised count of its own matches for each group, and the bits. Trust: semi-honest
holder that does not pool data with it, or with a later lister.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ledger.errors import InvalidRecord
from mpc.additive.scheme import PublicKey, encode_ciphertexts
from mpc.groups.group import Element, RandomSource, Scalar
from mpc.protocols.join import messages
from mpc.protocols.join.lister import draw_masks, masked_sum
from mpc.protocols.join.opening import OwnerOutcome, open_shares
from mpc.protocols.join.run import Admit, Progress, Run, any_size, begin, dummy_message, key_message, point, silent
from mpc.protocols.join.table import check_list
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.sifted.gate import run_gate
from mpc.protocols.sums.agreement import Decide, agree
from mpc.protocols.sums.keys import exchange_keys
from mpc.sessions.channel import Channel, blame
from mpc.sessions.session import Journal, Session


def run_lister(
    session: Session,
    channel: Channel,
    keys: Collection[str],
    decide: Decide,
    journal: Journal,
    *,
    terms: JoinTerms,
    progress: Progress = silent,
    admit: Admit = any_size,
) -> OwnerOutcome:
    """Contribute a list and open what gate and audits allow.

    Raises:
        InvalidRecord: list or session do not fit the terms; nothing was sent.
        Misbehaviour, ChannelTimeout: another party; the attempt is over.
        Conflict: the journal forbids this attempt.
        NotAuthorized: the decision refuses the job, or ``admit`` what the holder announces.
    """
    run = begin(session, terms, channel, progress, journal, admit)
    if session.me not in terms.listers:
        raise InvalidRecord(f"session: {session.me} owns no list")
    check_list(terms, keys)
    place = _Place.of(run)
    gate_keys = exchange_keys(run)
    exponent = terms.prime_group.random_scalar(run.random.stream("join exponent"))
    run.send(messages.LIST, blinded_list(run, exponent, keys), to=terms.holder)
    own = _pass_lists(run, place, exponent)
    rows = _pass_rows(run, place, exponent, own)
    masks = draw_masks(run)
    _pass_payloads(run, place, rows, masks)
    gate = run_gate(run, gate_keys, [-mask[0] for mask in masks])
    opened = agree(run, gate, decide)
    return open_shares(run, gate.bits, opened, masks, gate.transcript)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a lister stands: its number among the listers, who is before it, and who after it, if anybody."""

    number: int
    before: str
    after: str | None

    @classmethod
    def of(cls, run: Run) -> _Place:
        owners = run.terms.owners
        at = owners.index(run.session.me)
        return cls(at - 1, owners[at - 1], owners[at + 1] if at + 1 < len(owners) else None)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows as they came: which are on the own list, their groups' sizes, and in which order they are handed on."""

    sizes: Sequence[int]
    matches: Sequence[bool]
    order: Sequence[int]


def blinded_list(run: Run, exponent: Scalar, keys: Collection[str]) -> bytes:
    """Return the sorted blinded elements of all keys and of the dummies of every pattern with this list, padded."""
    terms, digest, place = run.terms, run.session.digest, run.terms.listers.index(run.session.me)
    kinds = [
        group * terms.patterns + pattern - 1
        for group in range(len(terms.groups))
        for pattern in range(1, terms.patterns + 1)
        if pattern >> place & 1
    ]
    points: list[Element] = [point(terms.prime_group, key_message(digest, key)) for key in keys]
    points += [
        point(terms.prime_group, dummy_message(digest, kind, number))
        for kind in kinds
        for number in range(terms.noise.universe)
    ]
    padding, size = run.random.stream("join padding"), terms.list_size(terms.lister_keys)
    points += [terms.prime_group.random_element(padding) for _ in range(size - len(points))]
    return messages.sorted_elements(run.raise_all(messages.LIST, exponent, points))


def _pass_lists(run: Run, place: _Place, exponent: Scalar) -> frozenset[bytes]:
    """Keep the own list, which everybody before has raised, and hand those of later listers on, raised."""
    terms = run.terms
    left, size = len(terms.listers) - place.number, terms.list_size(terms.lister_keys)
    body = run.receive_exactly(messages.RAISED, left * size * terms.prime_group.element_bytes, sender=place.before)
    with blame(place.before, messages.RAISED):
        own, *others = messages.cut(messages.distinct_elements(body, terms.prime_group), [size] * left)
        raised = [messages.sorted_elements(run.raise_all(messages.RAISED, exponent, found)) for found in others]
    if place.after is not None:
        run.send(messages.RAISED, b"".join(raised), to=place.after)
    return frozenset(own)


def _pass_rows(run: Run, place: _Place, exponent: Scalar, own: frozenset[bytes]) -> _Rows:
    """Raise the rows, see which are on the own list, and hand them on, each group in the order of its elements."""
    body = run.receive(messages.ROWS, limit=messages.rows_limit(run.terms), sender=place.before)
    with blame(place.before, messages.ROWS):
        sizes, elements = messages.decode_rows(body, run.terms)
        run.admit(len(elements))
        raised = run.raise_all(messages.ROWS, exponent, elements)
    groups = messages.cut(range(len(raised)), sizes)
    order = [row for group in groups for row in sorted(group, key=raised.__getitem__)]
    if place.after is not None:
        passed = messages.cut([raised[row] for row in order], sizes)
        run.send(messages.ROWS, messages.encode_rows(passed), to=place.after)
    return _Rows(sizes, [element in own for element in raised], order)


def _pass_payloads(run: Run, place: _Place, rows: _Rows, masks: Sequence[tuple[int, ...]]) -> None:
    """Hand the sifted totals on, and the groups' masks beside them; the last lister sends the sums to the holder."""
    terms, count = run.terms, len(rows.matches)
    expected = messages.payloads_size(terms, count + len(terms.groups))
    body = run.receive_exactly(messages.PAYLOADS, expected, sender=place.before)
    key = body[: terms.encryption.public_key_bytes]
    with blame(place.before, messages.PAYLOADS):
        public = terms.encryption.decode_public(key)
        found = public.decode_ciphertexts(body[len(key) :], count + len(terms.groups))
    payloads, carried = found[:count], found[count:]
    source = run.random.stream("join masked sums")
    masked = [
        masked_sum(public, terms.slots.pack(mask), [sum_], source) for mask, sum_ in zip(masks, carried, strict=True)
    ]
    if place.after is not None:
        sifted = sift(public, payloads, rows.matches, run.random.stream("join sifting"))
        passed = [*(sifted[row] for row in rows.order), *masked]
        run.send(messages.PAYLOADS, messages.encode_payloads(key, passed, terms), to=place.after)
        return
    sums = _added(public, payloads, rows, masked)
    run.send(messages.SUMS, encode_ciphertexts(sums, terms.encryption.ciphertext_bytes), to=terms.holder)


def sift(public: PublicKey, payloads: Sequence[int], matches: Sequence[bool], source: RandomSource) -> list[int]:
    """Re-randomise the totals of rows on the list, and put zero in the place of all others."""
    zeros = public.zeros(len(payloads), source)
    return [
        public.add(payload, zero) if is_listed else zero
        for payload, zero, is_listed in zip(payloads, zeros, matches, strict=True)
    ]


def _added(public: PublicKey, payloads: Sequence[int], rows: _Rows, masked: Sequence[int]) -> list[int]:
    sums = list(masked)
    for group, members in enumerate(messages.cut(range(len(payloads)), rows.sizes)):
        for row in members:
            if rows.matches[row]:
                sums[group] = public.add(sums[group], payloads[row])
    return sums
