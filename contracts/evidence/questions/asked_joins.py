"""What a private join asked, for verifiers: with exact figures behind a minimum, or with noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from contracts.authorizations.record import Operations
from contracts.evidence.questions import asked, joins, noised
from contracts.evidence.questions.asked import Question
from contracts.evidence.questions.noised import number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

MAX_SUMS = 8


def join(spec: Mapping[str, JsonValue]) -> Question:
    match spec:
        case {
            "holder": {"most": holder_keys, "sums": list(sums), "grouping": grouping} as holder,
            "lister": {"most": lister_keys} as lister,
            "rows": str(rows),
            "epsilon_milli": epsilon,
            "delta_log2": delta,
        } if len(sums) <= MAX_SUMS:
            further = joins.further(spec.get("further", []))
            listers = [lister, *further]
            sources = (asked.source(holder, "holder"), *(asked.source(found, "lister") for found in listers))
            groups, own = joins.groups(grouping), joins.lister_groups(lister)
        case _:
            raise InvalidRecord("specification: malformed private join")
    protocol = asked.SIFTED_JOIN if further else asked.GROUPED_JOIN if own else asked.JOIN
    sifters: list[JsonValue] = [source.party for source in sources[1:-1]]
    terms: dict[str, JsonValue] = {
        "format": "shuxin-private-join-v1",
        "holder": sources[0].party,
        "lister": sources[-1].party,
        "groups": list(groups),
        **({"lister_groups": [*own]} if own else {}),
        **({"sifters": sifters} if sifters else {}),
        "columns": [joins.column(amount) for amount in sums],
        "holder_keys": holder_keys,
        "lister_keys": joins.most_keys(listers) if further else lister_keys,
        "rows": rows,
        "minimum": asked.minimum(spec),
        "epsilon_milli": epsilon,
        "delta_log2": delta,
        "prime_group": asked.prime_group(spec),
    }
    exact = Question(
        protocol=protocol,
        purpose=asked.text(spec, "purpose"),
        recipient=asked.text(spec, "recipient"),
        minimum=asked.minimum(spec),
        sources=sources,
        operations=Operations.COUNT | Operations.SUM | Operations.JOIN | Operations.DISTINCT,
        contributors=len(sources),
        cells=joins.cell_names(groups, own),
        follows={},
        terms=terms,
        free=frozenset({"list_unit", "group_unit", "encryption"}),
    )
    return _private_join(exact, spec) if "privacy" in spec else exact


def _private_join(exact: Question, spec: Mapping[str, JsonValue]) -> Question:
    """Put noised figures in the place of exact ones: nothing is tested, and no size is padded to a unit."""
    columns = exact.terms["columns"]
    assert isinstance(columns, list)
    bounds = [(asked.text(c, "name"), number(c["most"])) for c in columns if isinstance(c, dict)]
    terms = {name: value for name, value in exact.terms.items() if name != "minimum"}
    terms |= {"format": "shuxin-noised-join-v1", "guarantee": noised.joined(spec, bounds)}
    return replace(exact, protocol=asked.NOISED_JOIN, terms=terms, free=frozenset({"encryption"}))
