"""CKKS sums as jobs of real nodes: from the proposal to evidence that verifies; who is refused, and before what."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from city import NOISE, City
from ckksspecs import OWNERS, weighted
from department import Died, Holding, Plaintext
from foundedchain import trust_of
from privatespecs import DECLARED
from townspecs import OFFICE, SALES, registrar_rows, sales_csv

from contracts.authorizations.terms import identifier
from contracts.evidence.bundle import Disclosure
from contracts.evidence.collect import collect
from contracts.evidence.verify import examine, verify
from contracts.jobs.record import JobState
from gateway.statistics.auditing import released
from gateway.statistics.service import private_figures
from ledger.errors import InvalidRecord, NotFound
from mpc.kinds.registry import kind_of
from mpc.node.attempts.account import settle_left_over
from mpc.node.attempts.attempt import Finished
from mpc.node.guarding.limits import NoiseLimits, faults
from mpc.node.registry import ProvenRegistry
from mpc.opened.check import check
from mpc.opened.record import Head, Opened
from mpc.privacy.accounting import share_scale
from mpc.privacy.declaration import Family, UnitsAt
from mpc.protocols.ckks import lattice
from mpc.spec.job import CkksSpec
from mpc.spec.reader import from_json

WIDE = replace(DECLARED, bounds={"price": (0, 500_000)}, groups={"borough": ("1", "2")})
"""Wide enough that nothing is clipped; no registrar's parcel has more than one sale, so nothing is left out."""
APART = (OWNERS[1], OWNERS[3])
WEIGHTS = (3, 2, 1, -1)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Four registrars with budgets."""
    holdings = {
        code: Holding(f"sales-{n}", SALES, sales_csv(registrar_rows(n)), WIDE) for n, code in enumerate(OWNERS, start=1)
    }
    with City(tmp_path_factory.mktemp("city"), holdings) as city:
        for code in OWNERS:
            city.allow(code, 1_000_000, WIDE.period)
        yield city


def trusting(city: City, *parties: str) -> Mapping[str, Mapping[str, object]]:
    """Workplaces of owners that take these parties not to pool."""
    noise = replace(NOISE, apart=parties)
    return {code: {"guard": replace(city[code].workplace().guard, noise=noise)} for code in OWNERS}


def ask(city: City, spec: CkksSpec, *parties: str) -> tuple[bytes, Finished | None]:
    job = city.propose(spec)
    return job, city.run(spec, job, places=trusting(city, *parties))


def asked(**changes: object) -> CkksSpec:
    return weighted(**{"declared": WIDE, **changes})  # type: ignore[arg-type]


@pytest.mark.slow
def test_who_does_not_trust_key_holder_and_evaluator_apart_or_lacks_the_package_refuses_before_it_accepts(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = city.authorized(asked())
    assert refused(city, spec, OWNERS[1]) == "job: key holder"
    monkeypatch.setattr(lattice, "is_installed", lambda: False)
    assert refused(city, spec, *APART) == "job: key holder"


@pytest.mark.slow
def test_weighted_sums_are_released_verified_and_paid_and_the_audit_says_that_it_cannot_repeat_them(city: City) -> None:
    pytest.importorskip("tenseal", reason="tenseal is not installed (extra 'ckks')")
    spec = city.authorized(asked())
    job, finished = ask(city, spec, *APART)
    assert finished is not None, [city[code].said(job) for code in OWNERS]
    truth = sum(w * sum(row[2] for row in registrar_rows(n)) for n, w in enumerate(WEIGHTS, start=1))
    told = kind_of(spec).estimate()
    assert abs(int(finished.release.document["cells"]["sum"]) - truth) < 6 * told.expected[0].deviation
    evidence = gather(city, job, finished)
    report = verify(evidence, trust_of(city.node.genesis_hash))
    assert report.failed is None, report.lines("en")
    lines = "".join(report.lines("en"))
    assert "noised cells opened, 100000 micro-rho, epsilon" in lines
    assert "as registrar-4 signed them; that they are the sum of what the owners encrypted only it could see" in lines
    assert spent(city) == dict.fromkeys(OWNERS, 100_000)
    assert private_figures(finished.signed) == kind_of(spec).told(finished.release.document, 4)
    require_no_audit(city, job, evidence)
    # the same question again is not drawn again
    again, finished = ask(city, spec, *APART)
    assert (finished, city.reason(again)) == (None, "privacy: mode or repetition")


@pytest.mark.slow
def test_an_attempt_broken_off_after_a_ciphertext_left_is_paid_and_shows_no_second_draw(city: City) -> None:
    """Attack: the evaluator never sends the sum, and the job is begun again, until the noise averages out."""
    pytest.importorskip("tenseal", reason="tenseal is not installed (extra 'ckks')")
    spec = city.authorized(asked(weights=(1, 1, 1, 1)))
    before, job = spent(city), city.propose(spec)
    places = {code: {**own, "message_timeout_s": 3.0} for code, own in trusting(city, *APART).items()}
    places[OFFICE] = {"message_timeout_s": 3.0}

    def lost(message: Plaintext) -> None:
        if message.step == "ckks-sum":
            raise Died

    city[OWNERS[1]].on_message = lost
    assert city.run(spec, job, places=places) is None
    city[OWNERS[1]].on_message = lambda message: None
    city[OWNERS[1]].restart()
    assert city.job(job).state is JobState.ABORTED
    left = ciphertexts(city)
    assert left[OWNERS[0]]
    assert city.run(spec, job, city.retry(spec, job), places=trusting(city, *APART)) is None
    assert ciphertexts(city) == left
    for code in OWNERS:
        settle_left_over(city[code].workplace(), ())
        assert spent(city)[code] == before[code] + 100_000


def ciphertexts(city: City) -> dict[str, list[bytes]]:
    """What every owner ever sent to an evaluator."""
    return {
        code: [m.body for m in city[code].messages if (m.direction, m.step) == ("sent", "ckks-vector")]
        for code in OWNERS
    }


def spent(city: City) -> dict[str, int]:
    """What each owner's pot has spent or holds for what may still be."""
    pots = {
        code: ProvenRegistry(city[code].view).now().pot(identifier(f"sales-{n}"), identifier(WIDE.period))
        for n, code in enumerate(OWNERS, start=1)
    }
    return {code: pot.spent + pot.reserved for code, pot in pots.items()}


