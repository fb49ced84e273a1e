"""The opened audit: seed and input reproduce every byte, and what does not fit names the party and the step."""

from dataclasses import replace

import pytest
from replaying import replay_of, without_own_check
from sums_job import SCHEMA, VALUES, WORDS_END, resigned

from ledger.errors import InvalidRecord, VerificationError
from mpc.protocols.sums.rehearsal import RECIPIENT, prepare, rehearse
from mpc.sessions.channel import Misbehaviour
from mpc.sessions.memory_channel import Message
from mpc.vector import decode, vector


@pytest.mark.parametrize("party", sorted(VALUES))
def test_seed_and_input_reproduce_every_byte(party: str) -> None:
    replay_of(party, rehearse(SCHEMA, VALUES))


def test_input_that_differs_by_one_row_is_not_the_one_committed_to() -> None:
    with pytest.raises(InvalidRecord, match="not the input that this owner committed to") as caught:
        replay_of("r2", rehearse(SCHEMA, VALUES), count=701)
    assert "701" not in str(caught.value)


def test_another_seed_names_the_party_at_its_keys() -> None:
    with pytest.raises(Misbehaviour) as caught:
        replay_of("r2", rehearse(SCHEMA, VALUES), seed=b"\7" * 32)
    assert (caught.value.party, caught.value.step) == ("r2", "keys")


def test_owner_that_tests_another_count_than_it_adds_is_named_by_the_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The owners do not see it: that is the stated limit of the semi-honest model."""
    sessions = prepare(SCHEMA, VALUES, seed=bytes(32))
    without_own_check(monkeypatch, "r1", VALUES["r1"])

    def lower(body: bytes) -> bytes:
        return body[:32] + (decode(body[32:WORDS_END]) - vector([0, 0, 48])).encode() + body[WORDS_END:]

    deviation = resigned(sessions, "r1", "masked", lower)
    lying = {**VALUES, "r1": {**VALUES["r1"], "rare": 50}}
    rehearsal = rehearse(SCHEMA, lying, intercept=deviation, views=sessions)
    assert "rare" in rehearsal.owner("r0").opened  # six rows, below the minimum of ten
    assert isinstance(rehearsal.error(RECIPIENT), VerificationError)  # it sees the total, and says so
    sent = tuple(after for message in rehearsal.sent for after in deviation(message))
    with pytest.raises(Misbehaviour) as caught:
        replay_of("r1", replace(rehearsal, sent=sent))
    assert (caught.value.party, caught.value.step) == ("r1", "window")


def test_record_that_the_party_never_signed_does_not_convict_it() -> None:
    rehearsal = rehearse(SCHEMA, VALUES)
    forged = replace(
        rehearsal,
        sent=tuple(
            replace(m, body=m.body[:-1] + bytes([m.body[-1] ^ 1])) if (m.sender, m.step) == ("r2", "masked") else m
            for m in rehearsal.sent
        ),
    )
    with pytest.raises(VerificationError, match="not signed by it"):
        replay_of("r2", forged)


def test_message_left_out_of_or_added_to_the_record_is_named() -> None:
    rehearsal = rehearse(SCHEMA, VALUES)
    without = replace(rehearsal, sent=tuple(m for m in rehearsal.sent if (m.sender, m.step) != ("r2", "masked")))
    with pytest.raises(Misbehaviour, match="did not send"):
        replay_of("r2", without)
    added = replace(rehearsal, sent=(*rehearsal.sent, Message("r2", "r0", "aside", bytes(64))))
    with pytest.raises(Misbehaviour, match="its run does not give"):
        replay_of("r2", added)
