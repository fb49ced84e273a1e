"""The messages, sizes and leakage of rows matched on shares, as data."""

from __future__ import annotations

from mpc.engine.port import OFFER_BYTES
from mpc.protocols.descriptor import Basis, Descriptor, Leakage, Role
from mpc.protocols.engines import LINK, OPEN, SHARES, VERDICT
from mpc.protocols.matched.run import PROTOCOL, TESTED
from mpc.protocols.matched.terms import MatchedTerms
from mpc.protocols.step import SIGNATURE, Kind, Part, Step
from mpc.protocols.sums.agreement import DECIDE
from mpc.protocols.words import Text

_ENGINES, _OWNERS = ("engine",), ("engine", "provider")
_BIT = Part(Kind.FLAG, tells=("passes",))


def _step(
    name: str, round: int, sender: str, to: tuple[str, ...], content: Text, *parts: Part, times: str | None = None
) -> Step:
    return Step(name, round, sender, to, content, (*parts, SIGNATURE), times=times)


DESCRIPTOR = Descriptor(
    name=PROTOCOL,
    version="1",
    roles=(
        Role("owner", Text("Each data owner", "每个数据提供方")),
        Role("engine", Text("Each of the three owners that compute", "三个参与计算的数据提供方"), "owner"),
        Role("provider", Text("Each owner that does not compute", "每个不参与计算的数据提供方"), "owner"),
        Role("recipient", Text("The recipient", "结果接收方")),
        Role("courier", Text("The relay, and whoever sees the engines' links", "中继以及能看到引擎链路者")),
    ),
    public=("words", "results"),
    steps=(
        _step(SHARES, 1, "owner", _ENGINES,
              Text("shares of its keys and columns, padded to the declared rows",
                   "其标识与字段的秘密份额,补齐至声明行数"),
              Part(Kind.WORD, "words")),
        _step(LINK, 1, "engine", _ENGINES,
              Text("where its engine is reached, and its key for this attempt", "其引擎的地址及本次一次性公钥"),
              Part(Kind.DOCUMENT, str(OFFER_BYTES), tells=("addresses",))),
        _step(TESTED, 2, "engine", _ENGINES,
              Text("its share of whether the figures pass", "结果是否通过检验的份额"),
              Part(Kind.WORD, "2", tells=("passes",))),
        _step(VERDICT, 3, "engine", ("provider",), Text("whether the figures pass", "结果是否通过检验"),
              Part(Kind.DIGEST), _BIT),
        _step(DECIDE, 4, "owner", _OWNERS, Text("whether it agrees to open", "是否同意开启"),
              Part(Kind.DIGEST), _BIT, Part(Kind.FLAG, tells=("chosen",)), times="turns"),
        _step(OPEN, 5, "owner", ("recipient",),
              Text("of an engine its shares of the figures, of others zeros", "引擎方的份额;其他方为零"),
              Part(Kind.DIGEST), Part(Kind.FLAG, tells=("withheld",)), Part(Kind.WORD, "results", tells=("figures",))),
    ),
    leakage=(
        Leakage("owner",
                Text("one bit: whether the matched rows are enough, and each column has none or enough of them that "
                     "differ from its most frequent value, not what was missed; no key, and not how many match",
                     "一个比特:匹配行数是否足够,且各字段中异于最常见值的行或没有、或足够多,不知缺的是哪一项;"
                     "不知任何标识,也不知匹配行数"),
                Basis.EXACT, ("passes",)),
        Leakage("engine", Text("the other engines' addresses and keys of this attempt", "其他引擎的地址及本次公钥"),
                Basis.EXACT, ("addresses",)),
        Leakage("owner",
                Text("whether another owner withheld the figures, without the reason",
                     "其他提供方是否扣留结果,不知原因"),
                Basis.EXACT, ("chosen", "turns")),
        Leakage("recipient", Text("the figures, if they are opened, and no key", "开启后的结果,不含任何标识"),
                Basis.EXACT, ("figures",)),
        Leakage("recipient", Text("whether figures were withheld, not why", "结果是否被扣留,不知原因"), Basis.EXACT,
                ("withheld",)),
        Leakage("courier",
                Text("sizes and times; sizes follow from the job alone, also between the engines",
                     "消息的大小和时间;大小仅由任务决定,引擎之间亦然"),
                Basis.PADDED, ("times",)),
        Leakage("courier",
                Text("the number of rounds of decisions: more than one shows that an owner withheld the figures",
                     "决定的轮数:多于一轮即表明有提供方扣留了结果"),
                Basis.EXACT, ("turns",)),
    ),
    assumptions=(
        Text("Of the three engines no two collude: two of them together can read every key and value that was shared.",
             "三个引擎中任意两个不串通:两个引擎串通即可还原全部共享的标识与数值。"),
        Text("Parties follow the protocol but may be curious; an engine that deviates can falsify figures unnoticed.",
             "各方遵循协议但可能好奇;引擎若偏离协议,可在不被发现的情况下伪造结果。"),
        Text("SPU's ABY3 keeps what it computes on secret, which is taken on its authors' word; to sort by key it "
             "opens comparisons of shuffled rows, all different, which follow from the shuffle alone.",
             "SPU 的 ABY3 实现对计算内容保密(以其作者声明为准);按标识排序时公开的是打乱后互不相同的行之间的比较,"
             "其结果仅取决于打乱的次序。"),
        Text("An owner that brings invented keys or rows changes the figures, which nobody can tell; how often two "
             "assets may be matched is bounded.",
             "提供方若放入虚构的标识或行,会改变结果而无人能察觉;两项数据可被匹配的次数受限。"),
    ),
)  # fmt: skip


def public(terms: MatchedTerms) -> dict[str, int]:
    """Give the public numbers; none depends on a row."""
    return {"words": 2 * terms.rows * (2 + terms.width), "results": 2 * terms.scalars}
