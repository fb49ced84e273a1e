"""What the verifier restates of the protocols is what they do: terms, operations, cells, arithmetic, ledgers."""

from __future__ import annotations

from dataclasses import replace

import ckksspecs
import pytest
import specs
import verticaltown
from hypothesis import given, settings
from hypothesis import strategies as st
from jobtown import join_spec, sums_spec
from privatejoins import private_join
from privatespecs import private

from contracts.evidence import asked as restated
from contracts.evidence import leakage, openings, percentiles, question
from contracts.evidence.signers import LABELS, Signers
from contracts.evidence.statement import Statement
from ledger import canonical
from ledger.errors import InvalidRecord, VerificationError
from ledger.signing import Ed25519Signer
from mpc import pedersen, vector
from mpc.kinds.joins.terms import join_terms_of
from mpc.kinds.registry import kind_of
from mpc.privacy.declaration import UnitsAt
from mpc.privacy.joined import JoinCosts
from mpc.protocols.align.descriptor import DESCRIPTOR as ALIGN
from mpc.protocols.align.run import LABEL as ALIGN_LABEL
from mpc.protocols.ckks.descriptor import DESCRIPTOR as CKKS
from mpc.protocols.ckks.messages import RELEASE, encode_totals
from mpc.protocols.ckks.parties import LABEL as CKKS_LABEL
from mpc.protocols.join import messages, noise, office
from mpc.protocols.join.descriptor import DESCRIPTOR as JOIN
from mpc.protocols.join.grouped import DESCRIPTOR as GROUPED_JOIN
from mpc.protocols.join.messages import OwnerShare
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
from mpc.protocols.sums.upload import Opening, Upload
from mpc.session import RECORD_FORMAT, statement
from mpc.spec import JobSpec
from mpc.training.descriptor import LABEL as TRAINING_LABEL
from mpc.training.descriptor import PROTOCOL as TRAINING
from mpc.training.noised import PROTOCOL as NOISED_TRAINING
from mpc.vertical.boosted import DESCRIPTOR as BOOSTED
from mpc.vertical.boosted import LABEL as VERTICAL_LABEL
from mpc.vertical.scored import DESCRIPTOR as SCORES

SPECS = [
    specs.sums(),
    specs.sums(edges=()),
    specs.table(),
    specs.table(edges=()),
    replace(specs.table(), outputs=("variance", "histogram")),
    specs.product(),
    specs.product(grouped=True),
    specs.join(),
    specs.join(grouped=False),
    specs.percentiles(),
    specs.aligned(),
    specs.aligned(counted=True, told=("court",)),
    specs.matched(),
    specs.matched(counted=True),
    specs.percentiles((10,), owners=3),
    ckksspecs.weighted(),
    ckksspecs.weighted(grouped=True, units_at=UnitsAt.SEVERAL, low=-700),
    sums_spec(),
    join_spec(),
    replace(join_spec(), sums=()),
    replace(sums_spec(), prime_group="sm2"),
    replace(join_spec(), prime_group="sm2"),
    private(),
    private(("count", "variance"), grouped=True, owners=5, colluders=2, units_at=UnitsAt.SEVERAL),
    private(("histogram",), edges=(-5, 10, 100), low=-5, max_rows=7, cost=3_000_000),
    private(("sum",), owners=15, low=-9000, high=20, cost=1),
    private_join(),
    private_join(groups=(), costs=JoinCosts(1, 500_000, {})),
    replace(private_join(), epsilon_milli=100, delta_log2=-40, prime_group="sm2"),
    specs.grouped_join(),
    specs.grouped_join(grouped=False),
    specs.join_of_lists(),
    specs.join_of_lists(lists=3, grouped=False),
    verticaltown.asked(),
    verticaltown.asked(("bank", "tax"), key_bits=3072),
    verticaltown.scores(bytes(32)),
]


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
    openings.require_minimum(read, {"cells": {"count": str(spec.terms.least), "p500": "3"}})
    with pytest.raises(VerificationError, match="smaller"):
        openings.require_minimum(read, {"cells": {"count": str(spec.terms.least - 1)}})


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
    openings.require_minimum(asked, {"cells": {"count": "-3"}, "withheld": []})


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
    openings.require_minimum(asked, {"cells": [{"group": "1", "keys": "-3", "rows": "1", "sums": {}}], "withheld": []})


