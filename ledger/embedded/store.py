"""The embedded chain on disk: one SQLite file, one durable transaction a block, one process.

What it does NOT do: judge blocks. State nodes are stored under their hash and never deleted, so a reader at any old
root sees a consistent state without a lock; work in progress lives in an ``overlay`` until its block is committed.
Trust assumption: SQLite in WAL mode with synchronous=FULL keeps a committed transaction over a crash of process or
machine, if the disk honours fsync.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from lru import LRU

from ledger.embedded.logs import condition, row_of
from ledger.embedded.records import Block, LogEntry, LogQuery
from ledger.errors import BackendError, Conflict, NotFound

NODE_CACHE = 100_000  # trie nodes kept in memory, about 30 MB
SCHEMA_VERSION = 1
SCHEMA = """
create table if not exists nodes(hash blob primary key, value blob not null) without rowid;
create table if not exists blocks(number integer primary key, hash blob not null unique, timestamp integer not null,
    header blob not null, body blob not null, receipts blob not null);
create table if not exists transactions(hash blob primary key, number integer not null, position integer not null,
    sender blob not null, recipient blob not null, accepted integer not null, gas_used integer not null,
    cumulative_gas integer not null, kind integer not null, reason text not null) without rowid;
create table if not exists logs(number integer not null, position integer not null, log_index integer not null,
    block_log_index integer not null, address blob not null, topic0 blob, topic1 blob, topic2 blob, topic3 blob,
    data blob not null, transaction_hash blob not null,
    primary key(number, position, log_index)) without rowid;
