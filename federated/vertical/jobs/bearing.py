"""What ends a run because of this department's rows: others read one sentence, the own report which rule it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ledger.errors import InvalidRecord, NotAuthorized, NotFound
from mpc.training.port import VerticalRun

SENTENCE = "run: this department's rows do not bear this run"


class Withheld(NotAuthorized):
    """This department's rows do not bear this run; which rule it is stays with it."""


@contextmanager
def bearing(run: VerticalRun) -> Iterator[None]:
    """Tell nobody but the own report which rule the own rows break."""
    try:
        yield
    except (InvalidRecord, NotFound) as fault:
        run.say(f"withheld: {fault}")
        raise Withheld(SENTENCE) from fault
