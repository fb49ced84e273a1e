"""The languages in which commands speak to people: English or Chinese, by an option or for all commands at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final

import typer

VARIABLE: Final = "SHUXIN_LANGUAGE"
_OPTION: Final = "--language"


class Tongue(StrEnum):
    """English or Chinese."""

    EN = "en"
    ZH = "zh"


Language = Annotated[Tongue, typer.Option(_OPTION, envvar=VARIABLE, help="Of what is printed.")]


def chosen(arguments: Sequence[str], environment: Mapping[str, str]) -> Tongue | None:
    """Return the language that a command line or its environment names, for what is said outside of the command.

    >>> chosen(["shuxin", "inbox", "--language", "zh"], {})
    <Tongue.ZH: 'zh'>
    """
    named = environment.get(VARIABLE, "")
    for at, argument in enumerate(arguments):
        if argument == _OPTION and at + 1 < len(arguments):
            named = arguments[at + 1]
        elif argument.startswith(f"{_OPTION}="):
            named = argument.removeprefix(f"{_OPTION}=")
    return Tongue(named) if named in tuple(Tongue) else None
