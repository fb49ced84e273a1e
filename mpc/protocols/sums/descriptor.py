"""The masked sums' messages, sizes and leakage, as data."""

from mpc.protocols.descriptor import PRIME_GROUP, Basis, Descriptor, Leakage, Role
from mpc.protocols.step import SIGNATURE, Kind, Part, Route, Step
from mpc.protocols.sums.run import PROTOCOL
from mpc.protocols.sums.schema import Schema
from mpc.protocols.words import Text

_OWNERS = ("owner",)
_OFFICE = ("recipient",)
_VERDICT = ("reached",)

DESCRIPTOR = Descriptor(
    name=PROTOCOL,
    version="7",
    roles=(
        Role("owner", Text("Each data owner", "每个数据提供方")),
        Role("recipient", Text("The recipient", "结果接收方")),
        Role("courier", Text("The relay", "中继")),
    ),
    public=("cells", "gated", "minimum", "contributors", "element"),
    steps=(
        Step(
            "keys",
            1,
            "owner",
            _OWNERS,
            Text("fresh keys, proof of possession", "一次性公钥及持有证明"),
            (Part(Kind.KEY), Part(Kind.ELEMENT, "2"), Part(Kind.SCALAR), SIGNATURE),
        ),
        Step("confirm", 2, "owner", _OWNERS, Text("key confirmation", "密钥确认"), (Part(Kind.TAG), SIGNATURE)),
        Step(
            "masked",
            3,
            "owner",
            _OFFICE,
            Text(
                "masked cells, commitments to them, proof that it knows what they hold",
                "加掩码的单元、其承诺及知晓承诺内容的证明",
            ),
            (
                Part(Kind.DIGEST),
                Part(Kind.WORD, "cells"),
                Part(Kind.DIGEST),
                Part(Kind.COMMITMENT, "cells"),
                Part(Kind.COMMITMENT),
                Part(Kind.SCALAR, "2"),
                SIGNATURE,
            ),
        ),
        Step(
            "window",
            4,
            "owner",
            _OWNERS,
            Text("encrypted windows, moved by its counts", "按其计数移动的加密窗口"),
            (Part(Kind.ELEMENT, "2*gated*(minimum + contributors)"), SIGNATURE),
            route=Route.CHAIN,
        ),
        Step(
            "counted",
            5,
            "owner",
            _OWNERS,
            Text("the encrypted sums of the windows", "各窗口的加密合计"),
            (Part(Kind.ELEMENT, "2*gated"), SIGNATURE),
            route=Route.LAST,
        ),
        Step(
            "blinded",
            6,
            "owner",
            _OWNERS,
            Text(
                "these sums times a secret factor, proof that they are such products",
                "上述合计乘以秘密因子,及其确为此类乘积的证明",
            ),
            (Part(Kind.ELEMENT, "2*gated", tells=_VERDICT), Part(Kind.SCALAR, "1 + 2*gated"), SIGNATURE),
        ),
        Step(
            "partial",
            7,
            "owner",
            _OWNERS,
            Text("partial decryptions of the tests", "检验的部分解密"),
            (Part(Kind.ELEMENT, "gated", tells=_VERDICT), SIGNATURE),
        ),
        Step(
            "decide",
            8,
            "owner",
            _OWNERS,
            Text("cells it agrees to open", "同意开启的单元"),
            (
                Part(Kind.DIGEST),
                Part(Kind.FLAG, "cells", tells=_VERDICT),
                Part(Kind.FLAG, "cells", tells=("chosen",)),
                SIGNATURE,
            ),
            times="turns",
        ),
        Step(
            "open",
            9,
            "owner",
            _OFFICE,
            Text("pads and masked randomness of opened cells", "已开启单元的填充值及加掩码的承诺随机数"),
            (
                Part(Kind.DIGEST),
                Part(Kind.FLAG, "cells", tells=("withheld",)),
                Part(Kind.WORD, "cells", tells=("totals",)),
                Part(Kind.SCALAR, "cells", tells=("hiding",)),
                SIGNATURE,
            ),
        ),
    ),
    leakage=(
        Leakage(
            "owner",
            Text(
                "for each cell that is not made up of others, whether it reaches the minimum count from enough owners, "
                "not which of the two it misses",
                "对每个非由其他单元合成的单元,是否由足够多的贡献方达到最小计数,不知缺的是哪一项",
            ),
            Basis.EXACT,
            ("reached",),
        ),
        Leakage(
            "owner",
            Text(
                "which cells each other owner withheld, in each round of decisions, without the reason",
                "每一轮决定中各其他提供方扣留了哪些单元,不知原因",
            ),
            Basis.EXACT,
            ("chosen", "turns"),
        ),
        Leakage("recipient", Text("the totals of the opened cells", "已开启单元的合计值"), Basis.EXACT, ("totals",)),
        Leakage(
            "recipient",
            Text(
                "of the opened cells, the sum of what hides the owners' commitments, never one owner's part of it",
                "已开启单元的承诺随机数之和,绝非单个提供方的随机数",
            ),
            Basis.EXACT,
            ("hiding",),
        ),
        Leakage(
            "recipient",
            Text("which cells were withheld, not why nor how small", "哪些单元未发布,不知原因和大小"),
            Basis.EXACT,
            ("withheld",),
        ),
        Leakage(
            "courier",
            Text("sizes and times; sizes follow from the job alone", "消息的大小和时间;大小仅由任务决定"),
            Basis.PADDED,
            ("times",),
        ),
        Leakage(
            "courier",
            Text(
                "the number of rounds of decisions: more than one shows that an owner withheld a cell",
                "决定的轮数:多于一轮即表明有提供方扣留了单元",
            ),
            Basis.EXACT,
            ("turns",),
        ),
    ),
    assumptions=(
        Text(
            "Parties follow the protocol but may be curious; who deviates is named by an opened audit, not stopped.",
            "各方遵循协议但可能好奇;偏离协议者由开放审计事后指明,协议本身不能阻止。",
        ),
        Text(
            "At least two owners stay outside any coalition: all owners but one, together with the recipient, "
            "know that one's part of every opened cell.",
            "至少两个提供方不参与串通:除一方外的全部提供方与接收方串通,即可算出该方在已开启单元中的部分。",
        ),
        Text(
            "All owners but one, pooled, learn per tested cell whether the last one's part reaches the minimum "
            "less their own, or that it has none where they are one owner short.",
            "除一方外的全部提供方串通,可得知该方在受检单元中的部分是否达到最小值减去其余各方之和,"
            "或在恰缺一个贡献方时得知其是否为零。",
        ),
        Text(
            "Nobody knows the logarithm between the two generators of the commitments, which come from hashing labels; "
            "the hash that challenges an owner's proof behaves like a random function.",
            "无人知晓承诺所用两个生成元之间的离散对数(生成元由标签散列得到);为证明产生挑战的散列函数如同随机函数。",
        ),
        PRIME_GROUP,
    ),
)


def public(schema: Schema) -> dict[str, int]:
    """Give the public numbers; none depends on a value."""
    return {
        "cells": len(schema.cells),
        "gated": len(schema.gated),
        "minimum": schema.minimum,
        "contributors": schema.contributors,
        "element": schema.prime_group.element_bytes,
    }
