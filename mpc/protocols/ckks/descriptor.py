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
        Role("keyholder", Text("owner that holds the key", "持有密钥的提供方"), kind="owner"),
        Role("recipient", Text("recipient", "结果接收方")),
        Role("courier", Text("relay", "中继")),
    ),
    public=("columns", "context", "lattice"),
    inputs=(),
    steps=(
        Step(
            messages.CONTEXT,
            1,
            "keyholder",
            ("owner",),
            Text("public key of this attempt", "本次计算的公钥"),
            (Part(Kind.CONTEXT), SIGNATURE),
        ),
        Step(
            messages.VECTOR,
            2,
            "owner",
            ("evaluator",),
            Text(
                "its figures with its own noise, encrypted under that key, and which key it was",
                "加入自身噪声后以该公钥加密的数值及所用公钥的摘要",
            ),
            (Part(Kind.DIGEST), Part(Kind.LATTICE), SIGNATURE),
        ),
        Step(
            messages.SUM,
            3,
            "evaluator",
            ("keyholder",),
            Text("the encrypted weighted sum of noised figures", "加噪数值的加密加权和"),
            (Part(Kind.LATTICE, tells=("sums",)), SIGNATURE),
        ),
        Step(
            messages.RELEASE,
            4,
            "keyholder",
            ("recipient",),
            Text("which key it was, and the sums with further noise", "所用公钥的摘要及再加噪的和"),
            (Part(Kind.DIGEST), Part(Kind.WORD, "columns", tells=("totals",)), SIGNATURE),
        ),
    ),
    leakage=(
        Leakage(
            "keyholder",
            Text(
                "the weighted sums of all owners' noised figures; less its own part, of the others'",
                "全部提供方加噪数值的加权和;减去自身部分即为其他各方的加权和",
            ),
            Basis.NOISED,
            ("sums",),
        ),
        Leakage(
            "recipient",
            Text(
                "the weighted sums, each with noise of every owner and of the key holder, whose sizes the terms fix",
                "加权和,各含每个提供方及密钥持有方的噪声,其大小由约定规定",
            ),
            Basis.NOISED,
            ("totals",),
        ),
        Leakage("courier", Text("times; every size is fixed", "时间;消息大小固定"), Basis.PADDED, ("times",)),
    ),
    assumptions=(
        Text(
            "An owner's figures are as private as its own noise makes them: the key holder and the evaluator, if they "
            "pool, read every owner's noised figures one by one, and no more. That they do not pool hides which owner "
            "brought which part of a sum.",
            "每个提供方的数值由其自身噪声保护:密钥持有方与求和方合谋时,可逐一读取各提供方加噪后的数值,但不会更多;"
            "两者不串通时,各方在合计中所占部分不可得知。",
        ),
        Text(
            "That an owner added its noise cannot be seen. It protects that owner's rows alone, and no other owner's "
            "protection rests on it.",
            "某提供方是否加噪无法查验;该噪声只保护其自身的数据,其他各方的保护不依赖于它。",
        ),
        Text(
            "The guarantee is for one unit as declared, for the declared bounds, and adds up over all releases of the "
            "same rows; the owners' budgets count them.",
            "保证针对所申明的单元和界限,并对相同行的所有发布累加;由提供方的预算计量。",
        ),
        Text(
            "That the released figures are the sums of what the owners encrypted only the key holder could see.",
            "所发布数值是否为各方加密内容之和,只有密钥持有方能够得知。",
        ),
        Text(
            "The encryption draws its own randomness: no opened audit can repeat these messages.",
            "加密使用自身的随机数:公开审计无法重现这些消息。",
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
