"""Which subtrees an RFC 9162 proof is made of: pure index arithmetic, no hashes, no files.

A range is ``(start, end)``, leaf numbers half open. Every range returned is one that the recursion of RFC
9162 section 2.1.1 makes: ``start`` is a multiple of the smallest power of two not below its length.
Source: RFC 9162 sections 2.1.3.1 (inclusion) and 2.1.4.1 (consistency), written as loops.
"""

Range = tuple[int, int]


def split(start: int, end: int) -> int:
    """Return where a range of two or more leaves is cut: after the largest power of two below its length."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def inclusion(index: int, size: int) -> list[Range]:
    """List the siblings on the way from leaf ``index`` up to the root of ``size`` leaves."""
    if not 0 <= index < size:
        raise ValueError("index outside the tree")
    start, end, siblings = 0, size, list[Range]()
    while end - start > 1:
        middle = split(start, end)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return siblings[::-1]


def consistency(old_size: int, new_size: int) -> list[Range]:
    """List the subtrees that show a tree of ``old_size`` to be a prefix of one of ``new_size``."""
    if not 0 < old_size <= new_size:
        raise ValueError("sizes must grow")
    start, end, subtrees = 0, new_size, list[Range]()
    while old_size != end:
        middle = split(start, end)
        if old_size <= middle:
            subtrees.append((middle, end))
            end = middle
        else:
            subtrees.append((start, middle))
            start = middle
    if start:
        subtrees.append((start, end))
    return subtrees[::-1]


def complete(start: int, end: int) -> list[tuple[int, int]]:
    """Cut a range into complete subtrees, left to right, as (height, number at that height)."""
    pieces = []
    while start < end:
        height = (end - start).bit_length() - 1
        pieces.append((height, start >> height))
        start += 1 << height
    return pieces
