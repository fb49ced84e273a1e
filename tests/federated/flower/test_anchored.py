"""A department's word about its Flower node stands while it is the last that the chain has of the department."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from vouched import Words

from federated.flower import credentials
from federated.flower.anchored import check, parse, stream_name
from ledger.crypto.keys import generate
from ledger.errors import InvalidRecord, NotAuthorized, VerificationError

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def words(tmp_path):
    return Words(tmp_path)


def judge(words, found, party="tax", now=NOW):
    check(found, party, words.standing_of(party), now)


def test_an_anchored_statement_stands_and_reads_back(words):
    found = words.state("tax", NOW)
    assert parse(found.encode()) == found
    judge(words, found)
    judge(words, found, now=NOW + timedelta(days=364))


def test_one_that_was_never_anchored_does_not_stand(words):
    found = words.state("tax", NOW, is_anchored=False)
    with pytest.raises(NotAuthorized, match="of tax is not anchored on chain"):
        judge(words, found)
    words.anchor("tax")
    judge(words, found)


def test_one_that_a_later_one_replaced_does_not_stand_though_its_signature_is_good(words):
    stolen = words.state("tax", NOW)
    fresh = words.state("tax", NOW, node="another", is_anchored=False)
    judge(words, stolen)
    with pytest.raises(NotAuthorized, match="not anchored on chain yet"):
        judge(words, fresh)
    words.anchor("tax")
    judge(words, fresh)
    with pytest.raises(NotAuthorized, match="was replaced by a later one on chain"):
        judge(words, stolen)


def test_by_its_signature_alone_a_replaced_statement_passes(words):
    stolen = words.state("tax", NOW)
    words.state("tax", NOW, node="another")
    standing = words.standing_of("tax")
    credentials.check(stolen.statement, "tax", standing.key, NOW, chain_id=standing.chain_id)


def test_an_anchored_statement_about_the_key_of_anothers_node_does_not_stand(words):
    judge(words, words.state("water", NOW), "water")
    stolen = words.restate("water", words.state("tax", NOW).statement.key)
    with pytest.raises(VerificationError, match="key that water states did not sign for water"):
        judge(words, stolen, "water")


def test_an_earlier_record_of_the_whole_stream_does_not_stand(words):
    stolen = words.state("tax", NOW)
    fresh = words.state("tax", NOW, node="another")
    with pytest.raises(NotAuthorized, match="replaced"):
        judge(words, replace(fresh, statement=stolen.statement, proof=replace(fresh.proof, index=0)))
    with pytest.raises(VerificationError):
        judge(words, replace(fresh, statement=stolen.statement))


def test_a_stream_that_another_party_anchored_lends_nobody_a_key(words):
    found = words.state("tax", NOW, is_anchored=False)
    words.anchor("tax", owner="water")
    with pytest.raises(NotAuthorized, match="anchored by another party"):
        judge(words, found)


def test_a_statement_key_that_was_replaced_takes_the_statement_with_it(words):
    found = words.state("tax", NOW)
    words.keys["tax"] = generate("ed25519")
    with pytest.raises(VerificationError, match="not signed by the key that tax has now"):
        judge(words, found)
    assert stream_name("tax", words.key("tax").public) != found.proof.stream


@pytest.mark.parametrize(
    "change", [lambda b: b[:-1], lambda b: b"{}", lambda b: b.replace(b'"proof":', b'"prove":'), lambda b: b"\xff" * 9]
)
def test_what_is_no_anchored_statement_is_refused(words, change):
    with pytest.raises(InvalidRecord):
        parse(change(words.state("tax", NOW).encode()))
