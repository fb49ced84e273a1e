"""A stranger's path: a founded network, its chain, relay and nodes over mutual TLS on this machine, one question.

Everything but the processes is real: ports, certificates, mailboxes, blocks by the second, the officer's command.
"""

import contextlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import granting
import pytest
from smallnetwork import found_registrars
from townspecs import OFFICE, REGISTRARS, registrar_rows, sums

from contracts.authorizations.terms import Terms, identifier
from contracts.catalogue import client as catalogue
from contracts.jobs.record import Job, JobState, Step
from gateway.network.connecting import HEAD
from gateway.network.founding import utc_now
from gateway.network.serving import read_ports, serve_chain, serve_relay
from gateway.statistics import asking, cancelling, querying
from gateway.statistics.events import Event
from gateway.statistics.service import statistics_service
from ledger import canonical
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.hashing import sha256, tagged
from mpc.kinds.registry import kind_of
from mpc.node import config as node_config
from mpc.node.memory.journal import NodeJournal
from mpc.sql import tables
from mpc.sql.planning import plan as planning
from mpc.sql.planning.asking import Asking
from mpc.sql.reading import text as reading

QUESTION, NO_JOB = sums(edges=()), Job()


class Town:
    """A running network with an officer's connection for each party."""

    def __init__(self, directory: Path, stack: contextlib.ExitStack) -> None:
        self.directory = directory
        found_registrars(directory)
        stack.enter_context(serve_chain(directory))
        stack.enter_context(serve_relay(directory))
        parties = (*REGISTRARS, OFFICE)
        self.officers = {code: asking.officer_chain(self.config(code)) for code in parties}
        self.heads = {code: asking.officer_chain(self.config(code), HEAD) for code in parties}
        for officer in (*self.officers.values(), *self.heads.values()):
            stack.callback(officer.close)
        with ThreadPoolExecutor() as pool:
            list(pool.map(self.mount, QUESTION.sources))

    def config(self, code: str) -> node_config.NodeConfig:
        return node_config.load(self.directory / "parties" / code / "node.toml")

    def call(self, code: str, operation) -> None:
        receipt = self.officers[code].submit(operation)
        assert receipt.accepted, receipt.reason

    def sign(self, code: str, signed: granting.Signed) -> None:
        for use, operation in signed:
            receipt = (self.heads if use == "head" else self.officers)[code].submit(operation)
            assert receipt.accepted, receipt.reason

    def mount(self, source) -> None:
        asset = identifier(source.asset)
        statement = self.statement(source)
        home = self.config(source.party).entries
        home.mkdir(parents=True)
        (home / f"{source.asset}.json").write_bytes(canonical.encode(statement.json()))
        self.sign(source.party, granting.entered(identifier(source.party), statement, tagged("item", asset)))

    def statement(self, source):
        asset = self.config(source.party).assets[source.asset]
        return granting.stated(source.asset, *asset.schema.columns, privacy=asset.privacy)

    def request(self, source) -> bytes:
        now = int(utc_now().timestamp())
        operations = kind_of(QUESTION).operations()
        salt = sha256(source.asset.encode())
        terms = Terms(
            source.asset, OFFICE, QUESTION.purpose, "text", operations, ("price",), salt, "article 9",
            now - 60, now + 3600, 5,
        )  # fmt: skip
        for code in (source.party, OFFICE):
            (self.config(code).terms / f"{source.asset}.json").write_bytes(canonical.encode(terms.json()))
        asked = granting.asked(terms.digest, identifier(source.asset), identifier(source.party), terms.scope)
        self.sign(OFFICE, asked)
        return terms.digest

    def grant(self, source) -> None:
        statement, terms = self.statement(source), source.authorization
        self.sign(source.party, granting.answered(terms, identifier(source.party), statement, terms, "price"))


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Town(tmp_path_factory.mktemp("town"), stack)


class Recorded:
    """Events as they come."""

    def __init__(self) -> None:
        self.seen: list[tuple[Event, dict]] = []

    def __call__(self, event: Event, **fields) -> None:
        self.seen.append((event, fields))

    def names(self) -> list[str]:
        return [event.value for event, _ in self.seen]


