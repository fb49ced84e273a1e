"""The masked sums' messages, sizes and leakage, as data."""

from mpc.protocols.descriptor import Basis, Descriptor, Leakage, Role, Step, Text
from mpc.protocols.sums.run import PROTOCOL
from mpc.protocols.sums.schema import Schema

_OWNERS = ("owner",)
_OFFICE = ("recipient",)

DESCRIPTOR = Descriptor(
    name=PROTOCOL,
    version="1",
    roles=(
        Role("owner", Text("Each data owner", "每个数据提供方")),
        Role("recipient", Text("The recipient", "结果接收方")),
        Role("courier", Text("The relay", "中继")),
    ),
    steps=(
        Step("keys", "owner", _OWNERS, Text("fresh keys, proof of possession", "一次性公钥及持有证明"), "192"),
        Step("confirm", "owner", _OWNERS, Text("key confirmation", "密钥确认"), "96"),
        Step("masked", "owner", _OFFICE, Text("masked cells", "加掩码的单元"), "96 + 16*cells"),
        Step(
            "encrypted",
            "owner",
            _OWNERS,
            Text("encrypted counts and contributor flags", "加密的计数与贡献标志"),
            "64 + 128*gated",
        ),
        Step(
            "mix",
            "owner",
            _OWNERS,
            Text("blinded, shuffled threshold tests", "盲化并置乱的门限检验"),
            "64 + 64*gated*(minimum + contributors)",
        ),
        Step(
            "mixed",
            "owner",
            _OWNERS,
            Text("the fully mixed threshold tests", "混合完毕的门限检验"),
            "64 + 64*gated*(minimum + contributors)",
        ),
        Step(
            "partial",
            "owner",
            _OWNERS,
            Text("partial decryptions of the tests", "检验的部分解密"),
            "64 + 32*gated*(minimum + contributors)",
        ),
        Step("decide", "owner", _OWNERS, Text("cells it agrees to open", "同意开启的单元"), "96 + 2*cells"),
        Step("open", "owner", _OFFICE, Text("pads of opened cells", "已开启单元的填充值"), "96 + 17*cells"),
    ),
    leakage=(
        Leakage(
            "owner",
            Text(
                "for each cell, whether it reaches the minimum count and number of contributors",
                "各单元是否达到最小计数和最少贡献方数",
            ),
            Basis.EXACT,
        ),
        Leakage(
            "owner",
            Text("which cells some owner withheld, without the reason", "哪些单元被某一提供方扣留,不知原因"),
            Basis.EXACT,
        ),
        Leakage("recipient", Text("the totals of the opened cells", "已开启单元的合计值"), Basis.EXACT),
        Leakage(
            "recipient",
            Text("which cells were withheld, not why nor how small", "哪些单元未发布,不知原因和大小"),
            Basis.EXACT,
        ),
        Leakage(
            "courier",
            Text("sizes and times; sizes follow from the job alone", "消息的大小和时间;大小仅由任务决定"),
            Basis.PADDED,
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
            "All owners but one, pooled, learn per cell whether the last one's part reaches the minimum "
            "less their own.",
            "除一方外的全部提供方串通,可得知该方的部分是否达到最小值减去其余各方之和。",
        ),
    ),
)


def counts(schema: Schema) -> dict[str, int]:
    """Give the numbers that the size formulas name; none depends on a value."""
    return {
        "cells": len(schema.cells),
        "gated": len(schema.gated),
        "minimum": schema.minimum,
        "contributors": schema.contributors,
    }
