"""``shuxin notary``: from files to a stream, to the chain, to a proof; every refusal says what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from foundedchain import OFFICER, OTHER_OFFICER, Ticking, embedded, open_node, trust_of
from typer.testing import CliRunner

from contracts.artefacts import interfaces
from contracts.evidence.records.anchored import verify_record
from contracts.notary.client import decode_stream, stream_fact
from gateway.cli.proving.notary import app
from gateway.streams import anchoring, notarizing
from ledger.crypto.keys import FileKeyStore, PrivateKey
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.serving.server import serve
from ledger.errors import BackendError, Conflict, InvalidRecord, NotFound, VerificationError
from ledger.log.anchor import anchor
from ledger.log.proof import parse, verify
from ledger.log.stream import Stream
from ledger.proofs.view import ProvenView

NAME = "finance/sales"


def run(*arguments: object) -> str:
    """Run a command, raise what it raises, return what it prints."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None:
        raise result.exception
    return result.stdout


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "sales.csv"
    path.write_bytes(b"id,price\r\n1,100\r\n2,200\r\n")
    return path


@pytest.fixture
def stream(tmp_path: Path, lines: Path) -> Path:
    directory = tmp_path / "stream"
    run("append", directory, lines, "--stream", NAME)
    return directory


def test_each_line_is_a_record_that_its_proof_shows(stream: Path, tmp_path: Path) -> None:
    run("prove", stream, "--index", 2, "-o", tmp_path / "proof")
    proof, mark = parse((tmp_path / "proof").read_bytes()), Stream(stream).checkpoint
    assert (proof.stream, proof.index, mark.size) == (NAME, 2, 3)
    verify(b"2,200", proof, size=mark.size, root=mark.root)
    with pytest.raises(VerificationError):
        verify(b"2,201", proof, size=mark.size, root=mark.root)


def test_whole_files_are_one_record_each(tmp_path: Path, lines: Path) -> None:
    other = tmp_path / "scan.bin"
    other.write_bytes(bytes(range(256)))
    told = json.loads(run("append", tmp_path / "s", lines, other, "--whole", "--stream", NAME, "--json"))
    assert (told["stream"], told["first"], told["size"]) == (NAME, 0, 2)
    proof, mark = Stream(tmp_path / "s").prove(1), Stream(tmp_path / "s").checkpoint
    verify(other.read_bytes(), proof, size=mark.size, root=mark.root)


def test_a_stream_grows_without_being_named_again(stream: Path, lines: Path) -> None:
    told = json.loads(run("append", stream, lines, "--json"))
    assert (told["first"], told["size"]) == (3, 6)
    assert told["root"] == Stream(stream).checkpoint.root.hex()


def test_a_new_stream_needs_a_name(tmp_path: Path, lines: Path) -> None:
    with pytest.raises(NotFound, match="--stream"):
        run("append", tmp_path / "new", lines)
    assert not (tmp_path / "new").exists()


def test_another_name_for_a_stream_is_refused(stream: Path, lines: Path) -> None:
    with pytest.raises(Conflict, match=f"is called {NAME}"):
        run("append", stream, lines, "--stream", "tax/list")


def test_a_missing_file_appends_nothing(stream: Path, lines: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="absent"):
        run("append", stream, lines, tmp_path / "absent")
    assert Stream(stream).checkpoint.size == 3


