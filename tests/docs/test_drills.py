"""The operator's runbooks carried out: what each says comes of it is what comes of it.

They take some minutes by the clock and are asked for like the walk of the other pages:
``SHUXIN_WALK=1 python -m pytest tests/docs/test_drills.py``. One network serves all of them in this order.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from urllib.request import urlopen

import pytest
from drilled import Drills, asked_for
from smallnetwork import free_ports

from gateway.network.supervising import Program

pytestmark = asked_for

TABLE = """
[[assets]]
code = "fees"
file = "data/fees.csv"
rows = 1000
[assets.columns.fee]
type = "integer"
minimum = 0
maximum = 1000
"""
GRANTED = """
seq 0 40 | sed '1s/.*/fee/' > department-1/data/fees.csv
shuxin asset draft fees --name "Fees" --frequency yearly --condition "figures only" --grade 1 --assessment "invented" \
  -o fees.toml --config department-1/node.toml
shuxin asset agree fees --entry fees.toml --config department-1/node.toml
shuxin asset mount fees --entry fees.toml --config department-1/node.toml
for step in draft request; do
  shuxin authorization request fees --owner department-1 -o fees.json --purpose survey --words "Survey of fees" \
    --basis "Statistics Law, article 21" --columns fee --operations count,sum --config department-4/node.toml
  [ $step = request ] || shuxin authorization agree fees.json --owner department-1 --config department-4/node.toml
