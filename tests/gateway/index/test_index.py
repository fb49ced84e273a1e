"""The index: only sealed blocks enter it, it goes on where it stopped, and rebuilt it is the same."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from gatewaytown import GatewayTown
from meddling import Forked, Meddled
from postgresserver import programs, server
from sqlalchemy import insert, text

from contracts.parties.client import party_id
from gateway.index import index as indexing
from gateway.index.finding import Finder
from gateway.index.index import Index
from gateway.index.store import Store
from gateway.index.tables import EVENTS, METADATA
from ledger.chain.port import Body, Cursor
from ledger.errors import BackendError, Conflict, InvalidRecord, NotFound, VerificationError
from ledger.proofs.headers import parse_header


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayTown]:
    made = GatewayTown(tmp_path_factory.mktemp("index"))
    yield made
    made.close()


def fresh(town: GatewayTown, path: Path, name: str = "i") -> Index:
    return Index(Store(f"sqlite:///{path}/{name}.sqlite"), town.observer.view.header(0))


def test_rebuilt_from_block_0_it_is_identical(town: GatewayTown, tmp_path: Path) -> None:
    again = fresh(town, tmp_path)
    again.follow(town.observer.chain, town.observer.view)
    first = again.digest()
    assert first == town.index.digest()
    again.forget()
    assert again.digest() != first
    again.follow(town.observer.chain, town.observer.view)
    assert again.digest() == first


def test_in_runs_of_any_length_it_comes_to_the_same(
    town: GatewayTown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in (1, 3):
        monkeypatch.setattr(indexing, "RUN", run)
        steps: list[tuple[int, int]] = []
        other = fresh(town, tmp_path, f"run{run}")
        other.follow(town.observer.chain, town.observer.view, say=lambda *at, seen=steps: seen.append(at))
        assert other.digest() == town.index.digest()
        assert steps[-1][0] == steps[-1][1] == other.mark.number


def test_of_two_that_index_at_once_one_enters_each_run(town: GatewayTown, tmp_path: Path) -> None:
    one, two = fresh(town, tmp_path), fresh(town, tmp_path)
    before = one.mark
    run = list(indexing.read_run(town.observer.chain, town.observer.view, before, 2))
    assert one.keep(before, run)
    assert not two.keep(before, run)
    two.follow(town.observer.chain, town.observer.view)
    assert one.digest() == town.index.digest()


KILLED = """
import os, signal, sys
from pathlib import Path
from gateway.index.store import Store
from gateway.index import writing
from sqlalchemy import create_engine, text
store = Store(sys.argv[1])
with store.transaction() as db:
    db.execute(text("UPDATE mark SET number = number + 1"))
    db.execute(text("DELETE FROM edges"))
    print("half way", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_half_way_through_a_run_it_ends_with_the_run_before(town: GatewayTown, tmp_path: Path) -> None:
    other = fresh(town, tmp_path)
    other.follow(town.observer.chain, town.observer.view)
    url = f"sqlite:///{tmp_path}/i.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, url], capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (-signal.SIGKILL, "half way"), done.stderr
    other.store.close()
    assert fresh(town, tmp_path).digest() == town.index.digest()


def test_it_goes_on_after_its_chain_was_restarted(tmp_path: Path) -> None:
    made = GatewayTown(tmp_path)
    made.town.ask("bank", "tax", "sales", "later")
    restarted = made.town.observer("gateway")  # another connection, the belief and the rows as they were
    before = made.index.mark.number
    made.index.follow(restarted.chain, restarted.view)
    assert made.index.mark.number > before
    again = fresh(made, tmp_path, "again")
    again.follow(restarted.chain, restarted.view)
    assert again.digest() == made.index.digest()
    made.close()


class Lying(Meddled):
    """Shows another body, or header, of one block."""

    at: int = 0
    lie: str = ""

    def body(self, number: int) -> Body:
        return Body((), ()) if (self.lie, number) == ("body", self.at) else self.chain.body(number)

    def header(self, number: int):  # type: ignore[no-untyped-def]
        found = self.chain.header(number)
        if (self.lie, number) == ("header", self.at):
            return replace(parse_header(found.raw), parent_hash=bytes(32))
        return found


@pytest.mark.parametrize("lie", ["body", "header"])
def test_a_run_of_which_one_block_is_false_is_not_entered_at_all(town: GatewayTown, tmp_path: Path, lie: str) -> None:
    observer, other = town.town.observer(f"cheated {lie}"), fresh(town, tmp_path)
    liar = Lying(observer.chain)
    liar.lie, liar.at = lie, town.explorer.finder.events(None, 1)[0].block_number
    empty = other.digest()
    with pytest.raises(VerificationError):
        other.follow(liar, observer.view)
    assert other.digest() == empty
    liar.lie = ""
    other.follow(liar, observer.view)
    assert other.digest() == town.index.digest()


def test_a_forged_head_is_not_followed(town: GatewayTown, tmp_path: Path) -> None:
    observer, other = town.town.observer("forked"), fresh(town, tmp_path)
    observer.view._chain = Forked(observer.chain)
    with pytest.raises(VerificationError):
        other.follow(observer.chain, observer.view)
    assert other.mark.number == 0


def test_another_network_s_database_is_refused(town: GatewayTown, tmp_path: Path) -> None:
    fresh(town, tmp_path)
    genesis = replace(town.observer.view.header(0), block_hash=b"\1" * 32)
    with pytest.raises(Conflict, match="another network"):
        Index(Store(f"sqlite:///{tmp_path}/i.sqlite"), genesis)


@pytest.mark.parametrize("url", ["", "no url", "nosuch://x/y"])
def test_what_is_no_database_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidRecord, match="expected a database URL"):
        Store(url)


