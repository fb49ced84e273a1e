"""One town with a register, a stream and books of imports, and the API over it; built once for all files here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from gatewaytown import GatewayTown

from gateway.api.app import create_app


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayTown]:
    made = GatewayTown(tmp_path_factory.mktemp("api"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def client(town: GatewayTown) -> TestClient:
    return TestClient(create_app(town.services()), raise_server_exceptions=False)
