"""``shuxin asset`` and ``shuxin authorization`` on a served chain: each change once, each refusal one clear line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from commandline import say
from mounting import enter
from smallnetwork import found_offices
from townspecs import OFFICE, REGISTRARS, registrar_rows

from contracts.addresses import AUTHORIZATIONS, REQUESTS
from contracts.authorizations.record import Operations
from contracts.authorizations.terms import identifier
from contracts.catalogue.client import asset_fact, decode_asset
from contracts.catalogue.rules import Asset
from gateway.network.serving import serve_chain
from gateway.statistics.publishing import Editions, read_edition
from gateway.statute.officers import Officer
from gateway.statute.sharing.requesting import Period, Requesting, Wanted, read_terms
from ledger.errors import InvalidRecord, NotAuthorized
from mpc.node import config as node_config

OWNER, OTHER = REGISTRARS[:2]
AUTHORITY = "authority"
CODE = f"{OFFICE}/market-audit/sales-1"
WORDS = (
    "--name", "Sales of 2019", "--frequency", "yearly", "--condition", "figures only", "--assessment", "no persons",
    "--grade", 1,
)  # fmt: skip
ASK = (
    "--owner", OWNER, "--purpose", "market-audit", "--words", "Prices of 2019", "--basis", "Audit Law, article 31",
    "--operations", "count, sum",
)  # fmt: skip


class Town:
    """A served chain and its officers' commands."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def config(self, code: str) -> Path:
        return self.directory / "parties" / code / ("office.toml" if code == AUTHORITY else "node.toml")

    def asset(self, code: str) -> Asset:
        """The catalogue's entry as it is proven."""
        id = identifier(code)
        with closing(Officer(node_config.load(self.config(OFFICE)))) as officer:
            return decode_asset(id, officer.proven(asset_fact(id)))

    def changes(self, code: str) -> tuple[int, int]:
        """How often a request, and the authorization it became, have changed on chain."""
        officer = Officer(node_config.load(self.config(OFFICE)))
        try:
            return officer.changes(REQUESTS, identifier(code)), officer.changes(AUTHORIZATIONS, identifier(code))
        finally:
            officer.close()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    directory = tmp_path_factory.mktemp("town")
    found_offices(directory, OFFICE, has_authorities=True)
    with serve_chain(directory):
        yield Town(directory)


Shuxin = Callable[..., tuple[int, str]]


@pytest.fixture
def shuxin(town: Town, capsys: pytest.CaptureFixture[str]) -> Shuxin:
    """Run a command as the officer of a party; a refusal is one line on stderr, and nothing else is said there."""

    def run(party: str, *arguments: object) -> tuple[int, str]:
        code, out, err = say(capsys, *arguments, "--config", town.config(party))
        assert len(err.strip().splitlines()) == (code > 0), err
        return code, (err if code else out).strip()

    return run


