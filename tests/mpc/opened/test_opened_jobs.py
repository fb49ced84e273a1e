"""Jobs of whole nodes over the chain, and each owner's record of them, held against the evidence."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from city import City
from foundedchain import trust_of
from privatespecs import DECLARED, private
from townspecs import OFFICE, REGISTRARS, join, owners, registrar_rows, registrars, sold, sums

from contracts.authorizations.terms import identifier
from contracts.evidence.bundle import Disclosure
from contracts.evidence.collect import collect
from contracts.evidence.verify import examine
from gateway.statistics.auditing import released
from mpc.node.attempts.attempt import Finished
from mpc.opened import record
from mpc.opened.check import Released, check
from mpc.opened.record import Opened
from mpc.protocols.join import messages
from mpc.spec.parts import Interval

ROWS, LISTED = sold({"1": 14, "2": 4})


def ask(city: City, spec) -> tuple[Released, dict[str, Opened]]:  # type: ignore[no-untyped-def]
    job, finished = city.ask(city.authorized(spec))
    assert finished is not None, city[OFFICE].said(job)
    encoded = evidence(city, job, finished)
    found = released(examine(encoded, trust_of(city.node.genesis_hash)))
    stores = {party: city[party].transcripts for party in found.inputs}
    return found, {party: record.parse(store.read(store.find(job, None))) for party, store in stores.items()}


def evidence(city: City, job: bytes, finished: Finished) -> bytes:
    release, mandate, office = finished.release, finished.mandate, city[OFFICE]
    sources = [source.authorization for source in mandate.owners]
    members = [identifier(party) for party in mandate.parties]
    disclosure = Disclosure(release.document, release.salt, release.openings)
    return collect(office.view, office.chain, job, sources, members, finished.envelope, disclosure).encode()


@pytest.mark.slow
@pytest.mark.parametrize("prime_group", ["ristretto255", "sm2"])
def test_every_owner_of_a_masked_sum_reproduces_its_bytes(tmp_path: Path, prime_group: str) -> None:
    with registrars(tmp_path) as city:
        found, opened = ask(city, replace(sums(edges=()), prime_group=prime_group))
        file = tmp_path / "registrar-2" / "sales-2.csv"
        for party, own in opened.items():
            assert check(found, own).exit_code == 0, party
        assert len(opened) == 3
        own = opened["registrar-2"]
        assert own.head.origin["file"] == sha256(file.read_bytes()).hexdigest()  # type: ignore[index, call-overload]
        rows = {**own.head.data, "count": str(int(own.head.data["count"]) + 1)}  # type: ignore[arg-type, dict-item, index, call-overload]
        one_more = check(found, replace(own, head=replace(own.head, data=rows)))
        assert one_more.deviation is not None
        assert (one_more.deviation.party, one_more.deviation.step) == ("registrar-2", "input")


@pytest.mark.slow
def test_the_noised_contribution_is_the_committed_input_of_a_private_job(tmp_path: Path) -> None:
    declared = replace(DECLARED, bounds={"price": (0, 500_000)}, groups={"borough": ("1", "2")})
    with registrars(tmp_path, privacy=declared) as city:
        for code in REGISTRARS:
            city.allow(code, 1_000_000, declared.period)
        spec = replace(private(("count", "sum"), high=500_000), filters=(Interval("price", 0, None),))
        found, opened = ask(city, spec)
        exact = {"count": str(len(registrar_rows(1))), "sum": str(sum(row[2] for row in registrar_rows(1)))}
        for party, own in opened.items():
            assert check(found, own).exit_code == 0, party
        own = opened["registrar-1"]
        assert own.head.data != exact
        without_noise = check(found, replace(own, head=replace(own.head, data=exact)))
        assert without_noise.deviation is not None
        assert without_noise.deviation.step == "input"


@pytest.mark.slow
def test_both_owners_of_a_join_reproduce_their_bytes_and_a_changed_row_or_message_is_named(tmp_path: Path) -> None:
    with owners(tmp_path, ROWS, LISTED) as city:
        found, opened = ask(city, join(groups=("1", "2")))
        told: list[str] = []
        for own in opened.values():
            assert check(found, own, lambda step, done, total: told.append(step)).exit_code == 0
        assert {messages.ROWS, messages.PAYLOADS} <= set(told)
        assert not [key for key in LISTED if key.encode() in b"".join(opened["finance"].received.values())]
        listed = opened["tax"]
        planted = replace(listed, head=replace(listed.head, data=[*listed.head.data, "1999999999"]))  # type: ignore[list-item, misc]
        deviation = check(found, planted).deviation
        assert deviation is not None
        assert (deviation.party, deviation.step) == ("tax", "input")
        held = opened["finance"]
        place = ("tax", messages.PAYLOADS)
        other = replace(held, sent={**held.sent, place: held.sent[place][:-65] + b"\1" + held.sent[place][-64:]})
        deviation = check(found, other).deviation
        assert deviation is not None
        assert (deviation.party, deviation.step) == ("finance", messages.PAYLOADS)
        openings = found.openings
        assert isinstance(openings, dict)
        exchanged = {"finance": openings["tax"], "tax": openings["finance"]}
        deviation = check(replace(found, openings=exchanged), held).deviation
        assert deviation is not None
        assert (deviation.party, deviation.step) == ("finance", messages.SHARE)
