"""A list's terms as a file that people write and the quorum puts in force, read strictly.

    version = 1
    [list]
    code = "wage-arrears"
    title = { zh = "...", en = "..." }
    colour = "black"
    keeper = "department-1"
    provision = "the law or regulation, and its article"
    hearing = 5     # working days in which the subject may object before publication
    answer = 10     # working days in which a plea is answered
    repair = 90     # days in force before repair may be pleaded
    term = 1095     # days that a listing lasts at most

What it does NOT do: check that the provision says so; the members of the quorum do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contracts import document, slip
from contracts.listings.rules import SetList
from contracts.listings.sheet import list_id
from contracts.listings.terms import MAX_TERM, MAX_WORKING, Colour, Listed, require_terms
from contracts.parties.client import party_id
from ledger import canonical
from ledger.errors import InvalidRecord
from ledger.hashing import tagged

VERSION = 1


@dataclass(frozen=True, slots=True)
class ListNotice:
    """A list in words, and its terms. title: Chinese and English."""

    code: str
    title: tuple[str, str]
    keeper: str
    provision: str
    terms: Listed

    @property
    def call(self) -> SetList:
        """The call that puts it in force."""
        return SetList(list_id(self.code), self.terms)


def load(path: Path) -> ListNotice:
    """Read a list's terms from a file.

    Raises:
        NotFound: there is no such file. InvalidRecord: "file:line: what is wrong".
    """
    found = document.parse(document.load(path, "list"), str(path))
    found.root.only({"version"})
    if found.root.number("version", 1, 1 << 31) != VERSION:
        found.root.refuse(f"version must be {VERSION}", "version")
    found.only({"list"})
    head = found.one("list")
    head.only({"code", "title", "colour", "keeper", "provision", "hearing", "answer", "repair", "term"})
    colours = {colour.name.lower(): colour for colour in Colour}
    if head.text("colour") not in colours:
        head.refuse(f"colour: expected {' or '.join(colours)}", "colour")
    code, title, keeper, provision = (
        head.text("code"),
        head.pair("title"),
        head.text("keeper"),
        head.text("provision"),
    )
    terms = Listed(
        keeper=party_id(keeper),
        colour=colours[head.text("colour")],
        provision=tagged("SHUXIN-LIST-PROVISION-V1", canonical.encode([*title, provision])),
        hearing=head.number("hearing", 1, MAX_WORKING),
        answer=head.number("answer", 1, MAX_WORKING),
        repair=head.number("repair", 0, MAX_TERM),
        term=head.number("term", 1, MAX_TERM),
    )
    try:
        slip.require_code("list", code=code, keeper=keeper)
        require_terms(list_id(code), terms)
    except InvalidRecord as fault:
        head.refuse(str(fault))
    return ListNotice(code, title, keeper, provision, terms)
