"""The messages, sizes and leakage of a join with several lists, as data.

The owners of lists are one role: what the last of them does more, adding up, tells it nothing more. All lists are
padded to one public size, so nobody learns how long any of them is.
"""

from __future__ import annotations

from dataclasses import replace

from mpc.protocols.descriptor import PRIME_GROUP, Basis, Descriptor, Leakage, Own, Role
from mpc.protocols.join import descriptor as pair
from mpc.protocols.join import messages
from mpc.protocols.join.run import SIFTED
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.sifted import gate
from mpc.protocols.step import SIGNATURE, Kind, Part, Route, Step
from mpc.protocols.sums.agreement import DECIDE
from mpc.protocols.sums.gate import BLINDED, PARTIAL
from mpc.protocols.sums.keys import CONFIRM, KEYS
from mpc.protocols.words import Text

_HOLDER, _LISTER, _OWNERS = ("holder",), ("lister",), ("owner",)
_VERDICT = ("reached",)
_TESTS = "groups*minimum"


def _chain(name: str, round: int, content: Text, *parts: Part) -> Step:
    return Step(name, round, "owner", _LISTER, content, (*parts, SIGNATURE), route=Route.CHAIN)


def _to_all(name: str, round: int, content: Text, *parts: Part, times: str | None = None) -> Step:
    return Step(name, round, "owner", _OWNERS, content, (*parts, SIGNATURE), times=times)


_STEPS = (
    _to_all(
        KEYS, 1, Text("fresh keys, proof that it has the secret one", "一次性公钥及持有私钥的证明"),
        Part(Kind.KEY), Part(Kind.ELEMENT, "2"), Part(Kind.SCALAR),
    ),
    _to_all(CONFIRM, 2, Text("key confirmation", "密钥确认"), Part(Kind.TAG)),
    Step(
        messages.LIST, 3, "lister", _HOLDER,
        Text("its list, blinded, with dummies, padded to a public size", "其盲化的名单,含虚假标识并补齐至公开规模"),
        (Part(Kind.ELEMENT, "listed"), SIGNATURE),
    ),
    _chain(
        messages.RAISED, 4,
        Text("the lists of those still to come, raised once more and sorted", "后续各方的名单,再次盲化并各自排序"),
        Part(Kind.ELEMENT, "listed*left", tells=("matches",)),
    ),
    _chain(
        messages.ROWS, 5,
        Text("the holder's keys, raised once more, in another order", "数值方的标识,再次盲化并改变次序"),
        Part(Kind.COUNT, "groups", tells=("rows",)), Part(Kind.ELEMENT, "rows", tells=("matches",)),
    ),
    _chain(
        messages.PAYLOADS, 6,
        Text(
            "encrypted totals of each key, zero for what is not listed; encrypted masks",
            "各标识加密的合计值(不在名单者为零)及加密的掩码",
        ),
        Part(Kind.MODULUS), Part(Kind.CIPHERTEXT, "rows + groups"),
    ),
    Step(
        messages.SUMS, 7, "lister", _HOLDER, Text("masked, encrypted group sums", "加掩码并加密的分组合计"),
        (Part(Kind.CIPHERTEXT, "groups"), SIGNATURE), route=Route.LAST,
    ),
    _to_all(
        gate.ADDENDS, 8, Text("digest of what it saw, encrypted shares of the counts", "所见消息的摘要,加密的计数份额"),
        Part(Kind.DIGEST), Part(Kind.ELEMENT, "2*groups"),
    ),
    _chain(
        gate.SHUFFLED, 9, Text("blinded, shuffled threshold tests", "盲化并置乱的门限检验"),
        Part(Kind.ELEMENT, f"2*{_TESTS}"),
    ),
    Step(
        gate.TESTS, 10, "owner", _OWNERS, Text("the tests after all owners' shuffles", "各方依次置乱后的检验"),
        (Part(Kind.ELEMENT, f"2*{_TESTS}"), SIGNATURE), route=Route.LAST,
    ),
    _to_all(
        BLINDED, 11,
        Text("the tests times a secret factor, proof that they are such products", "检验乘以秘密因子,及其证明"),
        Part(Kind.ELEMENT, f"2*{_TESTS}", tells=_VERDICT), Part(Kind.SCALAR, f"1 + 2*{_TESTS}"),
    ),
    _to_all(
        PARTIAL, 12, Text("partial decryptions of the tests", "检验的部分解密"),
        Part(Kind.ELEMENT, _TESTS, tells=_VERDICT),
    ),
    _to_all(
        DECIDE, 13, Text("groups it agrees to open", "同意开启的分组"),
        Part(Kind.DIGEST), Part(Kind.FLAG, "groups", tells=_VERDICT), Part(Kind.FLAG, "groups", tells=("chosen",)),
        times="turns",
    ),
    replace(pair.DESCRIPTOR.step(messages.SHARE), round=14),
    replace(
        pair.DESCRIPTOR.step(messages.COMMITMENT), round=15, parts=(Part(Kind.DIGEST, "1 + owners"), SIGNATURE)
    ),
)  # fmt: skip

