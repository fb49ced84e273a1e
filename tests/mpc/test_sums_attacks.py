"""Attacks on keys and messages of masked sums. Each fails, and succeeds on a path that lacks the defence."""

from dataclasses import replace

import pytest
from sums_job import CELLS, SCHEMA, VALUES, bodies, resigned

from ledger.crypto.signing import Ed25519Signer
from ledger.hashing import sha256
from mpc.masking import Pair, mask_key, masks, pair
from mpc.protocols.sums.rehearsal import RECIPIENT, Rehearsal, prepare, rehearse
from mpc.protocols.sums.run import LABEL
from mpc.protocols.sums.upload import decode_opening, decode_upload
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import Message, tamper
from mpc.sessions.session import statement
from mpc.stream import Stream, derive
from mpc.vector import open_cells, vector

STEPS = ("keys", "confirm", "masked", "window", "counted", "blinded", "partial", "decide/1", "open")


def nothing_masked_left(rehearsal: Rehearsal) -> bool:
    return not any(rehearsal.bodies(step) for step in ("masked", "window", "open"))


# 11: bad X25519 keys


def x25519(k: bytes, u: bytes) -> bytes:
    """The bare function of RFC 7748 section 5, without any check of the result."""
    p, scalar = 2**255 - 19, bytearray(k)
    scalar[0] &= 248
    scalar[31] = scalar[31] & 127 | 64
    x1 = int.from_bytes(u, "little") % 2**255 % p
    x2, z2, x3, z3 = 1, 0, x1, 1
    for bit in reversed(range(255)):
        swap = int.from_bytes(scalar, "little") >> bit & 1
        if swap:
            x2, x3, z2, z3 = x3, x2, z3, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        x3, z3 = (d * a + c * b) ** 2 % p, x1 * (d * a - c * b) ** 2 % p
        e = a * a - b * b
        x2, z2 = a * a * b * b % p, e * (a * a + 121665 * e) % p
        if swap:
            x2, x3, z2, z3 = x3, x2, z3, z2
    return (x2 * pow(z2, p - 2, p) % p).to_bytes(32, "little")


LOW_ORDER = bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")


def test_low_order_mask_key_is_refused_before_any_masked_value() -> None:
    sessions = prepare(SCHEMA, VALUES, seed=bytes(32))
    rehearsal = rehearse(SCHEMA, VALUES, intercept=resigned(sessions, "r1", "keys", lambda body: LOW_ORDER + body[32:]))
    for honest in ("r0", "r2", "r3"):
        assert isinstance(error := rehearsal.error(honest), Misbehaviour)
        assert (error.party, error.step) == ("r1", "keys")
    assert nothing_masked_left(rehearsal)


def test_unchecked_low_order_key_would_let_anybody_compute_the_masks() -> None:
    secrets = {x25519(bytes([n]) * 32, LOW_ORDER) for n in (7, 8, 9)}
    assert secrets == {bytes(32)}  # whatever the victim's key is
    transcript = sha256(b"public")
    victim = derive(x25519(b"\7" * 32, LOW_ORDER), transcript, "pair|r0|r1", 64)
    assert derive(bytes(32), transcript, "pair|r0|r1", 64) == victim


def test_key_signed_by_an_unregistered_key_is_refused() -> None:
    impostor = Ed25519Signer(b"\7" * 32)
    own = prepare(SCHEMA, VALUES, seed=bytes(32))["r1"]

    def sign_anew(message: Message) -> list[Message]:
        if (message.sender, message.step) != ("r1", "keys"):
            return [message]
        body = message.body[:-64]
        signed = statement(LABEL, "keys", own.digest, "r1", message.to, body)
        return [replace(message, body=body + impostor.sign(signed))]

    rehearsal = rehearse(SCHEMA, VALUES, intercept=sign_anew)
    assert isinstance(error := rehearsal.error("r0"), Misbehaviour)
    assert (error.party, error.step) == ("r1", "keys")
    assert nothing_masked_left(rehearsal)


def test_joint_key_without_proof_of_possession_is_refused() -> None:
    sessions = prepare(SCHEMA, VALUES, seed=bytes(32))
    others_key = bodies(rehearse(SCHEMA, VALUES), "keys")["r0", "r1"][32:64]
    rehearsal = rehearse(
        SCHEMA,
        VALUES,
        intercept=resigned(sessions, "r1", "keys", lambda body: body[:32] + others_key + body[64:]),
    )
    assert isinstance(error := rehearsal.error("r2"), Misbehaviour)
    assert (error.party, error.step) == ("r1", "keys")
    assert nothing_masked_left(rehearsal)


# 12: man in the middle, split views


def test_key_swapped_by_the_courier_is_refused() -> None:
    attacker = mask_key(Stream(b"\7" * 32))
    swap = tamper("r0", "keys", lambda body: attacker.public + body[32:], to="r1")
    rehearsal = rehearse(SCHEMA, VALUES, intercept=swap)
    assert isinstance(error := rehearsal.error("r1"), Misbehaviour)
    assert (error.party, error.step) == ("r0", "keys")
    assert nothing_masked_left(rehearsal)


