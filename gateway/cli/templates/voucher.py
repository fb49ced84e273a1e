"""``shuxin voucher``: certificates of public data assets (公共数据资产凭证), issued, handed on, revoked and proven."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.matter import Config, Json, moment, put, tell
from gateway.cli.officer import officer_of
from gateway.cli.present import now
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from contracts.vouchers.document import Document, Holding
    from contracts.vouchers.rules import Voucher
    from gateway.statute.templates.vouchers import Vouchers

app = typer.Typer(help="Vouchers of public data assets: issue, hand on, revoke, prove.", no_args_is_help=True)

Slip = Annotated[Path, typer.Argument(metavar="VOUCHER", help="The voucher's file.")]
Out = Annotated[Path, typer.Option("-o", "--output", help="Where the file goes.")]


class Why(StrEnum):
    """Grounds of a revocation."""

    ERROR = "error"
    FALSEHOOD = "falsehood"
    ASSET_GONE = "asset-gone"
    ORDERED = "ordered"
    RENOUNCED = "renounced"


@app.command()
def claim(output: Out, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Make a claim, as the next holder: whoever issues or hands on a voucher to this department needs it."""
    from contracts import slip

    with _vouchers(config) as vouchers:
        holding = vouchers.claim()
        put(output, slip.encode(holding))
        if as_json:
            print(json.dumps({"party": holding.party, "commitment": holding.commitment.hex()}))
        elif language is Tongue.ZH:
            print(f"{output}：{holding.party} 的持有声明，交给发证方或现持有人")
        else:
            print(f"{output}: a claim of {holding.party}; give it to the issuer or present holder")


@app.command()
def issue(
    number: Annotated[str, typer.Argument(help="The voucher's number, unlike any other of this issuer.")],
    asset: Annotated[str, typer.Option(help="The asset's code.")],
    title: Annotated[str, typer.Option(help="What the asset is.")],
    provider: Annotated[str, typer.Option(help="Whose asset it is, in words.")],
    file: Annotated[Path, typer.Option("--file", help="The asset's file or description; its digest is written down.")],
    days: Annotated[int, typer.Option(min=1, max=3660, help="How long the voucher is in force.")],
    holder: Annotated[Path, typer.Option(help="The claim of who is to hold it.")],
    output: Out,
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Issue a voucher, as registrar."""
    from contracts import slip
    from gateway.statute.papers import FILE_LIMIT
    from gateway.statute.templates.vouchers import Described
    from ledger.files import digest_bounded

    described = Described(number, asset, title, provider, digest_bounded(file, FILE_LIMIT), days)
    with _vouchers(config) as vouchers:
        held = _holding(holder)
        document = vouchers.draft(described)
        receipt = vouchers.issue(document, held)
        put(output, slip.encode(document))
        tell(document.id, ("凭证已颁发", f"issued as no. {number}"), receipt, language, as_json=as_json)


@app.command()
def transfer(
    voucher: Slip,
    to: Annotated[Path, typer.Option(help="The claim of who is to hold it.")],
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Hand a voucher on, as its holder."""
    with _vouchers(config) as vouchers:
        document, heir = _document(voucher), _holding(to)
        receipt = vouchers.transfer(document, heir)
        tell(document.id, (f"已转让给 {heir.party}", f"handed on to {heir.party}"), receipt, language, as_json=as_json)


@app.command()
def revoke(
    voucher: Slip,
    ground: Annotated[Why, typer.Option(help="Why.")],
    reason: Annotated[str, typer.Option(help="In words; a salted digest goes on chain.")],
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """End a voucher for ever, as its issuer."""
    from contracts.vouchers.rules import Ground

    with _vouchers(config) as vouchers:
        document = _document(voucher)
        receipt = vouchers.revoke(document, Ground[ground.name], reason)
        tell(document.id, ("凭证已吊销", "revoked"), receipt, language, as_json=as_json)


@app.command()
def show(voucher: Slip, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Say by proof how a voucher stands: exit 3 if it is not in force."""

    with _vouchers(config) as vouchers:
        document = _document(voucher)
        found = vouchers.read(document)
    is_valid = found.is_valid(now())
    if as_json:
        told = {
            "voucher": document.id.hex(), "in_force": is_valid, "number": document.number, "issuer": document.issuer,
            "title": document.title, "valid_from": found.valid_from, "valid_until": found.valid_until,
            "revoked": found.revoked or None, "ground": _why(found, Tongue.EN) or None, "holder": found.holder.hex(),
        }  # fmt: skip
        print(json.dumps(told, ensure_ascii=False))
    else:
        print(_line(document, found, language, is_valid=is_valid))
    raise typer.Exit(0 if is_valid else 3)


@app.command()
def prove(
    voucher: Slip,
    output: Out,
    config: Config,
    holder: Annotated[bool, typer.Option("--holder", help="Show also that this department holds it.")] = False,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Write a proof of how a voucher stands now; `shuxin verify` checks it without the chain."""
    with _vouchers(config) as vouchers:
        document = _document(voucher)
        put(output, vouchers.prove(document, shows_holder=holder).encode())
    if as_json:
        print(json.dumps({"voucher": document.id.hex(), "file": str(output), "holder": holder}))
    else:
        print(f"{output}：凭证证明" if language is Tongue.ZH else f"{output}: proof of voucher {document.number}")


@contextmanager
def _vouchers(config: Path) -> Iterator[Vouchers]:
    from gateway.statute.templates.vouchers import Vouchers

    with officer_of(config) as officer:
        yield Vouchers(officer)


def _document(path: Path) -> Document:
    from contracts import slip
    from contracts.vouchers.document import Document

    return slip.load(Document, path)


def _holding(path: Path) -> Holding:
    from contracts import slip
    from contracts.vouchers.document import Holding

    return slip.load(Holding, path)


def _why(found: Voucher, language: Tongue) -> str:
    from contracts.evidence.records.vouched import GROUNDS
    from contracts.records import choice
    from contracts.vouchers.rules import Ground

    return GROUNDS[choice(Ground, found.ground)].of(language.value) if found.revoked else ""


def _line(document: Document, found: Voucher, language: Tongue, *, is_valid: bool) -> str:
    end, why, is_zh = moment(found.revoked or found.valid_until), _why(found, language), language is Tongue.ZH
    if is_valid:
        state = f"有效，至 {end}" if is_zh else f"in force until {end}"
    elif found.revoked:
        state = f"已于 {end} 吊销：{why}" if is_zh else f"REVOKED at {end}: {why}"
    else:
        state = f"不在有效期，至 {end}" if is_zh else f"NOT IN FORCE, its period ends {end}"
    if is_zh:
        return f"{document.issuer} 第 {document.number} 号 {document.title}：{state}"
    return f"{document.issuer} no. {document.number}, {document.title}: {state}"
