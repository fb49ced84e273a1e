"""What a job asked, read from its specification: parties and roles, operations, cells, and the protocol's terms.

A restatement of ``mpc.spec.job`` and ``mpc.kinds`` for verifiers, who hold no node: the specification on chain must
lead to exactly these terms in the parties' session. The tests hold both to each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from contracts.authorizations.record import Operations
from contracts.evidence.questions import (
    aligned,
    asked,
    asked_joins,
    asked_sums,
    ckks,
    joins,
    matched,
    percentiles,
    training,
    vertical,
)
from contracts.evidence.questions.asked import Question
from contracts.evidence.questions.noised import number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

TRAINING = "training"


def read(spec: JsonValue) -> Question:
    """Read a specification.

    Raises:
        InvalidRecord: of no statistic this verifier knows, or malformed.
    """
    if isinstance(spec, dict) and spec.get("version") == 1:
        statistic = str(spec.get("statistic"))
        if "quality" in spec and statistic != TRAINING:
            raise InvalidRecord("specification: quality is of training runs alone")
        found = _READERS.get(statistic)
        if found is not None:
            return found(spec)
    raise InvalidRecord("specification: of no statistic this verifier knows")


def _percentiles(spec: Mapping[str, JsonValue]) -> Question:
    terms, sources = percentiles.terms(spec), spec.get("sources")
    if not isinstance(sources, list) or len(sources) > asked.MAX_SOURCES:
        raise InvalidRecord("specification: malformed percentiles")
    cells, computing = percentiles.names(terms), percentiles.engines(terms)
    owners = [asked.source(source, "provider") for source in sources]
    return Question(
        protocol=asked.PERCENTILES,
        purpose=asked.text(spec, "purpose"),
        recipient=asked.text(spec, "recipient"),
        minimum=asked.minimum(spec),
        sources=tuple(replace(owner, role="engine") if owner.party in computing else owner for owner in owners),
        operations=Operations.COUNT | Operations.SUM | Operations.HISTOGRAM,
        contributors=number(str(terms["contributors"])),
        cells=cells,
        follows=dict.fromkeys(cells[1:], cells[0]),
        terms=terms,
        free=frozenset(),
    )


def _aligned(spec: Mapping[str, JsonValue]) -> Question:
    terms, sides = aligned.terms(spec), spec["sides"]
    assert isinstance(sides, list)
    owners = [asked.source(side, "unnamed") for side in sides]
    told, first = aligned.told(terms), aligned.matcher(terms)
    roles = {owner.party: "named" if owner.party in told else "unnamed" for owner in owners} | {first: "matcher"}
    return Question(
        protocol=asked.ALIGNED,
        purpose=asked.text(spec, "purpose"),
        recipient=asked.text(spec, "recipient"),
        minimum=asked.minimum(spec),
        sources=tuple(replace(owner, role=roles[owner.party]) for owner in owners),
        operations=_side_by_side(terms) | Operations.ALIGN,
        contributors=len(owners),
        cells=(joins.WHOLE,),
        follows={},
        terms={**terms, "minimum": asked.minimum(spec), "prime_group": asked.prime_group(spec)},
        free=frozenset({"set_unit", "encryption"}),
    )


def _ckks(spec: Mapping[str, JsonValue]) -> Question:
    sources = spec.get("sources")
    if not isinstance(sources, list) or len(sources) > asked.MAX_SOURCES:
        raise InvalidRecord("specification: malformed CKKS sums")
    owners = [asked.source(source, "owner") for source in sources]
    terms = ckks.terms(spec, [owner.party for owner in owners])
    return Question(
        protocol=asked.CKKS,
        purpose=asked.text(spec, "purpose"),
        recipient=asked.text(spec, "recipient"),
        minimum=asked.minimum(spec),
        sources=tuple(replace(owner, role=ckks.role(terms, owner.party)) for owner in owners),
        operations=Operations.SUM,
        contributors=len(owners),
        cells=ckks.names(terms),
        follows={},
        terms=terms,
        free=frozenset(),
    )


def _matched(spec: Mapping[str, JsonValue]) -> Question:
    terms, sides = matched.terms(spec), spec["sides"]
    assert isinstance(sides, list)
    computing = percentiles.engines(terms)
    owners = [asked.source(side, "provider") for side in sides]
    return Question(
        protocol=asked.MATCHED,
        purpose=asked.text(spec, "purpose"),
        recipient=asked.text(spec, "recipient"),
        minimum=asked.minimum(spec),
        sources=tuple(replace(owner, role="engine") if owner.party in computing else owner for owner in owners),
        operations=_side_by_side(terms),
        contributors=len(owners),
        cells=(joins.WHOLE,),
        follows={},
        terms=terms,
        free=frozenset(),
    )


def _side_by_side(terms: Mapping[str, JsonValue]) -> Operations:
    summed = Operations.SUM | Operations.MEAN | Operations.VARIANCE if aligned.columns(terms) else Operations(0)
    return Operations.COUNT | Operations.JOIN | Operations.DISTINCT | summed


def _protocol(run: training.Asked) -> str:
    if run.run is not None:
        return asked.NOISED_TRAINING
    return asked.TRAINING if run.counted is None else asked.MEASURED_TRAINING


def _training(spec: Mapping[str, JsonValue]) -> Question:
    run, sources = training.read(spec), spec.get("sources")
    if not isinstance(sources, list) or len(sources) > asked.MAX_SOURCES:
        raise InvalidRecord("specification: malformed training run")
    return Question(
        protocol=_protocol(run),
        purpose=asked.text(spec, "purpose"),
        recipient=asked.text(spec, "recipient"),
        minimum=asked.minimum(spec),
        sources=tuple(asked.source(source, "owner") for source in sources),
        operations=Operations.TRAIN,
        contributors=run.contributors,
        cells=run.cells,
        follows={},
        terms=training.terms(spec),
        free=frozenset(),
    )


def _vertical(spec: Mapping[str, JsonValue]) -> Question:
    label, features = vertical.owners(spec)
    sides = spec["sides"]
    assert isinstance(sides, list)
    sources = [asked.source(side, "feature") for side in sides]
    return Question(
        protocol=vertical.protocol(spec),
        purpose=asked.text(spec, "purpose"),
        recipient=asked.text(spec, "recipient"),
        minimum=asked.minimum(spec),
        sources=tuple(replace(source, role="label") if source.party == label else source for source in sources),
        operations=Operations.COUNT | Operations.JOIN | Operations.DISTINCT | Operations.ALIGN | Operations.TRAIN,
        contributors=1 + len(features),
        cells=(joins.WHOLE,),
        follows={},
        terms={**vertical.terms(spec), "prime_group": asked.prime_group(spec)},
        free=frozenset(),
    )


_READERS: Mapping[str, Callable[[Mapping[str, JsonValue]], Question]] = {
    "masked-sums": asked_sums.sums,
    "masked-moments": asked_sums.matrix,
    "private-join": asked_joins.join,
    "percentiles": _percentiles,
    "aligned": _aligned,
    "ckks-sums": _ckks,
    "matched": _matched,
    TRAINING: _training,
    "vertical-training": _vertical,
    "vertical-prediction": _vertical,
}
