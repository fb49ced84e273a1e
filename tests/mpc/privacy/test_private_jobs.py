"""Private questions through whole nodes: from the proposal to the release, modes, repetitions, versions, refusals."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from city import City
from foundedchain import trust_of
from privatespecs import DECLARED, private
from townspecs import OFFICE, REGISTRARS, SALES, registrar_rows, registrars, sums

from contracts.authorizations.terms import identifier
from contracts.budgets.record import Mode
from contracts.catalogue import client as catalogue
from contracts.evidence import statement
from contracts.evidence.bundle import Disclosure
from contracts.evidence.collect import collect
from contracts.evidence.verify import verify
from contracts.jobs.record import JobState
from gateway.statistics.service import private_figures
from ledger.errors import NotAuthorized
from mpc.kinds.registry import kind_of
from mpc.node.guarding import private as private_module
from mpc.node.guarding.limits import NoiseLimits, faults
from mpc.node.memory.journal import NodeJournal
from mpc.node.registry import ProvenRegistry
from mpc.privacy.declaration import Family, UnitsAt
from mpc.privacy.release import charge, estimate, figures
from mpc.protocols.sums.noised import DESCRIPTOR
from mpc.spec.parts import Interval

WIDE = replace(DECLARED, bounds={"price": (0, 500_000)}, groups={"borough": ("1", "2")})
"""Wide enough that nothing is clipped; no registrar's parcel has more than one sale, so nothing is left out."""


@contextmanager
def town(directory, **settings) -> Iterator[City]:
    """Three registrars whose pots hold 1,000,000 micro-rho each."""
    with registrars(directory, privacy=WIDE, **settings) as city:
        for code in REGISTRARS:
            city.allow(code, 1_000_000, WIDE.period)
        yield city


def asked(outputs=("count", "sum", "mean"), *, low: int = 0, **changes: object):
    spec = private(outputs, **{"high": 500_000, **changes})
    return replace(spec, filters=(Interval("price", low, None),))


def values_of(finished) -> dict[str, int]:
    return {name: int(value) for name, value in finished.release.document["cells"].items()}


def figure(finished, cell: str) -> float:
    spec = finished.mandate.spec
    told = figures(spec, len(finished.mandate.owners), values_of(finished))
    return next(float(line["value"]) for line in told["expected_error"] if line["cell"] == cell)


MODE = "job: privacy"
REPEATED = "privacy: mode or repetition"


def gather(city: City, job: bytes, finished):
    mandate, office = finished.mandate, city[OFFICE]
    sources = [source.authorization for source in mandate.owners]
    members = [identifier(party) for party in mandate.parties]
    disclosure = Disclosure(finished.release.document, finished.release.salt, finished.release.openings)
    return collect(office.view, office.chain, job, sources, members, finished.envelope, disclosure)


def refused(city: City, spec, ground: str, owner: str = REGISTRARS[0]) -> bool:
    """Whether a job ends by this ground with no message of the protocol from the owner."""
    before = len(city[owner].messages)
    job, finished = city.ask(spec)
    left = {m.step for m in city[owner].messages[before:] if m.direction == "sent"}
    return finished is None and city.reason(job) == ground[:32] and "masked" not in left


def mode_at(node) -> Mode | None:
    """The mode to which a node's own journal holds its asset, if to any."""
    for mode in (Mode.EXACT, Mode.PRIVATE):
        try:
            node.journal.usage.require("sales-1", WIDE.period, mode)
        except NotAuthorized:
            return Mode.PRIVATE if mode is Mode.EXACT else Mode.EXACT
    return None