def test_a_fault_in_the_second_file_takes_back_the_first(
    stream: Path, lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.log.source.LINE_LIMIT", 64)
    long = lines.with_name("long.txt")
    long.write_bytes(b"x" * 65)
    with pytest.raises(InvalidRecord, match=r"long.txt: a line is longer"):
        run("append", stream, lines, long)
    assert Stream(stream).checkpoint.size == 3


def test_append_without_files_has_nothing_to_do(stream: Path) -> None:
    result = CliRunner().invoke(app, ["append", str(stream)])
    assert result.exit_code == 2


@pytest.mark.parametrize("index", [3, 1 << 60])
def test_a_record_that_is_not_there_leaves_no_proof_file(stream: Path, tmp_path: Path, index: int) -> None:
    with pytest.raises(NotFound, match="it has 3"):
        run("prove", stream, "--index", index, "-o", tmp_path / "proof")
    assert not (tmp_path / "proof").exists()


def test_a_proof_that_cannot_be_written_is_one_line(stream: Path, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot be written: No such file or directory"):
        run("prove", stream, "--index", 0, "-o", tmp_path / "absent" / "proof")


@pytest.mark.parametrize("command", [("prove", "-o", "proof"), ("erase", "--yes")])
def test_a_file_is_no_stream(lines: Path, command: tuple[str, ...]) -> None:
    with pytest.raises(NotFound, match="no stream here"):
        run(command[0], lines, "--index", 0, *command[1:])


def test_an_erased_record_is_never_proven_again_and_others_are(stream: Path, tmp_path: Path) -> None:
    assert json.loads(run("erase", stream, "--index", 1, "--yes", "--json")) == {"stream": NAME, "erased": 1}
    with pytest.raises(NotFound, match="erased"):
        run("prove", stream, "--index", 1, "-o", tmp_path / "proof")
    run("prove", stream, "--index", 2, "-o", tmp_path / "proof")


def test_erasing_asks_for_confirmation(stream: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["erase", str(stream), "--index", "1"])
    assert result.exit_code == 2
    run("prove", stream, "--index", 1, "-o", tmp_path / "proof")


def test_progress_counts_every_byte_read(tmp_path: Path, lines: Path) -> None:
    text = tmp_path / "plain.txt"
    text.write_bytes(b"one\ntwo\n\nfour")
    seen: list[int] = []
    made = notarizing.append(tmp_path / "s", NAME, [text], whole=False, advance=seen.append)
    assert (made.first, made.records) == (0, 4)
    assert sum(seen) == text.stat().st_size + 1  # the last line has no ending


class TestOnChain:
    @pytest.fixture
    def node(self, tmp_path: Path) -> Iterator[EmbeddedNode]:
        node = open_node(tmp_path / "chain", Ticking())
        node.start()
        node.wait_head(above=0, timeout_s=30.0)
        yield node
        node.close()

    @pytest.fixture
    def view(self, node: EmbeddedNode, tmp_path: Path) -> Iterator[ProvenView]:
        chain, trust = embedded(node, None, None), trust_of(node.genesis_hash)
        view = ProvenView(chain, trust, tmp_path / "belief", interfaces(), clock=lambda: float(chain.head().timestamp))
        yield view
        view.close()

    def test_a_proof_is_of_the_size_that_the_chain_holds(
        self, node: EmbeddedNode, view: ProvenView, stream: Path, lines: Path, tmp_path: Path
    ) -> None:
        anchor(Stream(stream), embedded(node, OFFICER, tmp_path / "outbox"))
        run("append", stream, lines)
        proof = anchoring.prove_anchored(Stream(stream), 2, view)
        assert (proof.size, Stream(stream).checkpoint.size) == (3, 6)
        fact = stream_fact(Stream(stream).checkpoint.id)
        held = decode_stream(Stream(stream).checkpoint.id, view.state(fact.contract, fact.slots).values)
        verify(b"2,200", proof, size=held.size, root=held.root)
        trust = trust_of(node.genesis_hash)
        assert verify_record(proof.encode(), b"2,200", trust).exit_code == 0
        assert verify_record(proof.encode(), b"2,201", trust).exit_code == 1
        with pytest.raises(Conflict, match="record 3 is not anchored yet; the chain holds 3"):
            anchoring.prove_anchored(Stream(stream), 3, view)

    def test_a_stream_that_was_never_anchored_has_no_anchored_proof(self, view: ProvenView, stream: Path) -> None:
        with pytest.raises(NotFound, match="never anchored"):
            anchoring.prove_anchored(Stream(stream), 0, view)

    def test_a_copy_that_is_another_stream_is_refused(
        self, node: EmbeddedNode, view: ProvenView, stream: Path, lines: Path, tmp_path: Path
    ) -> None:
        anchor(Stream(stream), embedded(node, OFFICER, tmp_path / "outbox"))
        run("append", tmp_path / "forked", lines, "--stream", NAME)  # the same records under other salts
        with pytest.raises(Conflict, match="another stream's root"):
            anchoring.prove_anchored(Stream(tmp_path / "forked"), 0, view)
        run("append", tmp_path / "short", lines, "--whole", "--stream", NAME)
        with pytest.raises(Conflict, match="the chain holds 3 records, this copy only 1"):
            anchoring.prove_anchored(Stream(tmp_path / "short"), 0, view)

    def test_the_command_anchors_with_the_officers_key_and_anchors_once(
        self, node: EmbeddedNode, stream: Path, lines: Path, tmp_path: Path
    ) -> None:
        with serve(node, "127.0.0.1", 0, None) as server:
            mine = department(tmp_path / "mine", server.url, node, OFFICER)
            told = json.loads(run("append", stream, lines, "--config", mine, "--json"))
            assert told["block"] > 0
            assert told["size"] == 6
            assert "anchored" in run("append", stream, "--config", mine)
            assert json.loads(run("append", stream, "--config", mine, "--json"))["first"] == 6
            run("append", stream, lines)
            theirs = department(tmp_path / "theirs", server.url, node, OTHER_OFFICER)
            with pytest.raises(Conflict, match="stream of another party"):
                run("append", stream, "--config", theirs)
        assert Stream(stream).checkpoint.size == 9


def department(home: Path, url: str, node: EmbeddedNode, key: PrivateKey) -> Path:
    """Write a node configuration whose officer holds the key."""
    (home / "keys").mkdir(parents=True)
    (home / "passphrase").write_text("correct horse battery staple")
    (home / "trust.json").write_bytes(trust_of(node.genesis_hash).encode())
    FileKeyStore(home / "keys", b"correct horse battery staple").add("officer", key)
    path = home / "node.toml"
    path.write_text(
        f"""
party = "finance"
state = "state"
terms = "terms"
[chain]
url = "{url}"
trust = "trust.json"
parties = "parties"
[keys]
directory = "keys"
passphrase_file = "passphrase"
tls = "tls"
"""
    )
    return path