create index if not exists logs_by_topic on logs(topic1, topic0, number);
create table if not exists promises(height integer primary key, hash blob not null, block blob not null);
"""


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """Where a transaction stands and what the roots do not say about it."""

    hash: bytes
    position: int
    sender: bytes
    recipient: bytes
    accepted: bool
    gas_used: int
    cumulative_gas: int
    kind: int
    reason: str


@dataclass(frozen=True, slots=True)
class Commit:
    """Everything one final block adds to the store."""

    number: int
    hash: bytes
    timestamp: int
    block: Block
    receipts: bytes
    nodes: Mapping[bytes, bytes]
    transactions: Sequence[TransactionRow]
    logs: Sequence[LogEntry]


class Store:
    """The tables of one chain directory, readable from every thread, written by one."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._lock: int | None = _exclusive(directory / "lock")
        self._path = directory / "chain.sqlite"
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._cache: LRU[bytes, bytes] = LRU(NODE_CACHE)
        try:
            self._open_schema()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close every connection and let another process have the directory."""
        with self._guard:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
            if self._lock is not None:
                os.close(self._lock)
            self._lock = None

    def commit(self, commit: Commit) -> None:
        """Write a block, its state, receipts and events durably and drop its promise, all or nothing."""
        number = commit.number
        logs = [row_of(entry) for entry in commit.logs]
        rows = [(t.hash, number, *astuple(t)[1:]) for t in commit.transactions]
        body = commit.block.encode()
        with self._transaction(f"commit of block {number}") as connection:
            connection.executemany("insert or ignore into nodes values(?,?)", commit.nodes.items())
            connection.execute(
                "insert into blocks values(?,?,?,?,?,?)",
                (number, commit.hash, commit.timestamp, commit.block.header, body, commit.receipts),
            )
            connection.executemany("insert into transactions values(?,?,?,?,?,?,?,?,?,?)", rows)
            connection.executemany("insert into logs values(?,?,?,?,?,?,?,?,?,?,?)", logs)
            connection.execute("delete from promises where height < ?", (number,))
        for key, value in commit.nodes.items():
            self._cache[key] = value

    def promise(self, height: int, block_hash: bytes, block: Block) -> None:
        """Bind this store durably to one block at a height, before anybody sees a seal or a proposal for it.

        Raises:
            Conflict: another block was promised at that height.
        """
        earlier = self.promised(height)
        if earlier is not None:
            if earlier[0] != block_hash:
                raise Conflict(f"height {height}: already bound to block {earlier[0].hex()}, got {block_hash.hex()}")
            return
        with self._transaction(f"promise at height {height}") as connection:
            connection.execute("insert into promises values(?,?,?)", (height, block_hash, block.encode()))

    def promised(self, height: int) -> tuple[bytes, Block] | None:
        """Return hash and block promised at a height."""
        row = self._one("select hash, block from promises where height = ?", (height,))
        return None if row is None else (row[0], Block.decode(row[1]))

    def highest_promise(self) -> int:
        """Return the greatest height with a promise, or -1."""
        row = self._one("select max(height) from promises", ())
        return -1 if row is None or row[0] is None else int(row[0])

    def node(self, key: bytes) -> bytes | None:
        """Return a state node or a contract code by its hash."""
        try:
            return self._cache[key]
        except KeyError:
            row = self._one("select value from nodes where hash = ?", (key,))
        if row is None:
            return None
        self._cache[key] = row[0]
        return bytes(row[0])

    def height(self) -> int | None:
        """Return the number of the last block, None in an empty store."""
        row = self._one("select max(number) from blocks", ())
        return None if row is None or row[0] is None else int(row[0])

    def number_of(self, block_hash: bytes) -> int:
        """Return the number of a block given by hash."""
        row = self._one("select number from blocks where hash = ?", (block_hash,))
        if row is None:
            raise NotFound(f"block {block_hash.hex()}")
        return int(row[0])

    def header(self, number: int) -> bytes:
        """Return a sealed header."""
        return bytes(self._block_row("header", number)[0])

    def block_hash(self, number: int) -> bytes:
        """Return the hash of a block given by number."""
        return bytes(self._block_row("hash", number)[0])

    def block(self, number: int) -> Block:
        """Return a whole block."""
        return Block.decode(bytes(self._block_row("body", number)[0]))

    def receipts(self, number: int) -> bytes:
        """Return the encoded receipts of a block."""
        return bytes(self._block_row("receipts", number)[0])

    def transaction(self, transaction_hash: bytes) -> tuple[int, bytes, int, TransactionRow] | None:
        """Return block number, block hash, timestamp and row of a final transaction."""
        row = self._one(
            "select t.number, b.hash, b.timestamp, t.hash, position, sender, recipient, accepted, gas_used, "
            "cumulative_gas, kind, reason from transactions t join blocks b on b.number = t.number where t.hash = ?",
            (transaction_hash,),
        )
        if row is None:
            return None
        number, block_hash, timestamp, *fields = row
        fields[4] = bool(fields[4])
        return number, block_hash, timestamp, TransactionRow(*fields)

    def logs(self, query: LogQuery) -> list[LogEntry]:
        """Return the logs a query asks for, in chain order."""
        where, values = condition(query)
        return self._logs(where, [*values, query.limit])

    def logs_of(self, number: int, position: int) -> list[LogEntry]:
        """Return the logs of one transaction."""
        return self._logs("l.number = ? and position = ?", [number, position, -1])

    def _logs(self, where: str, values: Sequence[object]) -> list[LogEntry]:
        sql = (
            "select l.address, topic0, topic1, topic2, topic3, data, l.number, b.hash, b.timestamp, transaction_hash, "  # noqa: S608
            "position, log_index, block_log_index from logs l join blocks b on b.number = l.number "
            f"where {where} order by l.number, position, log_index limit ?"
        )
        with _backend("logs"):
            rows = self._connection().execute(sql, values).fetchall()
        return [LogEntry(r[0], tuple(t for t in r[1:5] if t is not None), *r[5:]) for r in rows]

    def _open_schema(self) -> None:
        with _backend("open"):
            connection = self._connection()
            (version,) = connection.execute("pragma user_version").fetchone()
            if version not in (0, SCHEMA_VERSION):
                raise Conflict(f"chain store: written by another version (schema {version}, this is {SCHEMA_VERSION})")
            connection.executescript(SCHEMA)
            connection.execute(f"pragma user_version = {SCHEMA_VERSION}")

    def _block_row(self, column: str, number: int) -> tuple[bytes]:
        row = self._one(f"select {column} from blocks where number = ?", (number,))  # noqa: S608 - a literal
        if row is None:
            raise NotFound(f"block {number}")
        return (row[0],)

    def _one(self, sql: str, values: tuple[object, ...]) -> tuple[Any, ...] | None:
        with _backend("read"):
            row: tuple[Any, ...] | None = self._connection().execute(sql, values).fetchone()
            return row

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection: readers of a WAL database never wait for the writer."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            if self._lock is None:
                raise BackendError("chain store: closed")
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10.0)
            connection.execute("pragma journal_mode=wal")
            connection.execute("pragma synchronous=full")
            connection.execute("pragma cache_size=-16384")
            self._local.connection = connection
            with self._guard:
                self._connections.append(connection)
        return connection

    @contextmanager
    def _transaction(self, what: str) -> Iterator[sqlite3.Connection]:
        with self._writing, _backend(what):
            connection = self._connection()
            connection.execute("begin immediate")
            try:
                yield connection
                connection.execute("commit")
            except BaseException:
                if connection.in_transaction:  # SQLite may have rolled back itself, on a full disk
                    connection.execute("rollback")
                raise


def _exclusive(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        os.close(handle)
        raise Conflict(f"{path.parent}: another process works on this chain directory") from exc
    return handle


@contextmanager
def _backend(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        raise BackendError(f"chain store: {what} failed: {exc}") from exc
