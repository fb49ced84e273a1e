"""Control of a SuperLink: register departments' nodes, start and stop runs, look at them. Every wait is bounded.

Trust: the SuperLink says what it likes of runs; what a run did is on chain and in evidence, not here.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from federated.flower.library import (
    ApiErrorCode,
    ControlHttpClient,
    Fab,
    FlowerError,
    RuntimeVersionHttpInterceptor,
    control_pb2,
    fab_to_proto,
    user_config_to_proto,
)
from ledger.errors import BackendError, Conflict, NotAuthorized, NotFound

WAIT_S = 20.0
LOG_S = 3.0
FINISHED, ONLINE = "finished", "online"
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node of a SuperLink. status: "online", "offline", or what Flower says of one that never came."""

    node: int
    name: str
    status: str
    key: bytes


@dataclass(frozen=True, slots=True)
class RunState:
    """A run of a SuperLink. status: Flower's; outcome and details: once it is finished. app: digest of its bundle."""

    run: int
    status: str
    outcome: str
    details: str
    app: str
    settings: Mapping[str, str]
    bytes_sent: int
    bytes_received: int

    @property
    def is_finished(self) -> bool:
        return self.status == FINISHED


class _Token:
    """Adds the token to each request."""

    def __init__(self, token: str) -> None:
        self._token = token

    def intercept(self, context: Any, call_next: Callable[[Any], httpx.Response]) -> httpx.Response:
        context.request.headers["Authorization"] = f"Bearer {self._token}"
        return call_next(context)


class Control:
    """A connection to one SuperLink; a context manager."""

    def __init__(self, address: str, certificate: Path, token: str) -> None:
        """Args: address: host and port. certificate: the SuperLink's own; nothing else is trusted."""
        self._address, self._certificate = address, certificate
        self._interceptors: list[Any] = [RuntimeVersionHttpInterceptor(component_name="flwr CLI"), _Token(token)]
        self._client = self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def register(self, key: bytes, name: str) -> int:
        """Register a node's public key (PEM), once; return the node's number."""
        for found in self.nodes():
            if found.key == key:
                return found.node
        request = control_pb2.RegisterNodeRequest(public_key=key, name=name)
        return int(self._call(self._client.RegisterNode, request).node_id)

    def unregister(self, node: int) -> None:
        """Admit a node no more; the SuperLink ends its connection at the next heartbeat."""
        self._call(self._client.UnregisterNode, control_pb2.UnregisterNodeRequest(node_id=node))

    def nodes(self) -> list[NodeState]:
        """Return the registered nodes."""
        found = self._call(self._client.ListNodes, control_pb2.ListNodesRequest())
        return [
            NodeState(int(node.node_id), node.name, node.status, bytes(node.public_key))
            for node in found.nodes_info
            if node.status != "unregistered"
        ]

    def start(self, bundle: bytes, settings: Mapping[str, str]) -> int:
        """Start a run of an app bundle and return its number."""
        fab = Fab(hashlib.sha256(bundle).hexdigest(), bundle, {})
        request = control_pb2.StartRunRequest(
            fab=fab_to_proto(fab), override_config=user_config_to_proto(dict(settings))
        )
        found = self._call(self._client.StartRun, request)
        if not found.HasField("run_id"):
            raise BackendError("the SuperLink did not start the run")
        return int(found.run_id)

    def runs(self) -> list[RunState]:
        """Return what the SuperLink knows of its runs, the latest first."""
        found = self._call(self._client.ListRuns, control_pb2.ListRunsRequest()).run_dict
        latest = sorted(found.values(), key=lambda run: str(run.pending_at), reverse=True)
        return [_state(run) for run in latest]

    def run(self, number: int) -> RunState:
        """Return what the SuperLink knows of one run; raises NotFound."""
        found = self._call(self._client.ListRuns, control_pb2.ListRunsRequest(run_id=number)).run_dict
        return _state(found[number])

    def stop(self, number: int) -> bool:
        """Stop a run; nodes may still answer what they have, and nobody takes it.

        Returns False of a run that was over before the SuperLink could stop it.
        """
        try:
            return bool(self._call(self._client.StopRun, control_pb2.StopRunRequest(run_id=number)).success)
        except Conflict:
            return False

    def log(self, number: int, wait_s: float = LOG_S) -> str:
        """Return what a run's ServerApp has said so far."""
        client, parts = self._connect(), list[str]()

        def read() -> None:
            with _said():
                for part in client.StreamLogs(control_pb2.StreamLogsRequest(run_id=number, after_timestamp=0.0)):
                    parts.append(part.log_output)

        self.run(number)
        reading = threading.Thread(target=_quiet(read), name="log", daemon=True)
        reading.start()
        reading.join(wait_s)
        client.close()  # a run that goes on keeps its log open
        return "".join(parts)

    def _connect(self) -> ControlHttpClient:
        return ControlHttpClient.from_server_address(
            self._address,
            insecure=False,
            root_certificates=self._certificate.read_bytes(),
            interceptors=self._interceptors,
        )

    def _call(self, call: Callable[[Any], Found], request: Any) -> Found:
        with _said():
            return call(request)


@contextmanager
def _said() -> Iterator[None]:
    """Turn what goes wrong on the way into the project's errors."""
    try:
        yield
    except httpx.HTTPStatusError as fault:
        status = fault.response.status_code
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise NotAuthorized("the SuperLink refuses: the token is not its own") from fault
        if status == httpx.codes.NOT_FOUND:
            raise NotFound("the SuperLink knows no such run") from fault
        if status == httpx.codes.PRECONDITION_FAILED and _code(fault.response) == ApiErrorCode.RUN_ALREADY_FINISHED:
            raise Conflict("the run is over") from fault
        raise BackendError(f"the SuperLink answers {status}: {fault.response.text[:300]}") from fault
    except httpx.HTTPError as fault:
        raise BackendError(f"the SuperLink cannot be reached: {type(fault).__name__}: {fault}") from fault
    except ValueError as fault:
        raise BackendError(f"the SuperLink's answer is none: {fault}") from fault


def _code(answer: httpx.Response) -> int | None:
    """Return Flower's own number of an error, None of an answer that is not Flower's."""
    error = FlowerError.from_json(answer.text)
    return None if error is None else int(error.code)


def _quiet(read: Callable[[], None]) -> Callable[[], None]:
    """Make a read that ends when its connection is closed under it."""

    def reading() -> None:
        try:
            read()
        except (BackendError, RuntimeError):
            return  # the part read so far counts

    return reading


def _state(run: Any) -> RunState:
    settings = {name: value.string for name, value in run.override_config.items()}
    return RunState(
        int(run.run_id),
        run.status.status,
        run.status.sub_status,
        run.status.details,
        run.fab_hash,
        settings,
        int(run.bytes_recv),
        int(run.bytes_sent),
    )
