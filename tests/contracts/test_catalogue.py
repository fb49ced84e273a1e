"""The Catalogue: contract and rules agree, an item code has one source, versions stay, a destroyed asset is final."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from network import STRANGER, digest
from sharing import APPROVER, NODE, OFFICE, OFFICER, REGISTRARS, Sharing, agent, asset_of

from contracts.addresses import CATALOGUE, PARTIES
from contracts.catalogue import client
from contracts.catalogue.rules import (
    MAX_ROWS,
    NOTHING,
    Asset,
    AssetState,
    Category,
    Destroy,
    Mount,
    Publish,
    Unmount,
    Version,
)
from contracts.proven import history_fact, verify_events
from ledger.errors import InvalidRecord, VerificationError

ONE, TWO = REGISTRARS[:2]
ASSET, ITEM = asset_of(ONE), digest("item")
MOUNT = Mount(ASSET, ITEM, Category.CONDITIONAL, 1, digest("document"))
PUBLISH = Publish(ASSET, 56_260, digest("commitment"))
HEAD, TAIL = agent(ONE, OFFICER), agent(TWO, OFFICER)


@pytest.fixture
def sharing() -> Sharing:
    return Sharing()


def test_versions_are_numbered_and_stay(sharing: Sharing) -> None:
    sharing.must(HEAD, MOUNT)
    sharing.must(agent(ONE, NODE), PUBLISH)
    sharing.must(HEAD, Publish(ASSET, 7, digest("later")))
    assert sharing.network.read(CATALOGUE, "versions", ASSET, 1) == ((56_260, digest("commitment")),)
    assert sharing.network.read(CATALOGUE, "versions", ASSET, 2) == ((7, digest("later")),)
    assert sharing.network.read(CATALOGUE, "versions", ASSET, 3) == ((0, NOTHING),)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (Mount(NOTHING, ITEM, 2, 1, digest("d")), "catalogue: id missing"),
        (Mount(ASSET, NOTHING, 2, 1, digest("d")), "catalogue: id missing"),
        (Mount(ASSET, ITEM, 0, 1, digest("d")), "catalogue: category"),
        (Mount(ASSET, ITEM, 4, 1, digest("d")), "catalogue: category"),
        (Mount(ASSET, ITEM, 2, 0, digest("d")), "catalogue: grade"),
        (Mount(ASSET, ITEM, 2, 4, digest("d")), "catalogue: grade"),
        (Mount(ASSET, ITEM, 3, 3, NOTHING), "catalogue: document missing"),
    ],
)
def test_an_incomplete_entry_is_refused(sharing: Sharing, call: Mount, reason: str) -> None:
    assert sharing.do(HEAD, call).reason == reason


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
    second = Mount(asset_of(TWO), ITEM, Category.UNCONDITIONAL, 1, digest("document"))
    assert sharing.do(TAIL, second).reason == "catalogue: item has a source"
    assert sharing.do(HEAD, Mount(digest("twin"), ITEM, 1, 1, digest("d"))).reason == "catalogue: item has a source"
    sharing.must(HEAD, Unmount(ASSET))
    sharing.must(TAIL, second)
    assert sharing.do(HEAD, MOUNT).reason == "catalogue: item has a source"
    # The first source is gone from the code already: destroying it does not take the code from the second.
    sharing.must(HEAD, Destroy(ASSET, digest("certificate")))
    assert sharing.network.read(CATALOGUE, "sources", ITEM) == (asset_of(TWO),)


def test_an_unmounted_asset_is_mounted_again_with_its_versions_by_its_owner_only(sharing: Sharing) -> None:
    sharing.must(HEAD, MOUNT)
    sharing.must(HEAD, PUBLISH)
    assert sharing.do(HEAD, MOUNT).reason == "catalogue: state"
    sharing.must(HEAD, Unmount(ASSET))
    assert sharing.do(TAIL, MOUNT).reason == "catalogue: asset of another party"
    sharing.must(HEAD, Mount(ASSET, ITEM, Category.NOT_SHARED, 3, digest("law cited")))
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
    sharing.must(TAIL, Mount(asset_of(TWO), ITEM, 1, 1, digest("document")))


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
        self.sharing = Sharing()

    callers = st.sampled_from([HEAD, TAIL, HEAD, TAIL, agent(ONE, NODE), OFFICE, STRANGER])
    assets = st.sampled_from([ASSET, asset_of(TWO), digest("third")])
    words = st.sampled_from([digest("word"), digest("word"), digest("word"), NOTHING])

    @rule(
        caller=callers, asset=assets, item=st.sampled_from([ITEM, digest("other item")]), category=st.integers(0, 4),
        grade=st.integers(1, 4), document=words,
    )  # fmt: skip
    def mount(self, caller: bytes, asset: bytes, item: bytes, category: int, grade: int, document: bytes) -> None:
        self.sharing.do(caller, Mount(asset, item, category, grade, document))

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
    outcome = sharing.network.send(HEAD, CATALOGUE, "mount", ASSET, ITEM, 2, 1, digest("document"))
    assert outcome.reason.startswith("parties: agent")


