"""Messages of openings, restated from evidence, add up to what the protocols open; others are refused."""

from __future__ import annotations

import ckksspecs
import pytest
import specs
from hypothesis import given, settings
from hypothesis import strategies as st
from jobtownspecs import join_spec, sums_spec
from privatejoins import private_join

from contracts.evidence.figures import minimum, openings
from contracts.evidence.figures.signers import Signers
from contracts.evidence.questions import asked as restated
from contracts.evidence.questions import question
from contracts.evidence.statement import Statement
from ledger.crypto.signing import Ed25519Signer
from ledger.errors import InvalidRecord, VerificationError
from mpc import vector
from mpc.groups import pedersen
from mpc.kinds.joins.terms import join_terms_of
from mpc.protocols.ckks.messages import RELEASE, encode_totals
from mpc.protocols.ckks.parties import LABEL as CKKS_LABEL
from mpc.protocols.join import messages, noise, office
from mpc.protocols.join.messages import OwnerShare
from mpc.protocols.join.run import LABEL as JOIN_LABEL
from mpc.protocols.sums.run import LABEL as SUMS_LABEL
from mpc.protocols.sums.upload import Opening, Upload
from mpc.sessions.session import statement

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
    minimum.require_minimum(asked, found)
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
    minimum.require_minimum(sums, {"cells": {"count": "10", "sum": "1", "bin0": "10"}, "withheld": []})
    with pytest.raises(VerificationError, match="bin0"):
        minimum.require_minimum(sums, {"cells": {"count": "10", "bin0": "9"}, "withheld": []})
    minimum.require_minimum(join, {"cells": [{"group": "1", "keys": "10"}], "withheld": []})
    with pytest.raises(VerificationError, match="cell 1"):
        minimum.require_minimum(join, {"cells": [{"group": "1", "keys": "9"}], "withheld": []})
    with pytest.raises(InvalidRecord):
        minimum.require_minimum(join, {"cells": {"count": "10"}, "withheld": []})
