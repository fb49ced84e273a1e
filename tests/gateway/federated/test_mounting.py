"""A released model as an asset: its entry says what its evidence permits, its provenance leads to its inputs."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from commandline import say

from contracts.artefacts import interfaces
from contracts.authorizations.record import AuthorizationState, Operations
from contracts.catalogue.rules import Category, Grade
from contracts.entries.rules import check
from contracts.entries.statement import Graded, parse
from contracts.evidence import bundle
from contracts.evidence.jobs import derived
from contracts.evidence.report import Failed
from contracts.evidence.verify import examine
from contracts.grades.record import Personal
from gateway.cli.modelling.model import for_the_head
from gateway.federated.mounting import Derived, entry, require_current
from gateway.federated.mounting import derived as derive
from gateway.provenance.derivation import edges_of
from gateway.provenance.graph import Kind, Node
from ledger import canonical
from ledger.chain.port import Event
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord, NotAuthorized
from ledger.proofs import trust as trust_file

VECTORS = Path(__file__).parents[2] / "vectors" / "evidence" / "v1"
TRUST = trust_file.load(VECTORS / "model.trust.json")


def event(contract: str, name: str, **given: object) -> Event:
    """Make an event whose words are ones but for those given."""
    kind = next(found for found in interfaces()[contract].events.values() if found.name == name)
    args = {field.name: b"\1" * 32 if field.type == "bytes32" else 1 for field in kind.fields} | given
    return Event(contract, name, Address(b"\2" * 20), (kind.topic, b"\1" * 32), b"", args, 7, 8, 9, 10)  # type: ignore[arg-type]


def data(name: str) -> bytes:
    return (VECTORS / name).read_bytes()


@pytest.fixture(scope="module")
def model() -> Derived:
    return derive(data("model.json"), TRUST)


def test_a_model_is_permitted_what_all_its_inputs_are_and_no_more(model: Derived) -> None:
    permission = model.permission
    assert permission.operations == Operations.TRAIN
    assert permission.valid_from < permission.valid_until
    origin, permitted = model.conditions
    assert model.job.hex() in origin
    assert model.statement.hex() in origin
    assert permitted.startswith(f"permitted: train; {permission.valid_from}..{permission.valid_until}")
    assert "purpose credit-scoring; granted to audit-office" in permitted
    wider = replace(permission, operations=Operations.TRAIN | Operations.SUM)
    assert "permitted: sum, train" in replace(model, permission=wider).conditions[1]


def test_an_owner_s_copy_without_the_model_is_enough(model: Derived) -> None:
    assert derive(data("model.public.json"), TRUST) == model


def test_evidence_of_a_statistic_or_with_a_changed_byte_mounts_nothing() -> None:
    with pytest.raises(InvalidRecord, match="evidence of a model"):
        derive(data("sums.json"), trust_file.load(VECTORS / "trust.json"))
    with pytest.raises(Failed, match="figures"):
        derive(data("defect.model-changed.json"), TRUST)
    with pytest.raises(Failed, match="network"):
        derive(data("model.json"), trust_file.load(VECTORS / "other-network.trust.json"))


def test_once_an_input_is_stopped_nothing_is_permitted(monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = bundle.parse(data("model.json"))
    released = examine(data("model.json"), TRUST).released
    assert not derived.permitted(evidence, released).is_empty
    monkeypatch.setattr(derived, "state_now", lambda history: AuthorizationState.REVOKED)
    with pytest.raises(NotAuthorized, match="3 inputs stopped"):
        derived.permitted(evidence, released)


def test_only_a_party_of_the_run_enters_it_and_only_in_time(model: Derived) -> None:
    now = model.permission.valid_from
    for party in ("bank-a", "audit-office"):
        require_current(model, party, now)
    with pytest.raises(NotAuthorized, match="took no part"):
        require_current(model, "bank-z", now)
    with pytest.raises(NotAuthorized, match="ended at"):
        require_current(model, "bank-a", model.permission.valid_until)


def test_the_entry_is_complete_graded_and_bound_to_its_conditions(model: Derived) -> None:
    own = {"income": Graded("income", 3, Personal.PERSONAL)}
    stated = entry(model, model.code, "Late payers", "assessed", Grade.IMPORTANT, own.get)
    check(stated.filing)
    assert parse(canonical.encode(stated.json())) == stated
    assert (stated.category, stated.grade, stated.conditions) == (
        Category.CONDITIONAL, Grade.IMPORTANT, model.conditions,
    )  # fmt: skip
    graded = {column.name: (column.grade, column.personal) for column in stated.columns}
    assert graded == {
        "debt": (4, Personal.SENSITIVE), "income": (3, Personal.PERSONAL), "late": (4, Personal.SENSITIVE),
    }  # fmt: skip
    assert stated.asset == f"model-{model.release.hex()[:16]}"
    with pytest.raises(InvalidRecord, match="not a code"):
        entry(model, "No Code", "Late payers", "assessed", Grade.GENERAL, own.get)


def test_the_provenance_leads_from_the_asset_to_the_release_and_its_run(model: Derived) -> None:
    mounted = edges_of(event("Catalogue", "AssetMounted", item=model.release))
    signed = edges_of(event("Jobs", "JobSigned", job=model.job, result=model.release, statement=model.statement))
    towards: dict[Node, set[Node]] = {}
    for edge in (*mounted, *signed):
        towards.setdefault(edge.source, set()).add(edge.target)
    (asset,) = (node for node in towards if node.kind is Kind.ASSET)
    reached, waiting = set[Node](), {asset}
    while waiting:
        node = waiting.pop()
        reached.add(node)
        waiting |= towards.get(node, set()) - reached
    assert Node(Kind.RELEASE, model.release) in reached
    assert Node(Kind.JOB, model.job) in reached
    others = edges_of(event("Catalogue", "AssetMounted", item=b"\7" * 32))
    assert Node(Kind.RELEASE, model.release) not in {edge.target for edge in others}


def test_the_command_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("agree", "mount"):
        code, _, said = say(
            capsys, "federated", command, tmp_path / "none.json", "--config", tmp_path / "node.toml",
            "--name", "Late payers", "--assessment", "assessed",
        )  # fmt: skip
        assert code == 2
        assert "no such file" in said


def test_what_the_head_is_to_copy_holds_words_and_nothing_that_a_shell_runs() -> None:
    name = "it's $(id)"
    command = for_the_head(Path("my evidence.json"), name, "`id`; fair", Path("node.toml"))
    words = ["my evidence.json", "--name", name, "--assessment", "`id`; fair", "--config", "node.toml"]
    said = subprocess.run(["/bin/sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == ["shuxin", "federated", "agree", *words]
