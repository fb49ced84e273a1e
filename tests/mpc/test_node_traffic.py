"""Nothing of the rows leaves their owner: planted values and guessed hashes are searched wherever jobs leave bytes.

One town of whole nodes runs every form of output that a job may have; then everything that all of them left is
searched. ``test_traffic.py`` has the protocols that no node runs, and holds that no declared protocol is without an
entry. The same search finds a build that leaks one value, or one hash, in one place, so it can fail.
"""

from __future__ import annotations

import json
import logging
import struct
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace

import department as department_module
import planted
import pytest
from canaries import Wanted, hashed_keys, number_forms, text_forms
from city import City
from planted import CHARGES, COUNTIES, DUES, KEYS, PLANTED, PRICES, SPACE, STATUSES, TOTALS, left_behind
from plantedforms import FORMS, JOINED, KEYED, PRIVATE, RUN
from privatejoins import LISTED
from townspecs import OFFICE

from contracts.authorizations.terms import identifier
from contracts.evidence import statement
from contracts.jobs import client as jobs
from contracts.jobs.calls import Refuse
from contracts.jobs.record import NOTHING
from ledger import canonical
from ledger.hashing import keccak256, sha256
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.node.attempts.attempt import AttemptRun, Finished
from mpc.node.attempts.preparing import Prepared
from mpc.node.guarding.guard import Mandate
from mpc.protocols.ckks.lattice import is_installed
from mpc.protocols.join.run import key_message, point
from mpc.sessions.channel import Channel
from mpc.sessions.session import Session

PARCELS = 2_500_000
"""As many parcel ids as a city of five boroughs can give out: few enough to try them. Here every tenth is."""
Done = dict[str, tuple[bytes, Finished]]
LOG = logging.getLogger("shuxin")


def session_of(finished: Finished) -> bytes:
    """The digest under which messages were signed, from what everybody signed."""
    return canonical.digest(json.loads(finished.envelope.payload)["predicate"]["session"])


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with planted.town(tmp_path_factory.mktemp("city"), PRIVATE, JOINED, LISTED, KEYED) as found:
        yield found


@pytest.mark.slow
def test_no_planted_value_and_no_hash_of_a_key_is_left_anywhere(city: City, caplog: pytest.LogCaptureFixture) -> None:
    """Attacks 6 and 38, with the dictionary test over the key space."""
    caplog.set_level(logging.DEBUG)
    done, salts, points = Done(), list[bytes](), dict[bytes, str]()
    for name, form in RUN.items():
        job, finished = city.ask(spec := city.authorized(form.question))
        assert finished is not None, (name, [city[code].said(job).splitlines()[-1] for code in spec.parties])
        done[name] = job, finished
        session, record = session_of(finished), city.job(job)
        assert statement.parse(finished.envelope.payload).session["protocol"] == form.protocol
        assert statement.commit(session, finished.release.salt, finished.release.document) == finished.release.result
        salts += [job, session, record.spec, record.result, record.statement]
        if form.reads_keys:
            points |= {point(RISTRETTO255, key_message(session, key)): key for key in KEYS}
    places = left_behind(city, done, caplog.text)
    assert sum(map(len, places.values())) > 2_000_000
    assert all(places.values())
    assert PLANTED.found_in(places) == set()
    assert Wanted.hashes(SPACE, salts).found_in(places) == set()
    assert Wanted(points).found_in(places) == set()  # what is hashed to the group leaves blinded only
    space = (b"CANARY-PARCEL-%07d" % n for n in range(7, PARCELS, 10))  # the planted ones are among them
    assert hashed_keys(space, [session_of(done["join"][1])], places) == set()


