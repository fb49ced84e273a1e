"""The page of all commands, from the program itself: what ``--help`` says, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

import click
import typer

from gateway.command import PANELS, app


def page() -> str:
    """Write the page."""
    root = typer.main.get_command(app)
    assert isinstance(root, click.Group)
    lines = [
        "# Commands",
        "",
        "Every command and option as the program has them; `shuxin ... --help` says the same.",
        "",
    ]
    for title, commands in PANELS:
        lines += [f"## {title}", ""]
        for name in commands:
            lines += list(_told(root.commands[name], f"shuxin {name}"))
    return "\n".join(lines)


def every(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """List the commands under one that carry something out, with the words that call them."""
    if isinstance(command, click.Group):
        for name, further in command.commands.items():
            yield from every(further, f"{path} {name}")
    else:
        yield path, command


def _told(command: click.Command, path: str) -> Iterator[str]:
    for words, found in every(command, path):
        yield from (f"### {words}", "", _line(found.help or ""), "")
        yield from ("| argument or option | what |", "|---|---|")
        for parameter in found.params:
            yield f"| {_named(parameter)} | {_what(parameter)} |"
        yield ""


def _named(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option):
        return "`" + "`, `".join((*parameter.opts, *parameter.secondary_opts)) + "`"
    return f"`{parameter.human_readable_name.upper()}`"


def _what(parameter: click.Parameter) -> str:
    words = _line(getattr(parameter, "help", None) or "")
    default = parameter.default
    if parameter.required:
        return f"{words} (required)".strip()
    is_told = isinstance(default, str | int | float) and not isinstance(default, bool)
    return f"{words} (default `{default}`)".strip() if is_told else words


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
