"""What the verifier restates of the protocols is what they do: terms, operations, cells, arithmetic, ledgers."""

from __future__ import annotations

import ckksspecs
import pytest
import specs
from jobtownspecs import join_spec, sums_spec
from privatejoins import private_join
from privatespecs import private
from questionspecs import SPECS

from contracts.evidence import leakage
from contracts.evidence.figures import minimum
from contracts.evidence.figures.signers import LABELS
from contracts.evidence.questions import asked as restated
from contracts.evidence.questions import percentiles, question
from ledger import canonical
from ledger.errors import InvalidRecord, VerificationError
from mpc.kinds.joins.terms import join_terms_of
from mpc.kinds.registry import kind_of
from mpc.protocols.align.descriptor import DESCRIPTOR as ALIGN
from mpc.protocols.align.run import LABEL as ALIGN_LABEL
from mpc.protocols.ckks.descriptor import DESCRIPTOR as CKKS
from mpc.protocols.ckks.parties import LABEL as CKKS_LABEL
from mpc.protocols.join.descriptor import DESCRIPTOR as JOIN
from mpc.protocols.join.grouped import DESCRIPTOR as GROUPED_JOIN
from mpc.protocols.join.noised import DESCRIPTOR as NOISED_JOIN
from mpc.protocols.join.run import GROUPED as GROUPED_JOIN_PROTOCOL
from mpc.protocols.join.run import LABEL as JOIN_LABEL
from mpc.protocols.join.run import NOISED as NOISED_JOIN_PROTOCOL
from mpc.protocols.join.run import PROTOCOL as JOIN_PROTOCOL
from mpc.protocols.join.run import SIFTED as SIFTED_JOIN_PROTOCOL
from mpc.protocols.matched.descriptor import DESCRIPTOR as MATCHED
from mpc.protocols.matched.run import LABEL as MATCHED_LABEL
from mpc.protocols.percentiles.descriptor import DESCRIPTOR as PERCENTILES
from mpc.protocols.percentiles.run import LABEL as PERCENTILES_LABEL
from mpc.protocols.sifted.descriptor import DESCRIPTOR as SIFTED_JOIN
from mpc.protocols.sums.descriptor import DESCRIPTOR as SUMS
from mpc.protocols.sums.noised import DESCRIPTOR as NOISED
from mpc.protocols.sums.run import LABEL as SUMS_LABEL
from mpc.protocols.sums.run import NOISED as NOISED_PROTOCOL
from mpc.protocols.sums.run import PROTOCOL as SUMS_PROTOCOL
from mpc.protocols.sums.schema import of_spec
from mpc.sessions.session import RECORD_FORMAT
from mpc.spec.job import JobSpec
from mpc.training.descriptor import LABEL as TRAINING_LABEL
from mpc.training.descriptor import PROTOCOL as TRAINING
from mpc.training.measured import PROTOCOL as MEASURED_TRAINING
from mpc.training.noised import PROTOCOL as NOISED_TRAINING
from mpc.vertical.boosted import DESCRIPTOR as BOOSTED
from mpc.vertical.boosted import LABEL as VERTICAL_LABEL
from mpc.vertical.regressed import DESCRIPTOR as REGRESSION
from mpc.vertical.scored import DESCRIPTOR as SCORES


@pytest.mark.parametrize("spec", SPECS)
def test_a_specification_reads_as_the_nodes_read_it(spec: JobSpec) -> None:
    asked = question.read(spec.json())
    assert asked.parties == spec.parties
    assert int(asked.operations) == int(kind_of(spec).operations())
    assert [(s.party, s.asset, s.authorization) for s in asked.sources] == [
        (s.party, s.asset, s.authorization) for s in spec.sources
    ]
    assert {party: asked.role(party) for party in spec.parties} == {
        party: kind_of(spec).role(party) for party in spec.parties
    }
    bound = {name: value for name, value in kind_of(spec).terms().items() if name not in asked.free}
    assert canonical.encode(dict(asked.terms)) == canonical.encode(bound)


def test_cells_follow_the_order_of_the_protocols() -> None:
    assert question.read(sums_spec().json()).cells == of_spec(sums_spec()).names
    assert question.read(specs.table().json()).cells == of_spec(specs.table()).names
    assert question.read(join_spec().json()).cells == join_spec().grouping.values
    assert question.read(specs.join(grouped=False).json()).cells == ("*",)
    for spec in (specs.grouped_join(), specs.grouped_join(grouped=False), specs.join_of_lists()):
        assert question.read(spec.json()).cells == join_terms_of(spec).cells


@pytest.mark.parametrize("asked", [(500,), (250, 500, 750), (10, 990), (499, 500)])
def test_percentiles_exist_from_as_many_rows_on_as_the_nodes_say(asked: tuple[int, ...]) -> None:
    spec = specs.percentiles(asked)
    read = question.read(spec.json())
    assert percentiles.least(read.terms) == spec.terms.least
    assert read.cells == spec.terms.names
    minimum.require_minimum(read, {"cells": {"count": str(spec.terms.least), "p500": "3"}})
    with pytest.raises(VerificationError, match="smaller"):
        minimum.require_minimum(read, {"cells": {"count": str(spec.terms.least - 1)}})


