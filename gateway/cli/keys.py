"""``shuxin keys``: a person's, a node's or a party's keys give way to others, on chain and in its files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace as changed
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.adopting import Config, adopting, tell_turn
from gateway.cli.present import clock
from gateway.cli.proceeding import Json
from gateway.cli.running.membership import address_of
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from gateway.statute.officers import Officer
    from mpc.node.config import NodeConfig

app = typer.Typer(help="Keys: replace an agent's, begin a new epoch of a party's.", no_args_is_help=True)
Own = Annotated[Path, typer.Option("--config", help="This department's node configuration.")]
Approver = Annotated[str, typer.Option("--key", help="The approver's key in this department's key store.")]
Member = Annotated[str, typer.Option("--key", help="The member's key in its key store.")]
Address = Annotated[str, typer.Argument(help="An address: 0x and 40 hexadecimal digits.")]
AGENTS = ("agent", "approver", "deputy", "head", "officer")


@app.command()
def show(
    config: Own,
    party: Annotated[str, typer.Argument(help="A party's code; this department's if left out.")] = "",
    key: Annotated[str, typer.Option("--key", help="Any key of the store that is in office.")] = "officer",
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Read by proof a party's keys now; of this department also who of its key store is in office."""
    from gateway.network.epochs import keys_now
    from gateway.network.succession import offices
    from mpc.node.node import open_keys

    with _appointing(config, key) as officer:
        code = party or officer.party
        number, held = keys_now(officer, code)
        found = offices(officer, open_keys(officer.config), AGENTS) if code == officer.party else {}
        now = officer.now()
    keys = {"statement": held.statement.hex(), "seal": held.seal.hex(), "tls": held.tls.hex()}
    document = {"party": code, "epoch": number, "since": held.since, "compromised": held.compromised or None, **keys}
    rows = [
        {"name": name, "address": f"0x{address.hex()}", "roles": agent.roles, "until": agent.valid_until,
         "in_office": agent.valid_from <= now < agent.valid_until}
        for name, (address, agent) in found.items()
    ]  # fmt: skip
    if as_json:
        print(json.dumps({**document, "agents": rows}))
        return
    print(f"{code}：第 {number} 期密钥" if language is Tongue.ZH else f"{code}: epoch {number}")
    for part, value in keys.items():
        print(f"  {part:<9} {value}")
    for row in rows:
        told = ("在任", "已终止") if language is Tongue.ZH else ("in office", "ended")
        print(f"  {row['name']:<9} {row['address']}  {told[0] if row['in_office'] else told[1]}")


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Its name in this department's key store, where there is none.")],
    config: Own,
    language: Language = Tongue.EN,
) -> None:
    """Make a key for an agent whose own is lost; it may do nothing before the members have enrolled it."""
    from gateway.network.epochs import PARTS
    from ledger.errors import InvalidRecord
    from mpc.node import config as node_config
    from mpc.node.node import open_keys

    if name in PARTS:
        raise InvalidRecord(f"{name}: no agent's key; it is replaced with the party's keys: shuxin keys rotate --help")
    read = node_config.load(config)
    print(f"0x{open_keys(read).create(name, 'secp256k1').address.hex()}")
    told = "由治理成员登记" if language is Tongue.ZH else "the members of Governance enrol it"
    print(f"{told}: shuxin keys enrol {read.party}")


