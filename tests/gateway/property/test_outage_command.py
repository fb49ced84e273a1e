"""``shuxin property outage`` as its user has it: signed with no chain to be reached, entered when one is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commandline import say
from smallnetwork import free_ports

from contracts.world import PartyRole
from gateway.network.founding import Plan, found, utc_now, write_node
from gateway.network.serving import serve_chain
from gateway.property.book import Book

FIRST = """code = "2026-1"
type = "first"
unit = "new-1"
papers = ["papers.pdf"]
[[holder]]
name = "Ann"
share = "1"
[description]
address = "here"
"""


@pytest.mark.slow
def test_an_entry_is_signed_without_a_chain_and_entered_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ports = free_ports()
    plans = [
        Plan("registrar", PartyRole.OWNER | PartyRole.REGISTRAR),
        Plan("office", PartyRole.REQUESTER | PartyRole.AUTHORITY, governor=True),
    ]
    found(tmp_path, plans, ports, chain_id=20264, now=utc_now(), is_trial=True)
    write_node(tmp_path, "registrar", ports)
    Book(tmp_path / "register", "city").close()
    (tmp_path / "papers.pdf").write_bytes(b"signed by everybody")
    file = tmp_path / "first.toml"
    file.write_text(FIRST, encoding="utf-8")

    def shuxin(*arguments: object) -> tuple[int, str]:
        where = ["--config", str(tmp_path / "parties/registrar/node.toml"), "--dir", str(tmp_path / "register")]
        code, out, err = say(capsys, "property", "outage", *arguments, *where)
        return code, out or err

    [signed] = json.loads(shuxin("sign", file, "--json")[1])
    assert (signed["state"], signed["n"]) == ("waiting", 1)
    assert json.loads(shuxin("sign", file, "--json")[1]) == [signed]
    assert "1 not entered yet" in shuxin("list")[1]
    assert "待登簿" in shuxin("list", "--language", "zh")[1]
    code, said = shuxin("enter")
    assert (code, "Traceback" in said) == (1, False)
    with serve_chain(tmp_path):
        code, said = shuxin("enter", "--json")
        assert (code, json.loads(said)[0]["state"]) == (0, "entered")
        assert shuxin("enter", "--json") == (0, said)
    code, said = shuxin("drop", "2026-1", "--reason", "too late")
    assert (code, said.strip()) == (1, "shuxin: application 2026-1: entered already")
    assert shuxin("drop", "2026-9", "--reason", "none")[0] == 2
