"""Descriptors: sizes that can be evaluated, words in two languages, declared roles only."""

from dataclasses import replace

import pytest

from ledger import canonical
from mpc.protocols.descriptor import Basis, Descriptor, Leakage, Role, Step, Text, evaluate
from mpc.protocols.sums.descriptor import DESCRIPTOR

TEXT = Text("a thing", "某物")
SMALL = Descriptor(
    name="small",
    version="1",
    roles=(Role("owner", Text("The owner", "提供方")), Role("office", Text("The office", "机关"))),
    steps=(Step("one", "owner", ("office",), TEXT, "64 + 16*cells"),),
    leakage=(Leakage("office", Text("the number of rows", "行数"), Basis.NOISED, (("epsilon", "0.1"),)),),
    assumptions=(Text("They are honest but curious.", "诚实但好奇。"),),
)


@pytest.mark.parametrize(
    ("formula", "value"),
    [("7", 7), ("64 + 16*cells", 112), ("(cells + 499)//500*500", 500), ("cells - 1 - 1", 1)],
)
def test_size_formula_is_evaluated(formula: str, value: int) -> None:
    assert evaluate(formula, {"cells": 3}) == value


@pytest.mark.parametrize("formula", ["cells**2", "len(cells)", "cells.real", "-cells", "1.5", "'a'", "cells < 2"])
def test_anything_but_plain_arithmetic_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match="size formula"):
        evaluate(formula, {"cells": 3})


def test_undeclared_count_is_an_error() -> None:
    with pytest.raises(KeyError):
        evaluate("cells", {})


def test_step_is_found_by_name_and_repetition() -> None:
    assert SMALL.step("one").bytes({"cells": 2}) == 96
    assert SMALL.step("one/7") is SMALL.step("one")
    with pytest.raises(KeyError, match="declares no step two"):
        SMALL.step("two")


def test_sentences_say_who_learns_what_in_both_languages() -> None:
    assert SMALL.sentences("en") == (
        "The office learns the number of rows (only with noise; epsilon = 0.1).",
        "They are honest but curious.",
    )
    assert SMALL.sentences("zh") == ("机关得知行数(仅知加噪后的值;epsilon = 0.1)。", "诚实但好奇。")


def test_record_is_canonical_json() -> None:
    for descriptor in (SMALL, DESCRIPTOR):
        assert canonical.decode(canonical.encode(descriptor.record())) == descriptor.record()


def test_undeclared_role_and_repeated_step_are_refused() -> None:
    with pytest.raises(ValueError, match="undeclared"):
        replace(SMALL, leakage=(Leakage("courier", TEXT, Basis.EXACT),))
    with pytest.raises(ValueError, match="undeclared"):
        replace(SMALL, steps=(Step("one", "owner", ("nobody",), TEXT, "1"),))
    with pytest.raises(ValueError, match="declared twice"):
        replace(SMALL, steps=SMALL.steps * 2)


def test_text_needs_both_languages() -> None:
    with pytest.raises(ValueError, match="both languages"):
        Text("only English", "")
