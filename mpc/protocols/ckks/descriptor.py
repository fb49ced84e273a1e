"""The CKKS sum's messages and leakage, as data."""

from __future__ import annotations

from mpc.protocols.ckks import messages
from mpc.protocols.ckks.terms import PROTOCOL, CkksTerms
from mpc.protocols.descriptor import Basis, Descriptor, Leakage, Role
from mpc.protocols.step import SIGNATURE, Kind, Part, Step
from mpc.protocols.words import Text


def public(terms: CkksTerms) -> dict[str, int]:
    """Return the numbers that every message length follows from."""
    return {
        "columns": len(terms.columns),
        "context": messages.CONTEXT_SIZE,
        "lattice": messages.CIPHERTEXT_SIZE,
    }


DESCRIPTOR = Descriptor(
    name=PROTOCOL,
    version="1",
    roles=(
        Role("owner", Text("owner of figures", "数值提供方")),
        Role("evaluator", Text("owner that adds up", "执行求和的提供方"), kind="owner"),
        Role("holder", Text("key holder", "密钥持有方")),
        Role("recipient", Text("recipient", "结果接收方")),
        Role("courier", Text("relay", "中继")),
    ),
    public=("columns", "context", "lattice"),
    inputs=(),
    steps=(
        Step(
            messages.CONTEXT,
            1,
            "holder",
            ("owner",),
            Text("public key of this attempt", "本次计算的公钥"),
            (Part(Kind.CONTEXT), SIGNATURE),
        ),
        Step(
            messages.VECTOR,
            2,
            "owner",
            ("evaluator",),
            Text("its figures, encrypted under that key, and which key it was", "以该公钥加密的数值及所用公钥的摘要"),
            (Part(Kind.DIGEST), Part(Kind.LATTICE), SIGNATURE),
        ),
        Step(
            messages.SUM,
            3,
            "evaluator",
            ("holder",),
            Text("the encrypted weighted sum", "加密的加权和"),
            (Part(Kind.LATTICE, tells=("sums",)), SIGNATURE),
        ),
        Step(
            messages.RELEASE,
            4,
            "holder",
            ("recipient",),
            Text("the sums with noise", "加噪后的和"),
            (Part(Kind.WORD, "columns", tells=("totals",)), SIGNATURE),
        ),
    ),
    leakage=(
        Leakage("holder", Text("the weighted sums of all figures", "全部数值的加权和"), Basis.EXACT, ("sums",)),
        Leakage(
            "recipient",
            Text(
                "the weighted sums, each with noise whose size the terms fix",
                "加权和,各含由约定规定大小的噪声",
            ),
            Basis.NOISED,
            ("totals",),
        ),
        Leakage("courier", Text("times; every size is fixed", "时间;消息大小固定"), Basis.PADDED, ("times",)),
    ),
    assumptions=(
        Text(
            "The key holder and the evaluator do not pool what they hold: together they read every owner's figures.",
            "密钥持有方与求和方不串通:两者合谋可读取每个提供方的数值。",
        ),
        Text(
            "The key holder adds the noise. That it did cannot be seen; it alone knows the exact sums.",
            "由密钥持有方加噪;是否加噪无法查验,只有它知道精确的和。",
        ),
        Text(
            "Ring learning with errors is hard at 8192 coefficients and 200 bits of modulus.",
            "在 8192 个系数、200 位模数下,环上容错学习问题是困难的。",
        ),
        Text(
            "The parties follow the protocol; a message of another shape is refused by name.",
            "各方遵守协议;形式不符的消息会被拒绝并指明发送方。",
        ),
    ),
)
