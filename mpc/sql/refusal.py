"""Why a query is not answered, and what to ask instead: one list, in the languages that people read.

A refusal rests on the query and on public declarations, never on data.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ledger.errors import InvalidRecord
from mpc.protocols.words import Language, Text


@dataclass(frozen=True, slots=True)
class Because:
    """Why something is refused, and the safe way to ask where there is one."""

    why: Text
    instead: Text | None = None


class Reason(Enum):
    """Every reason for which a query is refused."""

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
            "or groups beside them would tell the few rows about them apart",
            "分位数(以千分之一为单位,至多九个)只能与同一行集的计数并列:并列的合计或分组会暴露其附近少数几行",
        ),
        Text(
            "WHERE group = 'x', once for each group; sums of other columns in a query of their own",
            "请用 WHERE 分组 = 'x' 逐组查询;其他列的合计请另行查询",
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
    CONDITION = Because(
        Text(
            "a condition is one range of numbers or one list of texts for each column, all joined by AND",
            "条件必须是每列一个数值区间或一个文本列表,并全部以 AND 连接",
        ),
        Text(
            "BETWEEN, <, >=, =, IN; ask once for each alternative of an OR",
            "请用 BETWEEN、<、>=、=、IN;OR 的每个分支分别查询",
        ),
    )
    EMPTY = Because(Text("these conditions exclude each other: no row satisfies them", "条件互相矛盾:没有任何行满足"))
    COLUMN = Because(Text("no such column in the tables of this query", "查询所用的表中没有此列"))
    AMBIGUOUS = Because(
        Text("both tables have this column", "两个表都有此列"), Text("name the table: table.column", "请写明表名:表.列")
    )
    TYPE = Because(Text("the column is of another type", "列的类型不符"))
    DATE = Because(
        Text("this is no date, no year, or no first day of such a period", "这不是日期、年份或相应期间的首日"),
        Text("DATE '2024-01-31'; year(d) = 2024", "请写 DATE '2024-01-31';year(d) = 2024"),
    )
    DATE_PART = Because(
        Text("this function of a date is no range of days", "该日期函数不对应连续的日期区间"),
        Text(
            "year(d), date_trunc('quarter', d) or date_trunc('month', d), or d BETWEEN two dates",
            "请用 year(d)、date_trunc('quarter', d) 或 date_trunc('month', d),或 d BETWEEN 两个日期",
        ),
    )
    PERIODS = Because(
        Text("these are more than 256 periods", "期间超过 256 个"),
        Text("a longer unit, or WHERE d BETWEEN two dates", "请用更长的单位,或 WHERE d BETWEEN 两个日期"),
    )
    NULLS = Because(
        Text(
            "figures over rows with and without an empty value differ by few rows",
            "含空值行与不含空值行的数值之差可能只涉及极少数行",
        ),
        Text(
            "WHERE column IS NOT NULL for all figures, or ask for each by itself",
            "请对所有数值加 WHERE 列 IS NOT NULL,或分别查询",
        ),
    )
    NULL_CLASS = Because(
        Text("ELSE would take rows with an empty value", "ELSE 会包含空值行"),
        Text("WHERE column IS NOT NULL", "请加 WHERE 列 IS NOT NULL"),
    )
    NULL_TEXT = Because(
        Text("whether a text is there is neither a range nor a list", "文本是否为空既不是区间也不是列表"),
        Text("WHERE column IN ('a', 'b')", "请用 WHERE 列 IN ('a', 'b')"),
    )
    NULL_VALUE = Because(
        Text(
            "nothing is equal to NULL, and no row is outside a list with NULL",
            "任何值都不等于 NULL,含 NULL 的 NOT IN 不选中任何行",
        ),
        Text("column IS NOT NULL, or the list without NULL", "请用 列 IS NOT NULL,或去掉列表中的 NULL"),
    )
    NULL_ROWS = Because(
        Text(
            "rows without a value are those that others leave out, and may be few",
            "空值行正是其他查询排除的行,可能极少",
        ),
        Text("column IS NOT NULL", "请用 列 IS NOT NULL"),
    )
    TABLE = Because(
        Text("no such table is described here", "此处没有该表的说明"),
        Text(
            "shuxin table list names what there is; owners describe theirs with shuxin table describe",
            "shuxin table list 列出已有的表;数据所有方用 shuxin table describe 说明其表",
        ),
    )
    GROUP = Because(Text("the owners do not declare this as a group", "数据所有方未将其声明为分组"))
    GROUP_VALUES = Because(
        Text(
            "its values are not public, so the cells are not known before a row is read",
            "其取值未公开,读取数据前无法确定有哪些单元",
        ),
        Text("list them: WHERE column IN ('a', 'b')", "请列出取值:WHERE column IN ('a', 'b')"),
    )
    CLASSES = Because(
        Text(
            "classes are CASE WHEN column < a THEN .. WHEN column < b THEN .. ELSE .. END, ascending from the least",
            "数值区间必须写成升序的 CASE WHEN column < a THEN .. WHEN column < b THEN .. ELSE .. END",
        )
    )
    CLASSES_OF_OTHER = Because(
        Text(
            "classes are of the column that is added up, and sums by class need a declared group beside them",
            "区间须取自被求和的列,按区间求和时还须有已声明的分组",
        ),
        Text("count(*) by class, or GROUP BY group, class", "请按区间 count(*),或 GROUP BY 分组, 区间"),
    )
    UNGROUPED = Because(
        Text("the column is neither in GROUP BY nor inside an aggregate", "该列既不在 GROUP BY 中,也不在聚合函数中")
    )
    OWNERS = Because(
        Text(
            "sums over fewer than three owners' rows let each subtract its own",
            "少于三个所有方的求和会让各方减去自己的部分而得知他方数据",
        ),
        Text(
            "a table that three or more owners hold together, or a join of two",
            "请查询三个及以上所有方共有的表,或两方联接",
        ),
    )
    OWN_TABLE = Because(
        Text("one owner's table alone is for that owner to publish", "单个所有方的表由其自行发布"),
        Text(
            "a joint table of three or more owners, or a join with another owner's table",
            "请查询三个及以上所有方的联合表,或与另一所有方的表联接",
        ),
    )
    JOIN = Because(
        Text(
            "a join is of two to five owners' tables, by the one column that each declares as its key",
            "联接须在两至五个所有方的表之间,并使用各自声明的键列",
        ),
        Text(
            "FROM a JOIN b USING (key), or FROM a WHERE key IN (SELECT key FROM b)",
            "请用 FROM a JOIN b USING (key),或 FROM a WHERE key IN (SELECT key FROM b)",
        ),
    )
    JOIN_TWICE = Because(
        Text(
            "a key may stand on several rows of both tables, and each pair would count",
            "键在两个表中都可能出现多行,会按行对计数",
        ),
        Text(
            "WHERE key IN (SELECT key FROM ..): every row of the first table counts once",
            "请用 WHERE key IN (SELECT key FROM ..):第一个表的每行只计一次",
        ),
    )
    KEY_FORMS = Because(
        Text(
            "the owners compare their keys by different rules, so equal keys would not meet",
            "双方按不同规则比较键值,相同的键无法匹配",
        ),
        Text("ask both owners to declare one form for their key", "请双方为键列声明同一 form"),
    )
    JOIN_KEY = Because(
        Text("conditions on the key of a join would ask after single keys", "对联接的键设条件等于查询单个键")
    )
    JOIN_SIDE = Because(
        Text(
            "figures of a join are of one owner's columns; another one may group them, and says which keys it has",
            "联接的数值只能取自一方的列;另一方可用于分组,并表明其拥有哪些键",
        )
    )
    JOIN_GROUP = Because(
        Text("with several lists, groups are of the rows that are counted", "联接多个名单时,分组须取自被计数的表"),
        Text("join one list and group by its column", "请只联接一个名单并按其列分组"),
    )
    OUTER_JOIN = Because(
        Text(
            "an outer join lists rows that the other table lacks, and so tells which are in it",
            "外联接会列出另一表没有的行,从而泄露哪些行在其中",
        ),
        Text("JOIN without LEFT, RIGHT or FULL", "请用不带 LEFT、RIGHT、FULL 的 JOIN"),
    )
    NOISED_LISTS = Because(
        Text("figures with noise are of one list, without its groups", "加噪结果只支持一个名单,且不按其列分组")
    )
    JOIN_AMOUNT = Because(Text("a join adds up numbers that are not negative", "联接只对非负数求和"))
    JOIN_SQUARES = Because(
        Text("a join opens counts and sums, no squares", "联接只公开计数与总和,不公开平方和"),
        Text("avg instead of stddev or variance", "请用 avg 代替 stddev 或 variance"),
    )
    UNION = Because(
        Text(
            "UNION ALL is of whole tables of different owners; conditions stand outside",
            "UNION ALL 只连接不同所有方的整表,条件写在外层",
        ),
        Text(
            "FROM (SELECT * FROM a UNION ALL SELECT * FROM b UNION ALL SELECT * FROM c) t WHERE ..",
            "请用 FROM (SELECT * FROM a UNION ALL SELECT * FROM b UNION ALL SELECT * FROM c) t WHERE ..",
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
    ONE_JOB = Because(
        Text("this query cannot be asked in one job", "此查询不能合为一个任务"),
        Text("--jobs each: a job for each column and each product", "--jobs each:每列及每个乘积各一个任务"),
    )
    UNSUPPORTED = Because(
        Text("this part of SQL is not answered over several owners' tables", "跨所有方查询不支持这部分 SQL")
    )


class Unanswerable(InvalidRecord):
    """A query that is refused before anybody else learns of it. about: the words of the query that are meant."""

    def __init__(self, reason: Reason, about: str) -> None:
        self.reason, self.about = reason, about[:120]
        super().__init__(self.text("en"))

    def text(self, language: Language) -> str:
        """Say it in a language."""
        found = self.reason.value
        told = f"query: {self.about}: {found.why.of(language)}"
        ask = {"en": "; instead: ", "zh": ";可改为:"}[language]
        return told if found.instead is None else f"{told}{ask}{found.instead.of(language)}"