def test_names_and_labels_are_the_protocols_own() -> None:
    from contracts.evidence.agreement import SESSION_FORMAT

    assert (restated.SUMS, restated.NOISED) == (SUMS_PROTOCOL, NOISED_PROTOCOL)
    joins = (JOIN_PROTOCOL, NOISED_JOIN_PROTOCOL, GROUPED_JOIN_PROTOCOL, SIFTED_JOIN_PROTOCOL)
    assert joins == (restated.JOIN, restated.NOISED_JOIN, restated.GROUPED_JOIN, restated.SIFTED_JOIN)
    of_sums = dict.fromkeys((SUMS_PROTOCOL, NOISED_PROTOCOL), SUMS_LABEL)
    of_joins = dict.fromkeys(joins, JOIN_LABEL)
    told = (PERCENTILES.name, ALIGN.name, CKKS.name, MATCHED.name, TRAINING, NOISED_TRAINING, BOOSTED.name, SCORES.name)
    others = (restated.PERCENTILES, restated.ALIGNED, restated.CKKS, restated.MATCHED)
    assert told == (*others, restated.TRAINING, restated.NOISED_TRAINING, restated.BOOSTED, restated.SCORES)
    of_runs = (TRAINING_LABEL, TRAINING_LABEL, VERTICAL_LABEL, VERTICAL_LABEL)
    labels = (PERCENTILES_LABEL, ALIGN_LABEL, CKKS_LABEL, MATCHED_LABEL, *of_runs)
    assert {**of_sums, **of_joins, **dict(zip(told, labels, strict=True))} == LABELS
    assert SESSION_FORMAT == RECORD_FORMAT


LEDGERS = [
    SUMS, NOISED, JOIN, NOISED_JOIN, GROUPED_JOIN, SIFTED_JOIN, PERCENTILES, ALIGN, CKKS, MATCHED, BOOSTED, SCORES,
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


PARTIES = ("finance", "tax", "a", "b", "c", "heritage")
SIGNERS = {party: Ed25519Signer(bytes([n + 1]) * 32) for n, party in enumerate(PARTIES)}
SESSION, TRANSCRIPT = b"\7" * 32, b"\5" * 32


def signed(label: str, step: str, party: str, body: bytes) -> dict[str, str]:
    signature = SIGNERS[party].sign(statement(label, step, SESSION, party, "audit-office", body))
    return {"body": body.hex(), "signature": signature.hex()}


def outcome(asked: restated.Question, opened: tuple[str, ...]) -> Statement:
    withheld = tuple(cell for cell in asked.cells if cell not in opened)
    return Statement(None, None, (), opened, withheld, TRANSCRIPT, None, bytes(32))


def signers(*parties: str) -> Signers:
    return Signers(SESSION, "audit-office", {party: SIGNERS[party].public for party in parties})


WORDS = st.integers(0, vector.MODULUS - 1)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.lists(st.integers(-(2**120), 2**120), min_size=5, max_size=5), min_size=3, max_size=3),
       pads=st.lists(st.lists(WORDS, min_size=5, max_size=5), min_size=3, max_size=3),
       masks=st.lists(st.lists(WORDS, min_size=5, max_size=5), min_size=2, max_size=2))  # fmt: skip
def test_masked_sums_add_up_to_what_the_protocol_opens(
    values: list[list[int]], pads: list[list[int]], masks: list[list[int]]
) -> None:
    """Three owners; the masks cancel, as pairwise masks do; the last cell stays withheld."""
    asked = question.read(sums_spec().json())
    last = [-(a + b) for a, b in zip(*masks, strict=True)]
    parts = zip(values, pads, (*masks, last), strict=True)
    masked = [[x + r + m for x, r, m in zip(*rows, strict=True)] for rows in parts]
    flags = (True, True, True, True, False)
    told = {}
    for party, up, pad in zip("abc", masked, pads, strict=True):
        upload = Upload(TRANSCRIPT, vector.vector(up), bytes(32), (pedersen.H,) * 5, bytes(96)).encode()
        opening = Opening(TRANSCRIPT, flags, vector.vector(pad).keep(flags), (7, 7, 7, 7, 0)).encode()
        told[party] = {
            "upload": signed(SUMS_LABEL, "masked", party, upload),
            "opening": signed(SUMS_LABEL, "open", party, opening),
        }
    found = openings.add_up(asked, outcome(asked, asked.cells[:4]), signers("a", "b", "c"), told)
    opened = vector.open_cells(
        [[y % vector.MODULUS for y in row[:4]] for row in masked], [row[:4] for row in pads]
    )  # fmt: skip
    assert opened == [sum(column) for column in zip(*[row[:4] for row in values], strict=True)]
    expected = {name: str(total) for name, total in zip(asked.cells, opened, strict=False)}
    assert found == {"cells": expected, "withheld": [asked.cells[4]]}


