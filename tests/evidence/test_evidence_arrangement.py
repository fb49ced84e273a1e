"""The release document of a declared table: people's view of the very cells that were opened."""

from __future__ import annotations

import specs

from contracts.evidence.questions.arrangement import arranged, count_names, moment_name
from mpc.disclosure.places import places
from mpc.protocols.sums.schema import of_spec

SPEC = specs.table(("A", "B"), specs.EDGES[:2])
NAMES = of_spec(SPEC).names


def test_names_are_those_of_the_protocol() -> None:
    assert count_names(2, 2) == [place.name for place in places(SPEC)]
    assert [moment_name(place.name, "sum") for place in places(SPEC)] == [p.moment("sum") for p in places(SPEC)]


def test_opened_cells_stand_in_their_row_and_withheld_ones_as_null() -> None:
    hidden = ("group0-bin1", "group0-bin1-sum", "group0-bin1-squares", "count", "sum", "squares")
    figures = {name: str(index) for index, name in enumerate(NAMES) if name not in hidden}
    document = arranged(SPEC.json(), figures, hidden)
    assert isinstance(document, dict)
    assert (document["cells"], document["withheld"]) == (figures, list(hidden))
    table = document["table"]
    assert isinstance(table, dict)
    assert (table["column"], table["edges"]) == ("class", [str(edge) for edge in specs.EDGES[:2]])
    first, second, all_groups = table["rows"]  # type: ignore[misc]
    assert (first["group"], second["group"], all_groups["group"]) == ("A", "B", None)
    assert first["bins"][1] is None
    assert first["bins"][0] == {
        "count": figures["group0-bin0"],
        "sum": figures["group0-bin0-sum"],
        "squares": figures["group0-bin0-squares"],
    }
    assert second["all"]["sum"] == figures["group1-sum"]
    assert all_groups["all"] is None
    assert all_groups["bins"][1]["count"] == figures["bin1"]


def test_without_a_declared_table_the_document_is_cells_alone() -> None:
    assert arranged(specs.sums().json(), {"count": "12"}, ("sum",)) == {"cells": {"count": "12"}, "withheld": ["sum"]}
    assert arranged(None, {}, ()) == {"cells": {}, "withheld": []}