DESCRIPTOR = Descriptor(
    name=SIFTED,
    version="1",
    roles=(
        Role("owner", Text("Each of the owners", "各数据提供方")),
        Role("holder", Text("The owner of values", "数值方"), kind="owner"),
        Role("lister", Text("Each owner of a list", "各名单方"), kind="owner"),
        Role("recipient", Text("The recipient", "结果接收方")),
        Role("courier", Text("The relay", "中继")),
    ),
    public=("groups", "owners", "listed", "minimum", "element", "public_key", "ciphertext", "cell"),
    inputs=(Own("holder", "rows"),),
    steps=_STEPS,
    leakage=(
        Leakage("lister", Text("the number of keys in each group", "各分组的标识数"), Basis.PADDED, ("rows",)),
        Leakage(
            "lister",
            Text(
                "the number of matches of its own list in each group, whatever is on other lists",
                "其自身名单在各分组的匹配数,与其他名单无关",
            ),
            Basis.NOISED,
            ("matches",),
        ),
        Leakage(
            "owner",
            Text("for each group, whether the keys on all lists reach the minimum", "各分组的共有标识是否达到最小值"),
            Basis.EXACT,
            ("reached",),
        ),
        Leakage(
            "owner",
            Text(
                "which groups each other owner withheld, in each round of decisions, without the reason",
                "每一轮决定中各其他提供方扣留了哪些分组,不知原因",
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
            Text("sizes and times of messages, and so the size of the table", "消息的大小和时间,因而数据的规模"),
            Basis.PADDED,
            ("times", "rows"),
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
    assumptions=(
        pair.DESCRIPTOR.assumptions[0],
        Text(
            "The holder pools its data with no owner of a list: with a later one it learns which of its rows are on "
            "the lists before; with all of them, everything. Owners of lists who pool learn noised counts of what is "
            "on which of their lists, and nothing of the holder's values.",
            "数值方不与任何名单方合并数据:与后一名单方串通,可得知其哪些行在此前各名单上;与全部名单方串通即可得知一切。"
            "名单方之间串通,只得知标识在其各名单上的加噪计数,不知数值方的数值。",
        ),
        *pair.DESCRIPTOR.assumptions[2:-1],
        PRIME_GROUP,
    ),
)


def public(terms: JoinTerms) -> dict[str, int]:
    """Give the public numbers; none depends on a value."""
    return pair.public(terms) | {"owners": len(terms.owners), "listed": terms.list_size(terms.lister_keys)}


def padded(terms: JoinTerms, holder_groups: list[int]) -> dict[str, int]:
    """Give the padded sizes that parties learn: the holder's rows, from the keys of each of its groups."""
    return {"rows": sum(terms.group_size(keys) for keys in holder_groups)}