def test_ckks_figures_are_those_that_the_key_holder_signed() -> None:
    asked = question.read(ckksspecs.weighted(grouped=True, holder="a", owners=("a", "b", "c", "tax")).json())
    body = TRANSCRIPT + encode_totals([-5, 7, 1 << 40])
    told = {"a": signed(CKKS_LABEL, RELEASE, "a", body)}
    found = openings.add_up(asked, outcome(asked, asked.cells), signers("a", "b", "c", "tax"), told)
    assert found == {"cells": {"sum-0": "-5", "sum-1": "7", "sum-2": str(1 << 40)}, "withheld": []}
    openings.require_minimum(asked, found)
    other = {"a": signed(CKKS_LABEL, RELEASE, "a", bytes(32) + body[32:])}
    unsigned = {"a": {**told["a"], "body": (body[:-1] + b"x").hex()}}
    by_another = {"a": signed(CKKS_LABEL, RELEASE, "b", body)}
    for lie in (other, unsigned, by_another, {"b": told["a"]}, {}, {**told, "b": told["a"]}):
        with pytest.raises((InvalidRecord, VerificationError)):
            openings.add_up(asked, outcome(asked, asked.cells), signers("a", "b", "c", "tax"), lie)  # type: ignore[arg-type]
    with pytest.raises(VerificationError, match="other figures"):
        openings.add_up(asked, outcome(asked, asked.cells[:1]), signers("a", "b", "c", "tax"), told)  # type: ignore[arg-type]


MASKS = st.tuples(st.integers(0, 2**49), st.integers(0, 2**52), st.integers(0, 2**83))
COUNTS = st.tuples(st.integers(10, 400), st.integers(400, 4000), st.integers(0, 4000 * 2**31))


@settings(max_examples=60, deadline=None)
@given(figures=st.lists(COUNTS, min_size=2, max_size=2), masks=st.lists(MASKS, min_size=2, max_size=2))
def test_a_join_adds_up_to_what_the_protocol_opens(
    figures: list[tuple[int, int, int]], masks: list[tuple[int, int, int]]
) -> None:
    terms, asked = join_terms_of(join_spec()), question.read(join_spec().json())
    figures = [(keys, rows, min(total, rows * 2**31)) for keys, rows, total in figures]
    cells = [tuple(x + m for x, m in zip(cell, mask, strict=True)) for cell, mask in zip(figures, masks, strict=True)]
    blank, flags = (0, 0, 0), (True, False, True)
    holder = OwnerShare(bytes(32), TRANSCRIPT, flags, (cells[0], blank, cells[1]))
    lister = OwnerShare(b"\1" * 32, TRANSCRIPT, flags, (masks[0], blank, masks[1]))
    told = {
        party: signed(JOIN_LABEL, messages.SHARE, party, share.encode(terms))
        for party, share in (("finance", holder), ("tax", lister))
    }
    found = openings.add_up(asked, outcome(asked, ("1", "3")), signers("finance", "tax"), told)
    assert found == office.figures(terms, office.open_cells(terms, holder, lister))


@settings(max_examples=40, deadline=None)
@given(figures=COUNTS, masks=st.lists(MASKS, min_size=2, max_size=2))
def test_a_join_of_several_lists_adds_up_to_what_the_protocol_opens(
    figures: tuple[int, int, int], masks: list[tuple[int, int, int]]
) -> None:
    """Every lister's masks come off, at the widths that the carry of several needs."""
    spec = specs.join_of_lists(grouped=False)
    terms, asked = join_terms_of(spec), question.read(spec.json())
    held = tuple(sum(slot) for slot in zip(figures, *masks, strict=True))
    shares = [OwnerShare(bytes([n]) * 32, TRANSCRIPT, (True,), (part,)) for n, part in enumerate((held, *masks))]
    parties = [source.party for source in spec.sources]
    told = {p: signed(JOIN_LABEL, messages.SHARE, p, s.encode(terms)) for p, s in zip(parties, shares, strict=True)}
    found = openings.add_up(asked, outcome(asked, asked.cells), signers(*parties), told)
    assert found == office.figures(terms, {"*": office.Cell(figures[0], figures[1], figures[2:])})
    with pytest.raises(InvalidRecord):
        openings.add_up(asked, outcome(asked, asked.cells), signers(*parties), dict(list(told.items())[:2]))


