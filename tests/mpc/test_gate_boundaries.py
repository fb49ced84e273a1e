"""The gate of masked sums at 0, 1, k - 1, k and k + 1, in every group of prime order and for k up to 100."""

from collections.abc import Mapping
from itertools import pairwise

import pytest

from mpc.groups import suites
from mpc.protocols.sums import Cell, Kind, Schema
from mpc.protocols.sums.descriptor import DESCRIPTOR, public
from mpc.protocols.sums.rehearsal import Rehearsal, rehearse

OWNERS = ("r0", "r1", "r2")


def boundaries(k: int, group: str) -> list[int]:
    """All of them; of the slow combination the two that matter most."""
    return [k - 1, k] if (k, group) == (100, "sm2") else sorted({0, 1, k - 1, k, k + 1})


def split(count: int) -> dict[str, int]:
    """Divide a count over the owners so that all three contribute where that is possible."""
    return {owner: (count + place) // 3 for place, owner in enumerate(OWNERS)}


def run(k: int, group: str, totals: Mapping[str, int]) -> Rehearsal:
    cells = tuple(Cell(name, Kind.COUNT, 1000) for name in totals)
    divided = {name: split(total) for name, total in totals.items()}
    rows = {owner: {name: divided[name][owner] for name in totals} for owner in OWNERS}
    return rehearse(Schema(cells, k, 3, suites.named(group)), rows)


@pytest.mark.parametrize("k", [1, 10, 100])
@pytest.mark.parametrize("group", list(suites.GROUPS))
def test_a_cell_opens_from_the_minimum_on(k: int, group: str) -> None:
    totals = {f"n{count}": count for count in boundaries(k, group)}
    rehearsal = run(k, group, totals)
    opens = {name: count >= max(k, 3) for name, count in totals.items()}  # three contributors need three rows
    assert rehearsal.owner("r0").bits == rehearsal.owner("r2").bits == opens
    assert rehearsal.released.values == {name: totals[name] for name, is_open in opens.items() if is_open}


@pytest.mark.parametrize(("k", "group"), [(1, "ristretto255"), (100, "ristretto255"), (10, "sm2")])
def test_sizes_follow_from_the_terms_and_not_from_the_counts(k: int, group: str) -> None:
    runs = [run(k, group, {"a": 0, "b": k}), run(k, group, {"a": 900, "b": k - 1})]
    shapes = [sorted((m.sender, m.to, m.step, len(m.body)) for m in found.sent) for found in runs]
    assert shapes[0] == shapes[1]
    schema = Schema((Cell("a", Kind.COUNT, 1000), Cell("b", Kind.COUNT, 1000)), k, 3, suites.named(group))
    for message in runs[0].sent:
        assert len(message.body) == DESCRIPTOR.step(message.step).bytes(public(schema)), message.step


def test_the_group_is_part_of_what_the_parties_agree_on() -> None:
    first, second = (run(1, group, {"a": 9}).sessions["r0"] for group in suites.GROUPS)
    assert first.terms["prime_group"] == "ristretto255"
    assert second.terms["prime_group"] == "sm2"
    assert first.digest != second.digest


def test_larger_elements_make_larger_messages_and_nothing_else() -> None:
    small, large = (run(2, group, {"a": 9}) for group in suites.GROUPS)
    sizes = [{(m.sender, m.to, m.step): len(m.body) for m in found.sent} for found in (small, large)]
    grown = {step for (_, _, step) in sizes[0] if any(sizes[0][k] != sizes[1][k] for k in sizes[0] if k[2] == step)}
    assert grown == {"keys", "window", "counted", "blinded", "partial"}
    assert all(low <= high for low, high in pairwise([sum(found.values()) for found in sizes]))
