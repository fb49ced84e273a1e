"""The languages in which commands speak to people."""

from __future__ import annotations

from enum import StrEnum


class Tongue(StrEnum):
    """English or Chinese."""

    EN = "en"
    ZH = "zh"