@pytest.mark.parametrize("change", [{"further": "no"}, {"further": [1]}, {"further": [{}] * 4}])
def test_malformed_lists_are_no_question(change: dict[str, object]) -> None:
    document = specs.join_of_lists().json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord):
        question.read({**document, **change})  # type: ignore[dict-item]


NOISES = st.tuples(*[st.integers(-60, 60)] * 3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(MASKS, NOISES, NOISES), min_size=3, max_size=3))
def test_a_noised_join_adds_up_to_what_the_protocol_opens(drawn: list[tuple[tuple[int, ...], ...]]) -> None:
    """Groups of nothing: figures and shares below zero, read with a sign by both."""
    spec = private_join()
    terms, asked = join_terms_of(spec), question.read(spec.json())
    masks, held, listed = zip(*drawn, strict=True)
    groups = terms.groups
    holder = noise.holders(terms, masks, dict(zip(groups, held, strict=True)))
    lister = noise.listers(terms, masks, dict(zip(groups, listed, strict=True)))
    shares = [OwnerShare(bytes(32), TRANSCRIPT, (True,) * 3, tuple(part)) for part in (holder, lister)]
    told = {
        party: signed(JOIN_LABEL, messages.SHARE, party, share.encode(terms))
        for party, share in zip(("finance", "tax"), shares, strict=True)
    }
    found = openings.add_up(asked, outcome(asked, groups), signers("finance", "tax"), told)
    assert found == office.figures(terms, office.open_cells(terms, *shares))
    assert isinstance(found, dict)
    assert [cell["keys"] for cell in found["cells"]] == [str(a[0] + b[0]) for a, b in zip(held, listed, strict=True)]


@pytest.mark.parametrize("step", ["join-commitment", "join-share/2"])
def test_a_message_of_another_step_is_no_opening(step: str) -> None:
    terms, asked = join_terms_of(join_spec()), question.read(join_spec().json())
    flags, cells = (True, True, True), ((50, 60, 70),) * 3
    body = OwnerShare(bytes(32), TRANSCRIPT, flags, cells).encode(terms)
    told = {party: signed(JOIN_LABEL, step, party, body) for party in ("finance", "tax")}
    with pytest.raises(VerificationError):
        openings.add_up(asked, outcome(asked, asked.cells), signers("finance", "tax"), told)


def test_a_share_of_a_withheld_cell_is_refused() -> None:
    terms, asked = join_terms_of(join_spec()), question.read(join_spec().json())
    share = OwnerShare(bytes(32), TRANSCRIPT, (True, False, True), ((50, 60, 70),) * 3)
    told = {party: signed(JOIN_LABEL, messages.SHARE, party, share.encode(terms)) for party in ("finance", "tax")}
    with pytest.raises(VerificationError, match="withheld cell 2"):
        openings.add_up(asked, outcome(asked, ("1", "3")), signers("finance", "tax"), told)


def test_figures_below_the_minimum_are_refused() -> None:
    sums, join = question.read(sums_spec().json()), question.read(join_spec().json())
    openings.require_minimum(sums, {"cells": {"count": "10", "sum": "1", "bin0": "10"}, "withheld": []})
    with pytest.raises(VerificationError, match="bin0"):
        openings.require_minimum(sums, {"cells": {"count": "10", "bin0": "9"}, "withheld": []})
    openings.require_minimum(join, {"cells": [{"group": "1", "keys": "10"}], "withheld": []})
    with pytest.raises(VerificationError, match="cell 1"):
        openings.require_minimum(join, {"cells": [{"group": "1", "keys": "9"}], "withheld": []})
    with pytest.raises(InvalidRecord):
        openings.require_minimum(join, {"cells": {"count": "10"}, "withheld": []})
