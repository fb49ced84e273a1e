"""Nothing of the rows leaves their owner: planted values and guessed hashes are searched wherever a job leaves bytes.

Whole nodes, one entry for each protocol and form of output that a job may have; ``test_traffic.py`` has the protocols
that no node runs, and holds that no declared protocol is without an entry. The same search finds a build that leaks one
value, or one hash, in one message, so it can fail.
"""

from __future__ import annotations

import json
import logging

import department as department_module
import pytest
from canaries import Wanted, hashed_keys, number_forms, text_forms
from planted import KEYS, PLANTED, PRICES, SPACE, left_behind
from plantedforms import FORMS
from townspecs import OFFICE, REGISTRARS

from contracts.evidence import statement
from ledger import canonical
from ledger.hashing import keccak256, sha256
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.node.attempt import AttemptRun
from mpc.protocols.join.run import key_message, point

PARCELS = 2_500_000
"""As many parcel ids as a city of five boroughs can give out: few enough to try them all."""


def session_of(finished) -> bytes:
    """The digest under which messages were signed, from what everybody signed."""
    return canonical.digest(json.loads(finished.envelope.payload)["predicate"]["session"])


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_no_planted_value_and_no_hash_of_a_key_is_left_anywhere(tmp_path, caplog, name):
    """Attacks 6 and 38, with the dictionary test over the key space."""
    caplog.set_level(logging.DEBUG)
    form = FORMS[name]
    with form.city(tmp_path) as city:
        spec = city.authorized(form.question)
        job, finished = city.ask(spec)
        assert finished is not None, [city[code].said(job).splitlines()[-1] for code in spec.parties]
        places = left_behind(city, job, finished, caplog.text)
        session, record = session_of(finished), city.job(job)
    assert statement.parse(finished.envelope.payload).session["protocol"] == form.protocol
    assert sum(map(len, places.values())) > 200_000
    assert all(places.values())
    assert statement.commit(session, finished.release.salt, finished.release.document) == finished.release.result
    assert PLANTED.found_in(places) == set()
    salts = [job, session, record.spec, record.result, record.statement]
    assert Wanted.hashes(SPACE, salts).found_in(places) == set()
    if form.reads_keys:
        space = (b"CANARY-PARCEL-%07d" % n for n in range(PARCELS))
        assert hashed_keys(space, salts, places) == set()
    points = {point(RISTRETTO255, key_message(session, key)): key for key in SPACE}
    assert Wanted(points).found_in(places) == set()  # what is hashed to the group leaves blinded only


class Leaking(AttemptRun):
    """A build in which one owner gives away a key in one message, and a publicly salted hash of it in another."""

    def _contribute(self, mandate, session, channel, data):
        if self._place.party in (REGISTRARS[0], "tax"):
            channel.send(OFFICE, "debug", b"row " + KEYS[7].encode())
            channel.send(OFFICE, "debug/2", sha256(self._job + KEYS[7].encode()))
        super()._contribute(mandate, session, channel, data)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "leaker"), [("sums", REGISTRARS[0]), ("join", "tax")])
def test_the_same_search_finds_a_build_that_leaks(tmp_path, caplog, monkeypatch, name, leaker):
    monkeypatch.setattr(department_module, "AttemptRun", Leaking)
    form = FORMS[name]
    with form.city(tmp_path) as city:
        job, finished = city.ask(city.authorized(form.question))
        places = left_behind(city, job, finished, caplog.text)
    assert PLANTED.found_in(places) == {f"messages of {leaker}: text {KEYS[7]}"}
    assert Wanted.hashes(SPACE, [job]).found_in(places) == {f"messages of {leaker}: hash of {KEYS[7]}"}


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
    hashes = Wanted.hashes(SPACE[:5], [b"salt"])
    assert hashes.found_in({"there": b"." + sha256(b"salt" + SPACE[2].encode())}) == {f"there: hash of {SPACE[2]}"}
    assert hashes.found_in({"there": b"." + sha256(b"other" + SPACE[2].encode())}) == set()
