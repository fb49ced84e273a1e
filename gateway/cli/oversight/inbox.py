"""``shuxin inbox``, ``alerts`` and ``stop-all``: what waits for a department, what is amiss, and the brake."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.officer import officer_of
from gateway.cli.present import clock
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from gateway.network.naming import Names
    from gateway.statute.observation.observing import Observer
    from mpc.node.config import NodeConfig

Config = Annotated[Path, typer.Option("--config", help="The department's node configuration.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class Duty(StrEnum):
    """Duties of a department's agents."""

    ALL = "all"
    OFFICER = "officer"
    HEAD = "head"
    NODE = "node"
    APPROVER = "approver"


def inbox(
    config: Config,
    role: Annotated[Duty, typer.Option(help="Only what waits for agents with this duty.")] = Duty.ALL,
    ics: Annotated[Path | None, typer.Option("--ics", metavar="FILE", help="Write the deadlines as iCalendar.")] = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Say what waits for the department: until when, by which article, and what follows if it is late."""
    from contracts.parties.client import party_id
    from contracts.world import AgentRole
    from gateway.statute.observation import ics as calendars
    from gateway.statute.observation.inbox import heading, letters
    from ledger.errors import BackendError

    with observing(config) as (read, observer, names):
        at = observer.follow(progress("blocks"))
        items = observer.inbox(party_id(read.party), at)
        network = observer.chain.header(0).block_hash
    wanted = None if role is Duty.ALL else AgentRole[role.name]
    found = letters(items, names, language.value, wanted)
    if ics is not None:
        dated = [letter.entry(network) for letter in found if letter.item.due]
        try:
            ics.write_bytes(calendars.encode(f"Shuxin {read.party}", dated, at.timestamp))
        except OSError as fault:
            raise BackendError(f"{ics}: cannot be written: {fault.strerror}") from fault
        print(f"{ics}: deadlines: {len(dated)}", file=sys.stderr)
    if as_json:
        told = [letter.json(at.timestamp) for letter in found]
        print(json.dumps({"party": read.party, "block": at.number, "time": at.timestamp, "waiting": told}))
        return
    print(heading(read.party, len(found), at, language.value))
    for letter in found:
        print("\n".join(letter.lines(at.timestamp)))


def alerts(
    config: Config,
    block: Annotated[int | None, typer.Option(help="As of this block; else of the newest.")] = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """List what is amiss on the network; every observer gets the same list as of the same block, byte for byte."""
    from contracts.oversight.watching import alert
    from gateway.statute.observation import warning
    from gateway.statute.observation.observing import moment_of

    with observing(config) as (_, observer, names):
        at = observer.at(observer.follow(progress("blocks")), block)
        found = observer.alerts(at)
        chain_id = observer.chain_id
    if as_json:
        print(alert.encode(chain_id, moment_of(at), found).decode())
        return
    is_zh = language is Tongue.ZH
    print(f"截至区块 {at.number}：{len(found)} 条预警" if is_zh else f"{len(found)} as of block {at.number}")
    for item in found:
        print(warning.line(item, names, language.value))


def stop_all(
    config: Config,
    reason: Annotated[str, typer.Option("--reason", help="In words; a digest goes on chain.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Lift what an earlier stop-all suspended.")] = False,
    key: Annotated[str, typer.Option("--key", help="The key of whoever stops: officer, or deputy.")] = "officer",
    language: Language = Tongue.EN,
) -> None:
    """Suspend every authorization the department has granted, at once; running jobs stop at their next step."""
    from gateway.statute.sharing.stopping import FILE, Brake

    if not resume and not reason.strip():
        raise typer.BadParameter("give --reason, or --resume")
    with observing(config) as (read, observer, names), officer_of(read, key) as officer:
        acts = observer.acts(observer.follow(progress("blocks")))
        brake = Brake(officer, read.state / FILE)
        done = brake.resume(acts) if resume else brake.stop(acts, reason)
        stopped = len(brake.stopped())
    is_zh = language is Tongue.ZH
    words = ("已恢复" if is_zh else "in force again") if resume else ("已暂停" if is_zh else "suspended")
    for one in done:
        print(f"{names.say(one.id)} ({names.say(one.grantee)}): {one.fault or words}")
    failed = sum(bool(one.fault) for one in done)
    counted = (len(done) - failed, failed)
    print((f"{words} {{}} 项，未办 {{}} 项" if is_zh else f"{{}} {words}, {{}} not").format(*counted))
    if stopped:
        told = "恢复" if is_zh else "to resume"
        named = "" if key == "officer" else f" --key {key}"
        print(f"{told}: shuxin stop-all --resume{named} --config {config}")
    if failed:
        raise typer.Exit(1)


@contextmanager
def observing(config: Path) -> Iterator[tuple[NodeConfig, Observer, Names]]:
    """Open a department's observer."""
    from gateway.network.naming import names_of
    from gateway.statute.observation.observing import observer
    from mpc.node import config as node_config

    read = node_config.load(config)
    with observer(read, clock=clock()) as opened:
        yield read, opened, names_of(read)


def progress(what: str) -> Callable[[int, int], None] | None:
    """Return what tells progress on a terminal; nothing where there is none."""
    if not sys.stderr.isatty():
        return None

    def say(done: int, total: int) -> None:
        filled = 30 * done // max(1, total)
        end = "\n" if done >= total else ""
        print(f"\r{what} [{'#' * filled}{'.' * (30 - filled)}] {done}/{total}", end=end, file=sys.stderr, flush=True)

    return say
