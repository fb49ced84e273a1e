"""The join by groups of the list, as data: the private join whose list travels as one padded set for each own group.

The lister groups its keys by a column that its catalogue declares. The holder raises each set apart, so the lister adds
the matched totals of each cell apart: one group of the holder crossed with one of its own. A key stands in one group on
either side, so in one cell, and every cell has agreed dummies of its own: what the lister counts stays noised for one
key more or less. New is that the holder sees the padded size of each set, where the private join shows it one size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mpc.protocols.descriptor import Basis, Descriptor, Leakage
from mpc.protocols.join import descriptor as whole
from mpc.protocols.join import messages
from mpc.protocols.join.run import GROUPED
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.step import Kind, Part, Step
from mpc.protocols.words import Text

_OF_HOLDER = (messages.ROWS,)
_CONTENTS = {
    messages.LIST: Text(
        "its list, one set for each of its groups, blinded, with dummies and padding",
        "其名单,每个分组一个集合,盲化,含虚假标识与补齐",
    ),
    messages.RAISED: Text("the sets, blinded twice, each in sorted order", "二次盲化并各自排序的集合"),
    messages.SUMS: Text("masked, encrypted sums of the cells", "加掩码并加密的单元合计"),
}
_LEAKAGE = {
    ("holder", Basis.PADDED): Text("the size of each group of the list", "名单各分组的规模"),
    ("lister", Basis.NOISED): Text("the number of matches in each cell", "各单元的匹配数"),
    ("courier", Basis.PADDED): Text(
        "sizes and times of messages, and so the sizes of list and table, not those of the list's groups",
        "消息的大小和时间,因而名单与数据的规模,但不包括名单各分组的规模",
    ),
}


def _of_cells(part: Part) -> Part:
    return replace(part, count=part.count.replace("groups", "cells"))


def _step(step: Step) -> Step:
    step = replace(step, content=_CONTENTS.get(step.name, step.content))
    if step.name == messages.LIST:
        return replace(step, parts=(Part(Kind.COUNT, "sets", tells=("listed",)), *step.parts))
    return step if step.name in _OF_HOLDER else replace(step, parts=tuple(map(_of_cells, step.parts)))


def _leak(leak: Leakage) -> Leakage:
    return replace(leak, learns=_LEAKAGE.get((leak.role, leak.basis), leak.learns))


DESCRIPTOR = Descriptor(
    name=GROUPED,
    version="1",
    roles=whole.DESCRIPTOR.roles,
    public=("groups", "sets", "cells", *whole.DESCRIPTOR.public[1:]),
    inputs=whole.DESCRIPTOR.inputs,
    steps=tuple(map(_step, whole.DESCRIPTOR.steps)),
    leakage=tuple(map(_leak, whole.DESCRIPTOR.leakage)),
    assumptions=whole.DESCRIPTOR.assumptions,
)


def public(terms: JoinTerms) -> dict[str, int]:
    """Give the public numbers; none depends on a value."""
    return whole.public(terms) | {"sets": terms.sets, "cells": len(terms.cells)}


def padded(terms: JoinTerms, holder_groups: Sequence[int], sets: Sequence[int]) -> dict[str, int]:
    """Give the padded sizes that parties learn, added up.

    Args:
        holder_groups: keys in each of its groups; sets: keys in each of the lister's. Only padded sizes enter.
    """
    rows = sum(terms.group_size(keys) for keys in holder_groups)
    return {"listed": sum(terms.list_size(keys) for keys in sets), "rows": rows}