def test_a_database_that_cannot_be_opened_is_a_fault_of_the_backend(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="OperationalError"):
        Store(f"sqlite:///{tmp_path}/no/such/place.sqlite")


def test_migrations_make_the_tables_that_the_code_reads(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    store = Store(f"sqlite:///{tmp_path}/i.sqlite")
    with store.transaction() as db:
        context = MigrationContext.configure(db, opts={"version_table": "index_version"})
        found = [step for step in compare_metadata(context, METADATA) if "index_version" not in str(step)]
    assert found == []


def test_postgresql_holds_the_same_rows(town: GatewayTown) -> None:
    installed = programs()
    if installed is None:
        pytest.skip("no PostgreSQL server is installed")
    with server(installed, secret := secrets.token_hex(8)) as socket:
        store = Store(f"postgresql+psycopg://owner:{secret}@/postgres?host={socket}")
        other = Index(store, town.observer.view.header(0))
        other.follow(town.observer.chain, town.observer.view)
        assert other.digest() == town.index.digest()
        assert Finder(store).history("Authorizations", town.held, 99) == town.explorer.finder.history(
            "Authorizations", town.held, 99
        )
        assert Finder(store).mentions(town.held, 99) == town.explorer.finder.mentions(town.held, 99)
        store.close()


def test_refused_calls_are_in_it_too(town: GatewayTown) -> None:
    with town.store.transaction() as db:
        refused = db.execute(text("SELECT count(*) FROM acts WHERE NOT accepted AND contract = 'Requests'")).scalar()
    assert refused == 1


def test_pages_of_events_join_to_all_events(town: GatewayTown) -> None:
    whole = town.explorer.finder.events(None, 1000)
    after, joined = None, []
    while page := town.explorer.finder.events(after, 4):
        joined += page
        after = page[-1].cursor
    assert joined == whole
    assert whole == sorted(whole, key=lambda event: event.cursor)
    with pytest.raises(NotFound):
        town.explorer.finder.event(Cursor(9999, 0, 0))


def test_a_word_is_found_by_every_event_that_names_it_and_no_later_one(town: GatewayTown) -> None:
    finder, tax = town.explorer.finder, party_id("tax")
    last = town.index.mark.number
    named = [event.cursor for event in finder.events(None, 1000) if tax in event.args.values()]
    assert [mention.event.cursor for mention in finder.mentions(tax, last)] == named
    assert all(m.event.block_number <= 3 for m in finder.mentions(tax, 3))
    assert finder.mentions(bytes(31) + b"\7", last) == []


def test_a_damaged_row_is_not_shown(town: GatewayTown, tmp_path: Path) -> None:
    other = fresh(town, tmp_path)
    place = {"block": 1, "place": 0, "log": 0, "time": 1, "contract": "Notary", "name": "Anchored", "n": 1}
    with other.store.transaction() as db:
        db.execute(insert(EVENTS), {**place, "address": b"x" * 20, "type": b"", "entity": b"", "data": b""})
    with pytest.raises(BackendError, match="damaged row"):
        Finder(other.store).events(None, 1)


def test_rows_of_an_older_version_are_kept(town: GatewayTown, tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    other = fresh(town, tmp_path)
    other.follow(town.observer.chain, town.observer.view)
    with other.store.transaction() as db:
        config = Config()
        config.set_main_option("script_location", str(Path(indexing.__file__).parent / "migrations"))
        config.attributes["connection"] = db
        command.downgrade(config, "1")
    other.store.close()
    assert fresh(town, tmp_path).digest() == town.index.digest()