@pytest.mark.slow
def test_a_private_job_releases_noised_figures_and_then_the_asset_is_private_for_ever(tmp_path):
    with town(tmp_path) as city:
        assert refused(city, city.authorized(asked(max_rows=5)), "job: privacy")
        spec = city.authorized(asked())
        job, finished = city.ask(spec)
        assert finished is not None, city[REGISTRARS[0]].said(job)
        prices = [price for n in (1, 2, 3) for _, _, price in registrar_rows(n)]
        told = {error.name: error for error in estimate(spec, 3).expected}
        for cell, truth in (("count", len(prices)), ("sum", sum(prices))):
            assert abs(figure(finished, cell) - truth) < 6 * told[cell].deviation
        assert city.job(job).state is JobState.RELEASED
        # what all signed: the specification with its terms, the noise in the session, the ledger of this protocol
        signed = statement.parse(finished.envelope.payload)
        assert signed.session["protocol"] == "noised-sums-v1"
        assert signed.session["terms"]["guarantee"]["micro_rho"] == "150000"
        assert signed.leakage == kind_of(spec).descriptor().record() == DESCRIPTOR.record()
        assert "window" not in city[REGISTRARS[0]].sent()
        # anybody checks it offline: the noise of every cell follows from the specification, the totals from openings
        evidence = gather(city, job, finished)
        verdict = verify(evidence.encode(), trust_of(city.node.genesis_hash))
        assert verdict.failed is None, verdict.lines("en")
        assert "epsilon 4.229 at delta 2^-40" in "".join(verdict.lines("en"))
        told = private_figures(finished.signed)
        assert told == figures(spec, 3, values_of(finished))
        # each asset paid what the specification says, once
        pots = [ProvenRegistry(city[code].view).now().pot(identifier(f"sales-{n}"), identifier(WIDE.period))
                for n, code in enumerate(REGISTRARS, start=1)]  # fmt: skip
        assert [pot.spent + pot.reserved for pot in pots] == [charge(spec)] * 3
        # exact figures of the same assets are refused from now on, by every owner for itself
        assert refused(city, city.authorized(sums(edges=())), MODE)
        # the same question again, however written, is not drawn again
        assert refused(city, spec, REPEATED)
        more = (*spec.filters, Interval("price", -5, None))
        rewritten = replace(spec, filters=more, outputs=("mean", "count", "sum"))
        assert refused(city, rewritten, REPEATED)
        # a changed row alone changes no decision: whether rows changed is not for anybody to find out without noise
        with city[REGISTRARS[0]].assets["sales-1"].file.open("a") as table:
            table.write("9000000000,3,0\n")
        assert refused(city, spec, REPEATED)
        # an irrelevant row, published as a new version, is a new question: a new charge, and fresh noise
        version = catalogue.publish(identifier("sales-1"), 71, identifier("version 2"), op_id=city.number())
        city.call(REGISTRARS[0], version)
        again = city.ask(spec)[1]
        assert again is not None
        pot = ProvenRegistry(city[REGISTRARS[0]].view).now().pot(identifier("sales-1"), identifier(WIDE.period))
        assert pot.spent + pot.reserved == 2 * charge(spec)
        assert values_of(again) != values_of(finished)
        # a question with other rows was never answered
        assert city.ask(city.authorized(asked(low=1000)))[1] is not None


@pytest.mark.slow
def test_without_a_name_for_the_question_it_is_drawn_again_and_again_and_each_draw_is_paid(tmp_path, monkeypatch):
    """Defence off: no two questions are taken for one. The draws differ, so their mean comes nearer to the truth."""
    names = iter(bytes([number]) * 32 for number in range(100))
    monkeypatch.setattr(private_module, "identify", lambda *_: next(names))
    with town(tmp_path) as city:
        spec = city.authorized(asked(("sum",)))
        found = [city.ask(spec)[1] for _ in range(2)]
        assert len({figure(finished, "sum") for finished in found}) == 2
        pot = ProvenRegistry(city[REGISTRARS[0]].view).now().pot(identifier("sales-1"), identifier(WIDE.period))
        assert pot.spent + pot.reserved == 2 * charge(spec)


WRONG: list[dict[str, object]] = [
    {"max_rows": 5}, {"max_groups": 2}, {"low": -1}, {"high": 400_000}, {"colluders": 0}, {"units_at": UnitsAt.SEVERAL},
    {"period": "2018"}, {"delta_log2": -20}, {"unit": "borough"}, {"scale": 1},
]  # fmt: skip


def grounds(spec, declared=WIDE) -> list[str]:
    return [ground for ground, _ in faults(spec, REGISTRARS[0], SALES, NoiseLimits(), declared)]


@pytest.mark.parametrize("change", WRONG)
def test_terms_that_differ_from_the_owners_declaration_are_refused_by_name(change):
    spec = asked()
    protection = replace(spec.privacy.protection, **change)
    changed = replace(
        spec, privacy=replace(spec.privacy, protection=protection), value=replace(spec.value, bound=protection.largest)
    )
    assert not grounds(spec)
    assert grounds(changed) == ["job: privacy"]
    (_, text), *_ = faults(changed, REGISTRARS[0], SALES, NoiseLimits(), WIDE)
    assert next(iter(change)) in text


def test_other_keys_other_columns_and_undeclared_assets_are_refused():
    assert grounds(private(grouped=True, high=500_000)) == ["job: privacy"]  # three public keys, the owner named two
    spec = asked()
    for changed in (
        replace(spec, value=replace(spec.value, column="bbl")),
        replace(spec, rows=399),
        replace(spec, filters=(Interval("area", 0, None),)),
        replace(spec, privacy=replace(spec.privacy, micro_rho=dict.fromkeys(spec.families, 1))),
    ):
        assert len(grounds(changed)) == (changed.privacy.micro_rho[Family.SUM] != 1)
    assert grounds(spec, declared=None) == ["job: privacy"]
    undrawable = asked(("variance",), high=2**50)
    assert grounds(undrawable, replace(WIDE, bounds={"price": (0, 2**50)})) == ["job: privacy"]


