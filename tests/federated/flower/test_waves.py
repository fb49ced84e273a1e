"""A wave asks whom it is told to, waits no longer than it may, and names who is missing and why."""

from dataclasses import dataclass, field

import pytest
from echofleet import RUN, NearOffice, Script, echo, near, refusing

from federated.courier.client import Refusal
from federated.flower import waves
from federated.flower.apps import PATIENCE_S, read_roster, read_run, write_roster
from federated.flower.library import Error, RecordDict
from federated.flower.local import LocalGrid, run_locally
from federated.flower.waves import ABSENT_S, AGAIN_S, LATER, Clock, carry, parcel, unwrap
from ledger.errors import InvalidRecord

BODIES = {"water": b"to water", "tax": b"to tax"}


@dataclass
class HandClock:
    at: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def clock(self):
        return Clock(lambda: self.at, self.pause)

    def pause(self, seconds):
        self.pauses.append(seconds)
        self.at += seconds


class Sieve(LocalGrid):
    """A grid that keeps some nodes unconnected or silent, and may swap replies."""

    def __init__(self, absent=(), silent=(), spoil=lambda reply: reply):
        super().__init__({number: bytes.upper for number in (1, 2, 3)})
        self.absent, self.silent, self.spoil, self.asked = set(absent), set(silent), spoil, []

    def get_node_ids(self):
        return [node for node in super().get_node_ids() if node not in self.absent]

    def push_messages(self, messages):
        messages = list(messages)
        self.asked += [message.metadata.dst_node_id for message in messages]
        return super().push_messages(messages)

    def pull_messages(self, message_ids):
        heard = [n for n in message_ids if self._waiting[n].metadata.dst_node_id not in self.silent]
        return [self.spoil(reply) for reply in super().pull_messages(heard)]


def test_those_asked_reply_in_order_of_their_codes_and_nobody_else_is_asked():
    grid, hand = Sieve(), HandClock()
    replies, missing = carry(grid, {"water": 1, "tax": 2, "other": 3}, BODIES, 60, hand.clock())
    assert list(replies.items()) == [("tax", b"TO TAX"), ("water", b"TO WATER")]
    assert (missing, sorted(grid.asked), hand.pauses) == ({}, [1, 2], [])


def test_a_silent_department_is_given_up_at_the_deadline():
    hand = HandClock()
    replies, missing = carry(Sieve(silent=[1]), {"water": 1, "tax": 2}, BODIES, 60, hand.clock())
    assert (list(replies), missing) == (["tax"], {"water": "no reply within 60 s"})
    assert 60 <= hand.at < 61


def test_a_department_that_is_not_connected_is_given_up_sooner():
    hand = HandClock()
    replies, missing = carry(Sieve(absent=[1]), {"water": 1, "tax": 2}, BODIES, 60, hand.clock())
    assert (list(replies), missing) == (["tax"], {"water": "its Flower node is not connected"})
    assert ABSENT_S <= hand.at < ABSENT_S + 1


def test_a_department_that_connects_late_is_asked():
    grid, hand = Sieve(absent=[1]), HandClock()

    def pause(seconds):
        hand.pause(seconds)
        if hand.at > 3:
            grid.absent.clear()

    replies, missing = carry(grid, {"water": 1, "tax": 2}, BODIES, 60, Clock(lambda: hand.at, pause))
    assert (list(replies), missing, sorted(grid.asked)) == (["tax", "water"], {}, [1, 2])


def test_a_department_without_a_node_is_missing_at_once():
    hand = HandClock()
    replies, missing = carry(Sieve(), {"tax": 2}, BODIES, 60, hand.clock())
    assert (list(replies), missing) == (["tax"], {"water": "no Flower node is registered for it"})
    assert hand.at == 0


def test_an_error_another_nodes_reply_and_an_empty_one_are_reasons():
    def spoiled(spoil):
        return carry(Sieve(spoil=spoil), {"water": 1}, {"water": b"x"}, 60, HandClock().clock())

    def place(reply, source=1):
        return waves.Metadata(0, "", source, 1, reply.metadata.reply_to_message_id, "", 0.0, 60.0, "query")

    assert spoiled(lambda reply: reply) == ({"water": b"X"}, {})
    broken = spoiled(lambda reply: waves.make_message(place(reply), error=Error(7, "broken")))
    assert broken == ({}, {"water": "broken"})
    others = spoiled(lambda reply: waves.make_message(place(reply, 9), reply.content))
    assert others == ({}, {"water": "the reply is another node's"})
    empty = spoiled(lambda reply: waves.make_message(place(reply), RecordDict()))
    assert empty == ({}, {"water": "courier: a message without a body of bytes"})