done
shuxin authorization agree fees.json --config department-1/node.toml
shuxin authorization grant fees.json --config department-1/node.toml
"""


@pytest.fixture(scope="module")
def drills(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drills]:
    with Drills(tmp_path_factory.mktemp("drills")) as drills:
        yield drills


def test_a_network_that_runs_passes_the_check(drills: Drills) -> None:
    assert all(drills.faults(n) == {} for n in (1, 2))


def test_a_builder_that_was_killed_goes_on_from_its_last_durable_block(drills: Drills) -> None:
    before = drills.head()
    drills.end("chain", kill=True)
    assert drills.faults(1, code=1).keys() >= {"chain", "keys on chain"}
    drills.start("chain")
    assert drills.head() >= before
    drills.await_blocks(1)


def test_a_relay_that_was_killed_is_missed_alone_and_comes_back(drills: Drills) -> None:
    drills.end("relay", kill=True)
    assert drills.faults(1, code=1).keys() == {"relay"}
    drills.start("relay")
    drills.until(lambda: drills.is_well(1), "the relay")  # it looks at the chain for whom to admit


def test_without_two_thirds_no_block_is_made_and_with_them_again(drills: Drills) -> None:
    for n in (3, 4):
        drills.end(f"node department-{n}")
    last = drills.head()
    asked = "shuxin keys replace deputy --config node.toml"
    assert "not final" in drills.run(f"timeout 45 {asked}", drills.department(1), code=1)
    assert drills.head() <= last + 1
    drills.start("node department-3")
    drills.await_blocks(1)
    drills.start("node department-4")
    drills.run(asked, drills.department(1))


def test_a_builders_blocks_come_from_any_co_signers_replica(drills: Drills) -> None:
    last = drills.head()
    drills.end("chain", kill=True)
    drills.end("node department-2")
    store, replica = drills.home / "net/chain/store", drills.department(2) / "state/replica"
    shutil.move(store, drills.home / "lost-store")
    shutil.copytree(replica, store)
    drills.start("node department-2", "chain")
    assert drills.head() >= last
    drills.await_blocks(1)


def test_a_validator_that_is_lost_for_good_is_replaced(drills: Drills) -> None:
    old, present = drills.seals(4)
    assert old in present
    drills.end("node department-4", kill=True)
    home = drills.department(4)
    shutil.rmtree(home / "state/replica")
    (home / "keys/validator.key").unlink()
    drills.await_blocks(1)  # the others go on
    new = "0x" + drills.run("shuxin validator new validator-2 --config node.toml", home).split()[0].removeprefix("0x")
    show, _, replace = drills.lines("A co-signer is late", **{"0xOLD": old, "0xNEW": new})
    said = [drills.run(replace, drills.department(n)) for n in (1, 2, 3)]
    assert [told.partition(": ")[2].split(" (")[0] for told in said] == ["open", "open", "in force"]
    assert "nothing to do" in drills.run(replace, home)
    assert old not in drills.run(show, drills.department(1))
    config = home / "node.toml"
    config.write_text(config.read_text().replace('validator = "validator"', 'validator = "validator-2"'))
    drills.start("node department-4")
    drills.end("node department-3")  # four of five are two thirds: the new one seals now, or nobody does
    drills.await_blocks(2)
    drills.start("node department-3")
    assert drills.seals(4)[0] == new
    assert drills.faults(4) == {}


def test_an_address_that_never_sealed_cannot_be_removed(drills: Drills) -> None:
    line = f"shuxin validator remove 0x{'11' * 20} --config node.toml"
    assert "seals no blocks" in drills.run(line, drills.department(1), code=2)


def test_a_damaged_database_is_named_and_comes_back_from_the_backup(drills: Drills) -> None:
    home = drills.department(2)
    drills.end("node department-2")
    kept = drills.home / "backup"
    drills.run(f"mkdir {kept}; cp -a node.toml keys passphrase terms tls state {kept}", home)
    journal = home / "state/journal.sqlite"
    whole = journal.read_bytes()
    journal.write_bytes(whole[:100] + b"x" * (len(whole) - 100))
    found = drills.faults(2, code=1)
    assert found.keys() == {"state journal.sqlite"}
    assert "damaged" in found["state journal.sqlite"]
    for part in ("", "-wal", "-shm"):
        (home / f"state/journal.sqlite{part}").unlink(missing_ok=True)
    shutil.copy2(kept / "state/journal.sqlite", journal)
    assert drills.faults(2) == {}
    drills.start("node department-2")


def test_a_key_that_was_seen_is_dismissed_and_its_deputy_stops_all(drills: Drills) -> None:
    home = drills.department(1)
    with (home / "node.toml").open("a") as file:
        file.write(TABLE)
    drills.run(GRANTED, home.parent)
    told = json.loads(drills.run("shuxin keys show --json --config node.toml", home))
    (officer,) = (row["address"] for row in told["agents"] if row["name"] == "officer")
    drills.run(f"shuxin keys dismiss {officer} --config node.toml", home)
    stop = 'shuxin stop-all --config node.toml --reason "key lost"'
    assert "0 suspended, 1 not" in drills.run(stop, home, code=1)  # the thief's signature is worth as little
    assert "1 suspended, 0 not" in drills.run(f"{stop} --key deputy", home)
    drills.run("shuxin stop-all --resume --key deputy --config node.toml", home)
    drills.run("shuxin keys replace officer --config node.toml", home)
    told = json.loads(drills.run("shuxin keys show --json --config node.toml", home))
    (row,) = (row for row in told["agents"] if row["name"] == "officer")
    assert (row["in_office"], row["address"] == officer) == (True, False)


def test_keys_and_certificate_change_with_the_node_stopped(drills: Drills) -> None:
    home = drills.department(1)
    drills.end("node department-1")
    said = drills.run("shuxin keys rotate --config node.toml", home)
    added = said[said.index("[[keys.retired]]") :].splitlines()[:3]
    with (home / "node.toml").open("a") as file:
        file.write("\n".join(["", *added, ""]))
    drills.until(lambda: drills.is_well(1), "the new certificate")
    drills.start("node department-1")
    assert drills.faults(1) == {}
    assert '"epoch": 2' in drills.run("shuxin keys show --json --config node.toml", home)
    drills.run("shuxin keys compromised 1 --since 2026-11-20 --config node.toml", home)


def test_a_backup_is_looked_at_without_a_network_and_moves_the_node(drills: Drills) -> None:
    """Another host has other directories; what the node needs of the network is carried along."""
    other = drills.home / "other-host/parties/department-2"
    drills.end("node department-2")
    other.parent.mkdir(parents=True)
    shutil.copytree(drills.department(2), other)
    for name in ("network", "trust.json", "genesis.json"):
        source, target = drills.home / "net" / name, drills.home / "other-host" / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, target)
    drills.run("shuxin node --check --offline --config node.toml", other)
    shutil.move(drills.department(2), drills.home / "stopped-for-good")
    shutil.copytree(other, drills.department(2))
    drills.start("node department-2")
    drills.end("node department-3")
    drills.await_blocks(2)  # its own seal is among the four
    drills.start("node department-3")
    assert drills.faults(2) == {}


def test_a_gateway_that_was_killed_starts_again_with_the_same_index(drills: Drills) -> None:
    home = drills.department(1)
    port = free_ports().chain
    (home / "gateway.toml").write_text(f'node = "node.toml"\nport = {port}\n')
    digest, rebuild = drills.lines("The index is behind, or wrong")
    for name in ("gateway", "gateway again"):
        words = ["gateway", "serve", "--config", str(home / "gateway.toml")]
        drills.programs[name] = Program(name, words, drills.home / f"{name}.log", "gateway: http")
        drills.start(name)
        drills.until(lambda: _is_ready(port), "an index that is close behind the chain")
        drills.end(name, kill=True)
    found = list[dict[str, str]]()

    def is_of_one_block() -> bool:
        told = [drills.run(f"{line} --digest --json", home) for line in (digest, rebuild)]
        found[:] = [json.loads(one.splitlines()[0]) for one in told]  # behind it stands how far it has come
        return found[0]["block"] == found[1]["block"]

    drills.until(is_of_one_block, "two looks within one block")  # an idle chain makes one every 30 s
    assert found[0] == found[1]


def _is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_an_approver_whose_key_is_lost_is_enrolled_anew_by_the_members(drills: Drills) -> None:
    home = drills.department(3)
    told = json.loads(drills.run("shuxin keys show --json --config node.toml", home))
    (old,) = (row["address"] for row in told["agents"] if row["name"] == "approver")
    (home / "keys/approver.key").unlink()
    make, enrol, dismiss, seat = drills.lines("A key changes")[6:10]
    new = drills.run(make, home).split()[0]
    assert "there is one in the store" in drills.run(make, home, code=1)
    for n in (1, 2, 4):
        drills.run(enrol.replace("0xNEW", new), drills.department(n))
        drills.run(dismiss.replace("0xOLD", old), drills.department(n))
    drills.run("shuxin keys replace deputy --config node.toml", home)  # which takes an approver in office
    told = json.loads(drills.run("shuxin keys show --json --config node.toml", home))
    assert [row["in_office"] for row in told["agents"] if row["name"] == "approver"] == [True]
    vote = "shuxin party end department-2 --on 2035-01-01 --config node.toml"
    drills.run(vote, home, code=1)  # the seat is still the old key's
    for n in (1, 2, 4) * 2:  # one turn to let the new one in, one to let the old one out
        drills.run(seat.replace("0xOLD", old).replace("0xNEW", new), drills.department(n))
    assert ": open" in drills.run(vote, home)


def test_a_party_that_the_members_end_is_admitted_no_more(drills: Drills) -> None:
    now = datetime.now(timezone(timedelta(hours=8)))  # the day began before this network did
    end, show = drills.lines("A department was revoked", **{"2026-11-23": f"{now:%Y-%m-%dT%H:%M:%S%z}"})
    for n in (1, 2, 4):
        drills.run(end, drills.department(n))
    assert f"until {now:%Y-%m-%d}" in drills.run(show, drills.department(1))
    later = re.sub(r"--on \S+", "--on 2030-01-01", end)
    assert "no later by being ended" in drills.run(later, drills.department(1), code=2)
    drills.until(lambda: not drills.is_well(3), "the relay's next look at the chain")
    assert drills.faults(3, code=1).keys() == {"relay"}
    refused = drills.run("shuxin keys replace deputy --config node.toml", drills.department(3), code=1)
    assert "party not valid" in refused
