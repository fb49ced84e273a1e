"""What each study needs and gives: for people who choose one, and for programs.

The names are those of the commands under ``shuxin study``. jobs: how many a study asks, each of some seconds; k
columns, m classes of the column that is taken apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.canonical import JsonValue
from mpc.protocols.words import Text


@dataclass(frozen=True, slots=True)
class Entry:
    """One study. exact: what its result equals when computed over the pooled rows."""

    name: str
    needs: Text
    gives: Text
    jobs: str
    exact: Text

    def json(self) -> JsonValue:
        return {
            "name": self.name,
            "needs": self.needs.record(),
            "gives": self.gives.record(),
            "jobs": self.jobs,
            "exact": self.exact.record(),
        }


_ROWS = Text("the rows", "与原始行一致")
_CLASSES = Text(
    "the values put into the classes; the rows, over classes of one value",
    "与分组后的取值一致;每区间一个取值时与原始行一致",
)
_STEPS = Text("the rows, to 6 digits or more", "与原始行一致,精确到 6 位以上有效数字")

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "describe",
        Text("number columns; a declared group", "数值列;已声明的分组列"),
        Text(
            "count, mean, variance, deviation, error and 95% interval of the mean",
            "行数、均值、方差、标准差、标准误、均值的 95% 区间",
        ),
        "k",
        _ROWS,
    ),
    Entry(
        "histogram",
        Text("a group, or a number with class bounds", "分组列,或带区间界限的数值列"),
        Text("counts, shares, and the classes in which the quartiles lie", "各组行数、占比、四分位数所在区间"),
        "1",
        _ROWS,
    ),
    Entry(
        "table",
        Text("two groups or classed numbers", "两个分组列或分区间的数值列"),
        Text("contingency table with margins, chi-square, Cramer's V", "列联表及边际、卡方检验、Cramer V"),
        "1; m over two axes of one kind",
        _ROWS,
    ),
    Entry(
        "independence",
        Text("a classed number and a group", "分区间的数值列和分组列"),
        Text("contingency table with margins, chi-square, Cramer's V", "列联表及边际、卡方检验、Cramer V"),
        "1",
        _ROWS,
    ),
    Entry(
        "weights",
        Text("a group or classed number, and an outcome of two values", "分组列或分区间的数值列,以及二值结果"),
        Text("weight of evidence by class, information value", "各区间的证据权重、信息值"),
        "1; 2 with an outcome of the same kind",
        _ROWS,
    ),
    Entry(
        "shares",
        Text("an event of two values, and a group", "二值事件和分组列"),
        Text("share by group with Wilson's limits; z-test of two groups", "各组比例及 Wilson 区间;两组 z 检验"),
        "1; 2 with a group of the same kind",
        _ROWS,
    ),
    Entry(
        "compare",
        Text("a number column and a group", "数值列和分组列"),
        Text(
            "Welch's or Student's t-test of two groups, analysis of variance of more",
            "两组 Welch 或 Student t 检验,多组方差分析",
        ),
        "1",
        _ROWS,
    ),
    Entry(
        "mean",
        Text("a number column, or two of the same rows", "一个数值列,或同一行的两个数值列"),
        Text("one-sample or paired t-test with 95% interval", "单样本或配对 t 检验及 95% 区间"),
        "1; 3 if paired",
        _ROWS,
    ),
    Entry(
        "ranks",
        Text("a classed number and a group", "分区间的数值列和分组列"),
        Text(
            "Mann-Whitney U (Wilcoxon rank-sum) of two groups, Kruskal-Wallis of more",
            "两组 Mann-Whitney U(Wilcoxon 秩和)检验,多组 Kruskal-Wallis 检验",
        ),
        "1",
        _CLASSES,
    ),
    Entry(
        "spearman",
        Text("two classed numbers", "两个分区间的数值列"),
        Text("Spearman's rank correlation with p", "Spearman 秩相关及 p 值"),
        "m",
        _CLASSES,
    ),
    Entry(
        "signed-ranks",
        Text("a column of differences with bounds of their size", "差值列及其绝对值的界限"),
        Text("Wilcoxon's signed-rank test", "Wilcoxon 符号秩检验"),
        "1",
        _CLASSES,
    ),
    Entry(
        "correlate",
        Text("number columns of at least 16 values", "取值不少于 16 个的数值列"),
        Text("Pearson's r of every pair, with p", "两两 Pearson 相关系数及 p 值"),
        "1; 3 of two columns of one table",
        _ROWS,
    ),
    Entry(
        "covariance",
        Text("number columns of at least 16 values", "取值不少于 16 个的数值列"),
        Text("means and the matrix of sample covariances", "均值与样本协方差矩阵"),
        "1; 3 of two columns of one table",
        _ROWS,
    ),
    Entry(
        "regress",
        Text("number columns of at least 16 values", "取值不少于 16 个的数值列"),
        Text(
            "least squares with errors, t, p, variance inflation, R squared, F; ridge",
            "最小二乘及标准误、t、p、方差膨胀因子、R 平方、F;岭回归",
        ),
        "1; 3 of two columns of one table",
        _ROWS,
    ),
    Entry(
        "logistic",
        Text(
            "a response of 0 and 1, number columns of at least 16 values",
            "取值 0 或 1 的响应列、取值不少于 16 个的数值列",
        ),
        Text("coefficients with errors, z, p, 95% intervals; deviance", "系数及标准误、z、p、95% 区间;偏差"),
        "a step, some 6",
        _STEPS,
    ),
    Entry(
        "poisson",
        Text("a response of counts, number columns of at least 16 values", "计数响应列、取值不少于 16 个的数值列"),
        Text("coefficients with errors, z, p, 95% intervals; deviance", "系数及标准误、z、p、95% 区间;偏差"),
        "1 and a step, some 6",
        _STEPS,
    ),
    Entry(
        "survival",
        Text("a time with interval bounds, an event of two values, a group", "带区间界限的时间列、二值事件、分组列"),
        Text(
            "Kaplan-Meier curves with limits, medians, log-rank test", "Kaplan-Meier 曲线及置信限、中位数、对数秩检验"
        ),
        "2",
        Text(
            "the times put into the intervals; the rows, over intervals of one time",
            "与分区间后的时间一致;每区间一个时刻时与原始行一致",
        ),
    ),
)
