"""A fault in the words of one language. What the layers below say is English, in places with the Chinese behind it.

``faults.toml`` has the Chinese of what pages refuse; what it lacks is said as the command line says it.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Final

from gateway.cli.faults import said as said_by_command
from gateway.cli.tongue import Tongue
from gateway.pages.wording import Language

_BEHIND: Final = re.compile(r" ([\u4e00-\u9fff][\u4e00-\u9fff0-9，、：；。（）]*[\u4e00-\u9fff0-9。）])(?=$|[ :;,.(])")
"""Chinese behind English: after a space, so that a quoted name or code is none."""


def said(fault: str, language: Language) -> str:
    """Return a fault in words.

    >>> said("query: say who asks 未说明查询人", "zh"), said("query: say who asks 未说明查询人", "en")
    ('未说明查询人', 'query: say who asks')
    """
    if language == "en":
        return said_by_command(_BEHIND.sub("", fault), Tongue.EN)
    for pattern, told in _phrases():
        if found := pattern.fullmatch(fault):
            return told.format(*found.groups())
    first, *cited = said_by_command(fault, Tongue.ZH).split(" | ")
    behind = _BEHIND.findall(fault) if first == fault else []
    return " | ".join(["；".join(behind) if behind else first, *cited])


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], str], ...]:
    text = resources.files("gateway.pages").joinpath("faults.toml").read_text(encoding="utf-8")
    return tuple((re.compile(pattern), told) for pattern, told in tomllib.loads(text)["phrases"].items())
