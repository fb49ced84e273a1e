"""``shuxin termination``: what must come before an owner ends a service with ``shuxin authorization revoke``."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.proceeding import Code, Config, Json, Words, proceedings
from gateway.cli.telling import tell
from gateway.cli.tongue import Language, Tongue
from mpc.protocols.words import Text

app = typer.Typer(help="End a service: cause, consultation, filing.", no_args_is_help=True)


@app.command()
def announce(code: Code, config: Config, words: Words, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Tell the grantee, as owner, that the service is to end, and why."""
    then = Text(
        f"next, the requester answers: shuxin termination answer {code} --agree (or --oppose) --words ...",
        f"下一步，由申请方答复：shuxin termination answer {code} --agree（或 --oppose）--words ...",
    )
    with proceedings(config, code) as case:
        receipt = case.announce_end(words)
        done = Text("end announced", "已告知拟终止服务")
        tell(code, done, receipt, language, as_json=as_json, paper=case.paper("announce-end", words), then=then)


@app.command()
def answer(
    code: Code,
    config: Config,
    words: Words,
    agrees: Annotated[bool, typer.Option("--agree/--oppose", help="Whether the service may end.")],
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Say, as grantee, whether the service may end; if not, it goes on until a dispute is decided for the owner."""
    done = Text("end agreed to", "已同意终止") if agrees else Text("end opposed", "已反对终止")
    then = Text(
        f"next, the authority files it: shuxin termination file {code}"
        if agrees
        else f"the service goes on; the owner may dispute it: shuxin dispute open {code} NAME --about-end --words ...",
        f"下一步，由主管部门备案：shuxin termination file {code}"
        if agrees
        else f"服务继续；提供方可提起争议：shuxin dispute open {code} 名称 --about-end --words ...",
    )
    with proceedings(config, code) as case:
        receipt = case.answer_end(words, agrees=agrees)
        tell(code, done, receipt, language, as_json=as_json, paper=case.paper("answer-end", words), then=then)


@app.command()
def file(code: Code, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """File, as authority, an end that was agreed on or decided; the owner may revoke then."""
    then = Text(
        f"next, the owner ends the service: shuxin authorization revoke {code} --reason ...",
        f"下一步，由提供方终止服务：shuxin authorization revoke {code} --reason ...",
    )
    with proceedings(config, code) as case:
        tell(code, Text("end filed", "已备案终止"), case.file_end(), language, as_json=as_json, then=then)
