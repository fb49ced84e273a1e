"""The node's answer to a courier: which run is meant, may this app carry it, and then its line.

What the chain permits is decided by the run itself, before each wave's reply leaves (``mpc.node.attempts.training``); a
message of a run that is not going on at this node, of another attempt, or brought by an app that the specification does
not name, is refused here, before anything of it is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

from federated.courier import message
from federated.courier.client import Refusal
from federated.courier.message import CURRENT, Message
from federated.runs.lines import Board, DepartmentLine, Line, OfficeLine

READY_S = 60.0
"""How long a courier may be ahead of a node, which before the first wave waits for blocks and for the others."""
ANSWER_S = 240.0
"""How long a courier is kept waiting before it is asked to come again."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers couriers for the runs of one node."""

    board: Board
    ready_s: float = READY_S
    answer_s: float = ANSWER_S

    def __call__(self, asked: Message, app: bytes) -> bytes:
        """Answer one message.

        Raises:
            Refusal: with the ground; see ``federated.courier.client.Courier.ask``.
        """
        line = self.board.find(asked.run, self.ready_s)
        _require_allowed(line, asked, app)
        match asked.step, line:
            case "round", DepartmentLine():
                return line.deliver(asked.number, asked.body, self.answer_s)
            case "begin", OfficeLine():
                return line.next(0, self.answer_s).encode()
            case "collect", OfficeLine():
                line.collect(message.parse_replies(asked.body))
                return line.next(asked.number, self.answer_s).encode()
        raise Refusal("run: role", f"run: this node answers no {asked.step} in this run")


def _require_allowed(line: Line, asked: Message, app: bytes) -> None:
    if app not in line.spec.apps:
        raise Refusal("run: app", f"run: the app {app.hex()[:16]}... is not on the allow-list of this run")
    if asked.attempt not in (CURRENT, line.attempt):
        raise Refusal("run: attempt", f"run: attempt {line.attempt} is going on, not attempt {asked.attempt}")
