"""Masked sums: a party lost at any message ends every other party with its name, and the next attempt answers.

Every (sender, step) of a whole run is tried, before the first and between the messages of a step. Whatever was sent
before, openings exist for one set of contributors of a job, and the answer of the next attempt is the true one.
"""

import pytest

from mpc.protocols.sums import Cell, Kind, Schema
from mpc.protocols.sums.rehearsal import RECIPIENT, rehearse
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import Killed, kill
from mpc.sessions.rehearsal import MemoryJournal

SCHEMA = Schema((Cell("n", Kind.COUNT, 100), Cell("sum", Kind.SUM, 10**9, "n"), Cell("rare", Kind.COUNT, 100)), 4, 3)
ROWS = {f"r{i}": {"n": 10 + i, "sum": 1000 * i, "rare": 1} for i in range(3)}
ANSWER = {"n": 33, "sum": 3000}
WHOLE = rehearse(SCHEMA, ROWS)
PLACES = sorted({(m.sender, m.step) for m in WHOLE.sent})
HALFWAY = sorted({p for p in PLACES if sum((m.sender, m.step) == p for m in WHOLE.sent) > 1})


def test_the_places_are_all_that_the_protocol_has() -> None:
    assert {step for _, step in PLACES} == {
        "keys", "confirm", "masked", "window", "counted", "blinded", "partial", "decide/1", "open"
    }  # fmt: skip
    assert WHOLE.released.values == ANSWER


@pytest.mark.parametrize(("victim", "step", "after"), [(*p, 0) for p in PLACES] + [(*p, 1) for p in HALFWAY])
def test_an_owner_lost_at_any_message_leaves_the_others_a_reason_and_a_second_attempt(
    victim: str, step: str, after: int
) -> None:
    is_late = (step, after) == ("decide/1", 1)  # one owner holds all decisions and opens, the other does not
    journals = {party: MemoryJournal() for party in ROWS}
    first = rehearse(SCHEMA, ROWS, intercept=kill(victim, step, after=after), journals=journals)
    assert isinstance(first.error(victim), Killed)
    assert isinstance(first.error(RECIPIENT), ChannelTimeout)
    for party in ROWS.keys() - {victim}:
        outcome = first.outcomes[party]
        if step == "open" or (is_late and not isinstance(outcome, Exception)):
            assert not isinstance(outcome, Exception)  # its part is done, the recipient alone waits
        else:
            assert isinstance(outcome, ChannelTimeout | Misbehaviour)
            assert outcome.party in ROWS
    opened = {m.sender for m in first.sent if m.step == "open"}
    assert victim not in opened
    assert not opened or step == "open" or is_late
    again = rehearse(SCHEMA, ROWS, journals=journals, attempt=2)
    assert again.released.values == ANSWER
    late = {(m.sender, m.step): m.body for m in first.sent}
    second = {(m.sender, m.step): m.body for m in again.sent}
    assert not set(late.values()) & set(second.values())  # nothing of one attempt serves in the other


def test_the_recipient_lost_before_its_end_keeps_nobody_waiting() -> None:
    """It sends nothing in this protocol, so owners finish; the node's later steps find it gone."""
    found = rehearse(SCHEMA, ROWS)
    assert not [m for m in found.sent if m.sender == RECIPIENT]
