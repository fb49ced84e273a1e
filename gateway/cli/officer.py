"""Open the connection of a department's officer, or of the head of its sharing body, for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.present import clock

if TYPE_CHECKING:
    from gateway.statute.officers import Officer
    from gateway.statute.papers import Papers
    from gateway.statute.sharing.heads import Head
    from mpc.node.config import NodeConfig


@contextmanager
def officer_of(config: Path | NodeConfig, key: str = "officer") -> Iterator[Officer]:
    """Connect with the officer's key of the department that a configuration describes, or another of its officers'."""
    from gateway.statute.officers import Officer

    with closing(Officer(_loaded(config), key, clock=clock())) as officer:
        yield officer


@contextmanager
def head_of(config: Path | NodeConfig) -> Iterator[Head]:
    """The same with the head's key."""
    from gateway.statute.sharing.heads import Head

    with closing(Head(_loaded(config), clock=clock())) as head:
        yield head


def papers_in(officer: Officer) -> Papers:
    """Return the papers of the officer's department."""
    from gateway.statute.matter import DIRECTORY
    from gateway.statute.papers import Papers

    return Papers(officer.config.state / DIRECTORY)


def _loaded(config: Path | NodeConfig) -> NodeConfig:
    from mpc.node import config as node_config

    return node_config.load(config) if isinstance(config, Path) else config
