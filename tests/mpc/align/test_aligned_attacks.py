"""Attacks on moments over aligned rows: figures of few rows, more figures than rows bear, rows told apart by owner."""

import warnings
from random import Random

import pytest

from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.protocols.align import owner
from mpc.protocols.align.moments import Rows
from mpc.protocols.align.rehearsal import rehearse
from mpc.protocols.align.terms import AlignedTerms, Member
from mpc.protocols.join.layout import Column

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    TINY = InsecureOkamotoUchiyama(bits=1024, randomiser_bits=96)

A, B = "agency", "bureau"
AID, PAY = f"{A}.aid", f"{B}.pay"
OF = AlignedTerms(
    (Member(A, 300, True, (Column(AID, 0, 9999),)), Member(B, 300, True, (Column(PAY, 0, 9999),))),
    minimum=10, set_unit=32, encryption=TINY,
)  # fmt: skip


def granted(count: int) -> dict[str, Rows]:
    """A hundred common keys of which so many have an aid at all; rows of one owner alone have many."""
    draw = Random(5)
    aided = {f"k{n}": (700 + n if n < count else 0,) for n in range(100)}
    return {
        A: {**aided, **{f"own{n}": (n,) for n in range(50)}},
        B: {f"k{n}": (draw.randint(1000, 9000),) for n in range(100)},
    }


@pytest.mark.parametrize("differing", [1, 9])
def test_a_column_in_which_few_common_rows_differ_withholds_the_figures(differing: int) -> None:
    assert rehearse(OF, granted(differing)).released.figures is None


@pytest.mark.parametrize("differing", [0, 10])
def test_a_column_in_which_none_or_the_minimum_of_common_rows_differ_is_opened(differing: int) -> None:
    assert rehearse(OF, granted(differing)).released.figures is not None


def test_without_that_rule_the_recipient_reads_the_pay_of_the_one_that_has_aid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "has_spread", lambda *_: True)
    brought = granted(1)
    found = rehearse(OF, brought).released.figures
    assert found is not None
    aid = found.sums[AID]
    assert found.products[AID, AID] == aid**2, "one row has all of it"
    assert found.products[AID, PAY] == aid * brought[B]["k0"][0]
