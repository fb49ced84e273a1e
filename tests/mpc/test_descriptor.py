"""Descriptors: sizes that can be evaluated, words in two languages, declared roles only."""

from dataclasses import replace

import pytest

from ledger import canonical
from mpc.protocols.descriptor import Basis, Descriptor, Leakage, Own, Role
from mpc.protocols.formula import evaluate, names
from mpc.protocols.join.descriptor import DESCRIPTOR as JOIN
from mpc.protocols.schedule import Line, Sight, simulate, simulate_courier
from mpc.protocols.step import SIGNATURE, Kind, Part, Route, Step
from mpc.protocols.sums.descriptor import DESCRIPTOR
from mpc.protocols.words import Text

TEXT = Text("a thing", "某物")
SMALL = Descriptor(
    name="small",
    version="1",
    roles=(Role("owner", Text("The owner", "提供方")), Role("office", Text("The office", "机关"))),
    public=("cells",),
    steps=(Step("one", 1, "owner", ("office",), TEXT, (Part(Kind.WORD, "cells", tells=("rows",)), SIGNATURE)),),
    leakage=(Leakage("office", Text("the number of rows", "行数"), Basis.NOISED, ("rows",), (("epsilon", "0.1"),)),),
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
    assert names("(cells + 499)//unit*500") == {"cells", "unit"}


def test_step_is_found_by_name_and_repetition() -> None:
    assert SMALL.step("one").bytes({"cells": 2}) == 96
    assert SMALL.step("one").size == "16*cells + 64"
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
        replace(SMALL, leakage=(*SMALL.leakage, Leakage("courier", TEXT, Basis.EXACT, ("x",))))
    with pytest.raises(ValueError, match="undeclared"):
        replace(SMALL, steps=(Step("one", 1, "owner", ("nobody",), TEXT, (SIGNATURE,)),))
    with pytest.raises(ValueError, match="declared twice"):
        replace(SMALL, steps=SMALL.steps * 2)


def test_text_needs_both_languages() -> None:
    with pytest.raises(ValueError, match="both languages"):
        Text("only English", "")


@pytest.mark.parametrize("descriptor", [DESCRIPTOR, JOIN])
def test_every_declared_output_is_told_by_a_part_or_a_size(descriptor: Descriptor) -> None:
    """Nothing is declared that no message shows; "times" are seen of every message."""
    told = {name for step in descriptor.steps for part in step.parts for name in part.tells}
    told |= {name for step in descriptor.steps for name in step.needs} | {"times"}
    assert {name for leak in descriptor.leakage for name in leak.outputs} <= told


# the three ways in which a schedule can be incomplete


def test_a_part_that_tells_what_its_receiver_is_not_declared_to_learn_is_refused() -> None:
    with pytest.raises(ValueError, match=r"office sees \['rows'\] at one, undeclared"):
        replace(SMALL, leakage=())


def test_a_size_that_follows_a_senders_secret_is_refused() -> None:
    step = Step("one", 1, "owner", ("office",), TEXT, (Part(Kind.WORD, "rows_held"),))
    own = (Own("owner", "rows_held"),)
    with pytest.raises(ValueError, match=r"office sees \['rows_held'\]"):
        replace(SMALL, steps=(step,), inputs=own)
    told = Leakage("office", TEXT, Basis.EXACT, ("rows_held",))
    with pytest.raises(ValueError, match=r"courier sees \['rows_held'\]"):
        replace(SMALL, steps=(step,), inputs=own, leakage=(told,))
    carried = Leakage("courier", TEXT, Basis.EXACT, ("rows_held",))
    roles = (*SMALL.roles, Role("courier", TEXT))
    assert replace(SMALL, roles=roles, steps=(step,), inputs=own, leakage=(told, carried)).outputs("courier")


def test_a_number_of_repetitions_that_follows_a_secret_is_refused() -> None:
    step = Step("one", 1, "owner", ("office",), TEXT, (SIGNATURE,), times="tries")
    with pytest.raises(ValueError, match=r"sees \['tries'\]"):
        replace(SMALL, steps=(step,), inputs=(Own("owner", "tries"),))


# schedules


def scheduled(route: Route, times: str | None = None) -> Descriptor:
    steps = (Step("go", 1, "owner", ("owner",), TEXT, (SIGNATURE,), route, times),)
    return replace(SMALL, steps=steps, leakage=())


@pytest.mark.parametrize(
    ("route", "pairs"),
    [(Route.EVERY, "ab ac ba bc ca cb"), (Route.CHAIN, "ab bc"), (Route.LAST, "ca cb")],
)
def test_routes_reach_whom_they_say(route: Route, pairs: str) -> None:
    lines = simulate_courier(scheduled(route), {"owner": "abc", "office": "o"}, {})
    assert lines == tuple(Line(a, b, "go", 64) for a, b in pairs.split())


def test_a_chain_is_received_before_it_is_passed_on() -> None:
    assert simulate(scheduled(Route.CHAIN), "owner", "b", {"owner": "abc", "office": "o"}, {}) == (
        Sight("received", "a", "go", 64),
        Sight("sent", "c", "go", 64),
    )


def test_repetitions_are_numbered_and_each_is_a_round_of_its_own() -> None:
    seen = simulate(scheduled(Route.EVERY, "2"), "owner", "a", {"owner": "ab", "office": "o"}, {})
    assert [(s.direction, s.step) for s in seen] == [
        ("sent", "go/1"),
        ("received", "go/1"),
        ("sent", "go/2"),
        ("received", "go/2"),
    ]
