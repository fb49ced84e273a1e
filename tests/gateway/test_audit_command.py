"""``shuxin audit``: a department seals its record for one auditor, whose command says by exit code what it is worth.

The auditor's key comes from a served chain, by proof. The job is the committed evidence's, run once more.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import openedjob
import pytest
from jobtowngenesis import statement_key
from openedjob import VECTORS, OpenedJob
from smallnetwork import found_registrars
from townspecs import OFFICE, REGISTRARS

from gateway import command
from gateway.network.serving import serve_chain
from gateway.statistics import auditing
from ledger.errors import NotFound
from mpc.node import config as node_config
from mpc.node.node import open_keys, open_transcripts
from mpc.opened import envelope, record
from mpc.opened.envelope import Address
from mpc.opened.record import Head
from mpc.sessions.memory_channel import Network

OWNER, OTHER = REGISTRARS[:2]
EVIDENCE = ("--evidence", str(VECTORS / "sums.json"), "--trust", str(VECTORS / "trust.json"))
Said = tuple[int, str, str]
Shuxin = Callable[..., Said]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> OpenedJob:
    return openedjob.run(tmp_path_factory.mktemp("records"))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("network")
    found_registrars(directory)
    return directory


@pytest.fixture(scope="module")
def served(network: Path) -> Iterator[Path]:
    with serve_chain(network):
        yield network


def config_of(network: Path, code: str) -> Path:
    return network / "parties" / code / "node.toml"


@pytest.fixture
def shuxin(network: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shuxin:
    """Run a command as a party; returns the exit code and what was said."""

    def run(party: str, *arguments: object) -> Said:
        options = ["shuxin", "audit", *map(str, arguments), "--config", str(config_of(network, party))]
        monkeypatch.setattr(sys, "argv", options)
        code = 0
        try:
            command.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


def sealed(
    job: OpenedJob, network: Path, party: str, target: Path, *, auditor: str = OFFICE, data: bytes = b""
) -> Path:
    """A file as the town's department would seal it for this network's auditor."""
    key = open_keys(node_config.load(config_of(network, auditor))).load("seal").public
    address = Address(party, job.released.job, job.released.attempt, auditor)
    body = data or job.kept[party]
    target.write_bytes(envelope.seal(address, body, auditor_key=key, signer=statement_key(party)))
    return target


@pytest.mark.slow
def test_a_department_opens_its_record_to_the_registered_key_of_one_auditor(
    served: Path, shuxin: Shuxin, tmp_path: Path
) -> None:
    read, file, id = node_config.load(config_of(served, OWNER)), tmp_path / "opened.audit", b"\7" * 32
    for attempt in (1, 2):
        head = Head(OWNER, id, attempt, bytes(32), bytes(32), {}, {"count": "12"})
        kept = open_transcripts(read, open_keys(read)).begin(head, Network((OWNER, OTHER)).channel(OWNER))
        kept.send(OTHER, "keys", b"body")
    code, out, err = shuxin(OWNER, "open", id.hex(), "--to", OFFICE, "-o", file)
    assert (code, err) == (0, "")
    assert "attempt 2" in out
    assert "this department's input" in out
    keys = {OWNER: open_keys(read).load("statement").public}
    private = open_keys(node_config.load(config_of(served, OFFICE))).load("seal")
    opened = record.parse(envelope.unseal(file.read_bytes(), auditor=OFFICE, private=private, keys=keys))
    assert (opened.head.attempt, opened.sent) == (2, {(OTHER, "keys"): b"body"})
    assert file.stat().st_mode & 0o077 == 0
    code, out, err = shuxin(OWNER, "open", id.hex(), "--to", OFFICE, "-o", file, "--attempt", 1, "--json")
    assert (code, json.loads(out)["attempt"]) == (0, 1)
    code, out, err = shuxin(OWNER, "open", id.hex(), "--to", OFFICE, "-o", file, "--language", "zh")
    assert "本部门对该任务的输入" in out
    assert shuxin(OWNER, "open", id.hex(), "--to", "nobody", "-o", file)[0] == 2
    assert "no record" in shuxin(OWNER, "open", bytes(32).hex(), "--to", OFFICE, "-o", file)[2]
    assert "64 hex digits" in shuxin(OWNER, "open", "12", "--to", OFFICE, "-o", file)[2]
    assert "no such directory" in shuxin(OWNER, "open", id.hex(), "--to", OFFICE, "-o", tmp_path / "a" / "b")[2]
    with pytest.raises(NotFound, match="no seal key"):
        auditing.registered_key(read, "nobody")


def change_keys(config: Path, retired: str) -> None:
    """Put keys of new names into use, and say which ones they replace."""
    keys = open_keys(node_config.load(config))
    for name, kind in (("seal-new", "x25519"), ("statement-new", "ed25519")):
        if name not in keys.names():
            keys.create(name, kind)
    text = config.read_text().replace("[keys]\n", '[keys]\nseal = "seal-new"\nstatement = "statement-new"\n', 1)
    config.write_text(f"{text}\n{retired}")


RETIRED = '[[keys.retired]]\nseal = "seal"\nstatement = "statement"\n'


@pytest.mark.slow
def test_a_record_of_before_a_change_of_keys_opens_with_the_keys_of_then(
    served: Path, shuxin: Shuxin, tmp_path: Path
) -> None:
    config, id, file = config_of(served, OTHER), b"\x08" * 32, tmp_path / "opened.audit"
    read, before = node_config.load(config), config.read_text()
    head = Head(OTHER, id, 1, bytes(32), bytes(32), {}, {"count": "12"})
    kept = open_transcripts(read, open_keys(read)).begin(head, Network((OWNER, OTHER)).channel(OTHER))
    kept.send(OWNER, "keys", b"body")
    arguments = ("open", id.hex(), "--to", OFFICE, "-o", file)
    try:
        change_keys(config, "")
        code, _, err = shuxin(OTHER, *arguments)
        assert (code, len(err.splitlines())) == (2, 1)
        assert "[[keys.retired]]" in err
        config.write_text(before)
        change_keys(config, RETIRED.replace('"seal"', '"lost"'))
        assert "key lost: there is none in the store" in shuxin(OTHER, *arguments)[2]
        config.write_text(before)
        change_keys(config, RETIRED)
        assert shuxin(OTHER, *arguments)[0] == 0
    finally:
        config.write_text(before)
    keys = {OTHER: open_keys(read).load("statement").public}  # the one that signed the job, as its evidence says
    private = open_keys(node_config.load(config_of(served, OFFICE))).load("seal")
    opened = record.parse(envelope.unseal(file.read_bytes(), auditor=OFFICE, private=private, keys=keys))
    assert opened.sent == {(OWNER, "keys"): b"body"}


def test_an_auditor_that_changed_its_seal_key_still_opens_what_was_sealed_to_the_old_one(
    job: OpenedJob, network: Path, shuxin: Shuxin, tmp_path: Path
) -> None:
    file, config = sealed(job, network, OWNER, tmp_path / "opened.audit"), config_of(network, OFFICE)
    before = config.read_text()
    try:
        change_keys(config, "")
        code, _, err = shuxin(OFFICE, "check", file, *EVIDENCE)
        assert code == 2
        assert "nor under one of [[keys.retired]]" in err
        config.write_text(before)
        change_keys(config, RETIRED)
        assert shuxin(OFFICE, "check", file, *EVIDENCE)[0] == 0
    finally:
        config.write_text(before)


def test_the_auditor_hears_that_every_byte_is_reproduced(
    job: OpenedJob, network: Path, shuxin: Shuxin, tmp_path: Path
) -> None:
    file = sealed(job, network, OWNER, tmp_path / "opened.audit")
    code, out, err = shuxin(OFFICE, "check", file, *EVIDENCE)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == f"{OWNER} reproduces every byte"
    assert all(line.startswith("ok ") for line in out.splitlines()[:-1])
    code, out, _ = shuxin(OFFICE, "check", file, *EVIDENCE, "--json")
    assert (code, json.loads(out)["verdict"]) == (0, "reproduces")
    code, out, _ = shuxin(OFFICE, "check", file, *EVIDENCE, "--language", "zh")
    assert out.splitlines()[-1] == f"{OWNER}:每一个字节均可重现"


def test_a_deviation_ends_with_one_and_names_party_step_and_difference(
    job: OpenedJob, network: Path, shuxin: Shuxin, tmp_path: Path
) -> None:
    changed = job.kept[OWNER].replace(b'"count":"40"', b'"count":"41"', 1)
    file = sealed(job, network, OWNER, tmp_path / "opened.audit", data=changed)
    code, out, err = shuxin(OFFICE, "check", file, *EVIDENCE)
    assert (code, err) == (1, "")
    assert out.splitlines()[-1].startswith(f"{OWNER} deviates at step input: ")
    code, out, _ = shuxin(OFFICE, "check", file, *EVIDENCE, "--json")
    assert (code, json.loads(out)["deviation"]["party"]) == (1, OWNER)


def test_what_cannot_be_used_ends_with_two_and_one_line(
    job: OpenedJob, network: Path, shuxin: Shuxin, tmp_path: Path
) -> None:
    file = sealed(job, network, OWNER, tmp_path / "opened.audit")
    elsewhere = sealed(job, network, OWNER, tmp_path / "other.audit", auditor=OTHER)
    trust = ("--trust", str(VECTORS / "trust.json"))
    cases = {
        "not for audit-office": (elsewhere, *EVIDENCE),
        "another job": (file, "--evidence", VECTORS / "join.json", *trust),
        "recipient's copy": (file, "--evidence", VECTORS / "sums.public.json", *trust),
        "no opened audit": (VECTORS / "sums.json", *EVIDENCE),
        "No such file": (tmp_path / "missing", *EVIDENCE),
        "trust file": (file, *EVIDENCE[:2], "--trust", file),
    }
    for reason, arguments in cases.items():
        code, out, err = shuxin(OFFICE, "check", *arguments)
        assert (code, out) == (2, ""), reason
        assert reason in err
        assert len(err.splitlines()) == 1
    damaged = tmp_path / "damaged.audit"
    damaged.write_bytes(file.read_bytes()[:-1] + b"\0")
    assert shuxin(OFFICE, "check", damaged, *EVIDENCE)[0] == 2


def test_evidence_that_does_not_hold_is_said_before_anything_is_opened(
    job: OpenedJob, network: Path, shuxin: Shuxin, tmp_path: Path
) -> None:
    file = sealed(job, network, OWNER, tmp_path / "opened.audit")
    evidence = VECTORS / "defect.signature-missing.json"
    code, out, err = shuxin(OFFICE, "check", file, "--evidence", evidence, "--trust", VECTORS / "trust.json")
    assert (code, out) == (1, "")
    assert err.startswith("shuxin: signatures: ")


def test_a_record_sealed_by_another_party_than_it_is_of_is_refused(
    job: OpenedJob, network: Path, shuxin: Shuxin, tmp_path: Path
) -> None:
    file = sealed(job, network, OTHER, tmp_path / "opened.audit", data=job.kept[OWNER])
    code, _, err = shuxin(OFFICE, "check", file, *EVIDENCE)
    assert code == 2
    assert f"not that of {OTHER}" in err
