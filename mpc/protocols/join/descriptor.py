"""The private join's messages, sizes and leakage, as data."""

from __future__ import annotations

from collections.abc import Sequence

from mpc.protocols.descriptor import PRIME_GROUP, Basis, Descriptor, Leakage, Own, Role
from mpc.protocols.join import messages
from mpc.protocols.join.run import PROTOCOL
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.step import SIGNATURE, Kind, Part, Step
from mpc.protocols.words import Text

_HOLDER, _LISTER, _OFFICE = ("holder",), ("lister",), ("recipient",)
_OWNERS = ("owner",)

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


def _between(name: str, round: int, content: Text, *parts: Part, times: str | None = None) -> Step:
    return Step(name, round, "owner", ("owner",), content, (*parts, SIGNATURE), times=times)


DESCRIPTOR = Descriptor(
    name=PROTOCOL,
    version="3",
    roles=(
        Role("owner", Text("Each of the two owners", "两个数据提供方")),
        Role("holder", Text("The owner of values", "数值方"), kind="owner"),
        Role("lister", Text("The owner of the list", "名单方"), kind="owner"),
        Role("recipient", Text("The recipient", "结果接收方")),
        Role("courier", Text("The relay", "中继")),
    ),
    public=("groups", "minimum", "element", "public_key", "ciphertext", "cell"),
    inputs=(Own("lister", "listed"), Own("holder", "rows")),
    steps=(
        _between(messages.KEYS, 1, Text("fresh keys", "一次性公钥"), Part(Kind.KEY), Part(Kind.ELEMENT)),
        _between(messages.CONFIRM, 2, Text("key confirmation", "密钥确认"), Part(Kind.TAG)),
        Step(
            messages.LIST,
            3,
            "lister",
            _HOLDER,
            Text("the list, blinded, with dummies and padding", "盲化的名单,含虚假标识与补齐"),
            (Part(Kind.ELEMENT, "listed"), SIGNATURE),
        ),
        Step(
            messages.ROWS,
            3,
            "holder",
            _LISTER,
            Text("its keys, blinded, with dummies and padding", "盲化的标识,含虚假标识与补齐"),
            (
                Part(Kind.COUNT, "groups", tells=("rows",)),
                Part(Kind.ELEMENT, "rows", tells=("matches",)),
                SIGNATURE,
            ),
        ),
        Step(
            messages.RAISED,
            4,
            "holder",
            _LISTER,
            Text("the list, blinded twice, in sorted order", "二次盲化并排序的名单"),
            (Part(Kind.ELEMENT, "listed", tells=("matches",)), SIGNATURE),
        ),
        Step(
            messages.PAYLOADS,
            4,
            "holder",
            _LISTER,
            Text("encrypted totals of each key", "各标识加密的合计值"),
            (Part(Kind.MODULUS), Part(Kind.CIPHERTEXT, "rows"), SIGNATURE),
        ),
        Step(
            messages.SUMS,
            5,
            "lister",
            _HOLDER,
            Text("masked, encrypted group sums", "加掩码并加密的分组合计"),
            (Part(Kind.CIPHERTEXT, "groups"), SIGNATURE),
        ),
        _between(
            messages.GATE, 6, Text("encrypted shares of the counts", "加密的计数份额"), Part(Kind.ELEMENT, "2*groups")
        ),
        _between(
            messages.TESTS,
            7,
            Text("blinded, shuffled threshold tests", "盲化并置乱的门限检验"),
            Part(Kind.ELEMENT, "2*groups*minimum", tells=("reached",)),
        ),
        _between(
            messages.BITS,
            8,
            Text("which groups reach the minimum", "哪些分组达到最小值"),
            Part(Kind.FLAG, "groups", tells=("reached",)),
        ),
        _between(
            messages.DECISION,
            9,
            Text("groups it agrees to open", "同意开启的分组"),
            Part(Kind.DIGEST),
            Part(Kind.FLAG, "groups", tells=("chosen",)),
            times="turns",
        ),
        Step(
            messages.SHARE,
            10,
            "owner",
            _OFFICE,
            Text("its shares of opened groups, blanks for the others", "已开启分组的份额,其余为空白"),
            (
                Part(Kind.SALT),
                Part(Kind.DIGEST),
                Part(Kind.FLAG, "groups", tells=("withheld",)),
                Part(Kind.CELL, "groups", tells=("figures",)),
                SIGNATURE,
            ),
        ),
        Step(
            messages.COMMITMENT,
            11,
            "recipient",
            _OWNERS,
            Text("salted commitment to the figures, digests of the shares", "对结果的加盐承诺及份额摘要"),
            (Part(Kind.DIGEST, "3"), SIGNATURE),
        ),
    ),
    leakage=(
        Leakage("holder", Text("the size of the list", "名单的规模"), Basis.PADDED, ("listed",)),
        Leakage("lister", Text("the number of keys in each group", "各分组的标识数"), Basis.PADDED, ("rows",)),
        Leakage("lister", Text("the number of matches in each group", "各分组的匹配数"), Basis.NOISED, ("matches",)),
        Leakage(
            "owner",
            Text("for each group, whether it reaches the minimum", "各分组是否达到最小值"),
            Basis.EXACT,
            ("reached",),
        ),
        Leakage(
            "owner",
            Text(
                "which groups the other owner withheld, in each round of decisions, without the reason",
                "每一轮决定中另一方扣留了哪些分组,不知原因",
            ),
            Basis.EXACT,
            ("chosen", "turns"),
        ),
        Leakage("recipient", Text("the figures of the opened groups", "已开启分组的结果"), Basis.EXACT, ("figures",)),
        Leakage(
            "recipient",
            Text("which groups were withheld, not why nor how small", "哪些分组未发布,不知原因和大小"),
            Basis.EXACT,
            ("withheld",),
        ),
        Leakage(
            "courier",
            Text(
                "sizes and times of messages, and so the sizes of list and table",
                "消息的大小和时间,因而名单与数据的规模",
            ),
            Basis.PADDED,
            ("times", "listed", "rows"),
        ),
        Leakage(
            "courier",
            Text(
                "the number of rounds of decisions: more than one shows that an owner withheld a group",
                "决定的轮数:多于一轮即表明有提供方扣留了分组",
            ),
            Basis.EXACT,
            ("turns",),
        ),
    ),
    assumptions=(_SEMI_HONEST, _NO_POOLING, _PER_KEY_EXPONENTS, _PRIOR_KNOWLEDGE, PRIME_GROUP),
)


def public(terms: JoinTerms) -> dict[str, int]:
    """Give the public numbers; none depends on a value."""
    return {
        "groups": len(terms.groups),
        "minimum": terms.minimum,
        "element": terms.prime_group.element_bytes,
        "public_key": terms.encryption.public_key_bytes,
        "ciphertext": terms.encryption.ciphertext_bytes,
        "cell": sum(terms.slots.bytes),
    }


def padded(terms: JoinTerms, holder_groups: Sequence[int], lister_keys: int) -> dict[str, int]:
    """Give the padded sizes that parties learn.

    Args:
        holder_groups: keys in each group; lister_keys: keys on the list. Only their padded sizes enter.
    """
    rows = sum(terms.group_size(keys) for keys in holder_groups)
    return {"listed": terms.list_size(lister_keys), "rows": rows}
