"""Why a query with noise is refused."""

from __future__ import annotations

from mpc.protocols.words import Text
from mpc.sql.reasons.because import Because

NOISED_LISTS = Because(
    Text(
        "figures with noise are of one list, without its groups: the noise is that of two owners' declarations",
        "加噪结果只支持一个名单,且不按其列分组:噪声依两个所有方的申明而定",
    ),
    Text(
        "a join with one list, by groups of the rows that are counted; a group of the list: WHERE list.group = 'x'",
        "请只联接一个名单,并按被计数行的列分组;名单的分组请写 WHERE 名单.分组 = 'x'",
    ),
)
NOISED_ONLY = Because(
    Text("its owner answers with noise only", "其所有方只提供加噪结果"),
    Text(
        "--private, with what each family of figures may cost: --micro-rho count=5000",
        "请用 --private,并说明每类结果的代价,例如 --micro-rho count=5000",
    ),
)
UNDECLARED = Because(
    Text("its owner declares nothing for questions with noise", "其所有方未作加噪查询的申明"),
    Text("ask exactly: without --private", "请去掉 --private,作精确查询"),
)
BOUNDS = Because(
    Text(
        "its owner declares no bounds for this column, so no noise could hide one unit in it",
        "其所有方未申明该列的数值界限,无法确定所需噪声",
    ),
    Text("a column of [privacy.bounds] in the table's description", "请查询表说明中 [privacy.bounds] 所列的列"),
)
DECLARATIONS = Because(
    Text("the owners declare different terms for this question", "各所有方对此问题的申明不一致"),
    Text("a joint table of owners that declare the same", "请查询申明一致的所有方的联合表"),
)
COST = Because(
    Text("what each family of figures may cost is missing, or named for none", "缺少或多余了某类结果的代价"),
    Text("--micro-rho FAMILY=N for exactly the families named here", "请恰好为此处所列各类写明 --micro-rho 类别=N"),
)
NOISED_PAIR = Because(
    Text("products have no declared bounds, so no noise is known for them", "乘积没有申明的界限,噪声无法确定"),
    Text("avg and stddev of each column", "请分别查询各列的 avg 与 stddev"),
)
NOISED_CLASSES = Because(
    Text(
        "with noise a histogram has counts alone, without groups, and its classes end within the declared bounds",
        "加噪直方图只有计数、不分组,且区间端点须在申明的界限之内",
    ),
    Text("count(*) by class, once for each group in WHERE", "请按区间 count(*),并在 WHERE 中逐组查询"),
)
NOISED_KEYS = Because(
    Text(
        "figures with noise are by declared keys, which are public and no answer by themselves",
        "加噪结果按已申明的键给出;键本身公开,不是查询结果",
    ),
    Text("count(*) by a column of [privacy.groups]", "请按 [privacy.groups] 中的列 count(*)"),
)
STEPS = Because(
    Text(
        "a quantile with noise is read off a histogram over the declared bounds, whose steps are to be chosen",
        "加噪分位数取自申明界限内的直方图,须指定其格数",
    ),
    Text("--steps 64: finer steps, more noise in the rank", "请用 --steps 64:格越细,秩的噪声越大"),
)
RANK_ALONE = Because(
    Text(
        "a quantile with noise stands by itself: over a joint table, in no arithmetic, by no group",
        "加噪分位数须单独查询:取自联合表,不参与算术,不分组",
    ),
    Text("WHERE group = 'x', once for each group", "请用 WHERE 分组 = 'x' 逐组查询"),
)
KEYED = Because(
    Text("under one owner's key there are sums of a joint table and nothing else", "单一密钥下只有联合表的合计"),
    Text("sum of a column; anything else without --under-key", "请查询某列的 sum,其余请去掉 --under-key"),
)
