"""Do some regions leave a piece of another one uncovered? Boxes over declared attributes, exactly, without values.

Along each attribute the others' ends cut the region into elementary parts; a part is a bit mask of the others that
admit it. A combination of parts whose masks have no bit in common is a piece that none of the others holds. The search
stops at the first one, and after ``MAX_STEPS`` says no: covering by boxes is NP-hard in the number of attributes.

It does NOT know whether any row lies in a piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ledger.errors import NotAuthorized
from mpc.disclosure.region import LIST, Region, Side, Span

MAX_STEPS = 50_000
TOO_MANY = "disclosure: too many overlapping questions to audit; ask a declared table instead"
EVERYTHING = Region(())


def has_gap(region: Region, others: Sequence[Region], domain: Region = EVERYTHING, *, unnamed: bool = False) -> bool:
    """Tell whether some piece of a region within the domain lies in none of the others.

    Args:
        domain: what rows can be by their owner's declaration.
        unnamed: whether a text that no question and no declaration names counts as a piece too. That a row is not on
            some list always does.

    Raises:
        NotAuthorized: it cannot be told in MAX_STEPS, or an attribute is a number in one region and a text in another.
    """
    everybody = (1 << len(others)) - 1
    sides = [dict(other.sides) for other in others]
    mine, declared = dict(region.sides), dict(domain.sides)
    parts: list[list[int]] = []
    for name in sorted({*mine, *(name for other in sides for name in other)}):
        theirs = [other.get(name) for other in sides]
        found = _parts(name, mine.get(name), theirs, declared.get(name), unnamed)
        parts.append(list(set(found)))
    return _search(sorted(parts, key=len), everybody)


def _search(parts: Sequence[Sequence[int]], everybody: int) -> bool:
    if not all(parts):
        return False
    steps, stack = 0, [(0, everybody)]
    while stack:
        depth, mask = stack.pop()
        if not mask:
            return True
        if depth < len(parts):
            left = sorted({mask & part for part in parts[depth]}, key=int.bit_count, reverse=True)
            stack += [(depth + 1, smaller) for smaller in left]
            steps += len(left)
        if steps > MAX_STEPS:
            raise NotAuthorized(TOO_MANY)
    return False


def _parts(
    name: str, mine: Side | None, theirs: Sequence[Side | None], declared: Side | None, unnamed: bool
) -> list[int]:
    """Return, for each elementary part of an attribute within region and domain, who of the others admits it."""
    given = [side for side in (mine, *theirs) if side is not None]
    is_span = any(isinstance(side, Span) for side in given)
    if is_span and any(isinstance(side, frozenset) for side in given):
        raise NotAuthorized(f"disclosure: {name!r} was used both as a number and as a text")
    free = _mask(index for index, side in enumerate(theirs) if side is None)
    if is_span:
        return _span_parts(mine, theirs, declared, free)
    texts = [side if isinstance(side, frozenset) else frozenset[str]() for side in theirs]
    named = mine if isinstance(mine, frozenset) else frozenset[str]().union(*texts)
    if isinstance(declared, frozenset):
        named = declared if mine is None else declared & named
    found = [free | _mask(index for index, side in enumerate(texts) if text in side) for text in named]
    is_open = (unnamed or name.startswith(LIST)) and mine is None and not isinstance(declared, frozenset)
    return [*found, free] if is_open else found


def _span_parts(mine: Side | None, theirs: Sequence[Side | None], declared: Side | None, free: int) -> list[int]:
    within = [side for side in (mine, declared) if isinstance(side, Span)]
    low = max((side.low for side in within if side.low is not None), default=None)
    high = min((side.high for side in within if side.high is not None), default=None)
    if low is not None and high is not None and low >= high:
        return []
    toggles: dict[int, int] = {}
    mask = free
    for index, side in enumerate(theirs):
        if not isinstance(side, Span):
            continue
        if side.low is None or (low is not None and side.low <= low):
            mask |= 1 << index
        elif high is None or side.low < high:
            toggles[side.low] = toggles.get(side.low, 0) ^ (1 << index)
        if side.high is None or (high is not None and side.high >= high):
            continue
        if low is not None and side.high <= low:
            mask &= ~(1 << index)
        elif high is None or side.high < high:
            toggles[side.high] = toggles.get(side.high, 0) ^ (1 << index)
    found = [mask]
    for _, change in sorted(toggles.items()):
        mask ^= change
        found.append(mask)
    may_be_empty = mine is None and isinstance(declared, Span) and declared.or_null
    return [*found, free] if may_be_empty else found  # a row without a value lies in none that names the attribute


def _mask(numbers: Iterable[int]) -> int:
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask
