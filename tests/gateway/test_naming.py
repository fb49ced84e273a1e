"""Names behind digests: what a department's files name, purposes of its terms too, and nothing from a broken file."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from contracts.authorizations.record import Operations
from contracts.authorizations.terms import Terms, identifier
from contracts.parties.client import party_id
from gateway.network.naming import names_of
from ledger import canonical
from mpc.node.config import NodeConfig


def test_a_purpose_reads_its_name_from_the_terms_and_one_that_no_terms_have_stays_a_digest(tmp_path: Path) -> None:
    terms = Terms(
        "sales",
        "office",
        "housing-report",
        "For a report.",
        Operations.COUNT,
        ("price",),
        bytes(32),
        "Art. 20",
        0,
        9,
        1,
    )
    for name in ("parties", "terms"):
        (tmp_path / name).mkdir()
    (tmp_path / "parties" / "tax.pem").write_text("")
    (tmp_path / "terms" / "office--2026-1.json").write_bytes(canonical.encode(terms.json()))
    (tmp_path / "terms" / "broken.json").write_text(json.dumps({"purpose": "smuggled"}))
    config = SimpleNamespace(parties=tmp_path / "parties", terms=tmp_path / "terms", party="office", assets=["permits"])
    found = names_of(cast(NodeConfig, config))
    for code in ("housing-report", "sales", "permits", "office/2026-1", "broken"):
        assert found.say(identifier(code)) == code
    assert found.say(party_id("tax")) == "tax"
    assert found.say(identifier("smuggled")) == f"0x{identifier('smuggled').hex()[:12]}"
