"""A department's node answers a Flower courier that runs at the node key which stands for the department on chain."""

from datetime import UTC, datetime

import pytest
from vouched import Words

from contracts.parties.record import Keys, Party
from federated.courier.client import Courier, Refusal
from federated.courier.message import BEGIN, ROUND, Message
from federated.courier.server import CourierServer
from federated.flower import bundle
from federated.flower.credentials import fingerprint
from gateway.federated.standing import GROUND, OwnNode, require_in_force
from ledger.errors import BackendError, NotAuthorized

NOW, RUN, OTHER_APP = datetime.now(UTC), bytes(range(32)), b"a" * 32
ASKED = Message(RUN, 1, 1, ROUND, b"model").encode()


class Department:
    """A department's node behind its socket, whose chain is what was anchored of its words."""

    def __init__(self, home):
        self.words, self.socket = Words(home / "words"), home / "c" / "s"
        self.file = self.words.home("tax") / "statement.json"
        self.answered = 0

    def vouch(self, node="key", **how):
        made = self.words.state("tax", NOW, node=node, **how)
        self.file.write_bytes(made.encode())
        return fingerprint(made.statement.key)

    def answer(self, asked, app):
        self.answered += 1
        return asked.body

    def ask(self, node, app=None, data=ASKED, standing_of=None):
        looked_up = standing_of or self.words.standing_of
        admitting = OwnNode("tax", self.file, lambda: looked_up)
        with CourierServer(self.socket, self.answer, admitting=admitting):
            return Courier(self.socket, app or bundle.digest(), node=node).ask(data)


@pytest.fixture
def tax(tmp_path_factory):
    return Department(tmp_path_factory.mktemp("d"))


def refused(tax, node, reason, **how):
    with pytest.raises(Refusal, match=reason) as found:
        tax.ask(node, **how)
    assert (found.value.ground, tax.answered) == (GROUND, 0)


def test_the_courier_at_the_anchored_key_is_answered(tax):
    assert tax.ask(tax.vouch()) == b"model"


def test_a_key_that_was_not_anchored_is_not_answered(tax):
    refused(tax, tax.vouch(is_anchored=False), "of tax is not anchored on chain")


def test_a_key_that_was_replaced_is_not_answered_though_its_statement_is_put_back(tax):
    stolen = tax.vouch()
    kept = tax.file.read_bytes()
    tax.vouch("another")
    refused(tax, stolen, "runs at another key than tax vouched for last")
    tax.file.write_bytes(kept)
    refused(tax, stolen, "was replaced by a later one on chain")


def test_a_courier_that_names_no_key_and_a_node_that_vouched_for_none_get_no_answer(tax):
    refused(tax, b"", "no statement about a Flower node")
    tax.vouch()
    refused(tax, b"", "runs at another key")


def test_a_chain_that_cannot_be_asked_leaves_the_message_unanswered(tax):
    def gone(_):
        raise BackendError("the chain cannot be asked")

    refused(tax, tax.vouch(), "the chain cannot be asked", standing_of=gone)


def test_couriers_that_are_not_flowers_and_the_offices_own_server_app_name_no_key(tax):
    assert tax.ask(b"", app=OTHER_APP) == b"model"
    assert tax.ask(b"", data=Message(RUN, 0, 0, BEGIN, b"x").encode()) == b"x"


@pytest.mark.parametrize(
    ("now", "keys", "reason"),
    [
        (99, Keys(since=1), "no party now"),
        (200, Keys(since=1), "no party now"),
        (150, Keys(since=151), "no keys in force"),
        (150, Keys(since=1, until=150), "no keys in force"),
    ],
)
def test_a_party_that_has_ended_or_has_no_keys_does_not_stand(now, keys, reason):
    party = Party(valid_from=100, valid_until=200)
    for held in (100, 150, 199):
        require_in_force("tax", party, Keys(since=1), held)
    with pytest.raises(NotAuthorized, match=reason):
        require_in_force("tax", party, keys, now)
