"""A department's SuperNode, warm: one process that takes messages, hands them to the department's node, sends replies.

Flower's SuperNode starts a new interpreter for each message, which takes seconds of processor time, and listens on a
port for it. Here nothing is started and nothing listens: the couriers' app is loaded once and answers in this process.
That is safe because a bundle's code is never loaded. A bundle is looked at for its digest alone; what is not the
couriers' is refused, and the refusal goes back as the reply. Keys, connection and messages are Flower's own
(``library``). What Flower does by itself stays available: ``programs``, ``is_stock``.

It does NOT decide whether a message is answered: the department's node does. Trust: this machine's account.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from federated.flower import bundle
from federated.flower.apps import COURIER, NODE, REFUSED
from federated.flower.credentials import fingerprint, public_pem
from federated.flower.library import (
    ClientApp,
    Context,
    Error,
    Message,
    ObjectPushError,
    ObjectTree,
    RecordDict,
    RunNotRunningException,
    get_all_nested_objects,
    get_object_tree,
    http_request_response,
    inflate_object_from_contents,
    iterate_object_tree,
    pull_objects,
    push_objects,
    reconnect_soon,
)
from federated.flower.pace import Pace
from ledger.errors import BackendError, NotAuthorized

_LOOK_S = 3.0
_LOG = logging.getLogger(__name__)


class Foreign(NotAuthorized):
    """A bundle is not the couriers'."""


@dataclass(frozen=True, slots=True)
class Line:
    """A SuperNode's calls to the SuperLink, as Flower's connection gives them."""

    node: int
    receive: Callable[[], tuple[Message, ObjectTree] | None]
    send: Callable[[Message, ObjectTree, float], tuple[set[str], str]]
    get_run: Callable[[int], Any]
    get_fab: Callable[[str, int], Any]
    pull_object: Callable[[int, str], bytes]
    push_object: Callable[[int, str, str, bytes], None]
    confirm: Callable[[int, str], None]


def admitted(content: bytes) -> bytes:
    """Return the digest of a bundle that is the couriers'; raises Foreign."""
    found = hashlib.sha256(content).digest()
    if found != bundle.digest():
        raise Foreign(
            f"app {found.hex()} is not answered here: this department runs the couriers' app {bundle.digest().hex()} "
            "alone, and no code that a bundle brings"
        )
    return found


@dataclass(slots=True)
class Answering:
    """Answers messages of one SuperLink, one after the other.

    client: makes the couriers' app of a bundle of the given digest. courier: the socket of the department's node.
    key: fingerprint of this SuperNode's key.
    """

    line: Line
    client: Callable[[bytes], ClientApp]
    courier: str
    key: bytes = b""
    _apps: dict[int, ClientApp | Foreign] = field(default_factory=dict, init=False)

    def step(self) -> bool:
        """Answer the message that waits; False if none does."""
        found = self.line.receive()
        if found is None:
            return False
        asked, tree = found
        run = asked.metadata.run_id
        try:
            self._reply(run, asked.metadata.message_id, tree)
        except RunNotRunningException:
            _LOG.info("run %d is over; its message is left", run)
        except Exception:
            # What befalls one message must not end the node: the office misses one reply, and names this department.
            _LOG.exception("run %d: a message is left without a reply", run)
        return True

    def _reply(self, run: int, number: str, tree: ObjectTree) -> None:
        app = self._app(run)
        parts = pull_objects(
            [part.object_id for part in iterate_object_tree(tree)],
            lambda part: self.line.pull_object(run, part),
            initial_backoff=0.05,
        )
        self.line.confirm(run, number)
        message = inflate_object_from_contents(number, parts)
        if isinstance(message, Message):
            message.metadata.__dict__["_message_id"] = number
            self._send(run, self._answer(app, message))

    def _app(self, run: int) -> ClientApp | Foreign:
        """Return the app of a run, or why there is none."""
        if run not in self._apps:
            fab = self.line.get_fab(self.line.get_run(run).fab_hash, run)
            try:
                self._apps[run] = self.client(admitted(fab.content))
            except Foreign as refusal:
                _LOG.warning("run %d: %s", run, refusal)
                self._apps[run] = refusal
        return self._apps[run]

    def _answer(self, app: ClientApp | Foreign, message: Message) -> Message:
        if isinstance(app, Foreign):
            return Message(Error(REFUSED, str(app)), reply_to=message)
        settings = {COURIER: self.courier, NODE: self.key.hex()}
        context = Context(message.metadata.run_id, self.line.node, dict(settings), RecordDict(), {})
        try:
            return app(message, context)
        except Exception as fault:
            # The edge of a process that serves other runs too; the couriers' app raises for malformed messages only.
            _LOG.exception("a message could not be answered")
            return Message(Error(REFUSED, f"{type(fault).__name__}: {fault}"), reply_to=message)

    def _send(self, run: int, reply: Message) -> None:
        """Send a reply, once more if a part is refused: its time was up, or another's reply with the same part is over.

        A SuperLink keeps a part that two replies share once, and forgets it when both were read.
        """
        reply.metadata.__dict__["_message_id"] = reply.object_id
        try:
            self._push(run, reply)
        except ObjectPushError as refused:
            _LOG.warning("run %d: the reply is sent again: %s", run, refused)
            self._push(run, reply)

    def _push(self, run: int, reply: Message) -> None:
        wanted, session = self.line.send(reply, get_object_tree(reply), 0.0)
        push_objects(
            get_all_nested_objects(reply),
            lambda part, content: self.line.push_object(run, session, part, content),
            object_ids_to_push=wanted,
        )


def serve(
    address: str,
    certificate: Path,
    key: ec.EllipticCurvePrivateKey,
    client: Callable[[bytes], ClientApp],
    courier: Path,
    pace: Pace,
) -> Iterator[int]:
    """Answer until the connection ends; yields the node's number once connected.

    Args:
        certificate: the SuperLink's own; nothing else is trusted.

    Raises:
        NotAuthorized: the SuperLink does not admit this node's key. BackendError: the connection has ended.
    """
    reconnect_soon()
    with ExitStack() as stack:
        opening = http_request_response(address, False, certificate.read_bytes(), (key, key.public_key()))
        try:
            line = Line(*stack.enter_context(opening))
        except SystemExit as refused:
            raise NotAuthorized(
                f"flower link: {address} does not admit this node: its key is not registered there for a department"
            ) from refused
        yield line.node
        answering = Answering(line, client, str(courier), fingerprint(public_pem(key)))
        while True:
            began = pace.now()
            if answering.step():
                pace.worked()
            else:
                pace.sleep(_LOOK_S, pace.now() - began)
    # Flower writes down what ended a connection, and goes on after its context.
    raise BackendError(f"flower link: {address} serves this node no more; the line before says why")
