"""The two Flower apps of a run: couriers that hand bytes on, and decide, train and keep nothing.

Beside the office the ServerApp asks the office's node for one wave after the other and carries each. At a department
the ClientApp hands what came to the department's node and returns its reply, or the ground of its refusal as an error.
Data, models and keys stay in the nodes. How a node is reached is passed in, so that the same apps run deployed
(``deployed``) and in one process (``local``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from federated.courier.client import AGAIN, Refusal
from federated.courier.message import Wave
from federated.flower.library import ClientApp, Context, Error, Grid, Message, ServerApp
from federated.flower.waves import CLOCK, LATER, Clock, carry, parcel, unwrap
from ledger.errors import InvalidRecord, TrustError

RUN, ROSTER, OFFICE, COURIER, NODE = "run", "roster", "office", "courier", "node"
"""Settings: of a run its job, its nodes by party and the office's socket; of a SuperNode its department's socket, and
the fingerprint of its own key.
"""
REFUSED = 1000
"""The code of an error by which a department's node says why it does not answer; Flower's own are below."""
PATIENCE_S = 900.0
"""How long the office's node may keep its courier waiting: for all to accept, commit and open, or between two waves."""
_PAUSE_S = 1.0
_LOG = logging.getLogger("flwr.courier")


class Office(Protocol):
    """What the ServerApp needs of the office's node (``federated.courier.client``)."""

    def begin(self, run: bytes) -> Wave: ...

    def collect(self, wave: Wave, bodies: Mapping[str, bytes], missing: Mapping[str, str]) -> Wave: ...


Ask = Callable[[bytes], bytes]
"""Hands a message to a department's node and returns its reply; raises Refusal or another TrustError."""


def server_app(dial: Callable[[Context, Grid], Office], clock: Clock = CLOCK) -> ServerApp:
    """Make the app that runs beside the office."""
    app = ServerApp()

    @app.main()
    def main(grid: Grid, context: Context) -> None:
        office, roster = dial(context, grid), read_roster(context.run_config)
        run = read_run(context.run_config)
        wave = _patiently(lambda: office.begin(run), clock)
        while wave.messages:
            replies, missing = carry(grid, roster, wave.messages, wave.deadline_s, clock)
            _LOG.info("wave %d: %d of %d replied", wave.number, len(replies), len(wave.messages))
            for party, reason in missing.items():
                _LOG.warning("wave %d: %s is missing: %s", wave.number, party, reason)
            wave = _patiently(partial(office.collect, wave, replies, missing), clock)
        _LOG.info("run over: %s", wave.outcome)

    return app


def client_app(dial: Callable[[Context], Ask]) -> ClientApp:
    """Make the app that runs beside a department's node."""
    app = ClientApp()

    @app.query()
    def answer(message: Message, context: Context) -> Message:
        try:
            return Message(parcel(dial(context)(unwrap(message))), reply_to=message)
        except Refusal as refusal:
            code = LATER if refusal.ground in AGAIN else REFUSED
            return Message(Error(code, f"{refusal.ground}: {refusal}"), reply_to=message)
        except TrustError as fault:
            return Message(Error(REFUSED, str(fault)), reply_to=message)

    return app


def _patiently(ask: Callable[[], Wave], clock: Clock) -> Wave:
    """Ask the office's node, again while it says so; raises Refusal after ``PATIENCE_S``."""
    end = clock.now() + PATIENCE_S
    while True:
        try:
            return ask()
        except Refusal as refusal:
            if refusal.ground not in AGAIN or clock.now() >= end:
                raise
            clock.pause(_PAUSE_S)


def write_roster(nodes: Mapping[str, int]) -> str:
    """Write which Flower node is whose.

    >>> read_roster({"roster": write_roster({"b": 2, "a": 1})})
    {'a': 1, 'b': 2}
    """
    return ",".join(f"{party}:{node}" for party, node in sorted(nodes.items()))


def read_roster(settings: Mapping[str, object]) -> dict[str, int]:
    """Read which Flower node is whose; raises InvalidRecord."""
    found = dict[str, int]()
    for item in _text(settings, ROSTER).split(","):
        party, _, node = item.partition(":")
        if not party or not node.isdecimal() or party in found:
            raise InvalidRecord(f"{ROSTER}: party and node expected, got {item[:40]!r}")
        found[party] = int(node)
    if len(set(found.values())) != len(found):
        raise InvalidRecord(f"{ROSTER}: a node stands for one party only")
    return found


def read_run(settings: Mapping[str, object]) -> bytes:
    """Read which job is run; raises InvalidRecord."""
    text = _text(settings, RUN)
    if len(text) != 64 or text.strip("0123456789abcdef"):
        raise InvalidRecord(f"{RUN}: 64 hexadecimal digits expected")
    return bytes.fromhex(text)


def _text(settings: Mapping[str, object], name: str) -> str:
    found = settings.get(name)
    if not isinstance(found, str) or not found:
        raise InvalidRecord(f"{name}: missing in the settings of the app")
    return found
