"""docs/threat-model.md says of each protocol what its descriptor says, and nothing less."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpc.protocols.ckks.descriptor import DESCRIPTOR as CKKS
from mpc.protocols.descriptor import Basis, Descriptor
from mpc.protocols.join.descriptor import DESCRIPTOR as JOIN
from mpc.protocols.join.grouped import DESCRIPTOR as GROUPED_JOIN
from mpc.protocols.join.noised import DESCRIPTOR as NOISED_JOIN
from mpc.protocols.join.terms import GROUP_UNIT, LIST_UNIT
from mpc.protocols.matched.descriptor import DESCRIPTOR as MATCHED
from mpc.protocols.sifted.descriptor import DESCRIPTOR as SIFTED_JOIN
from mpc.protocols.sums.descriptor import DESCRIPTOR as SUMS
from mpc.protocols.sums.noised import DESCRIPTOR as NOISED

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "threat-model.md").read_text(encoding="utf-8")
WHO = {"owner": "each owner", "courier": "relay", "keyholder": "key holder"}
HOW = {Basis.EXACT: "exactly", Basis.PADDED: "padded", Basis.NOISED: "with noise"}


def rows(heading: str) -> set[tuple[str, str, str]]:
    """Read the table below a heading; of the last column only its first words."""
    table = PAGE[PAGE.index(f"**{heading}**") :].split("\n\n")[1]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {(who, learns, next(word for word in HOW.values() if how.startswith(word))) for who, learns, how in cells}


TABLES = [
    ("Masked sums", SUMS),
    ("Noised sums", NOISED),
    ("Private join", JOIN),
    ("Join by groups of the list", GROUPED_JOIN),
    ("Join with several lists", SIFTED_JOIN),
    ("Noised join", NOISED_JOIN),
    ("CKKS sums", CKKS),
    ("Matched rows", MATCHED),
]


@pytest.mark.parametrize(("heading", "descriptor"), TABLES)
def test_the_table_is_the_leakage_ledger(heading: str, descriptor: Descriptor) -> None:
    declared = {(WHO.get(leak.role, leak.role), leak.learns.en, HOW[leak.basis]) for leak in descriptor.leakage}
    assert rows(heading) == declared


def test_padding_units_are_those_of_the_join() -> None:
    assert f"| holder | the size of the list | padded to a multiple of {LIST_UNIT:,} |" in PAGE
    assert f"| lister | the number of keys in each group | padded to a multiple of {GROUP_UNIT} |" in PAGE
