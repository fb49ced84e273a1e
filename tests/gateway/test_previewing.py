"""The preview of a job says what the protocol's declaration says, message for message, without a table or a chain."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from smallnetwork import found_registrars
from specs import grouped_join, join_of_lists
from townspecs import OFFICE, REGISTRARS, join, sums

from gateway import command
from gateway.statistics.explaining import explain
from gateway.statistics.previewing import preview
from ledger.errors import NotFound
from mpc.kinds.registry import kind_of
from mpc.node.attempts.frame import framed
from mpc.protocols.schedule import simulate
from mpc.protocols.step import Route
from mpc.protocols.sums.descriptor import public
from mpc.protocols.sums.schema import of_spec
from mpc.spec.job import JobSpec
from mpc.sql.planning.plan import Plan


@pytest.mark.parametrize("party", [REGISTRARS[0], OFFICE])
def test_every_message_of_masked_sums_is_told_with_the_size_it_will_have(party: str) -> None:
    spec = sums()
    role = kind_of(spec).role(party)
    cast = {"owner": sorted(source.party for source in spec.sources), "recipient": [spec.recipient]}
    numbers = public(of_spec(spec)) | {"specification": 1} | ({"turns": 1} if role == "owner" else {})
    laid_out = simulate(framed(kind_of(spec).descriptor()), role, party, cast, numbers)
    sent = {(sight.step.partition("/")[0], sight.size) for sight in laid_out if sight.direction == "sent"}
    found = preview(spec, party, "en")
    told = {(message.step, message.size) for message in found.messages if message.step != "specification"}
    # along a chain of owners the first and last ones' messages differ; all of them are told
    chain = {step.name for step in kind_of(spec).descriptor().steps if step.route is not Route.EVERY}
    assert {pair for pair in sent if pair[0] not in chain | {"specification"}} == {
        pair for pair in told if pair[0] not in chain
    }
    assert {name for name, _ in sent} <= {message.step for message in found.messages}


@pytest.mark.parametrize("party", ["finance", "tax", OFFICE])
def test_a_join_tells_formulas_where_a_size_follows_from_the_data(party: str) -> None:
    spec = join()
    found = preview(spec, party, "zh")
    sizes = [message.size for message in found.messages]
    assert any(isinstance(size, str) and ("listed" in size or "rows" in size) for size in sizes) == (party != OFFICE)
    assert any("得知" in line for line in found.learned)


@pytest.mark.parametrize(("spec", "lists"), [(grouped_join(), 1), (join_of_lists(), 2), (join_of_lists(3), 3)])
def test_a_join_by_groups_or_over_several_lists_is_explained_for_every_party(spec: JobSpec, lists: int) -> None:
    (found,) = explain(Plan(None, (spec,), ()))  # type: ignore[arg-type]
    roles = [share.role for share in found.shares]
    assert (roles.count("holder"), roles.count("lister"), roles.count("recipient")) == (1, lists, 1)
    assert all(share.most_bytes > 0 for share in found.shares)
    for language in ("en", "zh"):
        assert len(found.learned(language)) == len(found.learned("en")) > 8
    passed = {message.step: message.size for message in preview(spec, "tax", "en").messages}
    assert ("left" in str(passed.get("join-raised"))) == (lists > 1)


@pytest.mark.parametrize("spec", [sums(), join()])
def test_columns_chain_words_and_learned_lines_are_the_declared_ones(spec: JobSpec) -> None:
    owner = spec.sources[0].party
    found = preview(spec, owner, "en")
    assert found.columns == tuple(sorted(kind_of(spec).columns(owner)))
    calls = {call: (public_words, salted) for call, public_words, salted in found.chain}
    assert calls["Jobs.commit"] == (("job", "attempt"), ("input", "seed"))
    assert "Jobs.propose" not in calls
    assert any("whether it reaches the minimum" in line for line in found.learned)
    recipient = preview(spec, spec.recipient, "en")
    assert recipient.columns == ()
    assert "Jobs.propose" in {call for call, _, _ in recipient.chain}
    assert recipient.learned == found.learned  # everybody reads the same statement


def test_who_takes_no_part_gets_no_preview() -> None:
    with pytest.raises(NotFound, match="takes no part"):
        preview(sums(), "stranger", "en")


def test_the_command_needs_neither_chain_nor_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found_registrars(tmp_path / "net")
    home = tmp_path / "net" / "parties" / REGISTRARS[0]
    (home / "data" / "sales.csv").unlink()
    file = tmp_path / "spec.json"
    file.write_text(json.dumps(sums().json()))

    def shuxin(*more: str) -> str:
        arguments = ["shuxin", "job", "preview", str(file), "--config", str(home / "node.toml"), *more]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as ended:
            command.main()
        assert ended.value.code == 0
        return capsys.readouterr().out

    out = shuxin()
    assert out.startswith(f"{REGISTRARS[0]}: Each data owner\ncolumns it reads: price\n")
    assert "Jobs.commit(job, attempt, input*, seed*)" in out
    assert "  masked -> The recipient: masked cells" in out
    assert json.loads(shuxin("--json", "--language", "zh"))["role"] == "每个数据提供方"