@pytest.mark.parametrize(
    "change",
    [{"engines": []}, {"percentiles": []}, {"percentiles": ["0"]}, {"percentiles": ["1000"]}, {"percentiles": [500]},
     {"rows": 5}, {"sources": {}}, {"contributors": "3"}, {"minimum": 0}],
)  # fmt: skip
def test_malformed_percentiles_are_no_question(change: dict[str, object]) -> None:
    document = specs.percentiles().json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord):
        question.read({**document, **change})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "change",
    [{"weights": ["1", "1", "1"]}, {"weights": ["1", "0", "1", "1"]}, {"weights": ["65536", "1", "1", "1"]},
     {"holder": "audit-office"}, {"holder": "registrar-2"}, {"rows": 5}, {"sources": {}}, {"privacy": {}}],
)  # fmt: skip
def test_malformed_ckks_sums_are_no_question(change: dict[str, object]) -> None:
    document = ckksspecs.weighted().json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord):
        question.read({**document, **change})  # type: ignore[dict-item]


def test_noised_figures_have_no_minimum_and_may_be_negative() -> None:
    asked = question.read(private(("count",)).json())
    minimum.require_minimum(asked, {"cells": {"count": "-3"}, "withheld": []})


@pytest.mark.parametrize(
    "change",
    [{"max_rows": "2"}, {"max_rows": 0}, {"micro_rho": {}}, {"micro_rho": {"count": "0"}}, {"low": 1}, {"groups": []},
     {"colluders": 3}, {"units_at": "no"}],
)  # fmt: skip
def test_a_malformed_guarantee_is_no_question(change: dict[str, object]) -> None:
    document = private(("count",)).json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord):
        question.read({**document, "privacy": {**document["privacy"], **change}})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "change",
    [{"holder": {}}, {"holder": {"max_rows": 0, "delta_log2": -40}},
     {"micro_rho": {"keys": "1", "rows": "1", "sums": {}}}, {"micro_rho": {"keys": "1", "rows": "1"}},
     {"micro_rho": {"keys": "0", "rows": "1", "sums": {"price": "1"}}}],
)  # fmt: skip
def test_a_malformed_guarantee_of_a_join_is_no_question(change: dict[str, object]) -> None:
    document = private_join().json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord):
        question.read({**document, "privacy": {**document["privacy"], **change}})  # type: ignore[dict-item]


def test_noised_figures_of_a_join_have_no_minimum_and_may_be_negative() -> None:
    asked = question.read(private_join().json())
    minimum.require_minimum(asked, {"cells": [{"group": "1", "keys": "-3", "rows": "1", "sums": {}}], "withheld": []})


def test_names_and_labels_are_the_protocols_own() -> None:
    from contracts.evidence.jobs.agreement import SESSION_FORMAT

    assert (restated.SUMS, restated.NOISED) == (SUMS_PROTOCOL, NOISED_PROTOCOL)
    joins = (JOIN_PROTOCOL, NOISED_JOIN_PROTOCOL, GROUPED_JOIN_PROTOCOL, SIFTED_JOIN_PROTOCOL)
    assert joins == (restated.JOIN, restated.NOISED_JOIN, restated.GROUPED_JOIN, restated.SIFTED_JOIN)
    of_sums = dict.fromkeys((SUMS_PROTOCOL, NOISED_PROTOCOL), SUMS_LABEL)
    of_joins = dict.fromkeys(joins, JOIN_LABEL)
    runs = (TRAINING, NOISED_TRAINING, MEASURED_TRAINING, BOOSTED.name, REGRESSION.name, SCORES.name)
    told = (PERCENTILES.name, ALIGN.name, CKKS.name, MATCHED.name, *runs)
    others = (restated.PERCENTILES, restated.ALIGNED, restated.CKKS, restated.MATCHED)
    of_rows = (restated.TRAINING, restated.NOISED_TRAINING, restated.MEASURED_TRAINING)
    vertical = (restated.BOOSTED, restated.REGRESSION, restated.SCORES)
    assert told == (*others, *of_rows, *vertical)
    of_runs = (*(TRAINING_LABEL,) * 3, *(VERTICAL_LABEL,) * 3)
    labels = (PERCENTILES_LABEL, ALIGN_LABEL, CKKS_LABEL, MATCHED_LABEL, *of_runs)
    assert {**of_sums, **of_joins, **dict(zip(told, labels, strict=True))} == LABELS
    assert SESSION_FORMAT == RECORD_FORMAT


LEDGERS = [
    SUMS, NOISED, JOIN, NOISED_JOIN, GROUPED_JOIN, SIFTED_JOIN, PERCENTILES, ALIGN, CKKS, MATCHED, BOOSTED, REGRESSION,
    SCORES,
]  # fmt: skip


@pytest.mark.parametrize("descriptor", LEDGERS)
def test_the_current_leakage_ledger_of_each_protocol_is_known(descriptor) -> None:  # type: ignore[no-untyped-def]
    leakage.require_ledger(descriptor.name, descriptor.record())
    assert leakage.KNOWN[descriptor.name][-1] == canonical.digest(descriptor.record()).hex()


@pytest.mark.parametrize("descriptor", [SUMS, NOISED, JOIN, NOISED_JOIN, GROUPED_JOIN, SIFTED_JOIN])
def test_a_leakage_ledger_without_one_entry_is_not_known(descriptor) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(VerificationError):
        leakage.require_ledger(descriptor.name, {**descriptor.record(), "leakage": descriptor.record()["leakage"][1:]})
    with pytest.raises(VerificationError):
        leakage.require_ledger("another-protocol-v1", descriptor.record())


@pytest.mark.parametrize("change", [{"further": "no"}, {"further": [1]}, {"further": [{}] * 4}])
def test_malformed_lists_are_no_question(change: dict[str, object]) -> None:
    document = specs.join_of_lists().json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord):
        question.read({**document, **change})  # type: ignore[dict-item]