@pytest.mark.slow
def test_an_authorization_goes_its_way_and_each_step_takes_effect_once(
    town: Town, shuxin: Shuxin, tmp_path: Path
) -> None:
    terms, columns = tmp_path / "terms.json", ("--columns", "price, borough")
    request = ("authorization", "request", "sales-1", *ASK, *columns, "-o", terms)
    agree = ("authorization", "agree", terms)
    assert "next, the head of the sharing body" in shuxin(OFFICE, *request)[1]
    assert read_terms(terms).columns == ("borough", "price")
    first = terms.read_bytes()
    assert "agreed to, block" in shuxin(OFFICE, *agree, "--owner", OWNER)[1]
    assert shuxin(OFFICE, *request) == (1, "shuxin: the chain refuses to submit: request: asset withdrawn")
    entry = tmp_path / "entry.toml"
    assert "complete" in shuxin(OWNER, "asset", "draft", "sales-1", "-o", entry, *WORDS)[1]
    mount, consent = (("asset", step, "sales-1", "--entry", entry) for step in ("mount", "agree"))
    assert "next, the head of the sharing body" in shuxin(OWNER, *mount)[1]
    assert "sharing: conditional; grade general; secrecy none" in shuxin(OWNER, *consent)[1]
    assert "nobody supplies it" in shuxin(OFFICE, "asset", "source", "item-sales-1")[1]
    assert "mounted by" in shuxin(OWNER, *mount)[1]
    assert "nothing to do" in shuxin(OWNER, *mount)[1]
    assert "shared already as asset" in shuxin(OFFICE, "asset", "source", "item-sales-1")[1]

    assert "requested, block" in shuxin(OFFICE, *request)[1]
    assert "nothing to do" in shuxin(OFFICE, *request)[1]
    assert terms.read_bytes() == first  # what the head agreed to, with the salt whose digest is on chain
    wider = ("authorization", "request", "sales-1", *ASK, "--columns", "bbl", "-o", tmp_path / "wider.json")
    assert shuxin(OFFICE, *wider) == (
        1, f"shuxin: authorization {CODE}: received already, and not this one; ask under another --code"
    )  # fmt: skip
    assert not (tmp_path / "wider.json").exists()
    assert town.changes(CODE) == (1, 0)

    for caller, step in ((OTHER, agree), (OTHER, ("authorization", "grant", terms))):
        assert "another owner than the document" in shuxin(caller, *step)[1]
    code, said = shuxin(OWNER, "authorization", "grant", terms)
    assert (code, "waits for the head of the sharing body of" in said) == (1, True)
    code, said = shuxin(OWNER, *agree)
    assert code == 0
    assert "by Audit Law, article 31:" in said
    assert "operations count, sum; columns borough, price" in said
    assert "granted, block" in shuxin(OWNER, "authorization", "grant", terms)[1]
    assert "nothing to do" in shuxin(OWNER, "authorization", "grant", terms)[1]
    for _ in range(2):
        for step in (("suspend", CODE, "--reason", "doubt", "--breach", "40(2)"), ("resume", CODE)):
            assert ", block" in shuxin(OWNER, "authorization", *step)[1]
            assert "nothing to do" in shuxin(OWNER, "authorization", *step)[1]
    assert town.changes(CODE) == (2, 5)
    code, said = shuxin(OTHER, "authorization", "show", CODE)
    assert f"{CODE}: granted" in said
    assert "0 of 10 uses" in said
    found = json.loads(shuxin(OTHER, "authorization", "show", CODE, "--json")[1])
    assert (found["terms"], found["max_uses"]) == (read_terms(terms).digest.hex(), 10)
    revoke = ("authorization", "revoke", CODE, "--reason", "over")
    assert shuxin(OTHER, *revoke) == (1, "shuxin: the chain refuses to revoke: authorization: not the owner")
    assert "authorization: end not consulted on and filed (R20) | " in shuxin(OWNER, *revoke)[1]
    after_the_answer(town, shuxin, tmp_path)
    assert "revoked, block" in shuxin(OWNER, *revoke)[1]
    assert shuxin(OWNER, "authorization", "resume", CODE) == (
        1, "shuxin: the chain refuses to resume: authorization: state"
    )  # fmt: skip
    dispose = ("authorization", "dispose", CODE, "--certificate", terms)
    said = shuxin(OWNER, *dispose)[1]
    assert "authorization: not the grantee (R18) | " in said
    assert "(article 27, R18)" in said
    assert "（第27条，R18）" in said
    assert "disposed of, block" in shuxin(OFFICE, *dispose)[1]
    assert town.changes(CODE) == (2, 7)

    again = ("--code", f"{CODE}/second")
    assert "drafted" in shuxin(OFFICE, *request, *again)[1]
    assert "agreed to, block" in shuxin(OFFICE, *agree, "--owner", OWNER, *again)[1]
    assert "requested, block" in shuxin(OFFICE, *request, *again)[1]
    no = (f"{CODE}/second", "--reason", "not needed", "--rule", "15")
    assert "waits for the head" in shuxin(OWNER, "authorization", "refuse", *no)[1]
    assert "agreed to the no, block" in shuxin(OWNER, "authorization", "agree-refusal", *no)[1]
    assert "refused, block" in shuxin(OWNER, "authorization", "refuse", *no)[1]
    assert "nothing to do" in shuxin(OWNER, "authorization", "refuse", *no)[1]
    assert "nothing to grant in state refused" in shuxin(OWNER, "authorization", "grant", terms, *again)[1]


