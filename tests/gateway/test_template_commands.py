"""``shuxin voucher``, ``listing`` and ``material`` on a served chain: whole stories by command, and who is refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from smallnetwork import free_ports

from contracts.world import PartyRole
from gateway import command
from gateway.network.founding import Plan, found, utc_now, write_configurations
from gateway.network.serving import serve_chain

REGISTRAR, BUREAU, OFFICE = "registrar", "bureau", "office"
Shuxin = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A registrar, a bureau that governs alone, and an office, none with tables."""
    directory = tmp_path_factory.mktemp("town")
    ports, roles = free_ports(), PartyRole.OWNER | PartyRole.REQUESTER
    plans = [Plan(REGISTRAR, roles | PartyRole.REGISTRAR), Plan(BUREAU, roles, governor=True), Plan(OFFICE, roles)]
    found(directory, plans, ports, chain_id=20261, now=utc_now(), is_trial=True)
    write_configurations(directory, plans, ports, {})
    with serve_chain(directory):
        yield directory


@pytest.fixture
def shuxin(town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shuxin:
    """Run a command as the officer of a party, in a folder of its own; returns the exit code and what was said."""
    monkeypatch.chdir(tmp_path)

    def run(party: str, *arguments: object) -> tuple[int, str]:
        config = ["--config", str(town / "parties" / party / "node.toml")] if party else []
        monkeypatch.setattr(sys, "argv", ["shuxin", *map(str, arguments), *config])
        code = 0
        try:
            command.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, (said.err or said.out).strip()

    return run


@pytest.mark.slow
def test_a_voucher_is_issued_handed_on_proven_offline_and_revoked(town: Path, shuxin: Shuxin) -> None:
    Path("data.csv").write_text("year,kwh\n2025,7\n")
    issue = (
        "voucher", "issue", "2026-1", "--asset", "grid-use", "--title", "Use of electricity", "--provider", "The grid",
        "--file", "data.csv", "--days", 90, "--holder", "office.json", "-o", "voucher.json",
    )  # fmt: skip
    assert shuxin(OFFICE, "voucher", "claim", "-o", "office.json")[0] == 0
    assert shuxin(BUREAU, "voucher", "claim", "-o", "bureau.json")[0] == 0
    assert "certificate" not in shuxin(OFFICE, *issue)[1]
    assert "voucher: registrar only" in shuxin(OFFICE, *issue)[1]
    assert "issued as no. 2026-1, block" in shuxin(REGISTRAR, *issue)[1]
    first = Path("voucher.json").read_bytes()
    assert "nothing to do" in shuxin(REGISTRAR, *issue)[1]
    assert Path("voucher.json").read_bytes() == first
    again = ("voucher", "issue", "2026-2", *issue[3:-1], "again.json")
    assert "voucher: asset has one in force" in shuxin(REGISTRAR, *again)[1]

    hand_on = ("voucher", "transfer", "voucher.json", "--to", "bureau.json")
    assert "not held under any claim of registrar" in shuxin(REGISTRAR, *hand_on)[1]
    assert "handed on to bureau, block" in shuxin(OFFICE, *hand_on)[1]
    assert "nothing to do" in shuxin(OFFICE, *hand_on)[1]
    assert (
        "not held under any claim of office"
        in shuxin(OFFICE, "voucher", "transfer", "voucher.json", "--to", "office.json")[1]
    )

    trust = ("--trust", town / "trust.json")
    assert (
        "not held under any claim" in shuxin(OFFICE, "voucher", "prove", "voucher.json", "--holder", "-o", "p.json")[1]
    )
    assert shuxin(BUREAU, "voucher", "prove", "voucher.json", "--holder", "-o", "proof.json")[0] == 0
    code, said = shuxin("", "verify", "proof.json", *trust)
    assert (code, "held by bureau" in said, "Use of electricity" in said) == (0, True, True)
    assert "证据成立" in shuxin("", "verify", "proof.json", *trust, "--language", "zh")[1]
    assert "有效,至" in shuxin(OFFICE, "voucher", "show", "voucher.json", "--language", "zh")[1]

    revoke = ("voucher", "revoke", "voucher.json", "--ground", "falsehood", "--reason", "the grid denies it")
    assert "voucher: not the issuer" in shuxin(BUREAU, *revoke)[1]
    assert "revoked, block" in shuxin(REGISTRAR, *revoke)[1]
    assert "nothing to do" in shuxin(REGISTRAR, *revoke)[1]
    code, said = shuxin(OFFICE, "voucher", "show", "voucher.json", "--json")
    assert (code, json.loads(said)["ground"]) == (3, "obtained by false statements")
    assert shuxin(OFFICE, "voucher", "prove", "voucher.json", "-o", "late.json")[0] == 0
    code, said = shuxin("", "verify", "late.json", *trust)
    assert (code, "obtained by false statements" in said) == (1, True)
    assert "voucher: not in force" in shuxin(BUREAU, "voucher", "transfer", "voucher.json", "--to", "office.json")[1]
