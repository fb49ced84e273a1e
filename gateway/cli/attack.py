"""``shuxin attack``: try the attack suite against a running network, and say what stopped each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    directory: Annotated[Path, typer.Argument(help="The network's directory, its processes up ('shuxin up').")],
    only: Annotated[list[str] | None, typer.Option("--only", help="An attack by name; may be repeated.")] = None,
    office: Annotated[str, typer.Option(help="The attacking office; by default the party without tables.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document at the end and nothing else.")
    ] = False,
    names: Annotated[bool, typer.Option("--list", help="Say what there is, and do nothing.")] = False,
) -> None:
    """Try attacks on a live network: exit 0 if every one was stopped or is a stated limit, 1 if one succeeded.

    It asks questions of its own, has authorizations granted for them, and leaves refused jobs on chain; the network
    goes on, and the command may be run again.
    """
    import json
    import logging

    from gateway.attacks import suite
    from gateway.attacks.scene import Scene

    chosen = suite.choose(only or [])
    if names:
        for attack in chosen:
            print(f"{attack.name:22} {attack.setting.value:10} {attack.title}")
        return
    logging.getLogger("mpc.node.post").setLevel(logging.ERROR)  # refusals are told as what stopped a try
    tell = _silent if as_json else print
    scene = Scene(directory.resolve(), tell, office)
    outcomes = list(suite.run(scene, chosen, tell))
    code = suite.exit_code(outcomes)
    if as_json:
        document = {"network": scene.trust.genesis_hash.hex(), "failed": bool(code)}
        print(json.dumps({**document, "attacks": [o.json() for o in outcomes]}, ensure_ascii=False, indent=1))
    else:
        print()
        for outcome in outcomes:
            print(f"{outcome.attack.name:22} {outcome.verdict.value}")
    raise typer.Exit(code)


def _silent(_text: str) -> None:
    """Keep standard output for the document."""