def require_no_audit(city: City, job: bytes, evidence: bytes) -> None:
    """Nobody could repeat a record of such a job: none is kept, and one that is shown is refused with the reason."""
    with pytest.raises(NotFound, match="nobody could repeat"):
        city[OWNERS[3]].transcripts.find(job, None)
    shown = Opened(Head(OWNERS[3], job, 1, bytes(32), bytes(32), None, None), {}, {})
    with pytest.raises(InvalidRecord, match="draws its own randomness; nobody can repeat it"):
        check(released(examine(evidence, trust_of(city.node.genesis_hash))), shown)


def refused(city: City, spec: CkksSpec, *parties: str) -> str:
    """The ground by which a job ends that no node of an owner sent anything in."""
    job, finished = ask(city, spec, *parties)
    assert finished is None
    assert city.job(job).state is JobState.REFUSED
    assert not {message.step for code in OWNERS for message in city[code].messages if "ckks" in message.step}
    return city.reason(job)


def grounds(spec: CkksSpec, party: str = OWNERS[0], **changes: object) -> list[str]:
    noise = NoiseLimits(apart=changes.pop("apart", APART))  # type: ignore[arg-type]
    return [text for _, text in faults(spec, party, SALES, noise, changes.pop("declared", WIDE))]  # type: ignore[arg-type]


def test_an_owner_names_key_holder_and_evaluator_and_has_the_package(monkeypatch) -> None:
    monkeypatch.setattr(lattice, "is_installed", lambda: True)
    assert grounds(asked()) == []
    assert "does not name registrar-4" in grounds(asked(), apart=APART[:1])[0]
    assert "does not name registrar-2" in grounds(asked(), apart=APART[1:])[0]
    assert grounds(asked(), OWNERS[3], apart=APART[:1]) == []
    assert grounds(asked(), declared=None) == ["job: this asset has no declaration for private questions"]
    assert "max_rows" in grounds(asked(max_rows=5))[0]
    assert "less than the declared 400" in grounds(asked(rows=399))[0]
    monkeypatch.setattr(lattice, "is_installed", lambda: False)
    assert "optional package tenseal" in grounds(asked())[0]


