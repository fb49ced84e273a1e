"""Why a figure, a name or a whole query is refused."""

from __future__ import annotations

from mpc.protocols.words import Text
from mpc.sql.reasons.because import Because

SYNTAX = Because(Text("this is not a query that can be read", "无法读取此查询"))
ROWS = Because(
    Text("single rows never leave their owner", "单行数据不得离开数据所有方"),
    Text("ask for count, sum or avg, by a declared group", "请查询 count、sum 或 avg,并按已声明的分组"),
)
EXTREME = Because(
    Text("the largest or smallest value is one respondent's own", "最大值或最小值就是某个主体自己的数值"),
    Text(
        "count by classes (GROUP BY CASE WHEN ...), or ask with noise how far the column reaches: --private "
        "--extremes 0.01, which names the 1 % and the 99 % quantile",
        "请按区间计数(GROUP BY CASE WHEN ...),或以加噪方式查询范围:--private --extremes 0.01,即 1% 与 99% 分位数",
    ),
)
RANK = Because(
    Text("a search by counting would open a cell at every step", "逐步计数的查找每一步都会公开一个单元"),
    Text(
        "the same with noise (--private --steps 64), count by classes (GROUP BY CASE WHEN ...), or avg and stddev; "
        "without noise over a joint table of which three owners have an engine (docs/spu.md)",
        "请以加噪方式查询(--private --steps 64),或按区间计数(GROUP BY CASE WHEN ...),或查询 avg 与 stddev;"
        "若联合表有三个所有方装有引擎,则可不加噪(docs/spu.md)",
    ),
)
DISCRETE = Because(
    Text("percentile_disc is one respondent's own value", "percentile_disc 即某个主体自己的数值"),
    Text("percentile_cont, or median", "请用 percentile_cont 或 median"),
)
BLOCK_ALONE = Because(
    Text(
        "percentiles, in thousandths and nine at most, stand beside nothing but the count of the same rows: sums "
        "or classes beside them would tell the few rows about them apart",
        "分位数(以千分之一为单位,至多九个)只能与同一行集的计数并列:并列的合计或区间会暴露其附近少数几行",
    ),
    Text(
        "GROUP BY a declared group alone; sums of other columns in a query of their own",
        "请只按一个已声明的分组 GROUP BY;其他列的合计请另行查询",
    ),
)
PRODUCT = Because(
    Text(
        "products are of two different columns that one table has, without classes",
        "乘积须取自同一表的两个不同列,且不按区间分组",
    ),
    Text("avg and stddev of each column", "请分别查询各列的 avg 与 stddev"),
)
DISTINCT = Because(
    Text("only the key of a join can be counted distinct", "只有联接的键可以去重计数"),
    Text("count(*), or count(DISTINCT key) in a join", "请用 count(*),或在联接中用 count(DISTINCT 键)"),
)
COLUMN = Because(Text("no such column in the tables of this query", "查询所用的表中没有此列"))
AMBIGUOUS = Because(
    Text("both tables have this column", "两个表都有此列"), Text("name the table: table.column", "请写明表名:表.列")
)
TYPE = Because(Text("the column is of another type", "列的类型不符"))
TABLE = Because(
    Text("no such table is described here", "此处没有该表的说明"),
    Text(
        "shuxin table list names what there is; owners describe theirs with shuxin table describe",
        "shuxin table list 列出已有的表;数据所有方用 shuxin table describe 说明其表",
    ),
)
ONE_JOB = Because(
    Text("this query cannot be asked in one job", "此查询不能合为一个任务"),
    Text("--jobs each: a job for each column and each product", "--jobs each:每列及每个乘积各一个任务"),
)
UNSUPPORTED = Because(
    Text("this part of SQL is not answered over several owners' tables", "跨所有方查询不支持这部分 SQL"),
    Text("one SELECT of the words that docs/query.md names, word by word", "请用 docs/query.md 逐词所列的一个 SELECT"),
)
