"""The verifier as a program: exit codes, what it prints, what it loads, and the one file that needs no installation."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.evidence.program import main
from ledger import canonical
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.join.descriptor import DESCRIPTOR as JOIN
from mpc.protocols.sums.descriptor import DESCRIPTOR as SUMS

ROOT = Path(__file__).resolve().parent.parent.parent
FOREIGN = ("eth", "web3", "nicegui", "flwr", "duckdb", "numpy", "scipy", "aiohttp", "mpc", "pyarrow", "urllib3")


ALL_IN_ONE = """
import contextlib, io, json, sys
sys.path.insert(0, sys.argv[1])
from contracts.evidence.program import main
for command in json.loads(sys.argv[2]):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = main(command)
    print(json.dumps([code, said.getvalue()]))
"""
"""Runs the archive's program for each of several commands: an archive is compiled anew by every process."""


def verify(vectors: Path, file: str, *options: str) -> int:
    return main([str(vectors / file), "--trust", str(vectors / "trust.json"), *options])


def test_evidence_that_holds_ends_with_zero_and_one_line_a_step(vectors: Path, capsys: pytest.CaptureFixture) -> None:
    assert verify(vectors, "sums.json") == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line[:3] for line in printed[:12]] == ["ok "] * 12
    assert printed[-1] == "the evidence holds; assurance: single operator"


