"""The percentiles' messages, sizes and leakage, as data."""

from mpc.engine.port import OFFER_BYTES
from mpc.protocols.descriptor import Basis, Descriptor, Leakage, Role
from mpc.protocols.percentiles.run import PROTOCOL
from mpc.protocols.percentiles.terms import Terms
from mpc.protocols.step import SIGNATURE, Kind, Part, Step
from mpc.protocols.words import Text

_ENGINES, _OWNERS = ("engine",), ("engine", "provider")
_VERDICT = ("reached", "spread")

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
    public=("cells", "rows", "percentiles"),
    steps=(
        Step(
            "shares",
            1,
            "owner",
            _ENGINES,
            Text("shares of its column", "其列的秘密份额"),
            (Part(Kind.WORD, "rows"), SIGNATURE),
        ),
        Step(
            "link",
            1,
            "engine",
            _ENGINES,
            Text("where its engine is reached, and its key for this attempt", "其引擎的地址及本次一次性公钥"),
            (Part(Kind.DOCUMENT, str(OFFER_BYTES), tells=("addresses",)), SIGNATURE),
        ),
        Step(
            "counted",
            2,
            "engine",
            _ENGINES,
            Text("its share of the number of rows, or of 0", "行数(或 0)的份额"),
            (Part(Kind.WORD, tells=("reached", "rowcount")), SIGNATURE),
        ),
        Step(
            "blocks",
            3,
            "engine",
            _ENGINES,
            Text("its shares of the sizes of the blocks, or of 0", "各区段行数(或 0)的份额"),
            (Part(Kind.WORD, "percentiles", tells=_VERDICT), SIGNATURE),
        ),
        Step(
            "verdict",
            4,
            "engine",
            ("provider",),
            Text("which cells passed", "哪些单元通过检验"),
            (Part(Kind.DIGEST), Part(Kind.FLAG, "cells", tells=_VERDICT), SIGNATURE),
        ),
        Step(
            "decide",
            5,
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
            6,
            "owner",
            ("recipient",),
            Text("of an engine its shares of the opened cells, of others zeros", "引擎方的份额;其他方为零"),
            (
                Part(Kind.DIGEST),
                Part(Kind.FLAG, "cells", tells=("withheld",)),
                Part(Kind.WORD, "cells", tells=("totals",)),
                SIGNATURE,
            ),
        ),
    ),
    leakage=(
        Leakage(
            "owner",
            Text(
                "whether there are as many rows as all percentiles need, of enough owners, not which of the two is "
                "missed; then of each percentile whether the rows around it are of enough owners",
                "行数是否达到全部分位数所需且来自足够多的提供方,不知缺的是哪一项;以及每个分位数周围的行是否来自足够多的提供方",
            ),
            Basis.EXACT,
            _VERDICT,
        ),
        Leakage(
            "engine",
            Text("the number of rows, if there are enough", "达到要求时的总行数"),
            Basis.EXACT,
            ("rowcount",),
        ),
        Leakage(
            "engine",
            Text("the other engines' addresses and keys of this attempt", "其他引擎的地址及本次公钥"),
            Basis.EXACT,
            ("addresses",),
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
        Leakage(
            "recipient",
            Text(
                "the number of rows, and of each opened percentile the sum of the rows around it",
                "总行数,以及每个已开启分位数周围各行之和",
            ),
            Basis.EXACT,
            ("totals",),
        ),
        Leakage(
            "recipient",
            Text("which cells were withheld, not why", "哪些单元未发布,不知原因"),
            Basis.EXACT,
            ("withheld",),
        ),
        Leakage(
            "courier",
            Text("sizes and times; sizes of messages follow from the job alone", "消息的大小和时间;大小仅由任务决定"),
            Basis.PADDED,
            ("times",),
        ),
        Leakage(
            "courier",
            Text(
                "whether there were enough rows: the engines go on or not, and what they exchange follows the number",
                "行数是否足够:引擎是否继续计算,其交换量随行数变化",
            ),
            Basis.EXACT,
            ("reached",),
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
            "Of the three engines no two collude: two of them together can read every value that was shared.",
            "三个引擎中任意两个不串通:两个引擎串通即可还原全部共享的数值。",
        ),
        Text(
            "Parties follow the protocol but may be curious; an engine that deviates can falsify figures unnoticed.",
            "各方遵循协议但可能好奇;引擎若偏离协议,可在不被发现的情况下伪造结果。",
        ),
        Text(
            "SPU's ABY3 keeps what it computes on secret, which is taken on its authors' word; to find a rank it opens "
            "comparisons of shuffled rows, all different, which say nothing but the rank that was asked for.",
            "SPU 的 ABY3 实现对计算内容保密(以其作者声明为准);查找名次时公开的是打乱后互不相同的行之间的比较,"
            "除所查名次外不透露其他信息。",
        ),
        Text(
            "At least two owners stay outside any coalition: all owners but one, together with the recipient, can "
            "narrow down that one's rows around a percentile.",
            "至少两个提供方不参与串通:除一方外的全部提供方与接收方串通,可缩小该方在分位数附近各行的取值范围。",
        ),
    ),
)


def public(terms: Terms) -> dict[str, int]:
    """Give the public numbers; none depends on a value."""
    return {"cells": len(terms.names), "rows": terms.rows, "percentiles": len(terms.percentiles)}
