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

from gateway.attacks.asking.questions import tables, whole
from gateway.attacks.attack import NOTHING, Attack, Setting, Try, Verdict, failed, inconclusive, refused, skipped
from gateway.attacks.defence import LATE, MALFORMED, NO_MAILBOX, STRANGER, TOO_LARGE, Defence
from gateway.attacks.messages.post import Courier
from gateway.attacks.scene import Scene
from ledger.crypto import tls
from ledger.errors import TrustError
from mpc.node.messages.relay_client import RelayClient
from mpc.protocols.words import Text
from mpc.relay.store import Limits

WAIT_S = 60.0
POLL_S = 0.2


def replay(scene: Scene) -> Iterator[Try]:
    """Put captured envelopes of a finished job into their mailboxes again, as they are and changed.

    Of a session that has ended nothing is opened any more, changed or not; changed ones of a session that runs are
    what the rehearsal ``lying-relay`` tries.
    """
    victim = _victim(scene)
    if victim is None:
        what = Text("captured envelopes put again", "重放截获的信封")
        yield skipped(what, "no envelope could be captured: no question was carried out")
        return
    envelope = scene.capture.settled(victim)[-1]
    again, zh = f"put again for {victim}", f"重新投递给 {victim}"
    for what, body in (
        (Text(f"an envelope of a finished job, {again}", f"已结束任务的信封原样{zh}"), envelope),
        (Text(f"the same with one bit changed, {again}", f"同一信封改动一位后{zh}"), _flipped(envelope)),
        (Text(f"the same, cut in half, {again}", f"同一信封截去一半后{zh}"), envelope[: len(envelope) // 2]),
    ):
        yield _put(scene, victim, what, body, LATE)


def flood(scene: Scene) -> Iterator[Try]:
    """More than the relay takes, mailboxes that are not there, and a stranger's certificate."""
    victim = next(code for code in scene.nodes if code != scene.office)
    client = _client(scene, scene.office)
    size = Limits().message_bytes + 1
    what = Text(f"a message of {size} bytes", f"{size} 字节的消息")
    yield _refused(what, client, [(victim, bytes(size))], TOO_LARGE)
    what = Text("a message for nobody", "寄给不存在的收件人的消息")
    yield _refused(what, client, [("nobody-here", b"x" * 200)], NO_MAILBOX)
    client.close()
    what = Text(f"a thousand bytes of noise for {victim}", f"寄给 {victim} 的一千字节噪声")
    yield _put(scene, victim, what, bytes(1) + secrets.token_bytes(999), MALFORMED)
    what = Text(f"a message without contents for {victim}", f"寄给 {victim} 的空消息")
    yield _put(scene, victim, what, b"", MALFORMED)
    yield from _stranger(scene, victim)


def _stranger(scene: Scene, victim: str) -> Iterator[Try]:
    """A stranger finds the door closed; a registered party, asked a moment later, does not: the relay is up."""
    stranger = scene.work / "stranger"
    if not (stranger / "tls.crt").is_file():
        tls.create_identity(stranger, "stranger", now=datetime.now(UTC))
    outsider = _client(scene, scene.office, stranger)
    what = Text("a message under a certificate that nobody registered", "用未登记证书投递的消息")
    found = _refused(what, outsider, [(victim, b"x" * 200)], STRANGER)
    outsider.close()
    known = _put(scene, victim, what, bytes(1000), MALFORMED)
    yield found if known.verdict is Verdict.STOPPED else inconclusive(what, f"{found.line}; then: {known.line}")


def lying_relay(_scene: Scene) -> Iterator[Try]:
    """Drop, double, exchange, truncate and forge between two parties' real channels."""
    for what, courier in Courier.lies():
        yield from courier.try_on(what)


def _victim(scene: Scene) -> str | None:
    """Find an owner that took captured mail; if none did, let one more question run and wait for it."""
    found = tables(scene)
    if _taken(scene) is None and found is not None:
        scene.ask(whole(found[0], found[1].first, scene.office))
    end = time.monotonic() + WAIT_S
    while (taken := _taken(scene)) is None and scene.capture.seen and time.monotonic() < end:
        time.sleep(POLL_S)
    return taken


def _taken(scene: Scene) -> str | None:
    return next((code for code in scene.nodes if code != scene.office and scene.capture.settled(code)), None)


def _flipped(envelope: bytes) -> bytes:
    return envelope[:-1] + bytes([envelope[-1] ^ 1])


def _put(scene: Scene, victim: str, what: Text, envelope: bytes, expected: Defence) -> Try:
    log = scene.log(victim)
    if not log.is_file():
        return skipped(what, f"{victim} was not started by 'shuxin up': it has no log here")
    before = log.stat().st_size
    client = _client(scene, scene.office)
    try:
        client.put([(victim, envelope)])
    except TrustError as refusal:
        return refused(what, str(refusal), expected)
    finally:
        client.close()
    line = _await(log, before, f"for {victim} refused")
    if line is None:
        return inconclusive(what, f"{victim} said nothing about it within {WAIT_S:.0f} s")
    return refused(what, line, expected)


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


def _refused(what: Text, client: RelayClient, letters: list[tuple[str, bytes]], expected: Defence) -> Try:
    try:
        client.put(letters)
    except TrustError as refusal:
        return refused(what, str(refusal), expected)
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
        Text("captured envelopes put again, as they are and changed", "重放截获的信封,原样与改动后"),
        Text("the relay's operator, who captures, and any registered party, who puts", "中继运营者截获,任一登记方投递"),
        Setting.LIVE,
        Text("refused envelopes; run alone, one use of each authorization", "被拒信封;单独运行时用掉每项授权一次"),
        ("mpc/test_sealed_channel_attacks.py::test_without_session_and_header_check_an_old_attempts_message_enters",),
        replay,
    ),
    Attack(
        "flood",
        Text("messages too large, for nobody, or from a stranger", "过大的、无收件人的或陌生人的消息"),
        Text("a registered party, and one that is not", "一个登记参与方,与一个未登记者"),
        Setting.LIVE,
        NOTHING,
        (
            "mpc/join/test_join_attack_gaps.py::TestSizes::test_without_the_bounds_the_holder_works_for_whatever_was_sent",
        ),
        flood,
    ),
    Attack(
        "lying-relay",
        Text("a relay that drops, doubles, exchanges, truncates or forges", "丢弃、重复、调换、截断或伪造的中继"),
        Text("the relay's operator", "中继运营者"),
        Setting.REHEARSAL,
        NOTHING,
        ("mpc/test_sealed_channel_attacks.py::test_without_the_order_check_a_relay_scrambles_and_doubles",),
        lying_relay,
    ),
)