@pytest.mark.slow
@pytest.mark.parametrize("step", ["masked", "open"])
def test_a_job_that_failed_shows_no_second_noise_and_its_question_may_be_asked_anew(tmp_path, step):
    """Before an opening the job's next attempt draws again; after one only another job does, at another charge."""
    with town(tmp_path, patience_s=10.0) as city:
        spec = city.authorized(asked())
        job = city.propose(spec)

        def dies(message) -> None:
            if message.step == step:
                raise RuntimeError("the carrier broke")

        city[REGISTRARS[2]].on_message = dies
        with pytest.raises(RuntimeError):
            city.run(spec, job)
        city[REGISTRARS[2]].on_message = lambda message: None
        assert city.job(job).state is JobState.ABORTED
        assert (mode_at(city[REGISTRARS[0]]) is None) == (step == "masked")
        assert refused(city, city.authorized(sums(edges=())), MODE)
        again = city.run(spec, job, city.retry(spec, job))
        assert (again is not None) == (step == "masked")
        if again is None:
            assert city.ask(spec)[1] is not None
        assert refused(city, spec, REPEATED)


@pytest.mark.slow
def test_with_the_noise_switched_off_the_figures_are_exact_and_no_draw_is_kept(tmp_path):
    """The mutation: nothing else in a private job hides anything. And an attack on disks: beside the table, an owner's
    files hold neither its exact cells nor its share of the noise. (Noised cells may lie in the record for an opened
    audit: with the table they tell the owner its own share.)
    """
    drawn = 0x15EED34
    samplers = {code: {"sampler": lambda scale: 0} for code in REGISTRARS}
    samplers[REGISTRARS[0]] = {"sampler": lambda scale: drawn}
    with town(tmp_path) as city:
        spec = city.authorized(asked(("sum",)))
        finished = city.run(spec, city.propose(spec), places=samplers)
        prices = [price for n in (1, 2, 3) for _, _, price in registrar_rows(n)]
        assert figure(finished, "sum") == sum(prices) + drawn
        home = city[REGISTRARS[0]].home
        kept = b"".join(p.read_bytes() for p in home.rglob("*") if p.is_file() and p.suffix != ".csv")
        for number in (sum(price for _, _, price in registrar_rows(1)), drawn):
            forms = [str(number).encode(), *(number.to_bytes(n, e) for n in (8, 16) for e in ("little", "big"))]
            assert not [form for form in forms if len(form.strip(b"\0")) >= 3 and form in kept]


def test_modes_know_periods(tmp_path):
    journal = NodeJournal(tmp_path / "journal.sqlite")
    journal.usage.fix("sales", "2017", Mode.PRIVATE)
    journal.usage.fix("sales", "2017", Mode.PRIVATE)
    journal.usage.fix("sales", "2018", Mode.EXACT)
    journal.usage.fix("other", "all", Mode.EXACT)
    for asset, period, mode in (
        ("sales", "2017", Mode.EXACT), ("sales", "2018", Mode.PRIVATE), ("sales", "all", Mode.EXACT),
        ("other", "2017", Mode.PRIVATE),
    ):  # fmt: skip
        with pytest.raises(NotAuthorized, match="never mix"):
            journal.usage.require(asset, period, mode)
        with pytest.raises(NotAuthorized, match="never mix"):
            journal.usage.fix(asset, period, mode)
    journal.close()
    reopened = NodeJournal(tmp_path / "journal.sqlite")
    with pytest.raises(NotAuthorized, match="never mix"):
        reopened.usage.require("sales", "2017", Mode.EXACT)
    reopened.close()


def test_an_answered_question_is_recorded_once_and_withdrawn_by_its_own_attempt_alone(tmp_path):
    journal = NodeJournal(tmp_path / "journal.sqlite")
    question, job, next_job = identifier("question"), identifier("job"), identifier("next")
    journal.usage.record_answer("sales", question, job, 1, after=None)
    journal.usage.withdraw_answer(job, 2)
    assert journal.usage.answering("sales", question) == job
    with pytest.raises(NotAuthorized, match="answer stands"):
        journal.usage.record_answer("sales", question, next_job, 1, after=None)  # two jobs side by side: one wins
    assert journal.usage.answering("other", question) is None
    journal.usage.record_answer("sales", question, next_job, 1, after=job)
    journal.usage.withdraw_answer(next_job, 1)
    assert journal.usage.answering("sales", question) is None
    journal.close()