def test_every_owner_draws_its_own_noise_and_an_input_reads_back_as_committed() -> None:
    spec, drawn = asked(), []
    table = Rows([("", 100), ("", 600_000), ("", -3)])
    inputs = {
        owner: kind_of(spec).prepare_private(owner, table, bytes(32), 4, lambda scale: drawn.append(scale) or 7)  # type: ignore[arg-type]
        for owner in OWNERS
    }
    own = share_scale(spec.terms.owner_milli[0], 1)
    assert drawn == [own, own, own, own, 2]
    assert own >= 2 * 500_000 / (2 * 0.1) ** 0.5
    assert [inputs[owner].json()["cover"] for owner in OWNERS] == [[], [], [], ["7"]]  # type: ignore[call-overload,index]
    for owner, data in inputs.items():
        assert kind_of(spec).read_input(owner, data.json()) == data
    assert kind_of(spec).pooled(inputs) == {"cells": {"sum": str(sum(WEIGHTS) * 500_107 + 7)}}
    for wrong in ({}, [], {"sums": {}}, {"sums": {"sum": 1}, "cover": []}, {"sums": {}, "cover": "7"}):
        with pytest.raises(InvalidRecord):
            kind_of(spec).read_input(OWNERS[0], wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(("max_groups", "touched"), [(1, 1), (2, 2), (9, 3)])
def test_one_cost_pays_for_all_groups_by_how_many_one_unit_may_be_in(max_groups: int, touched: int) -> None:
    alone, grouped = weighted().terms, weighted(grouped=True, max_groups=max_groups).terms
    assert (len(grouped.columns), grouped.touched) == (3, touched)
    assert grouped.owner_milli[0] == pytest.approx(alone.owner_milli[0] * touched**0.5, rel=1e-4)


class Rows:
    """A table whose kept rows are given."""

    def __init__(self, kept: list[tuple[str, int]]) -> None:
        self.kept = lambda *_: kept


@pytest.mark.parametrize("grouped", [False, True])
def test_a_specification_reads_as_it_was_written(grouped: bool) -> None:
    spec = asked(grouped=grouped, units_at=UnitsAt.SEVERAL)
    assert from_json(spec.json()) == spec


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"holder": "audit-office"}, "two of the owners"),
        ({"holder": OWNERS[1]}, "two of the owners"),
        ({"recipient": OWNERS[3]}, "recipient none of them"),
        ({"owners": OWNERS[:3], "weights": (1, 1, 1), "holder": OWNERS[0]}, "at least 4"),
        ({"weights": (1, 1, 1)}, "one weight"),
        ({"weights": (1, 0, 1, 1)}, "weights"),
        ({"rows": 1}, "max_rows"),
        ({"rows": 1 << 32}, "2\\^43"),
        ({"owners": OWNERS[::-1], "evaluator": OWNERS[0]}, "in order"),
    ],
)
def test_a_specification_that_does_not_hold_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidRecord, match=reason):
        asked(**changes)


def test_without_a_privacy_member_there_is_no_such_job() -> None:
    document = asked().json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord, match="privacy"):
        from_json({name: value for name, value in document.items() if name != "privacy"})
    with pytest.raises(InvalidRecord, match="exactly sum"):
        replace(asked(), privacy=replace(asked().privacy, micro_rho={Family.SUM: 1, Family.COUNT: 1}))


def gather(city: City, job: bytes, finished: Finished) -> bytes:
    release, mandate, office = finished.release, finished.mandate, city[OFFICE]
    sources = [source.authorization for source in mandate.owners]
    members = [identifier(party) for party in mandate.parties]
    disclosure = Disclosure(release.document, release.salt, release.openings)
    return collect(office.view, office.chain, job, sources, members, finished.envelope, disclosure).encode()
