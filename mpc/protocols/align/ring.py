"""Finding common keys: every set is raised by every owner in turn, laid side by side by one, told to those named.

A set travels in the order of its owner's blinded points, which says nothing; the owner that is told gets its own set
back in that order, so it knows which key each point stands for. The one that matches gets every set, its own too,
sorted after the last raising: which of its own keys a point is, it cannot tell. A named owner that matches is told by
another one, by digests of the keys.

All sets are padded with random points to one size, the largest that any owner announced.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.errors import InvalidRecord
from ledger.hashing import tagged
from mpc.groups.group import Element
from mpc.protocols.align.messages import (
    BACK,
    COMMON,
    COUNT,
    COUNT_BYTES,
    DIGEST_BYTES,
    FULL,
    KEYS,
    ONCE,
    SET,
    SIZE,
    decode_elements,
    encode_count,
    require_ascending,
)
from mpc.protocols.align.run import LABEL, Run
from mpc.sessions.channel import Misbehaviour, blame

_DOMAIN = "SHUXIN-ALIGN-V01"


@dataclass(frozen=True, slots=True)
class Aligned:
    """The number of common keys; the keys themselves, in the order of their digests, for an owner that is told."""

    count: int
    keys: tuple[str, ...] | None = field(default=None, repr=False)


def align(run: Run, keys: Collection[str]) -> Aligned:
    """Find the common keys.

    Args:
        keys: this owner's own, distinct.

    Raises:
        InvalidRecord: more keys than declared, or one twice; nothing was sent.
        Misbehaviour, ChannelTimeout: another owner.
    """
    group = run.terms.prime_group
    if len(set(keys)) != len(keys) or len(keys) > run.terms.member(run.me).most:
        raise InvalidRecord("align: distinct keys expected, and no more than declared")
    size = _size(run, len(keys))
    exponent = group.random_scalar(run.random.stream("align exponent"))
    tag, ordered = f"{_DOMAIN}-{group.hash_suite}".encode(), sorted(keys)
    points = [group.hash_to_group(run.session.digest + key.encode(), tag) for key in ordered]
    padding = run.random.stream("align padding")
    points += [group.random_element(padding) for _ in range(size - len(points))]
    blinded = run.raise_all(SET, exponent, points)
    names: Mapping[Element, str] = dict(zip(blinded, ordered, strict=False))
    own = sorted(blinded)
    current: Sequence[Element] = own
    for hop in range(1, len(run.terms.ring)):
        step, source = f"{SET}/{hop}", run.neighbour(-1)
        run.send(run.neighbour(1), step, b"".join(current))
        with blame(source, step):
            got = decode_elements(group, run.receive(source, step, size=size * group.element_bytes), size)
            current = run.raise_all(step, exponent, got)
    return _told(run, current, [names.get(point) for point in own], size)


def _size(run: Run, keys: int) -> int:
    """Announce the own padded size and take the largest of all."""
    announced = run.exchange(SIZE, encode_count(run.terms.padded(keys)))
    sizes = {party: int.from_bytes(body, "big") for party, body in announced.items()}
    for party in run.session.others:
        if sizes[party] % run.terms.set_unit or not 0 < sizes[party] <= run.terms.most_announced(party):
            raise Misbehaviour(party, SIZE, f"announces {sizes[party]} keys, more than declared or not padded")
        run.admit(party, sizes[party])
    return max(sizes.values())


def _told(run: Run, raised: Sequence[Element], own: Sequence[str | None], size: int) -> Aligned:
    """Return sets to their owners and to the one that matches, and take what it found.

    Args:
        raised: the set of the next owner of the ring, raised by all. own: keys in the order of the own set.
    """
    group, first, is_told = run.terms.prime_group, run.terms.ring[0], run.me in run.terms.told
    length, after, before = size * group.element_bytes, run.neighbour(1), run.neighbour(-1)
    if after in run.terms.told and after != first:
        run.send(after, BACK, b"".join(raised))
    if run.me != first:
        run.send(first, FULL, b"".join(sorted(raised)))
    names: Mapping[bytes, str | None] = {}
    if is_told and run.me != first:
        with blame(before, BACK):
            names = dict(zip(decode_elements(group, run.receive(before, BACK, size=length), size), own, strict=True))
    if run.me == first:
        return _match(run, raised, [key for key in own if key is not None], size)
    if not is_told:
        return Aligned(_count(run, COUNT, run.receive(first, COUNT, size=COUNT_BYTES)))
    return _named(run, names, run.receive(first, COMMON, size=COUNT_BYTES + length))


def _match(run: Run, raised: Sequence[Element], keys: Sequence[str], size: int) -> Aligned:
    group, common = run.terms.prime_group, set(raised)
    for party in run.terms.ring[1:]:
        with blame(party, FULL):
            points = decode_elements(group, run.receive(party, FULL, size=size * group.element_bytes), size)
            require_ascending(points)
        common &= set(points)
    padding = run.random.stream("align common")
    shown = sorted([*common, *(group.random_element(padding) for _ in range(size - len(common)))])
    for party in run.session.others:
        if party in run.terms.told:
            run.send(party, COMMON, encode_count(len(common)) + b"".join(shown))
        else:
            run.send(party, COUNT, encode_count(len(common)))
    if run.me not in run.terms.told:
        return Aligned(len(common))
    teller = next(party for party in run.terms.told if party != run.me)
    with blame(teller, KEYS + ONCE):
        body = run.receive(teller, KEYS + ONCE, size=DIGEST_BYTES * size)
        found = [body[at : at + DIGEST_BYTES] for at in range(0, len(body), DIGEST_BYTES)]
        require_ascending(found)
        digests = {key_digest(run, key): key for key in keys}
        named = tuple(key for digest in found if (key := digests.get(digest)) is not None)
        if len(named) != len(common):
            raise InvalidRecord("names another number of this owner's keys than all have in common")
    return Aligned(len(common), named)


def _named(run: Run, names: Mapping[bytes, str | None], body: bytes) -> Aligned:
    """Read what was found; the first owner that is told names the keys to the one that matched."""
    first, count = run.terms.ring[0], _count(run, COMMON, body[:COUNT_BYTES])
    with blame(first, COMMON):
        points = decode_elements(run.terms.prime_group, body[COUNT_BYTES:])
        found = sorted((key_digest(run, key), key) for point in points if (key := names.get(point)) is not None)
        if len(found) != count:
            raise InvalidRecord("shows another number of this owner's keys than it says")
    if first in run.terms.told and run.me == next(party for party in run.terms.told if party != first):
        padding = run.random.stream("align named")
        digests = [digest for digest, _ in found] + [padding.read(DIGEST_BYTES) for _ in range(len(points) - count)]
        run.send(first, KEYS + ONCE, b"".join(sorted(digests)))
    return Aligned(count, tuple(key for _, key in found))


def _count(run: Run, step: str, body: bytes) -> int:
    count = int.from_bytes(body, "big")
    if count > run.terms.rows:
        raise Misbehaviour(run.terms.ring[0], step, "more common keys than declared")
    return count


def key_digest(run: Run, key: str) -> bytes:
    """Digest a key for this attempt: it orders aligned rows, and names keys between owners that are told."""
    return tagged(f"{LABEL} key", run.session.digest, key.encode())
