"""Why figures over aligned or matched rows are refused, and why aligned ones need leave."""

from __future__ import annotations

from mpc.protocols.words import Text
from mpc.sql.reasons.because import Because

ALIGN = Because(
    Text(
        "figures of several owners' columns need their rows aligned, and every owner then learns which keys all hold",
        "涉及多方列的数值须先对齐各方的行,各方因而得知哪些标识为各方共有",
    ),
    Text(
        "--align, if they may know and the authorizations name it; --engine, which tells nobody, where three of the "
        "owners have an engine (docs/spu.md); or each owner's figures in a query of their own",
        "若各方可以得知且授权已写明 align,请加 --align;若其中三方装有引擎,可用 --engine,不告知任何一方"
        "(docs/spu.md);或分别查询各方的数值",
    ),
)
ALIGNED_JOIN = Because(
    Text("--align is of rows that two or more owners' tables join", "--align 只用于两方及以上的表联接所得的行"),
    Text(
        "FROM a JOIN b USING (key); all else without --align",
        "请用 FROM a JOIN b USING (key);其余查询请去掉 --align",
    ),
)
ALIGNED_ROWS = Because(
    Text(
        "rows are aligned one to one, and this owner does not declare its key unique",
        "行须一一对齐,而该所有方未声明其键唯一",
    ),
    Text("figures of this owner alone, without --align", "请去掉 --align,只查询该所有方的数值"),
)
ALIGNED_SIDES = Because(
    Text(
        "figures over aligned rows are of columns of every owner of the join, or the count alone",
        "对齐行上的数值须涉及联接中每一方的列,或只计行数",
    ),
    Text(
        "a column of each owner beside it; figures of one owner's columns without --align",
        "请同时查询每一方的列;只涉及一方的数值请去掉 --align",
    ),
)
ALIGNED_COLUMN = Because(
    Text(
        "a column of fewer than 16 possible values would count single classes by its products, and rows with an "
        "empty value cannot be left out",
        "可能取值少于 16 个的列,其乘积等于对单个类别计数;含空值的行也无法排除",
    ),
    Text("a column declared wider, and never empty", "请查询取值更多且不为空的列"),
)
ALIGNED_FILTER = Because(
    Text(
        "which keys pass a condition would be told to the owners with the keys",
        "满足条件的标识会随共有标识一并告知各方",
    ),
    Text(
        "without WHERE; or figures of one owner's columns, without --align",
        "请去掉 WHERE;或去掉 --align,只查询一方的列",
    ),
)
ALIGNED_GROUP = Because(
    Text(
        "figures over aligned rows are of all rows: parts of them would be told as conditions are",
        "对齐行上的数值只针对全部行:分组与条件一样会泄露标识",
    ),
    Text(
        "without GROUP BY; or figures of one owner's columns by group, without --align",
        "请去掉 GROUP BY;或去掉 --align,按组查询一方的列",
    ),
)
ALIGNED_NOISE = Because(
    Text("keys that are told have no noise", "被告知的标识没有噪声"),
    Text("--align or --private, not both", "请只用 --align 或 --private 之一"),
)
MATCHED_ENGINES = Because(
    Text(
        "rows are matched on shares by the engines of three of the owners that are joined, and fewer of these have one",
        "以秘密份额匹配行须由联接中三个所有方的引擎共同计算,而这些表的所有方中装有引擎的不足三个",
    ),
    Text(
        "an engine at three of them (docs/spu.md); or without --engine: --align, which tells the owners their common "
        "keys, or figures of one owner's columns, under conditions of every owner, as a private join",
        "请在三个所有方安装引擎(docs/spu.md);或去掉 --engine:用 --align(各方得知共有标识),"
        "或以隐私联接只查询一方的列(条件可取自各方)",
    ),
)
MATCHED_JOIN = Because(
    Text("--engine is of rows that three or more owners' tables join", "--engine 只用于三方及以上的表联接所得的行"),
    Text("FROM a JOIN b USING (key) JOIN c USING (key)", "请用 FROM a JOIN b USING (key) JOIN c USING (key)"),
)
MATCHED_GROUP = Because(
    Text(
        "figures over matched rows are of one set of rows: a further condition would be a further question about the "
        "same keys, and two that lie close tell single rows apart",
        "匹配行上的数值只针对一个行集:更多条件等于对同一批标识再次提问,相近的两问会区分出单行",
    ),
    Text(
        "WHERE instead of GROUP BY, for the one group that is needed; or figures of one owner's columns by group, "
        "without --engine",
        "请用 WHERE 代替 GROUP BY,只查询所需的一组;或去掉 --engine,按组查询一方的列",
    ),
)
MATCHED_NOISE = Because(
    Text("figures over rows that engines match are exact", "由引擎匹配所得的数值是精确值"),
    Text("--engine or --private, not both", "请只用 --engine 或 --private 之一"),
)
