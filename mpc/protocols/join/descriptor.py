"""The private join's messages, sizes and leakage, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mpc.protocols.descriptor import Basis, Descriptor, Leakage, Role, Step, Text
from mpc.protocols.join import messages
from mpc.protocols.join.run import PROTOCOL
from mpc.protocols.join.terms import JoinTerms

_HOLDER, _LISTER, _OFFICE = ("holder",), ("lister",), ("recipient",)
_OWNERS = ("holder", "lister")

_SEMI_HONEST = Text(
    "Parties follow the protocol but may be curious; who deviates is named by an opened audit, not stopped.",
    "各方遵循协议但可能好奇;偏离协议者由开放审计事后指明,协议本身不能阻止。",
)
_NO_POOLING = Text(
    "The two owners do not pool their data: together they know everything.",
    "两个数据提供方不合并数据:二者串通即可得知一切。",
)
_PER_KEY_EXPONENTS = Text(
    "An owner of the list that deviates by one exponent per key learns which of its keys matched.",
    "名单方若对每个标识使用不同指数而偏离协议,可得知其哪些标识匹配。",
)
_PRIOR_KNOWLEDGE = Text(
    "Who knows values of single keys can rule out those that exceed a released total.",
    "掌握个别标识数值者,可排除数值超过已发布合计的标识。",
)


def _both(name: str, content: Text, size: str) -> tuple[Step, ...]:
    return (Step(name, "owner", ("owner",), content, size),)


DESCRIPTOR = Descriptor(
    name=PROTOCOL,
    version="1",
    roles=(
        Role("owner", Text("Each of the two owners", "两个数据提供方")),
        Role("holder", Text("The owner of values", "数值方")),
        Role("lister", Text("The owner of the list", "名单方")),
        Role("recipient", Text("The recipient", "结果接收方")),
        Role("courier", Text("The relay", "中继")),
    ),
    steps=(
        *_both(messages.KEYS, Text("fresh keys", "一次性公钥"), "64 + 64"),
        *_both(messages.CONFIRM, Text("key confirmation", "密钥确认"), "64 + 32"),
        Step(
            messages.LIST,
            "lister",
            _HOLDER,
            Text("the list, blinded, with dummies and padding", "盲化的名单,含虚假标识与补齐"),
            "64 + 32*listed",
        ),
        Step(
            messages.ROWS,
            "holder",
            _LISTER,
            Text("its keys, blinded, with dummies and padding", "盲化的标识,含虚假标识与补齐"),
            "64 + 4*groups + 32*rows",
        ),
        Step(
            messages.RAISED,
            "holder",
            _LISTER,
            Text("the list, blinded twice, in sorted order", "二次盲化并排序的名单"),
            "64 + 32*listed",
        ),
        Step(
            messages.PAYLOADS,
            "holder",
            _LISTER,
            Text("encrypted totals of each key", "各标识加密的合计值"),
            "64 + public_key + ciphertext*rows",
        ),
        Step(
            messages.SUMS,
            "lister",
            _HOLDER,
            Text("masked, encrypted group sums", "加掩码并加密的分组合计"),
            "64 + ciphertext*groups",
        ),
        *_both(messages.GATE, Text("encrypted shares of the counts", "加密的计数份额"), "64 + 64*groups"),
        *_both(
            messages.TESTS,
            Text("blinded, shuffled threshold tests", "盲化并置乱的门限检验"),
            "64 + 64*groups*minimum",
        ),
        *_both(messages.BITS, Text("which groups reach the minimum", "哪些分组达到最小值"), "64 + groups"),
        *_both(messages.DECISION, Text("groups it agrees to open", "同意开启的分组"), "64 + 32 + groups"),
        Step(
            messages.SHARE,
            "owner",
            _OFFICE,
            Text("its shares of opened groups, blanks for the others", "已开启分组的份额,其余为空白"),
            "64 + 64 + groups*(1 + cell)",
        ),
        Step(
            messages.COMMITMENT,
            "recipient",
            _OWNERS,
            Text("salted commitment to the figures", "对结果的加盐承诺"),
            "64 + 96",
        ),
    ),
    leakage=(
        Leakage("holder", Text("the size of the list", "名单的规模"), Basis.PADDED),
        Leakage("lister", Text("the number of keys in each group", "各分组的标识数"), Basis.PADDED),
        Leakage("lister", Text("the number of matches in each group", "各分组的匹配数"), Basis.NOISED),
        Leakage(
            "owner",
            Text("for each group, whether it reaches the minimum", "各分组是否达到最小值"),
            Basis.EXACT,
        ),
        Leakage(
            "owner",
            Text("which groups the other owner withheld, without the reason", "另一方扣留了哪些分组,不知原因"),
            Basis.EXACT,
        ),
        Leakage("recipient", Text("the figures of the opened groups", "已开启分组的结果"), Basis.EXACT),
        Leakage(
            "recipient",
            Text("which groups were withheld, not why nor how small", "哪些分组未发布,不知原因和大小"),
            Basis.EXACT,
        ),
        Leakage("courier", Text("sizes and times of messages", "消息的大小和时间"), Basis.PADDED),
    ),
    assumptions=(_SEMI_HONEST, _NO_POOLING, _PER_KEY_EXPONENTS, _PRIOR_KNOWLEDGE),
)


def describe(terms: JoinTerms) -> Descriptor:
    """State the leakage of one job, with its padding units and the noise on match counts."""
    noise = ("epsilon", f"{terms.noise.epsilon_milli}/1000"), ("delta", f"2^{terms.noise.delta_log2}")
    parameters = {
        ("holder", Basis.PADDED): (("unit", str(terms.list_unit)),),
        ("lister", Basis.PADDED): (("unit", str(terms.group_unit)),),
        ("lister", Basis.NOISED): noise,
    }
    leakage = (replace(leak, parameters=parameters.get((leak.role, leak.basis), ())) for leak in DESCRIPTOR.leakage)
    return replace(DESCRIPTOR, leakage=tuple(leakage))


def counts(terms: JoinTerms, holder_groups: Sequence[int], lister_keys: int) -> dict[str, int]:
    """Give the numbers that the size formulas name.

    Args:
        holder_groups: keys in each group; only their padded sizes enter.
        lister_keys: keys on the list; only the padded size enters.
    """
    return {
        "groups": len(terms.groups),
        "minimum": terms.minimum,
        "listed": terms.list_size(lister_keys),
        "rows": sum(terms.group_size(keys) for keys in holder_groups),
        "public_key": terms.encryption.public_key_bytes,
        "ciphertext": terms.encryption.ciphertext_bytes,
        "cell": sum(-(-width // 8) for width in terms.slots.widths),
    }