class Late(Sieve):
    """A grid whose first node says some times that it can answer later."""

    def __init__(self, times, **how):
        super().__init__(spoil=self.delayed, **how)
        self.times = times

    def delayed(self, reply):
        if reply.metadata.src_node_id != 1 or not self.times:
            return reply
        self.times -= 1
        return waves.Message(Error(LATER, "run: unknown: takes part in no such run now"), reply_to=self.sent[1])

    def push_messages(self, messages):
        messages = list(messages)
        self.sent = {message.metadata.dst_node_id: message for message in messages}
        return super().push_messages(messages)


def test_a_department_whose_run_has_not_begun_is_asked_again_and_the_others_once():
    grid, hand = Late(times=3), HandClock()
    replies, missing = carry(grid, {"water": 1, "tax": 2}, BODIES, 60, hand.clock())
    assert (replies, missing) == ({"tax": b"TO TAX", "water": b"TO WATER"}, {})
    assert grid.asked == [2, 1, 1, 1, 1]
    assert 3 * AGAIN_S <= hand.at < 4 * AGAIN_S


def test_one_that_never_begins_is_given_up_at_the_deadline_with_what_it_said():
    hand = HandClock()
    replies, missing = carry(Late(times=999), {"water": 1, "tax": 2}, BODIES, 60, hand.clock())
    assert list(replies) == ["tax"]
    assert missing == {"water": "no reply within 60 s: run: unknown: takes part in no such run now"}
    assert 60 <= hand.at < 61


class Slow(NearOffice):
    """An office's node that says some times that the run, or its next wave, is not ready."""

    def __init__(self, script, grounds):
        super().__init__(script)
        self.grounds = grounds

    def begin(self, run):
        self.stumble()
        return super().begin(run)

    def collect(self, wave, bodies, missing):
        self.stumble()
        return super().collect(wave, bodies, missing)

    def stumble(self):
        if self.grounds:
            raise Refusal(self.grounds.pop(), "not yet")


def test_an_office_that_is_not_ready_yet_is_asked_again_and_one_that_refuses_is_not():
    script, hand = Script(["tax"], [b"one", b"two"]), HandClock()
    run_locally(RUN, Slow(script, ["run: slow", "run: unknown", "run: unknown"]), {"tax": near(echo)}, hand.clock())
    assert script.replies == [{"tax": b"eno"}, {"tax": b"owt"}]
    with pytest.raises(Refusal, match="not yet"):
        run_locally(RUN, Slow(script, ["run: app"]), {"tax": near(echo)}, hand.clock())
    assert hand.at < PATIENCE_S
    with pytest.raises(Refusal, match="not yet"):
        run_locally(RUN, Slow(script, ["run: unknown"] * 9999), {"tax": near(echo)}, hand.clock())
    assert PATIENCE_S <= hand.at < PATIENCE_S + 10


def test_a_message_without_a_body_is_refused():
    place = waves.Metadata(0, "", 1, 2, "", "", 0.0, 60.0, "query")
    assert unwrap(waves.make_message(place, parcel(b"x"))) == b"x"
    with pytest.raises(InvalidRecord, match="without a body"):
        unwrap(waves.make_message(place, error=Error(1, "none")))


def test_a_run_in_one_process_carries_every_wave_and_a_refusal_with_its_ground():
    script = Script(["tax", "water"], [b"one", b"two"])
    run_locally(RUN, NearOffice(script), {"tax": near(echo), "water": near(refusing)}, HandClock().clock())
    assert script.replies == [{"tax": b"eno"}, {"tax": b"owt"}]
    assert script.missing == [{"water": "authorization: revoked: the authorization was revoked"}] * 2


@pytest.mark.parametrize("roster", ["", "tax", "tax:x", "tax:1,tax:2", "tax:1,water:1", "tax:1,"])
def test_a_roster_that_is_none_is_refused(roster):
    assert read_roster({"roster": write_roster({"tax": 1, "water": 2})}) == {"tax": 1, "water": 2}
    with pytest.raises(InvalidRecord, match="roster"):
        read_roster({"roster": roster})


@pytest.mark.parametrize("run", ["", "00", "g" * 64, 7, None])
def test_a_run_that_is_none_is_refused(run):
    assert read_run({"run": RUN.hex()}) == RUN
    with pytest.raises(InvalidRecord, match="run"):
        read_run({"run": run})
