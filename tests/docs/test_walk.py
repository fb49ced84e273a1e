"""The pages walked as their readers would: their commands run as they stand in the network that they speak of.

It takes some minutes by the clock, most of them waiting for blocks, and two of the processor, so it is asked for:
``SHUXIN_WALK=1 python -m pytest tests/docs/test_walk.py``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from documented import STORY, Stop, World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not os.environ.get("SHUXIN_WALK"), reason="SHUXIN_WALK=1 walks the pages"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("pages")) as world:
        yield world


@pytest.mark.parametrize("stop", STORY, ids=lambda stop: f"{Path(stop.page).stem}: {stop.section}")
def test_what_a_page_tells_its_reader_to_do_does_it(world: World, stop: Stop) -> None:
    world.visit(stop)