def press_ctrl_c(text: str) -> None:
    raise KeyboardInterrupt


def write(directory: Path, spec) -> Path:
    path = directory / "question.json"
    path.write_text(json.dumps(spec.json(), indent=2))
    return path


def described(town: Town, folder: Path) -> tables.Tables:
    """The registrars' tables as each describes its own, and all of them as one joint table."""
    folder.mkdir()
    for code in REGISTRARS:
        for asset, declared in town.config(code).assets.items():
            (folder / f"{asset}.table.toml").write_text(tables.describe(code, asset, declared.schema, {}))
    (folder / "joint.toml").write_text('version = 1\n[joint]\nmarket = ["sales_1", "sales_2", "sales_3"]\n')
    return tables.load(folder)


def wanted(sources) -> Asking:
    ids = {source.asset: source.authorization for source in sources}
    return Asking(QUESTION.purpose, OFFICE, ids.__getitem__, 10, 3, 100, -40)


@pytest.mark.slow
def test_a_question_is_refused_until_it_is_authorized_and_then_answered(town, tmp_path):
    with ThreadPoolExecutor() as pool:
        ids = list(pool.map(town.request, QUESTION.sources))
    sources = [replace(source, authorization=id) for source, id in zip(QUESTION.sources, ids, strict=True)]
    spec = replace(QUESTION, sources=tuple(sources))
    path, said, config = write(tmp_path, spec), [], town.config(OFFICE)
    for deadline in (300, 400):  # nobody has granted yet: refused each time anew, by the chain
        with pytest.raises(NotAuthorized, match="authorization unknown"):
            asking.ask(config, path, deadline, say=said.append)
    with ThreadPoolExecutor() as pool:
        list(pool.map(town.grant, sources))
    asked = asking.ask(config, path, 300, say=said.append)  # the same words, now accepted
    with contextlib.ExitStack() as stack:
        for code in (*REGISTRARS, OFFICE):
            service = statistics_service(town.config(code), threading.Event())
            service.start()
            stack.callback(service.stop)
        with pytest.raises(Conflict, match="another process runs this node"):
            NodeJournal(config.state / "journal.sqlite")
        with pytest.raises(KeyboardInterrupt):  # Ctrl-C while the departments are at work
            asking.collect(config, asked, tmp_path / "out", 120, say=press_ctrl_c)
        assert not (tmp_path / "out").exists()
        events = Recorded()
        resumed = asking.ask(config, path, 300, say=said.append, emit=events)  # the same command once more
        assert (resumed.job, events.names()) == (asked.job, ["job.followed"])
        files = asking.collect(config, resumed, tmp_path / "out", 120, say=said.append, emit=events)
    assert events.names()[-1] == "job.released"
    states = [fields["state"] for event, fields in events.seen if event is Event.STATE]
    assert [JobState[state.upper()] for state in states] == sorted(JobState[state.upper()] for state in states)
    steps = [fields for event, fields in events.seen if event is Event.STEP]
    assert {"accepted by all", "inputs committed by all", "protocol", "released by all"} <= {s["step"] for s in steps}
    assert {s["job"] for s in steps} == {asked.job.hex()}
    assert sorted(path.name for path in files) == ["evidence.json", "evidence.public.json", "release.json"]
    prices = [price for n in (1, 2, 3) for _, _, price in registrar_rows(n)]
    release = json.loads((tmp_path / "out" / "release.json").read_text())
    assert release["cells"] == {"count": str(len(prices)), "sum": str(sum(prices))}
    assert str(sum(prices)) not in (tmp_path / "out" / "evidence.public.json").read_text()
    assert any("released by all" in line for line in said)

    # asked again under the same words: the same job, its files at once, no second use
    again = asking.ask(config, path, 300, say=said.append)
    assert again.job == asked.job
    asking.collect(config, again, tmp_path / "again", 10, say=said.append)
    assert (tmp_path / "again" / "release.json").read_bytes() == (tmp_path / "out" / "release.json").read_bytes()
    # asked in other words: still that job
    otherwise = replace(spec, filters=spec.filters * 2, sources=spec.sources[::-1], rows=spec.rows + 1)
    assert asking.job_id(otherwise, "") != asked.job  # by their words alone they would be two jobs and two charges
    reworded = asking.ask(config, write(tmp_path, otherwise), 300, say=said.append)
    assert reworded.job == asked.job
    assert "this question is answered" in said[-1]
    asking.collect(config, reworded, tmp_path / "reworded", 10, say=said.append)
    for name in ("release.json", "evidence.json", "evidence.public.json"):
        assert (tmp_path / "reworded" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
    # asked in SQL: still that job
    sql = "SELECT count(*) AS sales, sum(price) AS total FROM market WHERE price >= 0"
    planned = planning.plan(reading.read(sql, described(town, tmp_path / "tables")), wanted(sources))
    found = querying.run(sql, planned, config, tmp_path / "sql", deadline_s=300, say=said.append)
    assert found.jobs == (asked.job,)
    assert found.answer.records() == [{"sales": len(prices), "total": sum(prices)}]
    written = json.loads((tmp_path / "sql" / "answer.json").read_text())
    assert written["rows"] == [[len(prices), sum(prices)]]
    proof = tmp_path / "sql" / "job-1" / "evidence.json"
    assert written["evidence"][0]["sha256"] == sha256(proof.read_bytes()).hex()
    assert proof.read_bytes() == (tmp_path / "out" / "evidence.json").read_bytes()
    assert (tmp_path / "sql" / "answer.csv").read_text().splitlines() == ["sales,total", f"{len(prices)},{sum(prices)}"]
    other = asking.ask(config, path, 300, say=said.append, nonce="once more")
    assert other.job != asked.job
    late = "in time: proposed, and waits for audit-office, registrar-1, registrar-2, registrar-3; run"
    with pytest.raises(BackendError, match=late):  # no node runs any more
        asking.collect(config, other, tmp_path / "other", 1, say=said.append)

    # nothing of it was opened, so it can be cancelled, and asked again
    with pytest.raises(Conflict, match="answered"):
        cancelling.cancel(config, asked.job)
    with pytest.raises(NotFound, match="no such job"):
        cancelling.cancel(config, bytes(32))
    assert cancelling.cancel(config, other.job, emit=events)
    assert events.seen[-1] == (Event.CANCELLED, {"job": other.job.hex(), "attempt": 1})
    assert not cancelling.cancel(config, other.job)  # ended already: nothing to do
    with pytest.raises(NotAuthorized, match=f"aborted by {OFFICE}: cancelled"):
        asking.collect(config, other, tmp_path / "other", 1, say=said.append)
    anew = asking.ask(config, path, 300, say=said.append, nonce="once more", emit=events)
    assert (anew.job, events.seen[-1]) == (other.job, (Event.RETRIED, {"job": other.job.hex(), "attempt": 2}))
    assert cancelling.cancel(town.config(REGISTRARS[0]), other.job)  # an owner may end it too

    # a version that an owner publishes makes it a new question
    asset = identifier(sources[0].asset)
    town.call(sources[0].party, catalogue.publish(asset, 71, sha256(b"rows"), op_id=tagged("publish", asset)))
    assert asking.ask(config, path, 300, say=said.append).job not in (asked.job, other.job)


@pytest.mark.slow
def test_a_second_builder_or_relay_on_the_same_directory_is_told_so(town):
    with pytest.raises(Conflict), serve_chain(town.directory):
        pass
    with pytest.raises(BackendError, match="cannot listen"), serve_relay(town.directory):
        pass


@pytest.mark.slow
def test_only_the_recipient_may_ask(town, tmp_path):
    with pytest.raises(NotAuthorized, match="can only ask for itself"):
        asking.ask(town.config(REGISTRARS[0]), write(tmp_path, QUESTION), 300, say=print)


def test_a_specification_is_read_in_any_layout_but_not_with_unknown_fields(tmp_path):
    assert asking.read_specification(write(tmp_path, QUESTION)) == QUESTION
    document = {**QUESTION.json(), "colour": "red"}
    (tmp_path / "odd.json").write_text(json.dumps(document))
    with pytest.raises(InvalidRecord, match="colour"):
        asking.read_specification(tmp_path / "odd.json")
    with pytest.raises(NotFound, match="no such file"):
        asking.read_specification(tmp_path / "none.json")


@pytest.mark.parametrize("content", ["{", "[" * 100_000, "\udcff", '"' + "x" * 10])
def test_what_is_not_json_is_refused_and_never_ends_the_process(tmp_path, content):
    path = tmp_path / "spec.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InvalidRecord, match="not JSON"):
        asking.read_specification(path)


@pytest.mark.parametrize("content", ["{}", "[]", "{", '{"chain": "x", "relay": 1}'])
def test_a_network_file_without_ports_is_refused(tmp_path, content):
    (tmp_path / "network.json").write_text(content)
    with pytest.raises(InvalidRecord, match="expected the ports"):
        read_ports(tmp_path)
    with pytest.raises(NotFound, match="no network here"):
        read_ports(tmp_path / "elsewhere")


def test_another_word_is_another_job():
    assert asking.job_id(QUESTION, "") == asking.job_id(QUESTION, "")
    assert asking.job_id(QUESTION, "") != asking.job_id(QUESTION, "again")


@pytest.mark.parametrize(
    ("state", "is_late", "is_anew"),
    [
        (JobState.UNKNOWN, True, False),
        (JobState.RELEASED, True, False),
        (JobState.PROPOSED, False, False),
        (JobState.ABORTED, False, False),  # its next attempt
        (JobState.REFUSED, False, True),
        (JobState.PROPOSED, True, True),
        (JobState.ABORTED, True, True),
    ],
)
def test_a_question_whose_job_cannot_answer_any_more_is_asked_as_the_next_job(state, is_late, is_anew):
    first, second = (asking.job_id(QUESTION, word) for word in ("edition", "edition/1"))
    records = {first: replace(NO_JOB, state=state, deadline=100)}
    found = asking.job_to_ask(QUESTION, "edition", lambda id: records.get(id, NO_JOB), 100 if is_late else 99)
    assert found == (second if is_anew else first)
    records[second] = replace(NO_JOB, state=JobState.REFUSED)
    later = asking.job_to_ask(QUESTION, "edition", lambda id: records.get(id, NO_JOB), 100 if is_late else 99)
    assert later == (asking.job_id(QUESTION, "edition/2") if is_anew else first)


def test_a_late_job_names_those_whose_step_is_missing():
    parties = ["a", "b", "office"]
    bit = {code: 1 << place for place, code in enumerate(sorted(parties, key=identifier))}
    everybody, owners = sum(bit.values()), bit["a"] | bit["b"]
    half = replace(NO_JOB, members=everybody, suppliers=owners, state=JobState.PROPOSED, flags=bit["b"] << Step.ACCEPT)
    assert asking.awaited(half, parties) == ["a", "office"]
    assert asking.awaited(replace(half, flags=everybody), parties) == []
    opening = replace(half, state=JobState.COMMITTED, flags=bit["a"] << Step.OPEN)
    assert asking.awaited(opening, parties) == ["b"]  # the office opens nothing
    signing = replace(opening, state=JobState.OPENING, flags=owners << Step.OPEN | bit["b"] << Step.SIGN)
    assert asking.awaited(signing, parties) == ["a", "office"]
    assert asking.awaited(replace(signing, flags=bit["b"] << Step.OPEN), parties) == ["a"]
    assert asking.awaited(replace(half, state=JobState.RELEASED), parties) == []


def test_progress_is_told_once_in_the_order_of_time(tmp_path):
    homes, told = [tmp_path / "a", tmp_path / "b"], []
    for home in homes:
        home.mkdir()
    progress = asking.Progress([*homes, tmp_path / "not there"], told.append)
    line = '{{"at": {at}, "party": "{party}", "step": "s{at}"{more}}}\n'
    (homes[0] / "progress.jsonl").write_text(line.format(at=3, party="a", more=', "seconds": 1.5'))
    (homes[1] / "progress.jsonl").write_text(line.format(at=2, party="b", more=', "reason": "late"'))
    progress.tell()
    progress.tell()
    assert told == ["  b: s2: late", "  a: s3 (1.5 s)"]
