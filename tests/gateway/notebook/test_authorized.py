"""``%%authorized`` against a served chain: without a grant in force nothing of a cell runs, with one it is stamped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from commandline import say
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from smallnetwork import found_offices
from townspecs import OFFICE, REGISTRARS

from contracts.authorizations.record import Operations
from gateway.network.founding import AUTHORITY
from gateway.network.serving import serve_chain
from gateway.network.trial import Grounds, Holding, authorize
from gateway.notebook import outputs, stamp
from gateway.notebook.permits import CellRefused
from gateway.statute.officers import Officer
from gateway.statute.sharing.answering import Case
from gateway.statute.sharing.proceedings import Proceedings
from gateway.statute.sharing.requesting import Period
from ledger.errors import InvalidRecord, NotFound
from mpc.node import config as node_config

PURPOSE = "market-audit"
GROUNDS = Grounds("Audit Law, article 31", "figures only", "no secrets, no persons", Period(30, 5))
ASSETS = ("sales-1", "sales-2")
CODE = f"{OFFICE}/{PURPOSE}/sales-1"
GRANTED = f"sales-1={CODE}"
Output = dict[str, object]


@dataclass
class Notebook:
    """A kernel's shell beside a network; ``run`` gives what the last cell showed, and raises what it raised."""

    shell: InteractiveShell
    network: Path
    out: Path

    def run(self, body: str, *words: str, assets: tuple[str, ...] = ASSETS, by: str = OFFICE) -> list[Output]:
        config = self.network / "parties" / by / "node.toml"
        line = f"{' '.join(assets)} --config {config} -o {self.out} {' '.join(words or ('--purpose', PURPOSE))}"
        with capture_output() as shown:
            result = self.shell.run_cell(f"%%authorized {line}\n{body}")
        if result.error_in_exec is not None:
            raise result.error_in_exec
        streams = [{"output_type": "stream", "name": "stdout", "text": shown.stdout}] if shown.stdout else []
        return streams + [
            {"output_type": "display_data", "data": one.data, "metadata": one.metadata} for one in shown.outputs
        ]

    def stamp(self, shown: list[Output]) -> stamp.Stamp:
        mark = shown[-1]["metadata"][outputs.MARK]  # type: ignore[index]
        return stamp.Stamp(mark["id"], Path(mark["record"]).parent, 0)

    def has(self, name: str) -> bool:
        return name in self.shell.user_ns


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("network")
    found_offices(directory, OFFICE, has_authorities=True)
    held = [
        Holding(party, asset, asset, PURPOSE, "prices", Operations.COUNT | Operations.SUM, ("price",), "")
        for party, asset in zip(REGISTRARS, ASSETS, strict=False)
    ]
    with serve_chain(directory):
        authorize(directory / "parties", OFFICE, held, GROUNDS)
        yield directory


@pytest.fixture
def notebook(network: Path, tmp_path: Path) -> Iterator[Notebook]:
    shell = InteractiveShell.instance()
    shell.extension_manager.load_extension("gateway.notebook")
    yield Notebook(shell, network, tmp_path / "authorized")
    InteractiveShell.clear_instance()


@contextmanager
def officer(network: Path, party: str, name: str = "node.toml") -> Iterator[Officer]:
    with closing(Officer(node_config.load(network / "parties" / party / name))) as found:
        yield found


def verified(capsys: pytest.CaptureFixture[str], network: Path, *arguments: object) -> tuple[int, str]:
    code, out, err = say(capsys, "verify", *arguments, "--trust", network / "trust.json")
    return code, out or err


