"""The alignment's messages, sizes and leakage, as data."""

from __future__ import annotations

from mpc.protocols.align import messages
from mpc.protocols.align.run import PROTOCOL
from mpc.protocols.align.terms import AlignedTerms
from mpc.protocols.descriptor import PRIME_GROUP, Basis, Descriptor, Leakage, Role
from mpc.protocols.step import SIGNATURE, Kind, Part, Route, Step
from mpc.protocols.words import Text

_OWNER = ("owner",)
_EVERY, _RING, _FIRST, _LATER, _EARLIER = Route.EVERY, Route.RING, Route.FIRST, Route.LATER, Route.EARLIER


def _step(
    name: str, round: int, sender: str, to: str, content: Text, *parts: Part, route: Route = _EVERY,
    times: str | None = None,
) -> Step:  # fmt: skip
    return Step(name, round, sender, (to,), content, (*parts, SIGNATURE), route, times)


DESCRIPTOR = Descriptor(
    name=PROTOCOL,
    version="1",
    roles=(
        Role("owner", Text("Each owner", "每个数据提供方")),
        Role("matcher", Text("The owner that matches", "比对方"), kind="owner"),
        Role("named", Text("Each other owner that the specification names", "任务说明点名的其他提供方"), kind="owner"),
        Role("unnamed", Text("Each owner that is not named", "未被点名的提供方"), kind="owner"),
        Role("recipient", Text("The recipient", "结果接收方")),
        Role("courier", Text("The relay", "中继")),
    ),
    public=("hops", "to_matcher", "crossed", "words", "element", "public_key", "ciphertext"),
    steps=(
        _step(messages.SIZE, 1, "owner", "owner", Text("the padded size of its set", "其集合补齐后的规模"),
              Part(Kind.COUNT, tells=("sizes",))),
        _step(messages.SET, 2, "owner", "owner", Text("a blinded, padded set of keys", "盲化并补齐的标识集合"),
              Part(Kind.ELEMENT, "listed"), route=_RING, times="hops"),
        _step(messages.BACK, 3, "owner", "named",
              Text("the receiver's own set, blinded by all owners", "接收方自己的集合,经全体提供方盲化"),
              Part(Kind.ELEMENT, "listed"), route=_RING),
        _step(messages.FULL, 3, "owner", "matcher",
              Text("a set blinded by all owners, sorted", "经全体提供方盲化并排序的集合"),
              Part(Kind.ELEMENT, "listed", tells=("overlaps", "common"))),
        _step(messages.COMMON, 4, "matcher", "named",
              Text("how many keys all owners hold, and their blinded points among random ones",
                   "全体共有标识的个数,及混在随机点中的盲化点"),
              Part(Kind.COUNT, tells=("common",)), Part(Kind.ELEMENT, "listed", tells=("keys",))),
        _step(messages.COUNT, 4, "matcher", "unnamed", Text("how many keys all owners hold", "全体共有标识的个数"),
              Part(Kind.COUNT, tells=("common",))),
        _step(messages.KEYS, 5, "named", "matcher",
              Text("digests of the keys that all owners hold, among random ones", "全体共有标识的摘要,混在随机串中"),
              Part(Kind.DIGEST, "listed", tells=("matched_keys",)), route=_FIRST, times="to_matcher"),
        _step(messages.ORDER, 6, "owner", "owner", Text("a digest of the order of aligned rows", "对齐各行次序的摘要"),
              Part(Kind.DIGEST), times="crossed*formed"),
        _step(messages.VALUES, 7, "owner", "owner", Text("its columns, encrypted row by row", "逐行加密的字段值"),
              Part(Kind.MODULUS), Part(Kind.CIPHERTEXT, "aligned"), route=_LATER, times="crossed*formed"),
        _step(messages.PRODUCTS, 8, "owner", "owner",
              Text("masked, encrypted sums of products", "加掩码并加密的乘积之和"),
              Part(Kind.CIPHERTEXT), route=_EARLIER, times="crossed*formed"),
        _step(messages.SEEN, 9, "owner", "owner", Text("a digest of the messages it saw", "其所见消息的摘要"),
              Part(Kind.DIGEST)),
        _step(messages.DECISION, 10, "owner", "owner", Text("whether it agrees to open", "是否同意开启"),
              Part(Kind.DIGEST), Part(Kind.FLAG, tells=("chosen",))),
        _step(messages.SHARE, 11, "owner", "recipient",
              Text("its sums and shares, blanks if nothing is opened", "其合计与份额,未开启时为空白"),
              Part(Kind.SALT), Part(Kind.DIGEST), Part(Kind.FLAG, tells=("withheld",)),
              Part(Kind.DIGEST, "words", tells=("figures",))),
    ),
    leakage=(
        Leakage("owner", Text("the size of every other owner's set", "其他各提供方集合的规模"), Basis.PADDED,
                ("sizes", "listed")),
        Leakage("owner", Text("how many keys all owners have in common", "全体提供方共有标识的个数"), Basis.EXACT,
                ("common", "formed", "aligned")),
        Leakage("matcher",
                Text("how many keys each combination of owners has in common, and of none which",
                     "任意若干提供方共有标识的个数,不知是哪些标识"), Basis.EXACT, ("overlaps",)),
        Leakage("named", Text("which of its keys all owners hold", "其哪些标识为全体共有"), Basis.EXACT, ("keys",)),
        Leakage("matcher",
                Text("which of its keys all owners hold, if the specification names it too",
                     "其哪些标识为全体共有(仅当任务说明也点名该方)"), Basis.EXACT, ("matched_keys",)),
        Leakage("owner", Text("whether another owner withheld the figures, without the reason",
                              "其他提供方是否扣留结果,不知原因"), Basis.EXACT, ("chosen",)),
        Leakage("recipient", Text("the figures, if they are opened, and no key", "开启后的结果,不含任何标识"),
                Basis.EXACT, ("figures",)),
        Leakage("recipient", Text("whether figures were withheld, not why", "结果是否被扣留,不知原因"), Basis.EXACT,
                ("withheld",)),
        Leakage("courier", Text("sizes and times of messages, and so the largest set and, where figures are formed, "
                                "the number of common keys",
                                "消息的大小与时间,因而知最大集合的规模,形成结果时并知共有标识的个数"),
                Basis.PADDED, ("times", "listed", "aligned")),
        Leakage("courier",
                Text("whether the common keys reach what the figures need", "共有标识是否达到结果所需的个数"),
                Basis.EXACT, ("formed",)),
    ),
    assumptions=(
        Text("Parties follow the protocol but may be curious; who deviates is named by an opened audit, not stopped.",
             "各方遵循协议但可能好奇;偏离协议者由开放审计事后指明,协议本身不能阻止。"),
        Text("Keys are revealed to the named owners; each owner's authorization says so (ALIGN).",
             "共有标识将告知被点名的提供方;各提供方的授权对此有明示(ALIGN)。"),
        Text("With three or more owners: the one that matches pools its data with no other, or both learn which of "
             "the other's keys further owners hold.",
             "三方及以上时:比对方不与他方合并数据,否则二者可得知他方哪些标识为其余提供方所有。"),
        Text("An owner that brings invented keys learns which of them all others hold; how often, and how many, is "
             "bounded, not prevented.",
             "提供方若放入虚构标识,可得知其中哪些为他方所有;次数与数量受限,但不能杜绝。"),
        PRIME_GROUP,
    ),
)  # fmt: skip


def public(terms: AlignedTerms) -> dict[str, int]:
    """Give the public numbers; none depends on a value."""
    return {
        "hops": len(terms.ring) - 1,
        "to_matcher": int(terms.ring[0] in terms.told),
        "crossed": int(bool(terms.pairs)),
        "words": terms.words,
        "element": terms.prime_group.element_bytes,
        "public_key": terms.encryption.public_key_bytes,
        "ciphertext": terms.encryption.ciphertext_bytes,
    }


def learned(terms: AlignedTerms, keys: int, common: int) -> dict[str, int]:
    """Give the sizes that parties learn, from the largest set and the common number."""
    is_formed = common >= terms.least_rows
    return {"listed": terms.padded(keys), "formed": int(is_formed), "aligned": terms.padded(common) * is_formed}


def cast(terms: AlignedTerms, recipient: str) -> dict[str, list[str]]:
    """Say who plays which role."""
    first, *others = terms.ring
    return {
        "owner": [first, *others],
        "matcher": [first],
        "named": [party for party in others if party in terms.told],
        "unnamed": [party for party in others if party not in terms.told],
        "recipient": [recipient],
    }