def leaking(city: City) -> type[AttemptRun]:
    """A build in which the lister gives one value away in each place: messages (plain and hashed), log, file, mail.

    Of sums under one key an owner says a row as a double beside its ciphertext, and logs its total before the noise.
    """

    class Leaking(AttemptRun):
        def _contribute(self, mandate: Mandate, session: Session, channel: Channel, data: Prepared) -> None:
            if self._place.party == "tax":
                channel.send(OFFICE, "debug", b"row " + KEYS[7].encode())
                channel.send(OFFICE, "debug/2", sha256(self._job + KEYS[7].encode()))
                LOG.info("matched %s", STATUSES[4])
                (self._place.state / "debug").write_bytes(DUES[9].to_bytes(8, "little"))
                city.carrier.put([(OFFICE, KEYS[8].encode())])
            if self._place.party == COUNTIES[0]:
                channel.send(COUNTIES[1], "debug", struct.pack("<d", CHARGES[3]))
                LOG.info("fees %d", TOTALS[0])
            super()._contribute(mandate, session, channel, data)

    return Leaking


@pytest.mark.slow
def test_the_same_search_finds_a_build_that_leaks(
    city: City, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(department_module, "AttemptRun", leaking(city))
    spec = city.authorized(FORMS["join"].question)
    job, finished = city.ask(spec)
    assert finished is not None
    keyed = FORMS["sums under one key"].question
    if is_installed():
        assert city.ask(city.authorized(replace(keyed, weights=(-1, 1, 1, 1))))[1] is not None  # type: ignore[call-arg]
    refused, ground = city.propose(spec), KEYS[5].encode().ljust(32, b"\0")
    assert (
        city["tax"]
        .chain.submit(jobs.refuse(Refuse(refused, ground, NOTHING), attempt=1, party=identifier("tax")))
        .accepted
    )
    said = replace(finished.release, document={**finished.release.document, "debug": str(PRICES[3])})
    places = left_behind(city, {"join": (job, replace(finished, release=said))}, caplog.text)
    under_key = {f"messages of {COUNTIES[0]}: number {CHARGES[3]}", f"log: number {TOTALS[0]}"}
    assert PLANTED.found_in(places) == (under_key if is_installed() else set()) | {
        f"messages of tax: text {KEYS[7]}",
        f"log: text {STATUSES[4]}",
        f"files of tax: number {DUES[9]}",
        f"relay: text {KEYS[8]}",
        f"chain: text {KEYS[5]}",
        f"files of tax: text {KEYS[5]}",  # the copy of what it sent to the chain
        f"evidence of join: number {PRICES[3]}",
    }
    assert Wanted.hashes(SPACE, [job]).found_in(places) == {f"messages of tax: hash of {KEYS[7]}"}


def test_the_dictionary_finds_one_hash_among_all_parcels():
    space = [b"CANARY-PARCEL-%07d" % n for n in range(0, PARCELS, 50)]
    hidden = {
        "plain": sha256(space[3]),
        "hex": sha256(space[4]).hex().encode(),
        "keccak": keccak256(space[5]),
        "salted": sha256(b"job" + space[6]),
        "other": sha256(b"x"),
    }
    assert hashed_keys(space, [b"job"], {name: b".." + data for name, data in hidden.items()}) == set(space[3:7])
    assert hashed_keys(space, [b"job"], {"other": hidden["other"]}) == set()


def test_the_search_finds_every_encoding_and_nothing_else():
    for needle in (*text_forms(KEYS[3]), *number_forms(PRICES[3])):
        assert PLANTED.found_in({"there": b"xyz" + needle + b"xyz"})
    assert PLANTED.found_in({"there": KEYS[3].encode()[:-1] + b"x"}) == set()
    assert PLANTED.found_in({"there": b""}) == set()
    for lead in range(3):  # digits of another number that are those of a planted one, but for its first
        assert PLANTED.found_in({"there": b64encode(bytes(lead) + b"0" + str(DUES[3])[1:].encode())}) == set()
    hashes = Wanted.hashes(SPACE[:5], [b"salt"])
    assert hashes.found_in({"there": b"." + sha256(b"salt" + SPACE[2].encode())}) == {f"there: hash of {SPACE[2]}"}
    assert hashes.found_in({"there": b"." + sha256(b"other" + SPACE[2].encode())}) == set()
