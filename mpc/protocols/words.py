"""Sentences in the two languages in which leakage is stated."""

from dataclasses import dataclass
from typing import Literal

from ledger.canonical import JsonValue

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages."""

    en: str
    zh: str

    def __post_init__(self) -> None:
        if not self.en or not self.zh:
            raise ValueError("a text needs both languages")

    def of(self, language: Language) -> str:
        """Choose the language."""
        return self.en if language == "en" else self.zh

    def record(self) -> JsonValue:
        """Render for evidence."""
        return {"en": self.en, "zh": self.zh}
