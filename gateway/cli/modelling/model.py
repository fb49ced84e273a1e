"""``shuxin federated agree`` and ``mount``: a released model becomes an asset of the catalogue, its head agreeing."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.officer import head_of, officer_of
from gateway.cli.telling import await_head, tell
from gateway.cli.tongue import Language, Tongue
from ledger.errors import NotFound
from mpc.protocols.words import Text

if TYPE_CHECKING:
    from contracts.entries.statement import Statement
    from gateway.federated.mounting import Derived
    from mpc.node.config import NodeConfig

Evidence = Annotated[Path, typer.Argument(help="The run's evidence.json, or an owner's copy without the model.")]
Config = Annotated[Path, typer.Option("--config", help="The node configuration of a party of the run that owns data.")]
Name = Annotated[str, typer.Option("--name", help="What the model is called.")]
Assessment = Annotated[str, typer.Option("--assessment", help="What both assessments found.")]
Code = Annotated[str, typer.Option("--code", help="The asset's code (default: model- and its digest).")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def agree(
    evidence: Evidence, config: Config, name: Name, assessment: Assessment, code: Code = "",
    language: Language = Tongue.EN, as_json: Json = False,
) -> None:  # fmt: skip
    """Agree, as head of the sharing body, to a model's entry in the catalogue."""
    read, found, statement = _entry(evidence, config, name, assessment, code)
    _explain(found, statement, language, is_silent=as_json)
    with head_of(read) as head:
        done = Text(f"agreed to by the head of {read.party}", f"{read.party} 负责人已同意")
        tell(statement.asset, done, head.agree_to_entry(statement), language, as_json=as_json)


def mount(
    evidence: Evidence, config: Config, name: Name, assessment: Assessment, code: Code = "",
    language: Language = Tongue.EN, as_json: Json = False,
) -> None:  # fmt: skip
    """Enter a released model as an asset derived from its inputs, permitted what all of them permit."""
    from gateway.statute.officers import AwaitingHead
    from gateway.statute.sharing.entering import Entering

    read, found, statement = _entry(evidence, config, name, assessment, code)
    _explain(found, statement, language, is_silent=as_json)
    with officer_of(read) as officer:
        try:
            receipt = Entering(officer).enter(statement, found.release)
        except AwaitingHead:
            command = for_the_head(evidence, name, assessment, config)
            await_head(statement.asset, read.party, command, language, as_json=as_json)
            return
        done = Text(f"mounted by {officer.party}", f"已由 {officer.party} 登记目录")
        tell(statement.asset, done, receipt, language, as_json=as_json)


def for_the_head(evidence: Path, name: str, assessment: str, config: Path) -> str:
    """Return the command that another person copies into a shell: words in it are words and nothing that runs.

    >>> print(for_the_head(Path("e.json"), "it's $(id)", "fair", Path("node.toml")))
    shuxin federated agree e.json --name 'it'"'"'s $(id)' --assessment fair --config node.toml
    """
    words = ("--name", name, "--assessment", assessment, "--config", str(config))
    return shlex.join(("shuxin", "federated", "agree", str(evidence), *words))


def _entry(path: Path, config: Path, name: str, assessment: str, code: str) -> tuple[NodeConfig, Derived, Statement]:
    from contracts.evidence.bundle import LIMIT
    from gateway.federated import mounting
    from ledger.files import read_bounded
    from ledger.proofs import trust
    from mpc.node import config as node_config

    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    read = node_config.load(config)
    found = mounting.derived(read_bounded(path, LIMIT), trust.load(read.trust))
    with officer_of(read) as officer:
        mounting.require_current(found, read.party, officer.now())
        return read, found, mounting.stated(officer, read, found, code or found.code, name, assessment)


def _explain(found: Derived, statement: Statement, language: Tongue, *, is_silent: bool) -> None:
    """Say what is agreed to or entered."""
    if is_silent:
        return
    items = statement.texts["items"]
    print(Text(f"{statement.asset}: {items}", f"{statement.asset}：{items}").of(language.value))
    for condition in found.conditions:
        print(Text(f"  condition: {condition}", f"  共享条件：{condition}").of(language.value))
