"""What to sign, and where: the exact command for a step. The pages hold no key and sign nothing."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from contracts.regulation.rule_set import Wording

_UNNAMED: Final = "0x"
_CONFIG: Final = "node.toml"


@dataclass(frozen=True, slots=True)
class Command:
    """One command. articles: of the Regulation, if the choice rests on others than its step."""

    of: str
    line: str
    what: Wording
    articles: tuple[str, ...] = ()


@cache
def commands() -> tuple[Command, ...]:
    """Return all of them, in their order."""
    text = resources.files("gateway.pages").joinpath("commands.toml").read_text(encoding="utf-8")
    return tuple(
        Command(one["of"], one["line"], Wording(one["zh"], one["en"]), tuple(one.get("articles", ())))
        for one in tomllib.loads(text)["step"]
    )


def for_step(step: str, config: Path | None, **values: str) -> Sequence[Command]:
    """Return the commands that take a step, filled in and quoted for a shell.

    Args:
        config: the department's configuration; its name alone is shown, for it lies at the department.
        values: what the commands name; a code that is only known as a digest stands as CODE.
    """
    known = {name: "CODE" if name == "code" and value.startswith(_UNNAMED) else value for name, value in values.items()}
    quoted = {name: shlex.quote(value) for name, value in known.items()}
    quoted["config"] = shlex.quote(config.name if config else _CONFIG)
    return [
        Command(one.of, one.line.format_map(quoted), one.what, one.articles) for one in commands() if one.of == step
    ]