@app.command("replace")
def replace_(
    name: Annotated[str, typer.Argument(help="Its name in the key store: officer, deputy, head, agent, approver.")],
    config: Own,
    key: Approver = "approver",
    lost: Annotated[str, typer.Option(help="The address of the key before, where the key store has it no more.")] = "",
    until: Annotated[str, typer.Option(help="Until when the new key serves: 2027-01-31; else as the one before.")] = "",
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Put a new key in an agent's place: made here, enrolled by this party's approver, the one before dismissed."""
    from contracts.calendar.dates import moment_of
    from gateway.network.succession import replace_key
    from mpc.node.node import open_keys

    before = address_of(lost) if lost else None
    end = moment_of(until) if until else None
    with _appointing(config, key) as approver:
        found = replace_key(approver, open_keys(approver.config), name, lost=before, until=end)
    old, new = f"0x{found.old.hex()}", f"0x{found.new.hex()}"
    if as_json:
        print(json.dumps({"name": name, "old": old, "new": new, "until": found.until, "kept": found.kept or None}))
    elif language is Tongue.ZH:
        print(f"{name}：{new} 已接替 {old}" + (f"；原密钥保存为 {found.kept}" if found.kept else ""))
    else:
        kept = f"; the one before is kept as {found.kept}" if found.kept else ""
        print(f"{name}: {new} in the place of {old}{kept}")


@app.command()
def rotate(
    config: Own,
    key: Approver = "approver",
    tls: Annotated[bool, typer.Option("--tls", help="The TLS key and certificate.")] = False,
    statement: Annotated[bool, typer.Option("--statement", help="The statement key.")] = False,
    seal: Annotated[bool, typer.Option("--seal", help="The seal key.")] = False,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Begin a new epoch of this party's keys, all three or those named; stop the node before, start it after."""
    from gateway.network.epochs import PARTS
    from gateway.network.epochs import rotate as rotating
    from mpc.node.node import open_keys

    chosen = tuple(part for part, is_named in zip(PARTS, (statement, seal, tls), strict=True) if is_named) or PARTS
    with _appointing(config, key) as approver:
        found = rotating(approver, approver.config, open_keys(approver.config), chosen)
    if as_json:
        print(json.dumps({"epoch": found.number, "renewed": list(found.kept), "kept": found.kept}))
        return
    renewed = ", ".join(found.kept)
    print(f"第 {found.number} 期密钥已生效：{renewed}" if language is Tongue.ZH else f"epoch {found.number}: {renewed}")
    for line in _told(found.kept, language):
        print(line)


@app.command()
def compromised(
    epoch: Annotated[int, typer.Argument(min=1, help="Which epoch's keys may have been in other hands.")],
    config: Own,
    since: Annotated[str, typer.Option(help="Since when: 2026-01-31, or a time with its zone.")],
    key: Approver = "approver",
    language: Language = Tongue.EN,
) -> None:
    """Declare that an epoch's keys may have been in other hands; what they signed from then on does not count."""
    from contracts.calendar.dates import moment_of
    from gateway.network.epochs import declare

    moment = moment_of(since)
    with _appointing(config, key) as approver:
        declare(approver, epoch, moment)
    is_zh = language is Tongue.ZH
    print(f"第 {epoch} 期密钥自 {since} 起不再可信" if is_zh else f"epoch {epoch}: compromised since {since}")


@app.command()
def dismiss(
    address: Address,
    config: Own,
    key: Approver = "approver",
    by_vote: Annotated[bool, typer.Option("--vote", help="As a member, where the approver cannot.")] = False,
    language: Language = Tongue.EN,
) -> None:
    """End an agent's powers now: by its party's approver, or by members of Governance, who all run this."""
    from gateway.network.succession import dismiss as dismissing
    from gateway.network.succession import dismiss_by_vote

    agent = address_of(address)
    what = f"{address}：不再任职" if language is Tongue.ZH else f"{address}: out of office"
    if by_vote:
        with adopting(config, key) as member:
            tell_turn(what, dismiss_by_vote(member, agent), language)
        return
    with _appointing(config, key) as approver:
        dismissing(approver, agent)
    print(what)


@app.command()
def enrol(
    party: Annotated[str, typer.Argument(help="The party whose approver cannot appoint.")],
    address: Address,
    config: Config,
    role: Annotated[str, typer.Option(help="officer, head, node, approver or auditor.")] = "approver",
    key: Member = "approver",
    language: Language = Tongue.EN,
) -> None:
    """Enrol an agent of a party whose approver's key is lost: every member of Governance runs this."""
    from contracts.world import AgentRole
    from gateway.network.succession import enrol_by_vote
    from ledger.errors import InvalidRecord

    roles = {str(one.name).lower(): one for one in AgentRole}
    if role not in roles:
        raise InvalidRecord(f"role {role[:40]!r}: expected one of {', '.join(roles)}")
    agent = address_of(address)
    what = f"{party}：{role} {address}"
    with adopting(config, key) as member:
        tell_turn(what, enrol_by_vote(member, party, agent, int(roles[role])), language)


@app.command()
def member(
    old: Address, new: Address, config: Config, key: Member = "approver", language: Language = Tongue.EN
) -> None:
    """Put one member of Governance in the place of another: every member runs this until both turns are done."""
    from gateway.network.succession import replace_member

    leaving, coming = address_of(old), address_of(new)
    with adopting(config, key) as own:
        tell_turn(f"{old} → {new}", replace_member(own, leaving, coming), language)


@contextmanager
def _appointing(config: Path, key: str) -> Iterator[Officer]:
    """Connect with a key of the store; by the certificate to come where the chain has that one already."""
    from gateway.network.epochs import next_identity, planned
    from mpc.node import config as node_config

    found = node_config.load(config)
    if planned(found) is not None and next_identity(found).is_dir() and not _answers(found, key):
        found = changed(found, tls=next_identity(found))
    with closing(_officer(found, key)) as connected:
        connected.config = node_config.load(config)
        yield connected


def _answers(config: NodeConfig, key: str) -> bool:
    """Say whether the chain still admits the certificate in use."""
    from ledger.errors import BackendError, NotAuthorized

    try:
        with closing(_officer(config, key)) as connected:
            connected.now()
    except (BackendError, NotAuthorized):
        return False
    return True


def _officer(config: NodeConfig, key: str) -> Officer:
    from gateway.statute.officers import Officer

    return Officer(config, key, clock=clock())


def _told(kept: dict[str, str], language: Tongue) -> list[str]:
    """Say what a person still has to do."""
    is_zh, lines = language is Tongue.ZH, list[str]()
    if "statement" in kept or "seal" in kept:
        pair = {part: kept.get(part, part) for part in ("seal", "statement")}
        lines.append("在 node.toml 中加入：" if is_zh else "add to node.toml, so that records of before still open:")
        lines += ["[[keys.retired]]", *(f'{part} = "{name}"' for part, name in pair.items())]
    if "tls" in kept:
        en = "hand tls/tls.crt to the operators of chain and relay, as CODE.pem among the parties' certificates"
        lines.append("将 tls/tls.crt 交给链和中继的运维方，作为各参与方证书目录中的 CODE.pem" if is_zh else en)
    return [*lines, "重新启动节点" if is_zh else "start the node again"]
