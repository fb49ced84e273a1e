"""The pages' words: one catalogue a language, the same keys in both, looked up by key and filled in by name.

A key that is not there is a bug and raises; a test holds the catalogues against each other and against the code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal, cast

from contracts.evidence.report import Words as Told
from contracts.regulation.rule_set import Wording
from mpc.protocols.words import Text

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
HTML: Final[Mapping[Language, Literal["zh-CN", "en-US"]]] = {"zh": "zh-CN", "en": "en-US"}
"""As browsers name them."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """Return the words behind a key, filled in; raises KeyError for a key or value that is not there."""
        return catalogue(self.language)[key].format(**values)

    def has(self, key: str) -> bool:
        return key in catalogue(self.language)

    def of(self, told: Told | Text | Wording) -> str:
        """Say what another layer says in both languages."""
        return told.say(self.language) if isinstance(told, Wording) else told.of(self.language)

    @property
    def other(self) -> Language:
        return "en" if self.language == "zh" else "zh"


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Return all words of a language by ``section.key``."""
    text = resources.files("gateway.pages").joinpath(f"words/{language}.toml").read_text(encoding="utf-8")
    sections = cast(dict[str, dict[str, str]], tomllib.loads(text))
    return {f"{section}.{key}": words for section, held in sections.items() for key, words in held.items()}
