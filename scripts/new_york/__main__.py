"""Run the demo; see ``scripts/demo``."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from gateway.network.founding import Ports, found, utc_now, write_configurations
from gateway.network.supervising import Processes, network
from gateway.network.trial import authorize
from gateway.statistics.asking import ask, collect
from ledger.errors import Conflict, NotAuthorized, TrustError
from mpc.node import config as node_config
from mpc.spec.job import JobSpec, JoinSpec, SumsSpec
from new_york import cast, pages, pooled, register, results, summary, tables

CHAIN_ID = 20261
DEADLINE_S = 600


class Clock:
    """Prints lines with the seconds since the start."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def __call__(self, text: str) -> None:
        print(f"[{self.seconds():6.1f} s] {text}", flush=True)

    def seconds(self) -> float:
        return round(time.monotonic() - self.start, 1)


def main() -> int:
    """Found or resume the network, run both jobs, verify, compare; 0 if everything agrees."""
    arguments = _arguments()
    out: Path = arguments.dir.resolve()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        return run(out, serve=not arguments.no_serve)
    except KeyboardInterrupt:
        print("\nstopped; run the same command again to go on", file=sys.stderr)
        return 130
    except TrustError as fault:
        print(f"demo: {fault}", file=sys.stderr)
        return 1


def run(out: Path, *, serve: bool) -> int:
    """Do the whole demo in a directory."""
    say = Clock()
    _prepare(out, say)
    with Processes(network(out), say) as running, ThreadPoolExecutor(1) as beside:
        timings = {"network": say.seconds()}
        ids = _authorize(out, say)
        timings["authorizations"] = round(say.seconds() - sum(timings.values()), 1)
        entered = beside.submit(register.found, out)
        market = _job(out, "horizontal", cast.market_job(ids), say, timings)
        rent = _job(out, "join", cast.rent_job(ids), say, timings)
        entered.result()
        say(f"a register of property: unit {register.UNIT} sold, mortgaged, and not sold twice")
        timings["total"] = say.seconds()
        code = _conclude(out, market, rent, timings, say)
        if serve and code == 0:
            with Processes(pages.programs(out, (_free_port(), _free_port())), say) as shown:
                _serve(out, running, shown)
    return code


def _prepare(out: Path, say: Clock) -> None:
    if (out / "results.json").exists():
        raise Conflict(
            f"{out}: this demo is complete: look at results.json, start its network again with 'shuxin up {out}', "
            "or use another directory"
        )
    if (out / "genesis.json").exists():
        say("a network is here already: going on with it")
        return
    if out.exists() and any(out.iterdir()):
        raise Conflict(f"{out}: not empty, and not a network; use another directory")
    ports = Ports(_free_port(), _free_port())
    say("founding the network: keys and certificates of twelve parties, genesis, trust file")
    out.mkdir(parents=True, exist_ok=True)
    assets = {holding.party: holding.toml for holding in cast.holdings()}
    plans = cast.plans()
    trust = found(out, plans, ports, chain_id=CHAIN_ID, now=utc_now(), is_trial=True)
    write_configurations(out, plans, ports, assets)
    cast.hand_out_data(out / "parties")
    tables.hand_over(out / "parties")
    say(f"genesis {trust.genesis_hash.hex()[:16]}..., {len(trust.validators)} validators, {trust.assurance.value}")


def _authorize(out: Path, say: Clock) -> dict[str, bytes]:
    record = out / "authorizations.json"
    if record.exists():
        return {asset: bytes.fromhex(id) for asset, id in json.loads(record.read_text()).items()}
    say("officers: mounting 7 assets, allowing 2 budgets by two officers each, 7 authorizations asked and granted")
    ids = authorize(out / "parties", cast.OFFICE, cast.holdings(), cast.GROUNDS)
    record.write_text(json.dumps({asset: id.hex() for asset, id in ids.items()}, indent=1) + "\n")
    say("authorizations are in force on chain")
    return ids


def _job(out: Path, name: str, spec: JobSpec, say: Clock, timings: dict[str, float]) -> dict[str, object]:
    """Ask, wait, keep the evidence; returns the figures."""
    start = say.seconds()
    (out / "specs").mkdir(exist_ok=True)
    path = out / "specs" / f"{name}.json"
    path.write_text(json.dumps(spec.json(), indent=1) + "\n", encoding="utf-8")
    config = node_config.load(out / "parties" / cast.OFFICE / "node.toml")
    states = [home / "state" for home in (out / "parties").iterdir()]
    say(f"{name}: the audit office asks {', '.join(source.party for source in spec.sources)}")
    asked = ask(config, path, DEADLINE_S, say=say)
    files = collect(config, asked, out / "jobs" / name, DEADLINE_S, say=say, states=states)
    (out / "evidence").mkdir(exist_ok=True)
    shutil.copyfile(out / "jobs" / name / "evidence.json", out / "evidence" / f"{name}.json")
    timings[name] = round(say.seconds() - start, 1)
    say(f"{name}: released and signed by all, {timings[name]} s")
    release = json.loads(files[0].read_text(encoding="utf-8"))
    match spec:
        case SumsSpec():
            return results.market_figures(spec, release)
        case JoinSpec():
            return results.rent_figures(spec, release)


def _conclude(
    out: Path, market: dict[str, object], rent: dict[str, object], timings: dict[str, float], say: Clock
) -> int:
    say("computing the same from pooled data, for comparison")
    if market != pooled.market(cast.SALES, cast.MARKET_PRICE, cast.EDGES):
        raise NotAuthorized("the released market figures differ from the pooled computation")
    if rent != pooled.rent(cast.SALES, cast.LISTED, cast.MARKET_PRICE):
        raise NotAuthorized("the released figures of the join differ from the pooled computation")
    say("both answers equal the pooled computation")
    code = _verify(out, say)
    document = {"horizontal": market, "join": rent, "timings": timings}
    (out / "results.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(document, indent=1, ensure_ascii=False))
    summary.show(document, sorted((out / "evidence").glob("*.json")), Console())
    return code


def _verify(out: Path, say: Clock) -> int:
    """Verify both evidence files as anybody would: one process each, which sees only the file and the trust file."""
    code = 0
    for path in sorted((out / "evidence").glob("*.json")):
        command = [sys.executable, "-m", "gateway", "verify", str(path), "--trust", str(out / "trust.json")]
        verdict = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        print(verdict.stdout + verdict.stderr, end="")
        say(f"{path.name}: {'verified' if verdict.returncode == 0 else 'NOT verified'}")
        code = max(code, verdict.returncode)
    return code


def _serve(out: Path, *running: Processes) -> None:
    office = f"--config {out}/parties/{cast.OFFICE}/node.toml"
    print(f"""
Everything stays up. {pages.said(out)}
Try, in another terminal:
  shuxin verify {out}/evidence/join.json --trust {out}/trust.json
  shuxin table list {office}
  shuxin query "{tables.EXAMPLE}" --purpose market-audit {office}
  shuxin job run {out}/specs/join.json {office} -o answer
  cat {out}/logs/finance.log
  shuxin attack {out}
Ctrl-C stops all processes.""")
    while True:
        for processes in running:
            processes.check()
        time.sleep(1.0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Two joint statistics on real data.")
    parser.add_argument("--dir", type=Path, default=Path("out"), help="where everything goes (default: ./out)")
    parser.add_argument("--no-serve", action="store_true", help="stop when the results are there")
    return parser.parse_args()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
