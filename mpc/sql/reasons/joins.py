"""Why a join, a union or a table of too few owners is refused."""

from __future__ import annotations

from mpc.protocols.words import Text
from mpc.sql.reasons.because import Because

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
    ),
    Text(
        "without groups, where three of the owners have an engine: --engine, which tells nobody a key (docs/spu.md)",
        "若不分组,且其中三方装有引擎:请加 --engine,不告知任何一方标识(docs/spu.md)",
    ),
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
JOIN_AMOUNT = Because(Text("a join adds up numbers that are not negative", "联接只对非负数求和"))
JOIN_SQUARES = Because(
    Text("a join opens counts and sums, no squares", "联接只公开计数与总和,不公开平方和"),
    Text(
        "avg instead of stddev or variance; beside figures of a column of every other owner also --align",
        "请用 avg 代替 stddev 或 variance;若同时查询其余各方的列,也可用 --align",
    ),
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
