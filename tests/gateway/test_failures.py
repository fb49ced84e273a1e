"""Why a job failed: every ground that a node can give has words, and the index has it for whoever asks by the job."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from fastapi.testclient import TestClient
from gatewaytown import GatewayTown

from contracts.authorizations.reasons import Ground
from contracts.world import AgentRole
from gateway.api.app import create_app
from gateway.cli.faults import ground
from gateway.cli.tongue import Tongue
from ledger.hashing import keccak256
from mpc.node.guarding.guard import OVER, code, read_code

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("mpc/node", "mpc/kinds", "gateway/statistics")
GIVE = {"code", "Refused", "Exceeded", "Ungraded", "abort"}
"""Calls whose first argument is a ground, where it is one in words."""
LEAST = 30
NAMES = ("refused", "given up", "waits")


def given() -> set[str]:
    """Return the grounds that stand in the source: as first argument of what gives one, or first of a fault yielded."""
    found = set[str]()
    for place in PLACES:
        for path in (ROOT / place).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            module = importlib.import_module(name)
            found |= {text for node in firsts(path) if (text := words(node, module))}
    return found - {read_code(OVER)}  # with this one a node refuses nothing: the job has ended already


def firsts(path: Path) -> Iterator[ast.expr]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]) if name in GIVE:
                yield first
            case ast.Yield(value=ast.Tuple(elts=[ast.Name() as first, _])):
                yield first


def words(node: ast.expr, module: ModuleType) -> str:
    """Return what an expression says, with a name for what only a running node knows; "" for no text."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "name" for part in parts)
        case ast.Name(id=name):
            value = getattr(module, name, "")
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            value = getattr(getattr(module, owner, None), name, "")
        case _:
            return ""
    return value if isinstance(value, str) else ""


def test_every_ground_that_a_node_gives_has_words_in_both_languages() -> None:
    found = given() | {f"authorization: {one.value}" for one in Ground}
    assert len(found) > LEAST
    assert {"job: minimum", "disclosure", "privacy: mode or repetition", "job: bounds", "timeout: name"} <= found
    assert sorted(text for text in found for tongue in Tongue if not ground(text, tongue)) == []


def test_a_ground_that_no_node_gives_has_none() -> None:
    assert [ground(text, tongue) for text in ("job: weather", "", "disclosure: mood") for tongue in Tongue] == [()] * 6


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayTown]:
    """A town with three jobs: one refused by a node, one given up by the other, one that waits."""
    made = GatewayTown(tmp_path_factory.mktemp("failures"))
    jobs = [keccak256(name.encode()) for name in NAMES]
    for name in NAMES:
        assert made.town.propose("audit", "tax", made.held, name, purpose="audit").accepted
    node = AgentRole.NODE
    assert made.town.do("tax", "Jobs", "refuse", jobs[0], code("job: minimum"), bytes(32), role=node).accepted
    assert made.town.do("audit", "Jobs", "abort", jobs[1], 1, code("timeout: shares"), role=node).accepted
    made.follow()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("name", "event", "text"),
    [("refused", "JobRefused", "job: minimum"), ("given up", "JobAborted", "timeout: shares"), ("waits", "", "")],
)
def test_the_index_has_of_each_job_why_it_failed_and_of_one_that_did_not_nothing(
    town: GatewayTown, name: str, event: str, text: str
) -> None:
    client = TestClient(create_app(town.services()), raise_server_exceptions=False)
    answer = client.get(f"/v1/nodes/job:{keccak256(name.encode()).hex()}/history").json()
    (history,) = (one for one in answer["histories"] if one["contract"] == "Jobs")
    assert history["complete"]
    ends = [one for one in history["events"] if one["event"] in ("JobRefused", "JobAborted")]
    assert [one["event"] for one in ends] == ([event] if event else [])
    for one in ends:
        given_ground = read_code(bytes.fromhex(one["arguments"]["reason"]))
        assert given_ground == text
        assert all(ground(given_ground, tongue) for tongue in Tongue)