def after_the_answer(town: Town, shuxin: Shuxin, home: Path) -> None:
    """Supply, sign, object, record, dispute and end, each once and then again."""
    paper, words = home / "paper.txt", ("--words", "in words")
    paper.write_text("what was supplied")
    rows = ("supply", "deliver", CODE, "--file", paper, "--method", "api")
    code, said = shuxin(OWNER, *rows)
    assert (code, "supply: computing only, no rows (R15) | " in said) == (1, True)
    assert "(article 25, R15)" in said
    steps = (
        (OWNER, ("supply", "deliver", CODE, "--file", paper), "supplied"),
        (OFFICE, ("supply", "sign", CODE), "delivery 1 signed for"),
        (OFFICE, ("objection", "raise", CODE, "prices", *words), "objection raised"),
        (OWNER, ("objection", "answer", CODE, "prices", "--corrected", *words), "corrected"),
        (OFFICE, ("use", "record", CODE, "--kind", "effect", "--store", "archive", "--file", paper), "use recorded"),
        (OFFICE, ("dispute", "open", CODE, "delay", *words), "dispute opened"),
        (OFFICE, ("dispute", "escalate", CODE, "delay", "--to", "authority", *words), "taken to step authority"),
        (AUTHORITY, ("dispute", "decide", CODE, "delay", "--winner", OFFICE, *words), f"decided for {OFFICE}"),
        (OWNER, ("dispute", "escalate", CODE, "delay", "--to", "government", *words), "taken to step government"),
        (OWNER, ("dispute", "settle", CODE, "delay", *words), "settlement signed"),
    )
    for party, step, done in steps:
        assert f"{done}, block" in shuxin(party, *step)[1]
        assert "nothing to do" in shuxin(party, *step)[1]
    settle(shuxin, town, home)
    for party, step, done in (
        (OWNER, ("termination", "announce", CODE, *words), "end announced"),
        (OFFICE, ("termination", "answer", CODE, "--agree", *words), "end agreed to"),
        (AUTHORITY, ("termination", "file", CODE), "end filed"),
    ):
        assert f"{done}, block" in shuxin(party, *step)[1]
        assert "nothing to do" in shuxin(party, *step)[1]
    for party, other in (
        (OWNER, ("supply", "deliver", CODE, "--file", paper, "--method", "batch")),
        (OFFICE, ("use", "record", CODE, "--kind", "effect", "--store", "cellar", "--file", paper)),
        (OWNER, ("objection", "raise", CODE, "prices", *words)),
        (OWNER, ("dispute", "open", CODE, "delay", *words)),
        (OFFICE, ("dispute", "open", CODE, "delay", "--about-end", *words)),
    ):
        assert "the chain holds another one" in shuxin(party, *other)[1]
    assert json.loads(shuxin(OTHER, "supply", "show", CODE, "--json")[1])["deliveries"][0]["method"] == "compute"
    assert "settled" in shuxin(OTHER, "dispute", "show", CODE, "delay")[1]
    assert "record 1 asked for, block" in shuxin(OWNER, "use", "inspect", CODE, "--number", 1)[1]
    assert "no right to inspect (R22)" in shuxin(OTHER, "use", "inspect", CODE, "--number", 1)[1]
    give = ("use", "give", CODE, "--number", 1, "--inspector", OWNER)
    assert "shown to" in shuxin(OFFICE, *give)[1]
    assert "dispute: of other parties (R21)" in shuxin(OTHER, "dispute", "open", CODE, "other", *words)[1]