def test_owner_that_shows_two_keys_fails_the_confirmation() -> None:
    sessions = prepare(SCHEMA, VALUES, seed=bytes(32))
    second = mask_key(Stream(b"\7" * 32))
    split = resigned(sessions, "r1", "keys", lambda body: second.public + body[32:], to="r3")
    rehearsal = rehearse(SCHEMA, VALUES, intercept=split)
    assert isinstance(error := rehearsal.error("r3"), Misbehaviour)
    assert error.step == "confirm"
    assert not any(message.sender == "r3" for message in rehearsal.sent if message.step == "masked")
    assert not rehearsal.bodies("open")


def test_owners_shown_different_contributor_lists_part_before_any_masked_value() -> None:
    common = prepare(SCHEMA, VALUES, seed=bytes(32))
    fewer = replace(common["r0"], seats=common["r0"].seats[:3])
    rehearsal = rehearse(SCHEMA, VALUES, views={"r0": fewer})
    assert isinstance(rehearsal.error("r0"), Misbehaviour | ChannelTimeout)
    assert isinstance(rehearsal.error("r1"), Misbehaviour | ChannelTimeout)
    assert nothing_masked_left(rehearsal)


def test_without_signed_and_confirmed_keys_the_courier_strips_the_masks() -> None:
    attacker, transcript = mask_key(Stream(b"\7" * 32)), bytes(32)
    victim = mask_key(Stream(b"\1" * 32))
    pairs = {other: pair("r0", victim, other, attacker.public, transcript) for other in ("r1", "r2")}
    upload = vector([500]) + masks("r0", pairs, "cells", 1)
    stolen: dict[str, Pair] = {o: pair(o, attacker, "r0", victim.public, transcript) for o in ("r1", "r2")}
    assert (upload - masks("r0", stolen, "cells", 1)).integers() == [500]


# 13: replay, reflection, reordering


@pytest.mark.parametrize("step", STEPS)
def test_message_of_an_earlier_attempt_is_refused(step: str) -> None:
    earlier = bodies(rehearse(SCHEMA, VALUES, attempt=1), step)
    sender = next(iter(earlier))[0]

    def replace_by_earlier(message: Message) -> list[Message]:
        if (message.sender, message.step) == (sender, step):
            return [replace(message, body=earlier[message.sender, message.to])]
        return [message]

    rehearsal = rehearse(SCHEMA, VALUES, attempt=2, intercept=replace_by_earlier)
    blamed = [e for e in rehearsal.outcomes.values() if isinstance(e, Misbehaviour)]
    assert {(e.party, e.step) for e in blamed} == {(sender, step)}
    assert isinstance(rehearsal.outcomes[RECIPIENT], Misbehaviour | ChannelTimeout)


@pytest.mark.parametrize("step", ["keys", "confirm", "blinded", "partial", "decide/1"])
def test_own_message_reflected_as_anothers_is_refused(step: str) -> None:
    def reflect(message: Message) -> list[Message]:
        if message.step == step and message.sender == "r0":
            return [message, Message(message.to, "r0", step, message.body)]
        return [] if message.step == step and message.to == "r0" else [message]

    rehearsal = rehearse(SCHEMA, VALUES, intercept=reflect)
    assert isinstance(error := rehearsal.error("r0"), Misbehaviour)
    assert error.step == step
    assert not [m for m in rehearsal.sent if (m.sender, m.step) == ("r0", "open")]


def test_bodies_of_two_steps_or_two_senders_exchanged_are_refused() -> None:
    def as_step(message: Message) -> list[Message]:
        return [replace(message, step="open" if message.step == "masked" else message.step)]

    rehearsal = rehearse(SCHEMA, VALUES, intercept=as_step)
    assert isinstance(rehearsal.error(RECIPIENT), Misbehaviour | ChannelTimeout)

    exchanged = {"r0": "r1", "r1": "r0"}

    def as_sender(message: Message) -> list[Message]:
        if message.step != "masked":
            return [message]
        return [replace(message, sender=exchanged.get(message.sender, message.sender))]

    rehearsal = rehearse(SCHEMA, VALUES, intercept=as_sender)
    assert isinstance(error := rehearsal.error(RECIPIENT), Misbehaviour)
    assert error.step == "masked"


def test_an_unsigned_upload_of_another_attempt_would_pass_unnoticed_and_spoil_the_total() -> None:
    first, second = rehearse(SCHEMA, VALUES, attempt=1), rehearse(SCHEMA, VALUES, attempt=2)
    uploads = {p: decode_upload(b[:-64], CELLS) for (p, _), b in bodies(second, "masked").items()}
    uploads["r0"] = decode_upload(bodies(first, "masked")["r0", RECIPIENT][:-64], CELLS)
    openings = [decode_opening(b[:-64], CELLS) for b in bodies(second, "open").values()]
    totals = open_cells([u.masked.integers() for u in uploads.values()], [o.pads.integers() for o in openings])
    assert totals[0] != sum(row["count"] for row in VALUES.values())
