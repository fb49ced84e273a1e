"""The lists and cells of a join, read from its specification: a restatement of ``mpc.spec.join`` for verifiers."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.evidence.questions.noised import number
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

WHOLE = "*"
MAX_CELLS, MAX_FURTHER = 256, 3


def further(lists: JsonValue) -> list[JsonValue]:
    """Read the lists beside the lister's; raises InvalidRecord."""
    match lists:
        case list(found) if len(found) <= MAX_FURTHER and all(isinstance(one, dict) for one in found):
            return found
    raise InvalidRecord(f"specification: at most {MAX_FURTHER} further lists")


def most_keys(listers: Sequence[JsonValue]) -> str:
    """Return the most keys of any list, to which all of several are padded."""
    return str(max(number(found.get("most")) for found in listers if isinstance(found, dict)))


def lister_groups(lister: JsonValue) -> tuple[str, ...]:
    """Read the groups of the list, none where it has no such member."""
    match lister:
        case {"grouping": grouping}:
            return groups(grouping)
    return ()


def cell_names(groups: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """Name the cells of a join, by both owners' groups where both have any; raises InvalidRecord for too many."""
    if len(groups) * max(len(own), 1) > MAX_CELLS:
        raise InvalidRecord(f"specification: at most {MAX_CELLS} cells")
    if not own or tuple(groups) == (WHOLE,):
        return tuple(own or groups)
    return tuple(canonical.encode([group, found]).decode() for group in groups for found in own)


def groups(grouping: JsonValue) -> tuple[str, ...]:
    """Read the values of a grouping; one that holds everything where there is none. Raises: InvalidRecord."""
    match grouping:
        case None:
            return (WHOLE,)
        case {"values": list(values)}:
            groups = tuple(value for value in values if isinstance(value, str))
            if 0 < len(groups) == len(values) <= MAX_CELLS:
                return groups
    raise InvalidRecord("specification: groups are texts")


def column(amount: JsonValue) -> JsonValue:
    """Read a summed column as the terms name it; raises InvalidRecord."""
    match amount:
        case {"column": str(column), "bound": str(bound)}:
            return {"name": column, "least": "0", "most": bound}
    raise InvalidRecord("specification: a sum has column and bound")
