"""Why a condition, a group or a class is refused; dates and empty values among them."""

from __future__ import annotations

from mpc.protocols.words import Text
from mpc.sql.reasons.because import Because

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
        "WHERE column IS NOT NULL for all figures: afterwards owners refuse figures over all rows, as after those this",
        "请对所有数值加 WHERE 列 IS NOT NULL:此后各方拒绝全部行的数值,反之亦然",
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
