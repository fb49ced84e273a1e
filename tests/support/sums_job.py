"""One small masked-sums job, and an owner that deviates, for the attack tests."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from mpc.protocols.sums import Cell, Kind, Schema
from mpc.protocols.sums.rehearsal import Rehearsal
from mpc.protocols.sums.run import LABEL
from mpc.sessions.memory_channel import Intercept, Message
from mpc.sessions.session import Session, statement

SCHEMA = Schema(
    (Cell("count", Kind.COUNT, 2**20), Cell("sum", Kind.SUM, 2**60, "count"), Cell("rare", Kind.COUNT, 2**20)),
    minimum=10,
    contributors=3,
)
CELLS = len(SCHEMA.cells)
WORDS_END = 32 + 16 * CELLS
"""Where the masked words of an upload end and its commitments begin."""
VALUES = {
    "r0": {"count": 500, "sum": 123_456_789, "rare": 1},
    "r1": {"count": 600, "sum": 987_654_321, "rare": 2},
    "r2": {"count": 700, "sum": 555_555_555, "rare": 0},
    "r3": {"count": 800, "sum": 111_111_111, "rare": 3},
}


def bodies(rehearsal: Rehearsal, step: str) -> dict[tuple[str, str], bytes]:
    return {(m.sender, m.to): m.body for m in rehearsal.sent if m.step == step}


def resigned(
    sessions: Mapping[str, Session], sender: str, step: str, change: Callable[[bytes], bytes], *, to: str | None = None
) -> Intercept:
    """A sender that deviates: it changes its own message and signs the change."""

    def intercept(message: Message) -> list[Message]:
        if (message.sender, message.step) != (sender, step) or to not in (None, message.to):
            return [message]
        body = change(message.body[:-64])
        own = sessions[sender]
        signature = own.signer.sign(statement(LABEL, step, own.digest, sender, message.to, body))
        return [replace(message, body=body + signature)]

    return intercept
