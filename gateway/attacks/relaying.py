"""Attacks on messages: replay of captured ones, changed ones, floods, and a relay that loses and reorders.

By: the relay's operator, who sees every envelope in its store, and registered parties, who may put what they like into
anybody's mailbox. What a live node refused stands in its own log, which this command reads as that node's operator.
Dropping and reordering a live job's mail would need the relay's process itself; the channel is tried in a rehearsal.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gateway.attacks.attack import Attack, Setting, Try, failed, skipped, stopped
from gateway.attacks.post import Courier
from gateway.attacks.scene import Scene
from ledger import tls
from ledger.errors import TrustError
from mpc.node.relay_client import RelayClient
from mpc.relay.store import Limits

WAIT_S = 60.0
POLL_S = 0.2


def replay(scene: Scene) -> Iterator[Try]:
    """Put captured envelopes of a finished job into their mailboxes again, as they are and changed."""
    victim = _victim(scene)
    if victim is None:
        yield skipped("captured envelopes put again", "no envelope could be captured: no question was carried out")
        return
    envelope = scene.capture.settled(victim)[-1]
    cut = envelope[: len(envelope) // 2]
    flipped = envelope[:-1] + bytes([envelope[-1] ^ 1])
    for what, body in {
        "an envelope of a finished job, as it was": envelope,
        "the same with one bit changed": flipped,
        "the same, cut in half": cut,
    }.items():
        yield _put(scene, victim, f"{what}, put again for {victim}", body)


def flood(scene: Scene) -> Iterator[Try]:
    """More than the relay takes, mailboxes that are not there, and a stranger's certificate."""
    victim = next(code for code in scene.nodes if code != scene.office)
    client = _client(scene, scene.office)
    size = Limits().message_bytes + 1
    yield _refused(f"a message of {size} bytes", client, [(victim, bytes(size))])
    yield _refused("a message for nobody", client, [("nobody-here", b"x" * 200)])
    client.close()
    yield _put(scene, victim, f"a thousand bytes of noise for {victim}", bytes(1) + secrets.token_bytes(999))
    yield _put(scene, victim, f"a message without contents for {victim}", b"")
    stranger = scene.work / "stranger"
    if not (stranger / "tls.crt").is_file():
        tls.create_identity(stranger, "stranger", now=datetime.now(UTC))
    outsider = _client(scene, scene.office, stranger)
    yield _refused("a message under a certificate that nobody registered", outsider, [(victim, b"x" * 200)])
    outsider.close()


def lying_relay(_scene: Scene) -> Iterator[Try]:
    """Drop, double, exchange, truncate and forge between two parties' real channels."""
    for what, courier in Courier.lies():
        yield from courier.try_on(what)


def _victim(scene: Scene) -> str | None:
    """Find an owner that took captured mail; if none did, let one more question run and wait for it."""
    target, bands = scene.sums, scene.bands
    if _taken(scene) is None and target is not None and bands is not None:
        band = bands.first
        scene.ask(target.question(scene.office, target.between(band.low, band.target + 1)))
    end = time.monotonic() + WAIT_S
    while (found := _taken(scene)) is None and scene.capture.seen and time.monotonic() < end:
        time.sleep(POLL_S)
    return found


def _taken(scene: Scene) -> str | None:
    return next((code for code in scene.nodes if code != scene.office and scene.capture.settled(code)), None)


def _put(scene: Scene, victim: str, what: str, envelope: bytes) -> Try:
    log = scene.log(victim)
    if not log.is_file():
        return skipped(what, f"{victim} was not started by 'shuxin up': it has no log here")
    before = log.stat().st_size
    client = _client(scene, scene.office)
    try:
        client.put([(victim, envelope)])
    except TrustError as refusal:
        return stopped(what, str(refusal))
    finally:
        client.close()
    line = _await(log, before, f"for {victim} refused")
    return stopped(what, line) if line else failed(what, f"{victim} did not refuse it within {WAIT_S:.0f} s")


def _await(log: Path, start: int, words: str) -> str | None:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        with log.open("rb") as file:
            file.seek(start)
            text = file.read().decode("utf-8", errors="replace")
        for line in text.splitlines():
            if words in line:
                return line[line.index("envelope") :] if "envelope" in line else line
        time.sleep(POLL_S)
    return None


def _refused(what: str, client: RelayClient, letters: list[tuple[str, bytes]]) -> Try:
    try:
        client.put(letters)
    except TrustError as refusal:
        return stopped(what, str(refusal))
    return failed(what, "the relay took it")


def _client(scene: Scene, code: str, identity: Path | None = None) -> RelayClient:
    config = scene.config(code)
    assert config.relay is not None
    assert config.relay.certificate is not None
    pem = config.relay.certificate.read_bytes()
    return RelayClient(config.relay.url, pem, tls.load_identity(identity or config.tls), code, retry_s=2.0)


ATTACKS = (
    Attack(
        "replay",
        "captured envelopes put again, as they are and changed",
        "the relay's operator, who captures, and any registered party, who puts",
        Setting.LIVE,
        "refused envelopes; run alone, one use of each authorization",
        ("mpc/test_sealed_channel_attacks.py::test_without_session_and_header_check_an_old_attempts_message_enters",),
        replay,
    ),
    Attack(
        "flood",
        "messages too large, for nobody, or from a stranger",
        "a registered party, and one that is not",
        Setting.LIVE,
        "nothing",
        (
            "mpc/join/test_join_attack_gaps.py::TestSizes::test_without_the_bounds_the_holder_works_for_whatever_was_sent",
        ),
        flood,
    ),
    Attack(
        "lying-relay",
        "a relay that drops, doubles, exchanges, truncates or forges",
        "the relay's operator",
        Setting.REHEARSAL,
        "nothing",
        ("mpc/test_sealed_channel_attacks.py::test_without_the_order_check_a_relay_scrambles_and_doubles",),
        lying_relay,
    ),
)
