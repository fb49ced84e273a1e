"""One town with something on every page, served, and a browser: once, for a process serves the pages once.

The browser is each file's own: while it is open its loop runs in this thread, and nobody else can run one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from browser import chromium
from pagestown import PagesTown, planning_town

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesTown]:
    with planning_town(tmp_path_factory.mktemp("town")) as found:
        yield found


@pytest.fixture(scope="session")
def base(town: PagesTown) -> Iterator[str]:
    with town.served() as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found