def test_under_a_grant_a_cell_runs_and_its_stamp_verifies_offline(
    notebook: Notebook, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = notebook.run("kept = 6 * 7\nprint('counted')\nkept")
    assert notebook.shell.user_ns["kept"] == 42
    assert [one.get("text", one.get("data")) for one in shown[:-1]] == ["counted\n", {"text/plain": "42"}]
    found = notebook.stamp(shown)
    assert verified(capsys, network, found.proof, "--record", found.record)[0] == 0
    assert len(found.authorizations) == len(ASSETS)
    for path in found.authorizations:
        code, said = verified(capsys, network, path)
        assert (code, "AuthorizationGranted" in said) == (0, True)
    record = found.record.read_bytes()
    assert stamp.digests(record) == (
        outputs.cell_digest("kept = 6 * 7\nprint('counted')\nkept"),
        outputs.output_digest(outputs.of_file(shown)),
    )
    assert json.loads(record)["party"] == OFFICE


def test_a_record_or_an_output_that_was_changed_afterwards_is_noticed(
    notebook: Notebook, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = notebook.run("print('12,345 sales')")
    found = notebook.stamp(shown)
    changed = notebook.out / "changed.json"
    changed.write_bytes(found.record.read_bytes().replace(b'"count"', b'"total"'))
    code, said = verified(capsys, network, found.proof, "--record", changed)
    assert (code, "inclusion" in said) == (1, True)
    shown[0]["text"] = "12,346 sales\n"
    assert outputs.output_digest(outputs.of_file(shown)) != stamp.digests(found.record.read_bytes())[1]


def test_nothing_is_shown_under_the_mark_of_a_stamp_but_a_stamp(notebook: Notebook) -> None:
    shown = notebook.run("print('12,345 sales')")
    digest, real = outputs.output_digest(outputs.of_file(shown)), shown[-1]
    assert digest == stamp.digests(notebook.stamp(shown).record.read_bytes())[1]
    data: dict[str, str] = real["data"]  # type: ignore[assignment]
    figure = {"text/html": "<b>99,999 sales</b>", "text/plain": "99,999 sales"}
    for forged in (
        [*shown, {**real, "data": figure}],
        [*shown[:-1], {**real, "data": figure}],
        [*shown[:-1], {**real, "data": {**data, "text/html": figure["text/html"] + data["text/html"]}}],
        [*shown[:-1], {**real, "data": {**data, "image/png": "iVBORw0KGgo="}}],
        [*shown[:-1], {**real, "metadata": {outputs.MARK: {"id": "00" * 32}}}],
        [*shown, real],
    ):
        with pytest.raises(InvalidRecord, match="stamp's mark"):
            outputs.of_file(forged)


def test_the_output_of_a_cell_whose_grant_ends_while_it_runs_is_not_shown(notebook: Notebook, network: Path) -> None:
    with officer(network, REGISTRARS[0]) as owner:
        case = Case(owner, CODE)
        notebook.shell.user_ns["ended"] = lambda: case.suspend("a breach is looked into")
        with (
            capture_output() as shown,
            pytest.raises(CellRefused, match=f"kept back.*{CODE}: authorization: suspended"),
        ):
            notebook.run("kept = 7\nended()\nprint('12,345 sales')")
        case.resume()
    assert (shown.stdout, notebook.out.exists()) == ("", False)


@pytest.mark.parametrize(
    ("words", "assets", "by", "reason"),
    [
        (("--purpose", PURPOSE), ("sales-3",), OFFICE, "market-audit/sales-3: authorization: unknown"),
        (("--purpose", PURPOSE), (*ASSETS, "sales-3"), OFFICE, "sales-3: authorization: unknown"),
        (
            ("--purpose", "advertising", "--code", GRANTED),
            ("sales-1",),
            OFFICE,
            "purpose",
        ),
        (("--purpose", PURPOSE, "--operation", "train"), ASSETS, OFFICE, "authorization: operation"),
        (
            ("--purpose", PURPOSE, "--code", GRANTED),
            ("sales-1",),
            REGISTRARS[2],
            "another",
        ),
    ],
)
def test_without_a_grant_for_just_this_nothing_of_a_cell_runs(
    notebook: Notebook, words: tuple[str, ...], assets: tuple[str, ...], by: str, reason: str
) -> None:
    with pytest.raises(CellRefused, match="nothing of it ran") as refusal:
        notebook.run("kept = 1\n(made := True)", *words, assets=assets, by=by)
    assert reason in str(refusal.value)
    assert not notebook.has("kept")
    assert not notebook.has("made")
    assert not notebook.out.exists()


def test_a_cell_that_fails_gets_no_stamp(notebook: Notebook) -> None:
    with pytest.raises(ZeroDivisionError):
        notebook.run("kept = 1\nkept / 0")
    assert notebook.has("kept")
    assert not notebook.out.exists()


def test_a_command_runs_in_the_kernel_and_its_exit_code_is_told(notebook: Notebook, network: Path) -> None:
    with capture_output() as shown:
        notebook.shell.run_line_magic("shuxin", f"verify {network}/genesis.json --trust {network}/trust.json")
    assert "this is no evidence file" in shown.stdout
    assert shown.stdout.endswith("exit code 2\n")


@pytest.mark.parametrize(
    ("words", "fault", "said"),
    [
        (("--purpose",), InvalidRecord, "expected one argument"),
        (("--operation", "count"), InvalidRecord, "required: --purpose"),
        (("--purpose", PURPOSE, "--operation", "read"), InvalidRecord, "no operation 'read'; there are count, sum"),
        (("--purpose", PURPOSE, "--code", "sales-9=x"), InvalidRecord, "'sales-9', which is not among the assets"),
        (("--purpose", PURPOSE, '"'), InvalidRecord, "No closing quotation"),
        (("--purpose", PURPOSE, "--config", "nowhere.toml"), NotFound, "nowhere.toml"),
    ],
)
def test_a_line_that_cannot_be_read_is_one_of_our_errors_and_nothing_runs(
    notebook: Notebook, words: tuple[str, ...], fault: type[Exception], said: str
) -> None:
    with pytest.raises(fault, match=said):
        notebook.run("kept = 1", *words)
    assert not notebook.has("kept")


def test_a_suspended_or_revoked_grant_permits_nothing_and_what_was_stamped_before_still_verifies(
    notebook: Notebook, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = notebook.stamp(notebook.run("kept = 1"))
    with officer(network, REGISTRARS[0]) as owner:
        Case(owner, CODE).suspend("a breach is looked into")
        with pytest.raises(CellRefused, match=f"{CODE}: authorization: suspended"):
            notebook.run("kept = 2")
        Case(owner, CODE).resume()
        notebook.run("kept = 3")
        Proceedings(owner, CODE).announce_end("the study is over")
        with officer(network, OFFICE) as grantee, officer(network, AUTHORITY, "office.toml") as authority:
            Proceedings(grantee, CODE).answer_end("nothing against it", agrees=True)
            Proceedings(authority, CODE).file_end()
        Case(owner, CODE).revoke("the study is over")
    with pytest.raises(CellRefused, match=f"{CODE}: authorization: revoked"):
        notebook.run("kept = 4")
    assert notebook.shell.user_ns["kept"] == 3
    notebook.run("kept = 5", "--purpose", PURPOSE, assets=("sales-2",))
    assert verified(capsys, network, found.proof, "--record", found.record)[0] == 0
