"""What a refusal is to people: the article it rests on, what a job's ground means, and in Chinese the contract's words.

Contracts give reasons in short English words, the same for everybody; ``reasons.toml`` says each in Chinese. Nodes give
a ground of at most 32 characters; ``grounds.toml`` says what it means and what to do. Where the user chose no language,
articles are named in both. What has no translation stands as it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from gateway.cli.tongue import Tongue

_ENDED: Final = re.compile(r"job (refused|aborted) by (\S+): (.+)")
_REFUSED: Final = re.compile(r"the chain refuses to ([a-z_]+): (.+)$")


def said(fault: str, language: Tongue | None) -> str:
    """Return a fault in words, in one line."""
    from contracts.regulation.citing import cited

    found = cited(fault)
    words = _chinese(fault) if language is Tongue.ZH else fault
    if ended := _ENDED.fullmatch(fault):
        return " | ".join((words, *ground(ended[3], language or Tongue.EN)))
    tongues = tuple(Tongue) if language is None else (language,)
    return " | ".join((words, *(found.text(tongue.value) for tongue in tongues))) if found else words


def ground(text: str, language: Tongue) -> tuple[str, ...]:
    """Return what the ground on which a node ended a job means and what to do, if anything is known of it."""
    return tuple(told[language.value] for told in grounds() if re.fullmatch(told["is"], text))[:1]


@cache
def grounds() -> tuple[Mapping[str, str], ...]:
    """Return grounds as regular expressions (``is``), with their meaning in both languages."""
    found = tomllib.loads(resources.files("gateway.cli").joinpath("grounds.toml").read_text(encoding="utf-8"))
    return tuple(found["ground"])


def _chinese(fault: str) -> str:
    refused = _REFUSED.search(fault)
    if refused:
        method, reason = refused.groups()
        told = reasons().get(reason)
        return f"链上拒绝 {method}：{told}（{reason}）" if told else f"链上拒绝 {method}：{reason}"
    for pattern, told in _phrases():
        if match := pattern.fullmatch(fault):
            return told.format(*match.groups())
    return fault


@cache
def reasons() -> Mapping[str, str]:
    """Return what contracts' reasons are in Chinese."""
    return _read()["reasons"]


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), told) for pattern, told in _read()["phrases"].items())


@cache
def _read() -> dict[str, dict[str, str]]:
    return tomllib.loads(resources.files("gateway.cli").joinpath("reasons.toml").read_text(encoding="utf-8"))
