"""How the suite as a whole is run: the longest files first, and no garbage looked for among what stays.

It holds no fixtures; those stand beside the tests that share them.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FIRST = (
    "gateway/test_attack_command.py",
    "notebooks/test_notebooks.py",
    "gateway/pages/test_pages.py",
    "gateway/federated/test_training_over_flower.py",
    "gateway/federated/test_couriers.py",
    "docs/test_handbook.py",
)
"""Files that take a minute or more, most of it waiting for blocks: begun last, one would run on alone."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect with the collector of garbage at rest, and let it walk nothing afterwards of what was made here.

    All modules of the suite are a million objects that stay: each full collection would walk them all.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()
        atexit.register(gc.unfreeze)  # libraries with counters of their own call the rest leaked


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files; the order of all others and within each file stays."""
    places = {str(HERE / name): place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(str(item.path), len(FIRST)))
