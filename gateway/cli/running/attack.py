"""``shuxin attack``: try the attack suite against a running network, and say what stopped each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.tongue import Language, Tongue


def run(
    directory: Annotated[Path, typer.Argument(help="The network's directory, its processes up ('shuxin up').")],
    only: Annotated[list[str] | None, typer.Option("--only", help="An attack by name; may be repeated.")] = None,
    office: Annotated[str, typer.Option(help="The attacking office; by default the party without tables.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document at the end and nothing else.")
    ] = False,
    names: Annotated[bool, typer.Option("--list", help="Say what there is, and do nothing.")] = False,
    language: Language = Tongue.EN,
) -> None:
    """Try attacks on a live network.

    Exit 0 if every try was stopped by the line that is there to stop it, or is a stated limit; 1 if one succeeded that
    must not; 3 if none did, but something was not tried or ended by something else.

    It asks questions of its own, has authorizations granted for them, and leaves refused jobs on chain; the network
    goes on, and the command may be run again.
    """
    import json
    import logging

    from gateway.attacks import suite
    from gateway.attacks.narration import Narrator
    from gateway.attacks.scene import Scene

    chosen = suite.choose(only or [])
    if names:
        for attack in chosen:
            print(f"{attack.name:22} {attack.setting.value.of(language.value):10} {attack.title.of(language.value)}")
        return
    logging.getLogger("mpc.node.messages.post").setLevel(logging.ERROR)  # refusals are told as what stopped a try
    narrator = Narrator(language.value, quiet=as_json)
    scene = Scene(directory.resolve(), narrator.say, office)
    scene.require_up()
    outcomes = list(suite.run(scene, chosen, narrator))
    code = suite.exit_code(outcomes)
    if as_json:
        document = {"network": scene.trust.genesis_hash.hex(), "exit": code, "failed": code == 1}
        print(json.dumps({**document, "attacks": [o.json() for o in outcomes]}, ensure_ascii=False, indent=1))
    else:
        narrator.conclude(outcomes)
    raise typer.Exit(code)
