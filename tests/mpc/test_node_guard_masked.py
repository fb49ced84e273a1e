"""The guard on masked sums and runs: every source is checked, and the number of contributors is the node's own."""

from dataclasses import dataclass, replace

import granting
import pytest
from guardedjob import COLUMNS, JOB, SCHEMA, Told, granted, recorded, terms
from privatespecs import private
from specs import sums
from trainingtown import asked as training

from contracts.authorizations.record import AuthorizationState
from contracts.authorizations.terms import identifier
from contracts.catalogue.rules import Asset, AssetState, Category
from contracts.parties.record import Keys
from ledger import canonical
from mpc.node.assets import AssetConfig
from mpc.node.guarding.guard import Guard, Refused, read_code
from mpc.node.whole import write_whole
from mpc.spec.job import SumsSpec


@dataclass
class Masked:
    """A masked sum of five registrars that the first one's guard permits."""

    spec: SumsSpec
    facts: Told
    guard: Guard


@pytest.fixture
def masked(tmp_path):
    plain = sums()
    sources = tuple(replace(source, authorization=bytes([n]) * 32) for n, source in enumerate(plain.sources, start=1))
    spec = replace(plain, sources=sources)
    document = terms(asset="sales-1", purpose="market-audit", columns=("sale_price",))
    (tmp_path / "terms.json").write_bytes(canonical.encode(document.json()))
    facts = Told(jobs={JOB: recorded(spec)})
    for source in sources:
        facts.authorizations[source.authorization] = granted(spec, source.party, source.asset, document)
        asset = Asset(identifier(source.party), category=Category.CONDITIONAL, state=AssetState.MOUNTED)
        facts.assets[identifier(source.asset)] = asset
    facts.keyring = {identifier(party): Keys(b"\7" * 32, b"\7" * 32, b"\7" * 32, since=1) for party in spec.parties}
    assets = {"sales-1": AssetConfig("sales-1", tmp_path / "sales.csv", SCHEMA)}
    guard = Guard("registrar-1", assets, tmp_path, minimum=10, entries=tmp_path / "entries")
    statement, own = granting.stated("sales-1", *COLUMNS), identifier("sales-1")
    write_whole(guard.entries / "sales-1.json", canonical.encode(statement.json()))
    facts.assets[own] = replace(facts.assets[own], document=statement.document(identifier("registrar-1")))
    return Masked(spec, facts, guard)


def test_every_source_of_masked_sums_is_checked(masked):
    assert len(masked.guard.check(masked.facts, JOB, masked.spec).owners) == 5
    last = masked.spec.sources[-1].authorization
    held = masked.facts.authorizations
    held[last] = replace(held[last], state=AuthorizationState.SUSPENDED)
    with pytest.raises(Refused, match="registrar-5, sales-5"):
        masked.guard.check(masked.facts, JOB, masked.spec)


@pytest.mark.parametrize("asked", [3, 4, 5])
def test_another_number_of_contributors_than_the_nodes_own_is_refused(masked, asked):
    """Asked under every number, the bits would say how many owners have rows in a cell."""
    for own in (3, 4, 5):
        guard = replace(masked.guard, contributors=own)
        spec = replace(masked.spec, contributors=asked)
        masked.facts.jobs[JOB] = recorded(spec)
        if own == asked:
            assert len(guard.check(masked.facts, JOB, spec).owners) == 5
            continue
        with pytest.raises(Refused, match=f"{asked} contributors, this node asks for {own}") as refused:
            guard.check(masked.facts, JOB, spec)
        assert read_code(refused.value.code) == "job: contributors"


def test_a_private_question_has_no_bits_and_may_ask_any_number_of_contributors(tmp_path):
    guard = Guard("registrar-1", {}, tmp_path, minimum=10, contributors=5, entries=tmp_path)
    spec = private()
    facts = Told(jobs={JOB: replace(recorded(spec), minimum=spec.minimum)})
    with pytest.raises(Refused, match="authorization") as refused:  # what comes after the numbers
        guard.check(facts, JOB, spec)
    assert read_code(refused.value.code) == "authorization: unknown"


def test_a_run_of_many_departments_needs_as_many_contributors_as_the_node_asks_for_or_more(tmp_path):
    spec = training(tuple(f"bank-{number}" for number in range(8)))
    facts = Told(jobs={JOB: recorded(spec)})
    for least in (3, 7):
        guard = Guard("bank-1", {}, tmp_path, minimum=10, contributors=least, entries=tmp_path)
        with pytest.raises(Refused, match="authorization"):  # what comes after the numbers
            guard.check(facts, JOB, spec)
    guard = replace(guard, contributors=8)
    with pytest.raises(Refused, match="a run of 7 contributors, this node asks for 8 at least") as refused:
        guard.check(facts, JOB, spec)
    assert read_code(refused.value.code) == "job: contributors"
