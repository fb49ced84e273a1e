"""The noised join's messages and leakage, as data: the private join without a gate, and without an exact size.

Padded sizes and bits of a gate are exact functions of the data, so the noised join has neither. What its owners learn
beyond the schedule are three counts, each with noise for one key more or less; all three are charged with the figures
(``mpc.privacy.join_mechanism``).
"""

from __future__ import annotations

from dataclasses import replace

from mpc.protocols.descriptor import Basis, Descriptor, Leakage
from mpc.protocols.join import descriptor as exact
from mpc.protocols.join import messages
from mpc.protocols.join.run import NOISED
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.step import Step
from mpc.protocols.words import Text

_GATE = (messages.GATE, messages.TESTS, messages.BITS)
_KEPT = tuple(step for step in exact.DESCRIPTOR.steps if step.name not in _GATE)
_ROUNDS = {found: place for place, found in enumerate(sorted({step.round for step in _KEPT}), start=1)}
_CONTENTS = {
    messages.LIST: Text("the list, blinded, with dummies and noise in its size", "盲化的名单,含虚假标识,规模加噪"),
    messages.ROWS: Text("its keys, blinded, with dummies and noise in their number", "盲化的标识,含虚假标识,数量加噪"),
    messages.SHARE: Text("its shares of all figures, with its own noise", "全部结果的份额,含己方噪声"),
}


def _step(step: Step) -> Step:
    return replace(step, round=_ROUNDS[step.round], content=_CONTENTS.get(step.name, step.content))


DESCRIPTOR = Descriptor(
    name=NOISED,
    version="1",
    roles=exact.DESCRIPTOR.roles,
    public=("groups", "element", "public_key", "ciphertext", "cell"),
    inputs=exact.DESCRIPTOR.inputs,
    steps=tuple(map(_step, _KEPT)),
    leakage=(
        Leakage("holder", Text("the size of the list", "名单的规模"), Basis.NOISED, ("listed",)),
        Leakage("lister", Text("the number of keys in each group", "各分组的标识数"), Basis.NOISED, ("rows",)),
        Leakage("lister", Text("the number of matches in each group", "各分组的匹配数"), Basis.NOISED, ("matches",)),
        Leakage(
            "owner",
            Text(
                "whether the other owner opens the groups, in each round of decisions; no test of any group",
                "每一轮决定中另一方是否开启分组;不检验任何分组",
            ),
            Basis.EXACT,
            ("chosen", "turns"),
        ),
        Leakage(
            "recipient",
            Text(
                "the figures of all groups, each with both owners' noise, whose size the specification fixes",
                "全部分组的结果,各含双方噪声,其大小由任务说明规定",
            ),
            Basis.NOISED,
            ("figures",),
        ),
        Leakage(
            "recipient",
            Text(
                "which groups were withheld; none, unless an owner ends the job",
                "哪些分组未发布;除非某方终止任务,否则没有",
            ),
            Basis.EXACT,
            ("withheld",),
        ),
        Leakage(
            "courier",
            Text(
                "times of messages and their sizes, and so the sizes of list and table",
                "消息的时间和大小,因而名单与数据的规模",
            ),
            Basis.NOISED,
            ("times", "listed", "rows"),
        ),
        Leakage("courier", Text("the number of rounds of decisions", "决定的轮数"), Basis.EXACT, ("turns",)),
    ),
    assumptions=(
        *exact.DESCRIPTOR.assumptions[:3],
        Text(
            "Each owner adds the whole noise of every figure; that the other one did cannot be seen in the release. An "
            "opened audit shows the noise that an owner had committed to.",
            "每个提供方对每项结果都加入全部噪声;对方是否加入无法从发布结果看出,开放审计出示该方事先承诺的噪声。",
        ),
        Text(
            "The guarantee is for one unit as declared, which is one key, for the declared bounds, against parties of "
            "bounded computing power, and adds up over all releases of the same rows; the owners' budgets count them.",
            "保证针对所申明的单元(即一个标识)和界限,对抗计算能力有限的各方,并对相同行的所有发布累加;由提供方的预算计量。",
        ),
        exact.DESCRIPTOR.assumptions[-1],
    ),
)


def public(terms: JoinTerms) -> dict[str, int]:
    """Give the public numbers; none depends on a value."""
    return {name: number for name, number in exact.public(terms).items() if name in DESCRIPTOR.public}
