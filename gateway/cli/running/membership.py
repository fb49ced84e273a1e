"""``shuxin party`` and ``shuxin validator``: who belongs to a network, and who seals its blocks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.adopting import Config, Key, adopting, tell_turn
from gateway.cli.officer import officer_of
from gateway.cli.proceeding import Json
from gateway.cli.tongue import Language, Tongue
from ledger.errors import InvalidRecord

if TYPE_CHECKING:
    from ledger.crypto.signing import Address

party = typer.Typer(help="Parties: how long they belong to the network; end one by quorum.", no_args_is_help=True)
validator = typer.Typer(help="Validators: who seals blocks; replace one by quorum.", no_args_is_help=True)
Code = Annotated[str, typer.Argument(metavar="PARTY", help="The party's code.")]
Sealer = Annotated[str, typer.Argument(help="A validator's address: 0x and 40 hexadecimal digits.")]
Own = Annotated[Path, typer.Option("--config", help="This department's node configuration.")]


@party.command("show")
def show_party(code: Code, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Read by proof which roles a party has, and from when until when."""
    from contracts.calendar.dates import date_of, day_of
    from contracts.world import PartyRole
    from gateway.network.membership import party_of

    with officer_of(config) as officer:
        found = party_of(code, officer.proven)
    roles = [str(role.name).lower() for role in PartyRole(found.roles)]
    first, last = (date_of(day_of(moment)) for moment in (found.valid_from, found.valid_until))
    if as_json:
        bounds = {"from": found.valid_from, "until": found.valid_until}
        print(json.dumps({"party": code, "roles": roles, **bounds}))
    elif language is Tongue.ZH:
        print(f"{code}：{', '.join(roles)}，自 {first} 起，至 {last} 止")
    else:
        print(f"{code}: {', '.join(roles)}, from {first} until {last}")


@party.command()
def end(
    code: Code,
    config: Config,
    on: Annotated[str, typer.Option("--on", help="From when it is none: 2026-01-31, or a time with its zone.")],
    key: Key = "approver",
    language: Language = Tongue.EN,
) -> None:
    """End a party: every member of Governance runs this with the same day until the quorum is there."""
    from contracts.calendar.dates import moment_of
    from gateway.network.membership import end_party

    until = moment_of(on)
    what = f"{code}：自 {on} 起不再是参与方" if language is Tongue.ZH else f"{code}: no party from {on} on"
    with adopting(config, key) as member:
        tell_turn(what, end_party(member, code, until), language)


@validator.command("show")
def show_validators(config: Config, as_json: Json = False) -> None:
    """Read by proof who seals blocks, and which of them this department is."""
    from gateway.network.membership import validators_of
    from mpc.node.node import open_keys

    with officer_of(config) as officer:
        found = validators_of(officer.proven)
        name = officer.config.key_names.validator
        own = open_keys(officer.config).load(name).address if name else None
    if as_json:
        print(json.dumps({"validators": [f"0x{one.hex()}" for one in found], "own": f"0x{own.hex()}" if own else None}))
        return
    for one in found:
        print(f"0x{one.hex()}{'  own 本部门' if one == own else ''}")


@validator.command()
def new(
    name: Annotated[str, typer.Argument(help="The new key's name in this department's key store.")], config: Own
) -> None:
    """Make a key to seal with; it seals nothing before the members have put it in force."""
    from mpc.node import config as node_config
    from mpc.node.node import open_keys

    address = open_keys(node_config.load(config)).create(name, "secp256k1").address
    print(f"0x{address.hex()}\nput it in force: shuxin validator replace; then [keys] validator = {json.dumps(name)}")


@validator.command("replace")
def replace_(old: Sealer, new: Sealer, config: Config, key: Key = "approver", language: Language = Tongue.EN) -> None:
    """Put a validator in the place of another: every member of Governance runs this until the quorum is there."""
    from gateway.network.membership import replace_validator

    leaving, coming = address_of(old), address_of(new)
    with adopting(config, key) as member:
        tell_turn(f"{old} → {new}", replace_validator(member, leaving, coming), language)


@validator.command()
def remove(old: Sealer, config: Config, key: Key = "approver", language: Language = Tongue.EN) -> None:
    """Let a validator seal no more, with nobody in its place: likewise by quorum."""
    from gateway.network.membership import replace_validator

    leaving = address_of(old)
    what = f"{old}：不再签封" if language is Tongue.ZH else f"{old}: seals no more"
    with adopting(config, key) as member:
        tell_turn(what, replace_validator(member, leaving, None), language)


def address_of(text: str) -> Address:
    """Read an address; raises InvalidRecord."""
    from ledger.crypto.signing import Address

    digits = text.removeprefix("0x")
    try:
        found = bytes.fromhex(digits)
    except ValueError as exc:
        raise InvalidRecord(f"address {text[:50]!r}: expected 0x and 40 hexadecimal digits") from exc
    if len(found) != 20:
        raise InvalidRecord(f"address {text[:50]!r}: expected 0x and 40 hexadecimal digits")
    return Address(found)
