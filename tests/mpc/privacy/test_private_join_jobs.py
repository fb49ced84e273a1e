"""Private joins through whole nodes: release, evidence, payment, refusals, repetition, opened audits."""

from dataclasses import replace

import pytest
from foundedchain import trust_of
from privatejoins import COSTS, HELD, LISTED, private_join, private_owners
from townspecs import OFFICE, join, sold

from contracts.authorizations.terms import identifier
from contracts.catalogue import client as catalogue
from contracts.evidence import statement
from contracts.evidence.bundle import Disclosure
from contracts.evidence.collect import collect
from contracts.evidence.verify import examine, verify
from contracts.jobs.record import JobState
from gateway.statistics.auditing import released
from gateway.statistics.service import private_figures
from mpc.kinds.registry import kind_of
from mpc.node.registry import ProvenRegistry
from mpc.opened import record
from mpc.opened.check import check
from mpc.privacy.budget import charges
from mpc.privacy.join_release import estimate
from mpc.protocols.join import messages
from mpc.protocols.join.noised import DESCRIPTOR

OWNERS = ("finance", "tax")
ROWS, LIST = sold({"1": 14, "2": 4, "3": 0})
TRUTH = {"1": (14, 28, sum(6000 + 11 * i for i in range(14))), "2": (4, 8, sum(6000 + 11 * i for i in range(4)))}
MODE, REPEATED = "job: privacy", "privacy: mode or repetition"


def spent(city, party):
    ((asset, config),) = city[party].assets.items()
    pot = ProvenRegistry(city[party].view).now().pot(identifier(asset), identifier(config.period))
    return pot.spent + pot.reserved


def encoded(city, job, finished) -> bytes:
    mandate, office, release = finished.mandate, city[OFFICE], finished.release
    sources = [source.authorization for source in mandate.owners]
    members = [identifier(party) for party in mandate.parties]
    disclosure = Disclosure(release.document, release.salt, release.openings)
    return collect(office.view, office.chain, job, sources, members, finished.envelope, disclosure).encode()


def refused(city, spec, ground) -> bool:
    job, finished = city.ask(spec)
    return finished is None and city.reason(job) == ground[:32]


@pytest.mark.slow
def test_a_private_join_releases_noised_figures_of_every_group_and_both_assets_pay(tmp_path):
    with private_owners(tmp_path, ROWS, LIST) as city:
        # an exact join of assets that are declared private is refused, and so is a term that nobody declared
        assert refused(city, city.authorized(join()), MODE)
        assert refused(city, city.authorized(private_join(held=replace(HELD, max_rows=9))), MODE)
        assert [spent(city, party) for party in OWNERS] == [0, 0]
        spec = city.authorized(private_join())
        job, finished = city.ask(spec)
        assert finished is not None, [city[party].said(job) for party in OWNERS]
        assert city.job(job).state is JobState.RELEASED
        told = {error.name: error.deviation for error in estimate(spec).expected}
        cells = {cell["group"]: cell for cell in finished.release.document["cells"]}
        assert set(cells) == {"1", "2", "3"}  # one of four matches and one of none, too
        for group, (keys, rows, total) in {**TRUTH, "3": (0, 0, 0)}.items():
            assert abs(int(cells[group]["keys"]) - keys) < 6 * told[f"keys, {group}"]
            assert abs(int(cells[group]["rows"]) - rows) < 6 * told[f"rows, {group}"]
            assert abs(int(cells[group]["sums"]["price"]) - total) < 6 * told[f"sum of price, {group}"]
        signed = statement.parse(finished.envelope.payload)
        assert signed.session["protocol"] == "noised-join-v1"
        assert signed.leakage == kind_of(spec).descriptor().record() == DESCRIPTOR.record()
        sent = city["finance"].sent() | city["tax"].sent()
        assert not sent & {messages.GATE, messages.TESTS, messages.BITS}
        # anybody checks it offline; the figures' errors follow from the specification
        evidence = encoded(city, job, finished)
        verdict = verify(evidence, trust_of(city.node.genesis_hash))
        assert verdict.failed is None, verdict.lines("en")
        assert "noised cells opened" in "".join(verdict.lines("en"))
        shown = private_figures(finished.signed)
        values = {line["cell"]: line["value"] for line in shown["expected_error"]}
        assert values["keys, 1"] == cells["1"]["keys"]
        # each asset paid figures and counts, once, out of its own period's pot
        assert [spent(city, party) for party in OWNERS] == [charge.micro_rho for charge in charges(spec)]
        # each owner's opened audit reproduces every byte, from its rows and its noise
        found = released(examine(evidence, trust_of(city.node.genesis_hash)))
        for party in OWNERS:
            store = city[party].transcripts
            own = record.parse(store.read(store.find(job, None)))
            assert check(found, own).exit_code == 0, party
            assert set(own.head.data) == {"table" if party == "finance" else "keys", "noise"}
            silent = {**own.head.data, "noise": {g: ["0", "0", "0"] for g in ("1", "2", "3")}}
            other = check(found, replace(own, head=replace(own.head, data=silent)))
            assert (other.deviation.party, other.deviation.step) == (party, "input")
        # the same question is not drawn again, however it is written
        assert refused(city, spec, REPEATED)
        assert refused(city, replace(spec, filters=(*spec.filters, *spec.filters), minimum=spec.minimum), REPEATED)
        # on a published version it is a new question, at a new charge
        version = catalogue.publish(identifier("stabilised"), 400, identifier("version 2"), op_id=city.number())
        city.call("tax", version)
        again = city.ask(spec)[1]
        assert again is not None
        assert again.release.document != finished.release.document
        assert [spent(city, party) for party in OWNERS] == [2 * charge.micro_rho for charge in charges(spec)]


