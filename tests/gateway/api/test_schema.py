"""The described API: no request that fits or does not fit its description is answered with a fault of the server."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from gatewaytown import GatewayTown
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, openapi
from schemathesis.checks import not_a_server_error

from gateway.api.app import create_app

EXAMPLES = 3
"""Of each operation; more of them take longer and have found nothing else."""


def test_every_operation_is_described_with_the_one_form_of_its_errors(client: TestClient) -> None:
    told = client.get("/v1/openapi.json").json()
    assert {"type", "title", "status", "code", "detail"} == set(told["components"]["schemas"]["Problem"]["required"])
    for path, operations in told["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation.get("description"), path
            assert {"400", "401", "403", "404"} <= operation["responses"].keys(), path


@pytest.fixture(scope="module")
def app(town: GatewayTown) -> FastAPI:
    return create_app(town.services())


@pytest.mark.slow
def test_nothing_that_is_sent_to_any_operation_ends_in_a_fault_of_the_server(app: FastAPI) -> None:
    schema = openapi.from_asgi("/v1/openapi.json", app)
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    count = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.endswith("/events/stream"):
            continue  # it ends when its time is over, and has tests of its own

        def sent(case) -> None:  # type: ignore[no-untyped-def]
            nonlocal count
            count += 1
            case.call_and_validate(checks=[not_a_server_error])

        bounded = settings(
            max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        bounded(given(case=operation.as_strategy())(sent))()
    assert count >= 50
