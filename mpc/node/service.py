"""The port for what a node does: computing statistics, sealing blocks, later training models.

Which services a node runs is decided where it is put together, so that a node which only seals needs none of the
others' libraries.
"""

from __future__ import annotations

from typing import Protocol


class Service(Protocol):
    """Something that runs in the background of a node until it is stopped."""

    @property
    def name(self) -> str: ...

    def start(self) -> None:
        """Begin; returns at once."""
        ...

    def stop(self) -> None:
        """End within seconds; work in progress is given up cleanly."""
        ...