def fail_at(city, spec, step) -> bytes:
    """A job that ends because the holder's carrier breaks at this step."""
    job = city.propose(spec)

    def dies(message) -> None:
        if message.step == step:
            raise RuntimeError("the carrier broke")

    city["finance"].on_message = dies
    with pytest.raises(RuntimeError):
        city.run(spec, job)
    city["finance"].on_message = lambda message: None
    assert city.job(job).state is JobState.ABORTED
    return job


@pytest.mark.slow
def test_an_attempt_that_ends_before_its_opening_pays_for_the_counts_that_were_shown(tmp_path):
    with private_owners(tmp_path, ROWS, LIST, patience_s=10.0) as city:
        spec = city.authorized(private_join())
        job = fail_at(city, spec, messages.PAYLOADS)  # the lister has seen keys and matches by now
        assert city.run(spec, job, city.retry(spec, job)) is not None
        assert [spent(city, party) for party in OWNERS] == [charges(spec)[0].micro_rho + charges(spec)[0].side] * 2


@pytest.mark.slow
def test_a_job_that_was_opened_and_failed_shows_no_second_noise_and_its_question_costs_anew(tmp_path):
    """The lister's share left; with a share under other noise beside it the recipient would average two draws."""
    with private_owners(tmp_path, ROWS, LIST, patience_s=10.0) as city:
        spec = city.authorized(private_join())
        job = fail_at(city, spec, messages.SHARE)
        assert city.run(spec, job, city.retry(spec, job)) is None
        assert city.ask(spec)[1] is not None
        assert all(spent(city, party) >= 2 * charges(spec)[0].micro_rho for party in OWNERS)


@pytest.mark.slow
def test_with_both_samplers_switched_off_the_figures_are_exact(tmp_path):
    """The mutation: noise is all that hides a group of four matches; with one owner's alone it is hidden."""
    with private_owners(tmp_path, ROWS, LIST) as city:
        spec = city.authorized(private_join())
        silent = {party: {"sampler": lambda scale: 0} for party in OWNERS}
        finished = city.run(spec, city.propose(spec), places=silent)
        cells = {cell["group"]: cell for cell in finished.release.document["cells"]}
        assert (cells["2"]["keys"], cells["2"]["rows"], cells["2"]["sums"]["price"]) == tuple(map(str, TRUTH["2"]))
        assert COSTS.total < charges(spec)[0].micro_rho
        assert LISTED.period != HELD.period