def settle(shuxin: Shuxin, town: Town, home: Path) -> None:
    """The one party words the settlement, the other signs the paper it was handed: guessed words are not enough."""
    command = ("dispute", "settle", CODE, "delay")
    told = json.loads(shuxin(OWNER, *command, "--words", "in words", "--json")[1])
    paper = Path(told["paper"])
    assert paper.parent == town.config(OWNER).parent / "state" / "papers"
    assert "give --words, or" in shuxin(OFFICE, *command)[1]
    garbled = home / "garbled.json"
    garbled.write_bytes(b"{}")
    assert "garbled.json" in shuxin(OFFICE, *command, "--paper", garbled)[1]
    said = shuxin(OFFICE, "dispute", "settle", CODE, "another", "--paper", paper)[1]
    assert "the other party has signed another paper, or none" in said
    assert "settlement signed, block" in shuxin(OFFICE, *command, "--paper", paper)[1]
    assert "nothing to do" in shuxin(OFFICE, *command, "--paper", paper)[1]
    assert json.loads(shuxin(OTHER, "dispute", "show", CODE, "delay", "--json")[1])["state"] == "settled"
    assert "和解" in shuxin(OTHER, "dispute", "show", CODE, "delay", "--language", "zh")[1]


@pytest.mark.slow
def test_an_entry_is_complete_or_names_what_it_lacks(town: Town, shuxin: Shuxin, tmp_path: Path) -> None:
    entry = tmp_path / "entry.toml"
    mount = ("asset", "mount", "sales-3", "--entry", entry)
    assert shuxin(REGISTRARS[2], *mount) == (2, f"shuxin: {entry}: no such file")
    draft = ("asset", "draft", "sales-3", "-o", entry)
    shuxin(REGISTRARS[2], *draft)
    assert "is there already" in shuxin(REGISTRARS[2], *draft)[1]
    assert "entry.toml:4: name: expected a text" in shuxin(REGISTRARS[2], *mount)[1]
    entry.unlink()
    shuxin(REGISTRARS[2], *draft, *WORDS)
    written = entry.read_text()
    entry.write_text(written.replace('secrecy = "none"', 'secrecy = "state"'))
    assert "entries: state or work secret (R01)" in shuxin(REGISTRARS[2], *mount)[1]
    entry.write_text(written[: written.rindex("[[column]]")])
    assert "column price of asset sales-3 has no grade" in shuxin(REGISTRARS[2], *mount)[1]
    entry.write_text(written.replace('grade = "general"', 'grade = "secret"'))
    assert "grade: expected general or important or core" in shuxin(REGISTRARS[2], *mount)[1]