@pytest.mark.parametrize(("file", "trust"), [("model.json", "model.trust.json"), ("boosted.json", "parts.trust.json")])
def test_evidence_of_a_model_says_in_both_languages_that_its_inputs_were_in_force_throughout(
    vectors: Path, capsys: pytest.CaptureFixture, file: str, trust: str
) -> None:
    for language, words in (("en", "every authorization stood while"), ("zh", "训练期间各项授权始终有效")):
        assert main([str(vectors / file), "--trust", str(vectors / trust), "--language", language]) == 0
        assert any("throughout: " + words in line for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(("file", "descriptor"), [("sums.json", SUMS), ("join.json", JOIN)])
def test_the_verdict_says_who_learned_what_in_the_words_of_the_protocol(
    vectors: Path, capsys: pytest.CaptureFixture, file: str, descriptor: Descriptor
) -> None:
    for language in ("en", "zh"):
        assert verify(vectors, file, "--language", language) == 0
        printed = capsys.readouterr().out.splitlines()
        assert tuple(line[4:] for line in printed[14:-1]) == descriptor.sentences(language)
    assert verify(vectors, file, "--json") == 0
    assert json.loads(capsys.readouterr().out)["learned"] == list(descriptor.sentences("en"))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("file", ["model", "boosted", "regression", "scores"])
def test_every_step_of_a_model_s_evidence_is_told_in_both_languages(
    vectors: Path, capsys: pytest.CaptureFixture, file: str, language: str
) -> None:
    trust = vectors / ("model.trust.json" if file == "model" else "parts.trust.json")
    assert main([str(vectors / f"{file}.json"), "--trust", str(trust), "--language", language]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert any(": " in line and line.split()[1] == "figures:" for line in printed)


def test_evidence_that_does_not_hold_says_nothing_of_who_learned_what(
    vectors: Path, capsys: pytest.CaptureFixture
) -> None:
    assert verify(vectors, "defect.figure-changed.json", "--json") == 1
    assert json.loads(capsys.readouterr().out)["learned"] == []


def test_a_step_that_fails_is_named_and_ends_with_one(vectors: Path, capsys: pytest.CaptureFixture) -> None:
    assert verify(vectors, "defect.figure-changed.json", "--language", "zh") == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed[-2].startswith("失败 figures: 结果可由各方签名的开启重算得出")
    assert printed[-1] == "证据不成立:figures; 保证级别:单一运营方"


@pytest.mark.parametrize("file", ["record.txt", "trust.json", "defect.not-canonical.json", "missing.json"])
def test_what_is_no_evidence_ends_with_two(vectors: Path, file: str) -> None:
    assert verify(vectors, file) == 2


def test_an_unreadable_trust_file_ends_with_two(vectors: Path, capsys: pytest.CaptureFixture) -> None:
    for trust in ("sums.json", "missing.json"):
        assert main([str(vectors / "sums.json"), "--trust", str(vectors / trust)]) == 2
    assert "trust file" in capsys.readouterr().err


def test_the_verdict_as_json_is_canonical_and_carries_the_figures(vectors: Path, capsys: pytest.CaptureFixture) -> None:
    assert verify(vectors, "sums.json", "--json") == 0
    verdict = canonical.decode(capsys.readouterr().out.strip().encode())
    assert verdict["verdict"] == "holds"
    assert verdict["figures"]["cells"]["count"] == "95"
    assert verify(vectors, "sums.public.json", "--json") == 0
    assert canonical.decode(capsys.readouterr().out.strip().encode())["figures"] is None


def test_a_stream_proof_is_verified_with_its_record(vectors: Path, capsys: pytest.CaptureFixture) -> None:
    assert verify(vectors, "stream.json", "--record", str(vectors / "record.txt")) == 0
    assert "finance/receipts: 9 records" in capsys.readouterr().out
    assert verify(vectors, "stream.json", "--record", str(vectors / "trust.json")) == 1
    assert verify(vectors, "stream.json") == 2
    assert verify(vectors, "sums.json", "--record", str(vectors / "record.txt")) == 2


def test_verifying_loads_no_engine_framework_or_numerics(vectors: Path) -> None:
    """Of the whole command line too: the command is chosen before anything heavy is loaded (words are not)."""
    arguments = ["shuxin", "verify", str(vectors / "join.json"), "--trust", str(vectors / "trust.json")]
    code = (
        f"import sys\nsys.argv = {arguments!r}\nfrom gateway.command import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print(*sorted(sys.modules))"
    )
    ended = run([sys.executable, "-c", code])
    assert ended.returncode == 0, ended.stderr
    loaded = set(ended.stdout.splitlines()[-1].split()) - {"mpc", "mpc.protocols", "mpc.protocols.words"}
    assert not set(FOREIGN) & {name.partition(".")[0] for name in loaded}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one-file verifier, freshly built."""
    built = tmp_path_factory.mktemp("dist") / "shuxin-verify.pyz"
    ended = run([sys.executable, str(ROOT / "scripts" / "build-verifier"), str(built)])
    assert ended.returncode == 0, ended.stderr
    return built


def test_the_same_sources_give_the_same_archive(archive: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.pyz"
    assert run([sys.executable, str(ROOT / "scripts" / "build-verifier"), str(again)]).returncode == 0
    assert again.read_bytes() == archive.read_bytes()


@pytest.mark.slow
def test_the_archive_reaches_the_committed_verdicts_without_any_installed_package(
    archive: Path, vectors: Path, tmp_path: Path
) -> None:
    """Isolated from the environment and without site-packages: no package with extensions is there.

    One of each kind that is accepted, and one refusal for each step that can refuse.
    """
    verdicts = json.loads((vectors / "verdicts.json").read_bytes())
    accepted = {expected["file"].partition(".")[0]: expected for expected in verdicts if not expected["failed"]}
    refusals = {expected["failed"]: expected for expected in verdicts if expected["failed"]}
    chosen = [*accepted.values(), *refusals.values()]
    commands = []
    for expected in chosen:
        record = ["--record", str(vectors / expected["record"])] if expected["record"] else []
        trust = ["--trust", str(vectors / expected["trust"])]
        commands.append([str(vectors / expected["file"]), *trust, "--json", *record])
    ended = run([sys.executable, "-I", "-S", "-c", ALL_IN_ONE, str(archive), json.dumps(commands)], cwd=tmp_path)
    reached = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(reached) == len(chosen), ended.stderr
    for expected, (code, verdict) in zip(chosen, reached, strict=True):
        assert json.loads(verdict)["failed"] == expected["failed"], expected
        assert code == {None: 0, "form": 2}.get(expected["failed"], 1)
    assert list(tmp_path.iterdir()) == []


def test_the_archive_carries_every_licence(archive: Path) -> None:
    import zipfile

    with zipfile.ZipFile(archive) as packed:
        names = set(packed.namelist())
    assert {"LICENSE", "licences/ecdsa.txt", "licences/rfc8785.txt", "licences/six.txt"} <= names
    assert not [name for name in names if name.startswith(("mpc/", "gateway/")) or "test" in name]


def run(command: list[str], cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.parametrize(("file", "code"), [("sums.json", 0), ("defect.figure-changed.json", 1), ("record.txt", 2)])
def test_the_archive_is_run_as_it_is(archive: Path, vectors: Path, tmp_path: Path, file: str, code: int) -> None:
    command = [str(archive), str(vectors / file), "--trust", str(vectors / "trust.json")]
    ended = run([sys.executable, "-I", "-S", *command], cwd=tmp_path)
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False)


@pytest.mark.parametrize(("file", "code"), [("defect.signature-missing.json", 1), ("record.txt", 2)])
def test_the_command_line_ends_with_the_verdicts_code(file: str, code: int, vectors: Path) -> None:
    trust = ["--trust", str(vectors / "trust.json")]
    ended = run([sys.executable, "-m", "gateway", "verify", str(vectors / file), *trust])
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
