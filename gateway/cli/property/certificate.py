"""``shuxin property certificate``: title certificates issued, shown in part, revoked, proven and printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.officer import officer_of
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from gateway.property.certificates.issuing import Registrar

app = typer.Typer(help="Title certificates 电子证照: issue, show in part, revoke, prove, print.", no_args_is_help=True)

Directory = Annotated[Path, typer.Option("--dir", help="The registrar's directory: its book, key and streams.")]
Config = Annotated[Path, typer.Option("--config", help="This department's node configuration.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A certificate, or what a scanner read from a printed one.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Write into this file.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def issue(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="The unit's old code.")],
    config: Config,
    output: Annotated[Path, typer.Option("-o", "--output", help="The certificate goes into this file.")],
    directory: Directory = Path("register"),
    until: Annotated[str | None, typer.Option(help="Last day of its validity, like 2027-01-31.")] = None,
    another: Annotated[bool, typer.Option("--another", help="One more beside a good one, for a co-owner.")] = False,
    as_json: Json = False,
) -> None:
    """Issue a certificate for a unit's title as it stands; repeated, write the same one again."""
    end = None if until is None else _end_of(until)
    with _registrar(directory, config) as registrar:
        kept, is_new = registrar.issue(unit, end, another=another)
        _write(output, kept.text)
        told = {"certificate": kept.code, "unit": unit, "version": kept.version, "new": is_new, "file": str(output)}
        done = "issued 已签发" if is_new else "issued before 此前已签发"
        print(json.dumps(told, ensure_ascii=False) if as_json else f"{kept.code}: {done}, {output}")


@app.command()
def show(
    file: File,
    show: Annotated[
        list[str] | None, typer.Option("--show", help="A member to show, with all below it; may be repeated.")
    ] = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Make a copy that shows some members only; without --show, say which there are."""
    from contracts.certificates import issuing
    from gateway.property.certificates.files import read_certificate

    whole = read_certificate(file)
    if not show:
        names = sorted(issuing.names_of(whole))
        print(json.dumps(names) if as_json else "\n".join(names))
        return
    text = issuing.showing(whole, show).text()
    if output is not None:
        _write(output, text)
    told = {"shown": sorted(show), "characters": len(text), "file": str(output) if output else None}
    print(json.dumps({**told, "certificate": text}) if as_json else str(output) if output else text)


@app.command()
def revoke(
    code: Annotated[str, typer.Argument(metavar="LIST/PLACE", help="The certificate, as `issue` called it.")],
    config: Config,
    reason: Annotated[str, typer.Option("--reason", help="In words; a salted digest goes on chain.")],
    directory: Directory = Path("register"),
    as_json: Json = False,
) -> None:
    """Revoke a certificate for ever. The title stays as it is."""
    with _registrar(directory, config) as registrar:
        is_new = registrar.revoke(registrar.archive.certificate(code), reason)
    done = "revoked 已撤销" if is_new else "nothing to do 无需重复, revoked before"
    print(json.dumps({"certificate": code, "new": is_new}) if as_json else f"{code}: {done}")


@app.command()
def sweep(config: Config, directory: Directory = Path("register"), as_json: Json = False) -> None:
    """Revoke the certificates whose titles have moved on: void here already, now for software without a chain too."""
    with _registrar(directory, config) as registrar:
        codes = [kept.code for kept in registrar.sweep()]
    print(json.dumps(codes) if as_json else "\n".join(f"{code}: revoked 已撤销" for code in codes) or "none 无")


@app.command()
def status(
    file: File,
    config: Config,
    output: Output = None,
    list: Annotated[Path | None, typer.Option("--list", help="The issuer's status list, to come along.")] = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Prove from the chain how a certificate stands now; any department can, without the issuer."""
    from contracts.certificates import credential
    from contracts.evidence.register.certificate import verify_certificate
    from gateway.property.certificates.files import read_certificate, read_text
    from gateway.property.certificates.proving import reading, status_of
    from mpc.node import config as node_config
    from mpc.node.node import read_trust
    from mpc.node.whole import write_whole

    node, shown = node_config.load(config), read_certificate(file)
    listed = None if list is None else read_text(list)
    with reading(node) as (_, view):
        proof = status_of(credential.read(shown).certified, view, listed).encode()
    verdict = verify_certificate(shown.text(), proof, read_trust(node.trust))
    if output is not None:
        write_whole(output, proof)
    print(verdict.text(language.value, as_json=as_json))
    raise typer.Exit(verdict.exit_code)


@app.command("list")
def list_(
    config: Config,
    output: Annotated[Path, typer.Option("-o", "--output", help="The list goes into this file.")],
    directory: Directory = Path("register"),
    number: Annotated[int, typer.Option(min=0, help="Which of the registrar's lists.")] = 0,
    as_json: Json = False,
) -> None:
    """Sign a list of revocations as the chain has it, for software that reads Bitstring Status Lists."""
    with _registrar(directory, config) as registrar:
        text = registrar.status_list(number).jws
    _write(output, text)
    print(json.dumps({"list": number, "characters": len(text), "file": str(output)}) if as_json else str(output))


@app.command("print")
def print_(
    file: File,
    output: Annotated[Path, typer.Option("-o", "--output", help="The page goes into this HTML file.")],
    status: Annotated[Path | None, typer.Option("--status", help="Print the proof as of this status too.")] = None,
    trust: Annotated[Path | None, typer.Option("--trust", help="The trust file, with --status.")] = None,
    as_json: Json = False,
) -> None:
    """Write a certificate as a page for printing, in Chinese and English, with a code that `shuxin verify` reads."""
    from contracts.evidence.register.status import LIMIT
    from gateway.property.certificates.files import read_certificate
    from gateway.property.certificates.printing import certificate_page
    from ledger.files import read_bounded
    from ledger.proofs import trust as trust_file

    if (status is None) != (trust is None):
        raise typer.BadParameter("--status and --trust belong together")
    proof = None if status is None else read_bounded(status, LIMIT)
    trusted = None if trust is None else trust_file.load(trust)
    _write(output, certificate_page(read_certificate(file).text(), proof, trusted))
    print(json.dumps({"file": str(output)}) if as_json else str(output))


@contextmanager
def _registrar(directory: Path, config: Path) -> Iterator[Registrar]:
    from gateway.property.book import Book
    from gateway.property.certificates.issuing import Registrar, Seal
    from gateway.property.certificates.proving import reading
    from mpc.node import config as node_config
    from mpc.node.node import open_keys, read_trust

    node = node_config.load(config)
    signer = open_keys(node).load(node.key_names.statement).signer()
    seal = Seal(signer, read_trust(node.trust).genesis_hash)
    with closing(Book(directory)) as book, officer_of(node) as officer, reading(node) as (chain, view):
        yield Registrar(book, officer, seal, chain, view)


def _end_of(day: str) -> int:
    from contracts.calendar.dates import end_of, number_of

    try:
        return end_of(number_of(date.fromisoformat(day)))
    except ValueError as fault:
        raise typer.BadParameter(f"expected a day like 2027-01-31, got {day!r}") from fault


def _write(path: Path, text: str) -> None:
    from gateway.property.certificates.files import write_text

    write_text(path, text)