@pytest.mark.slow
def test_a_table_is_published_once_a_version_with_its_row_count(town: Town, shuxin: Shuxin) -> None:
    table = town.config(OTHER).parent / "data" / "sales.csv"
    first, rows = table.read_text(), len(registrar_rows(2))
    assert "catalogue: " in shuxin(OTHER, "asset", "publish", "sales-2")[1]  # nothing is mounted yet
    enter(node_config.load(town.config(OTHER)), "sales-2")
    assert f"{rows} rows published by {OTHER}, block" in shuxin(OTHER, "asset", "publish", "sales-2")[1]
    assert town.asset("sales-2").versions == 1
    assert "nothing to do" in shuxin(OTHER, "asset", "publish", "sales-2")[1]
    table.write_text(first + "2333300000,1,5\n")
    assert f"{rows + 1} rows published" in shuxin(OTHER, "asset", "publish", "sales-2")[1]
    changed = town.asset("sales-2")
    assert (changed.versions, changed.rows) == (2, rows + 1)
    table.write_text(first)
    assert ", block" in shuxin(OTHER, "asset", "publish", "sales-2")[1]
    assert town.asset("sales-2").versions == 3
    assert town.asset("sales-2").commitment != changed.commitment
    home = town.config(OTHER).parent / "state" / "published" / "sales-2"
    assert (home / f"{changed.commitment.hex()}.json").is_file()  # what opens an earlier version is still there
    (asset,) = [a for a in node_config.load(town.config(OTHER)).assets.values() if a.code == "sales-2"]
    opened = Editions(home.parents[1], "sales-2").salt(changed.commitment)
    assert read_edition(asset, opened).commitment != changed.commitment  # of the rows as they are now
    table.write_text(first + "2333300000,1,5\n")
    assert read_edition(asset, opened).commitment == changed.commitment  # of the rows of that version
    table.write_text(first)
    table.write_text(first.splitlines()[0] + "\n")
    assert "no rows, 1..1000 declared" in shuxin(OTHER, "asset", "publish", "sales-2")[1]
    table.write_text(first)
    assert "no asset 'sale-9' here" in shuxin(OTHER, "asset", "publish", "sale-9")[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "step", [("show",), ("suspend", "--reason", "x"), ("resume",), ("refuse", "--reason", "x", "--rule", "15")]
)
def test_an_unknown_authorization_is_named(shuxin: Shuxin, step: tuple[str, ...]) -> None:
    code, said = shuxin(OWNER, "authorization", step[0], "nobody/asked/this", *step[1:])
    assert (code, said.startswith("shuxin: authorization nobody/asked/this: the chain has no")) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (("--operations", "count,guess"), "got 'guess'"),
        (("--columns", "price,no column"), "plain names"),
        (("--purpose", "Market Audit"), "is not a code"),
        (("--words", ""), "1..2000 characters"),
        (("-o", "absent/terms.json"), "absent: no such directory"),
        (("--code", "../../../secrets"), "is not a code"),
    ],
)
def test_a_request_that_is_wrong_reaches_no_chain(
    town: Town, shuxin: Shuxin, tmp_path: Path, changes: tuple[str, str], reason: str
) -> None:
    options = ("--columns", "price", "-o", tmp_path / "terms.json", *changes)  # the last of an option counts
    code, said = shuxin(OFFICE, "authorization", "request", "sales-2", *ASK, *options)
    assert code == 2
    assert reason in said
    assert not (tmp_path / "terms.json").exists()


@pytest.mark.slow
def test_wrong_documents_and_codes_are_named(shuxin: Shuxin, tmp_path: Path) -> None:
    code, said = shuxin(OWNER, "asset", "draft", "sale-1", "-o", tmp_path / "entry.toml")
    assert (code, said.endswith("no asset 'sale-1' here; it declares sales-1")) == (2, True)
    assert shuxin(OWNER, "authorization", "grant", tmp_path / "none")[1].endswith("none: no such file")
    for content in (b"", b"{", b"[]", b'{"version":1}', b"\xff"):
        (tmp_path / "bad.json").write_bytes(content)
        code, said = shuxin(OWNER, "authorization", "grant", tmp_path / "bad.json")
        assert (code, "bad.json: " in said) == (2, True)


@pytest.mark.slow
def test_an_officer_asks_only_for_its_own_party(town: Town) -> None:
    officer = Officer(node_config.load(town.config(OTHER)))
    try:
        wanted = Wanted("sales-1", "market-audit", "why", "Audit Law, article 31", Operations.COUNT, ("price",))
        terms = Requesting(officer).draft(wanted, Period(1, 1))
        assert terms.grantee == OTHER
        with pytest.raises(NotAuthorized, match=f"{OTHER} can only ask for itself, the grantee is {OFFICE}"):
            Requesting(officer).request(replace(terms, grantee=OFFICE), OWNER)
    finally:
        officer.close()


@pytest.mark.parametrize(("days", "uses"), [(0, 1), (1, 0), (-1, 1)])
def test_a_period_without_days_or_uses_is_refused(days: int, uses: int) -> None:
    Period(1, 1)
    with pytest.raises(InvalidRecord, match="at least one day and one use"):
        Period(days, uses)
