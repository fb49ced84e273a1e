"""The heads of findings' columns in Chinese; JSON keeps the English ones, a table's own columns keep their names."""

from __future__ import annotations

from typing import Final

from mpc.protocols.words import Language

_CHINESE: Final = {
    "count": "行数", "mean": "均值", "variance": "方差", "standard deviation": "标准差", "standard error": "标准误",
    "low": "下限", "high": "上限", "share": "比例", "column": "列", "with": "与", "r": "r", "p": "p", "all": "合计",
    "good": "好", "bad": "坏", "weight of evidence": "证据权重", "information value": "信息值", "having": "符合",
    "mean rank": "平均秩", "absolute difference": "差的绝对值", "below zero": "低于零", "above zero": "高于零",
    "term": "项", "coefficient": "系数", "t": "t", "inflation": "方差膨胀", "group": "分组", "at risk": "风险人数",
    "events": "事件", "censored": "删失", "survival": "生存率", "z": "z",
}  # fmt: skip


def head(name: str, language: Language) -> str:
    """Say a head in a language."""
    return _CHINESE.get(name, name) if language == "zh" else name
