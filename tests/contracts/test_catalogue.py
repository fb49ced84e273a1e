"""The Catalogue: contract and rules agree, an item code has one source, versions stay, a destroyed asset is final."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from network import STRANGER, digest
from sharing import APPROVER, NODE, OFFICE, OFFICER, REGISTRARS, Sharing, agent, asset_of, filing

from contracts.addresses import CATALOGUE, PARTIES
from contracts.catalogue import client
from contracts.catalogue.rules import (
    MAX_ROWS,
    NOTHING,
    Amend,
    Asset,
    AssetState,
    Category,
    Destroy,
    Mount,
    Publish,
    Unmount,
    Version,
)
from contracts.entries.rules import document_of
from contracts.proven import history_fact, verify_events
from ledger.errors import InvalidRecord, VerificationError

ONE, TWO = REGISTRARS[:2]
ASSET, ITEM = asset_of(ONE), digest("item")
MOUNT = Mount(ASSET, ITEM, document_of(filing(ASSET), ONE))
PUBLISH = Publish(ASSET, 56_260, digest("commitment"))
HEAD, TAIL = agent(ONE, OFFICER), agent(TWO, OFFICER)


@pytest.fixture
def sharing() -> Sharing:
    sharing = Sharing(owners=2)
    sharing.enter(ONE, filing(ASSET))
    return sharing


def test_versions_are_numbered_and_stay(sharing: Sharing) -> None:
    sharing.must(HEAD, MOUNT)
    sharing.must(agent(ONE, NODE), PUBLISH)
    sharing.must(HEAD, Publish(ASSET, 7, digest("later")))
    assert sharing.network.read(CATALOGUE, "versions", ASSET, 1) == ((56_260, digest("commitment")),)
    assert sharing.network.read(CATALOGUE, "versions", ASSET, 2) == ((7, digest("later")),)
    assert sharing.network.read(CATALOGUE, "versions", ASSET, 3) == ((0, NOTHING),)


def test_an_asset_is_mounted_with_an_entry_that_its_owner_filed_for_it(sharing: Sharing) -> None:
    theirs = sharing.enter(TWO, filing(ASSET))
    another = sharing.enter(ONE, filing(digest("another asset")))
    for document in (NOTHING, digest("never filed"), theirs, another):
        assert sharing.do(HEAD, Mount(ASSET, ITEM, document)).reason == "catalogue: no such entry (R03)"
    sharing.must(HEAD, MOUNT)


@pytest.mark.parametrize("call", [replace(MOUNT, asset=NOTHING), replace(MOUNT, item=NOTHING)])
def test_an_asset_and_its_item_have_ids(sharing: Sharing, call: Mount) -> None:
    assert sharing.do(HEAD, call).reason == "catalogue: id missing"


def test_an_amended_entry_changes_grade_and_category_and_nothing_else(sharing: Sharing) -> None:
    later = sharing.enter(ONE, filing(ASSET, Category.UNCONDITIONAL, grade=2))
    assert sharing.do(HEAD, Amend(ASSET, later)).reason == "catalogue: unknown asset"
    sharing.must(HEAD, MOUNT)
    sharing.must(HEAD, PUBLISH)
    before = sharing.catalogue.state.asset(ASSET)
    assert sharing.do(TAIL, Amend(ASSET, later)).reason == "catalogue: asset of another party"
    assert sharing.do(HEAD, Amend(ASSET, MOUNT.document)).reason == "catalogue: no change"
    assert sharing.do(HEAD, Amend(ASSET, digest("never filed"))).reason == "catalogue: no such entry (R03)"
    sharing.must(HEAD, Amend(ASSET, later))
    after = sharing.catalogue.state.asset(ASSET)
    assert after == replace(before, category=Category.UNCONDITIONAL, grade=2, document=later)
    sharing.must(HEAD, Unmount(ASSET))
    assert sharing.do(HEAD, Amend(ASSET, MOUNT.document)).reason == "catalogue: state"


def test_what_a_source_shares_is_not_asked_for_again(sharing: Sharing) -> None:
    supplied = lambda: sharing.network.read(CATALOGUE, "supplier", ITEM)[0]  # noqa: E731 - one line of a test
    assert supplied() == sharing.catalogue.state.supplier(ITEM) == NOTHING
    sharing.must(HEAD, MOUNT)
    assert supplied() == sharing.catalogue.state.supplier(ITEM) == ASSET
    sharing.must(HEAD, Amend(ASSET, sharing.enter(ONE, filing(ASSET, Category.NOT_SHARED))))
    assert supplied() == sharing.catalogue.state.supplier(ITEM) == NOTHING


@pytest.mark.parametrize(
    ("caller", "reason"),
    [
        (STRANGER, "parties: unknown agent"),
        (agent(ONE, NODE), "parties: agent lacks the role"),
        (agent(ONE, APPROVER), "parties: agent lacks the role"),
        (OFFICE, "catalogue: party owns no data"),
    ],
)
def test_only_officers_of_owners_mount(sharing: Sharing, caller: bytes, reason: str) -> None:
    assert sharing.do(caller, MOUNT).reason == reason


def test_an_item_code_has_one_source(sharing: Sharing) -> None:
    sharing.must(HEAD, MOUNT)
    second = Mount(asset_of(TWO), ITEM, sharing.enter(TWO, filing(asset_of(TWO), Category.UNCONDITIONAL)))
    assert sharing.do(TAIL, second).reason == "catalogue: item has a source (R07)"
    twin = Mount(digest("twin"), ITEM, digest("d"))
    assert sharing.do(HEAD, twin).reason == "catalogue: item has a source (R07)"
    sharing.must(HEAD, Unmount(ASSET))
    sharing.must(TAIL, second)
    assert sharing.do(HEAD, MOUNT).reason == "catalogue: item has a source (R07)"
    # The first source is gone from the code already: destroying it does not take the code from the second.
    sharing.must(HEAD, Destroy(ASSET, digest("certificate")))
    assert sharing.network.read(CATALOGUE, "sources", ITEM) == (asset_of(TWO),)


def test_an_unmounted_asset_is_mounted_again_with_its_versions_by_its_owner_only(sharing: Sharing) -> None:
    sharing.must(HEAD, MOUNT)
    sharing.must(HEAD, PUBLISH)
    assert sharing.do(HEAD, MOUNT).reason == "catalogue: state"
    sharing.must(HEAD, Unmount(ASSET))
    assert sharing.do(TAIL, MOUNT).reason == "catalogue: asset of another party"
    later = sharing.enter(ONE, filing(ASSET, Category.NOT_SHARED, grade=3))
    sharing.must(HEAD, Mount(ASSET, ITEM, later))
    assert sharing.catalogue.state.asset(ASSET).grade == 3
    assert sharing.catalogue.state.asset(ASSET).versions == 1


def test_only_a_mounted_asset_has_new_versions(sharing: Sharing) -> None:
    assert sharing.do(HEAD, PUBLISH).reason == "catalogue: unknown asset"
    sharing.must(HEAD, MOUNT)
    assert sharing.do(agent(TWO, NODE), PUBLISH).reason == "catalogue: asset of another party"
    assert sharing.do(agent(ONE, APPROVER), PUBLISH).reason == "parties: agent lacks the role"
    assert sharing.do(HEAD, Publish(ASSET, MAX_ROWS + 1, digest("c"))).reason == "catalogue: too many rows"
    assert sharing.do(HEAD, Publish(ASSET, 1, NOTHING)).reason == "catalogue: commitment missing"
    sharing.must(HEAD, Publish(ASSET, MAX_ROWS, digest("c")))
    sharing.must(HEAD, Unmount(ASSET))
    assert sharing.do(HEAD, PUBLISH).reason == "catalogue: state"


def test_a_destroyed_asset_never_comes_back(sharing: Sharing) -> None:
    sharing.must(HEAD, MOUNT)
    assert sharing.do(HEAD, Destroy(ASSET, NOTHING)).reason == "catalogue: certificate missing"
    assert sharing.do(TAIL, Destroy(ASSET, digest("c"))).reason == "catalogue: asset of another party"
    sharing.must(HEAD, Destroy(ASSET, digest("certificate")))
    for call in (MOUNT, PUBLISH, Unmount(ASSET), Destroy(ASSET, digest("again"))):
        assert sharing.do(HEAD, call).reason == "catalogue: state"
    sharing.must(TAIL, Mount(asset_of(TWO), ITEM, sharing.enter(TWO, filing(asset_of(TWO)))))


@pytest.mark.parametrize("category", list(Category))
def test_only_mounted_assets_that_may_be_shared_are_offered(sharing: Sharing, category: Category) -> None:
    sharing.mount(ONE, category)
    offered = NOTHING if category is Category.NOT_SHARED else ONE
    assert sharing.network.read(CATALOGUE, "offered", ASSET) == (offered,)
    sharing.must(HEAD, Unmount(ASSET))
    assert sharing.network.read(CATALOGUE, "offered", ASSET) == (NOTHING,)


def test_proven_words_read_back_as_the_rules_records(sharing: Sharing) -> None:
    sharing.must(HEAD, MOUNT)
    sharing.must(HEAD, PUBLISH)
    values = sharing.network.values(CATALOGUE, client.asset_fact(ASSET).slots)
    assert client.decode_asset(ASSET, values) == sharing.catalogue.state.asset(ASSET)
    versions = sharing.network.values(CATALOGUE, client.version_fact(ASSET, 1).slots)
    assert client.decode_version(ASSET, 1, versions) == Version(56_260, digest("commitment"))
    sources = sharing.network.values(CATALOGUE, client.source_fact(ITEM).slots)
    assert client.decode_source(ITEM, sources) == ASSET
    absent = sharing.network.values(CATALOGUE, client.asset_fact(digest("never")).slots)
    assert client.decode_asset(digest("never"), absent) == Asset()


def test_words_the_contract_never_stores_are_refused(sharing: Sharing) -> None:
    slots = client.asset_fact(ASSET).slots
    with pytest.raises(InvalidRecord, match="asset state"):
        client.decode_asset(ASSET, dict.fromkeys(slots, b"\xff" * 32))
    with pytest.raises(InvalidRecord, match="not covered"):
        client.decode_asset(ASSET, dict.fromkeys(slots[:-1], bytes(32)))


def test_the_events_are_the_whole_history(sharing: Sharing) -> None:
    logs = [
        log
        for call in (MOUNT, PUBLISH, Unmount(ASSET), MOUNT, Destroy(ASSET, digest("certificate")))
        for log in sharing.must(HEAD, call).logs
    ]
    values = sharing.network.values(CATALOGUE, history_fact(CATALOGUE, ASSET).slots)
    verify_events(CATALOGUE, ASSET, logs, values)
    with pytest.raises(VerificationError):
        verify_events(CATALOGUE, ASSET, logs[:-1], values)


class CatalogueMachine(RuleBasedStateMachine):
    """Random calls by everybody about few assets and codes, so that they get in each other's way."""

    @initialize()
    def found(self) -> None:
        self.sharing = Sharing(owners=2)
        for party in (ONE, TWO):
            for category in Category:
                self.sharing.enter(party, filing(asset_of(party), category))

    callers = st.sampled_from([HEAD, TAIL, HEAD, TAIL, agent(ONE, NODE), OFFICE, STRANGER])
    assets = st.sampled_from([ASSET, asset_of(TWO), digest("third")])
    words = st.sampled_from([digest("word"), digest("word"), digest("word"), NOTHING])

    documents = st.sampled_from([
        *(document_of(filing(asset_of(party), category), party) for party in (ONE, TWO) for category in Category),
        digest("never filed"),
    ])  # fmt: skip

    @rule(caller=callers, asset=assets, item=st.sampled_from([ITEM, digest("other item")]), document=documents)
    def mount(self, caller: bytes, asset: bytes, item: bytes, document: bytes) -> None:
        self.sharing.do(caller, Mount(asset, item, document))

    @rule(caller=callers, asset=assets, document=documents)
    def amend(self, caller: bytes, asset: bytes, document: bytes) -> None:
        self.sharing.do(caller, Amend(asset, document))

    @rule(caller=callers, asset=assets, rows=st.sampled_from([0, 1, MAX_ROWS, MAX_ROWS + 1]), commitment=words)
    def publish(self, caller: bytes, asset: bytes, rows: int, commitment: bytes) -> None:
        self.sharing.do(caller, Publish(asset, rows, commitment))

    @rule(caller=callers, asset=assets)
    def unmount(self, caller: bytes, asset: bytes) -> None:
        self.sharing.do(caller, Unmount(asset))

    @rule(caller=callers, asset=assets, certificate=words)
    def destroy(self, caller: bytes, asset: bytes, certificate: bytes) -> None:
        self.sharing.do(caller, Destroy(asset, certificate))

    def teardown(self) -> None:
        state = self.sharing.catalogue.state
        mounted = [entry.item for entry in state.assets.values() if entry.state is AssetState.MOUNTED]
        assert len(mounted) == len(set(mounted)) == len(state.sources)


TestCatalogueMachine = CatalogueMachine.TestCase
TestCatalogueMachine.settings = settings(
    max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_a_dismissed_officer_does_not_mount(sharing: Sharing) -> None:
    sharing.network.send(agent(ONE, APPROVER), PARTIES, "dismiss", HEAD)
    outcome = sharing.network.send(HEAD, CATALOGUE, "mount", ASSET, ITEM, MOUNT.document)
    assert outcome.reason.startswith("parties: agent")
