"""Nothing of the rows leaves their owner: planted values and guessed hashes are searched wherever a job leaves bytes.

The same search finds a build that leaks one value, or one hash, in one message, so it can fail.
"""

import json
import logging
from dataclasses import replace

import department as department_module
import pytest
from canaries import Wanted, hashed_keys, number_forms, text_forms
from department import City, Holding
from townspecs import OFFICE, REGISTRARS, join, sums

from contracts.authorizations.terms import identifier
from contracts.evidence import statement
from contracts.evidence.bundle import Disclosure
from contracts.evidence.collect import collect
from ledger import canonical
from ledger.hashing import keccak256, sha256
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.node.attempt import AttemptRun
from mpc.protocols.join.run import key_message, point
from mpc.schema import Integer, Schema, Text
from mpc.spec_parts import Amount, Interval

SALES = Schema(
    {
        "bbl": Text("[0-9A-Z-]{10,40}"),
        "borough": Text("[1-3]"),
        "price": Integer(0, 1 << 53),
        "note": Text("[A-Z0-9-]+"),
    },
    key="bbl",
    groups=("borough",),
    rows=400,
)
LIST = Schema({"bbl": Text("[0-9A-Z-]{10,40}"), "status": Text("[A-Z0-9-]+")}, unique="bbl", key="bbl", rows=400)
PARCELS = 2_500_000
"""As many parcel ids as a city of five boroughs can give out: few enough to try them all."""
KEYS = [f"CANARY-PARCEL-{40_000 * n + 17:07d}" for n in range(60)]
SPACE = [*KEYS, *(f"CANARY-PARCEL-{n:07d}" for n in range(2000))]
PRICES = [811_223_344_556_677 + 10_007 * n for n in range(60)]
NOTES = [f"CANARY-NOTE-OF-SALE-{n:04d}" for n in range(60)]
STATUSES = [f"CANARY-STATUS-{n:04d}" for n in range(40)]
PLANTED = Wanted.of([*KEYS, *NOTES, *STATUSES, "CANARY-OWNER-NAME"], PRICES)


def sales(rows):
    """Declared columns, one declared but not asked for, and one that is not even declared."""
    lines = [f"{key},{borough},{price},{note},CANARY-OWNER-NAME" for key, borough, price, note in rows]
    return "bbl,borough,price,note,owner\n" + "\n".join(lines) + "\n"


def owners(directory):
    rows = [(KEYS[n], "12"[n % 2], PRICES[n], NOTES[n]) for n in range(60)]
    listed = "bbl,status\n" + "\n".join(f"{KEYS[n]},{STATUSES[n]}" for n in range(40)) + "\n"
    return City(
        directory, {"finance": Holding("sales", SALES, sales(rows)), "tax": Holding("stabilised", LIST, listed)}
    )


def registrars(directory):
    holdings = {}
    for place, code in enumerate(REGISTRARS):
        rows = [(KEYS[n], "1", PRICES[n], NOTES[n]) for n in range(20 * place, 20 * place + 20)]
        holdings[code] = Holding(f"sales-{place + 1}", SALES, sales(rows))
    return City(directory, holdings)


def bounded(spec):
    if hasattr(spec, "holder"):
        return replace(spec, sums=(Amount("price", 1 << 53),))
    wide = replace(spec.value, bound=1 << 53)
    return replace(spec, value=wide, filters=(Interval("price", 1000, None),))


def left_behind(city, job, finished, log: str) -> dict[str, bytes]:
    """Everything a job leaves anywhere, except the owners' own tables."""
    places = {"log": log.encode()}
    for code, department in city.departments.items():
        places[f"messages of {code}"] = b"\0".join(message.body for message in department.messages)
        kept = [path for path in sorted(department.home.rglob("*")) if path.is_file() and path.suffix != ".csv"]
        places[f"files of {code}"] = b"\0".join(path.read_bytes() for path in kept)
    places["relay"] = b"\0".join(envelope for _, envelope in city.carrier.stored)
    chain = [path for path in sorted((city.directory / "chain").rglob("*")) if path.is_file()]
    places["chain"] = b"\0".join(path.read_bytes() for path in chain)
    for number in range(city.node.head_number() + 1):
        places["chain"] += b"\0".join(city.node.transactions(number))
    office, mandate, release = city[OFFICE], finished.mandate, finished.release
    evidence = collect(
        office.view,
        office.chain,
        job,
        [source.authorization for source in mandate.owners],
        [identifier(party) for party in mandate.parties],
        finished.envelope,
        Disclosure(release.document, release.salt, release.openings),
    )
    places |= {"evidence": evidence.encode(), "evidence.public": evidence.without_figures().encode()}
    return places


class Leaking(AttemptRun):
    """A build that gives away one key in one message, and a publicly salted hash of it in another."""

    def _contribute(self, mandate, session, channel, data):
        if self._place.party == REGISTRARS[0]:
            channel.send(OFFICE, "debug", b"row " + KEYS[7].encode())
            channel.send(OFFICE, "debug/2", sha256(self._job + KEYS[7].encode()))
        super()._contribute(mandate, session, channel, data)


def session_of(finished) -> bytes:
    """The digest under which messages were signed, from what everybody signed."""
    return canonical.digest(json.loads(finished.envelope.payload)["predicate"]["session"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("found", "question"), [(owners, join(groups=("1", "2"))), (registrars, sums(edges=()))], ids=["join", "sums"]
)
def test_no_planted_value_and_no_hash_of_a_key_is_left_anywhere(tmp_path, caplog, found, question):
    """Attacks 6 and 38, with the dictionary test over the key space."""
    caplog.set_level(logging.DEBUG)
    with found(tmp_path) as city:
        spec = city.authorized(bounded(question))
        job, finished = city.ask(spec)
        assert finished is not None, [city[code].said(job).splitlines()[-1] for code in spec.parties]
        places = left_behind(city, job, finished, caplog.text)
        session, record = session_of(finished), city.job(job)
    assert sum(map(len, places.values())) > 200_000
    assert all(places.values())
    assert statement.commit(session, finished.release.salt, finished.release.document) == finished.release.result
    assert PLANTED.found_in(places) == set()
    salts = [job, session, record.spec, record.result, record.statement]
    assert Wanted.hashes(SPACE, salts).found_in(places) == set()
    if found is owners:  # the job that reads keys
        space = (b"CANARY-PARCEL-%07d" % n for n in range(PARCELS))
        assert hashed_keys(space, salts, places) == set()
    points = {point(RISTRETTO255, key_message(session, key)): key for key in SPACE}
    assert Wanted(points).found_in(places) == set()  # what is hashed to the group leaves blinded only


@pytest.mark.slow
def test_the_same_search_finds_a_build_that_leaks(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(department_module, "AttemptRun", Leaking)
    with registrars(tmp_path) as city:
        job, finished = city.ask(city.authorized(bounded(sums(edges=()))))
        places = left_behind(city, job, finished, caplog.text)
    expected = {f"messages of {code}: text {KEYS[7]}" for code in (REGISTRARS[0],)}
    assert PLANTED.found_in(places) == expected
    assert Wanted.hashes(SPACE, [job]).found_in(places) == {f"messages of {REGISTRARS[0]}: hash of {KEYS[7]}"}


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
