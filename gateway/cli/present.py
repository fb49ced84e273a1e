"""The present of a command: this machine's clock, unless whoever runs the command hands it another one.

``gateway.command.main`` takes the clock and the command's context carries it, so that no option and no variable of the
environment moves the time of an installed ``shuxin``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias, cast

import click

Clock: TypeAlias = Callable[[], float]


def clock() -> Clock:
    """Return the clock of the command that runs now."""
    context = click.get_current_context(silent=True)
    return cast(Clock, context.obj) if context is not None and context.obj is not None else time.time


def now() -> int:
    """Return the present in unix seconds."""
    return int(clock()())
