"""The page of the gateway's API, from the description that the application makes of itself (OpenAPI)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from gateway.api.app import PREFIX, ROUTERS


def page() -> str:
    """Write the page."""
    described = description()
    lines = [
        "# API",
        "",
        "Every route of `shuxin gateway serve`; a running gateway describes them at `/v1/openapi.json`.",
        "",
    ]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            lines += [
                f"## {method.upper()} {path}",
                "",
                _line(operation.get("description") or operation["summary"]),
                "",
            ]
            lines += _parameters(operation)
    return "\n".join(lines)


def description() -> Mapping[str, Any]:
    """Describe the API without starting anything."""
    app = FastAPI(title="Shuxin gateway", version="1")
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    return app.openapi()


def _parameters(operation: Mapping[str, Any]) -> list[str]:
    found = operation.get("parameters", [])
    if not found:
        return []
    lines = ["| parameter | in | what |", "|---|---|---|"]
    for parameter in found:
        words = _line(parameter.get("description", "")) + (" (required)" if parameter.get("required") else "")
        lines.append(f"| `{parameter['name']}` | {parameter['in']} | {words.strip()} |")
    return [*lines, ""]


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
