"""A run in one process, for notebooks: the same apps over a grid that calls them instead of sending.

No SuperLink, no network, no ray. Apps, waves, order of replies and what they carry are those of a deployment, so the
same seeds give the same digest of the model. Nodes are whatever answers: the services of departments' nodes, or
``Courier(...).ask`` of nodes that run.

It does NOT separate departments: who may call the nodes in one process sees what all of them hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from federated.flower import bundle
from federated.flower.apps import ROSTER, RUN, Ask, Office, client_app, server_app, write_roster
from federated.flower.library import Context, Error, Grid, Message, RecordDict, Run
from federated.flower.waves import CLOCK, Clock


def run_locally(run: bytes, office: Office, nodes: Mapping[str, Ask], clock: Clock = CLOCK) -> None:
    """Carry a run from its first wave to its outcome, which the office knows.

    Args:
        run: the job's id. nodes: of each department, what answers its messages.
    """
    numbers = {party: number for number, party in enumerate(sorted(nodes), start=1)}
    grid = LocalGrid({numbers[party]: ask for party, ask in nodes.items()})
    settings: dict[str, Any] = {RUN: run.hex(), ROSTER: write_roster(numbers)}
    app = server_app(lambda *_: office, clock)
    app(grid, Context(run_id=0, node_id=0, node_config={}, state=RecordDict(), run_config=settings))


class LocalGrid(Grid):
    """Hands each message to a ClientApp when its reply is asked for."""

    def __init__(self, nodes: Mapping[int, Ask]) -> None:
        """Args: nodes: what answers the messages to each number."""
        self._apps = {number: client_app(_dial(ask)) for number, ask in nodes.items()}
        self._waiting = dict[str, Message]()
        self._run = Run.create_empty(0)
        self._run.fab_hash = bundle.digest().hex()

    def set_run(self, run: Run) -> None:
        """Set what ``run`` says."""
        self._run = run

    @property
    def run(self) -> Run:
        """The run, with the digest of the couriers' bundle."""
        return self._run

    def create_message(self, *_: Any, **__: Any) -> Message:
        """Refuse: the grid's interface still names this, and neither Flower 1.41 nor an app of ours calls it."""
        raise NotImplementedError("messages are made by Message(...)")

    def get_node_ids(self) -> Iterable[int]:
        """Return all nodes; all are connected."""
        return sorted(self._apps)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Keep messages until their replies are asked for."""
        found = []
        for message in messages:
            message.metadata.__dict__["_message_id"] = message.object_id
            self._waiting[message.object_id] = message
            found.append(message.object_id)
        return found

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Let apps answer, in the order in which they are asked for."""
        return [self._answer(self._waiting.pop(number)) for number in message_ids if number in self._waiting]

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """Send and take the replies; nothing waits, so ``timeout`` changes nothing."""
        del timeout
        return self.pull_messages(self.push_messages(messages))

    def _answer(self, message: Message) -> Message:
        node = message.metadata.dst_node_id
        app = self._apps.get(node)
        if app is None:
            return Message(Error(0, f"no node {node}"), reply_to=message)
        context = Context(run_id=0, node_id=node, node_config={}, state=RecordDict(), run_config={})
        return app(message, context)


def _dial(ask: Ask) -> Callable[[Context], Ask]:
    return lambda _: ask
