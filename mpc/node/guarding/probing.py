"""Bounds on asking often: how many jobs an asset serves a day, and how often and how differently a pair is joined.

Every answer and every bit of a gate tells a little, whatever its question; and the one thing that an owner cannot check
in a join is the other owner's input. Who adds ids to a list one by one, invents some, or tries lists of many sizes,
learns from the differences. The disclosure audit does not see that, since the question stays the same, so the jobs are
counted here: a bound, which slows and ends probing, NOT a proof that nothing was learned before it.

Counted are attempts, by this node alone: by asset and recipient within a day, by pair of assets for ever, and the
padded sizes that the other owner of a pair has announced. All of them, and so every refusal, are the same whatever the
own rows are. By the day an attempt counts before a row is read, also if it then fails; of a pair it counts once its
protocol begins, since nothing was told before. The same attempt again counts once.
"""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass

from ledger.errors import InvalidRecord, NotAuthorized

DAY_S = 86_400
RATE, PAIR, SIZES = "job: rate", "job: pair", "job: announced size"
"""The grounds on chain."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS served (asset TEXT, recipient TEXT, job BLOB, attempt INTEGER, at INTEGER NOT NULL,
    PRIMARY KEY (asset, job, attempt));
CREATE TABLE IF NOT EXISTS joined (asset TEXT, other TEXT, job BLOB, attempt INTEGER,
    PRIMARY KEY (asset, other, job, attempt));
CREATE TABLE IF NOT EXISTS announced (asset TEXT, other TEXT, size INTEGER, PRIMARY KEY (asset, other, size));
"""


class Exceeded(NotAuthorized):
    """A bound of this module; ``ground`` is what stands on chain."""

    def __init__(self, ground: str, text: str) -> None:
        super().__init__(text)
        self.ground = ground


@dataclass(frozen=True, slots=True)
class ProbingLimits:
    """How much asking one asset takes part in.

    daily: attempts for one recipient within 24 hours; daily_all: for all recipients together. joins: attempts of joins
    with one other asset whose protocol began, ever. sizes: different padded sizes that the other owner of such a pair
    may announce, ever. scores_daily: joint scores of one model that it helps to within 24 hours; scores_of_person: of
    one person, ever.
    """

    daily: int = 100
    daily_all: int = 400
    joins: int = 24
    sizes: int = 4
    scores_daily: int = 10_000
    scores_of_person: int = 10

    def __post_init__(self) -> None:
        if min(self.scores_daily, self.scores_of_person) < 1:
            raise InvalidRecord("limits: scores_daily and scores_of_person are at least 1")
        if min(self.daily, self.daily_all, self.joins, self.sizes) < 1:
            raise InvalidRecord("limits: daily_jobs, daily_jobs_all, joins_of_pair and sizes_of_pair are at least 1")


class Probes:
    """The counts, in the journal's database and under its lock."""

    def __init__(self, database: sqlite3.Connection, lock: threading.Lock) -> None:
        self._db, self._lock = database, lock
        with lock:
            database.executescript(_SCHEMA)

    def serve(self, asset: str, recipient: str, job: bytes, attempt: int, at: int, limits: ProbingLimits) -> None:
        """Count an attempt for a recipient; ``at``: seconds since 1970, by the chain's clock.

        Raises:
            Exceeded: it is one too many within a day.
        """
        with self._lock:
            counted = "SELECT 1 FROM served WHERE (asset, job, attempt) = (?, ?, ?)"
            if self._db.execute(counted, (asset, job, attempt)).fetchone() is not None:
                return
            recent = self._db.execute(
                "SELECT recipient FROM served WHERE asset = ? AND at > ?", (asset, at - DAY_S)
            ).fetchall()
            for_it = sum(row == (recipient,) for row in recent)
            if for_it >= limits.daily or len(recent) >= limits.daily_all:
                raise Exceeded(RATE, f"job: {asset} has served all the attempts that it serves within a day")
            self._db.execute("INSERT INTO served VALUES (?, ?, ?, ?, ?)", (asset, recipient, job, attempt, at))

    def require_joinable(self, asset: str, other: str, job: bytes, attempt: int, limits: ProbingLimits) -> None:
        """Tell before anything is read whether this attempt may join the own asset with another one.

        Raises:
            Exceeded: it would be one too many.
        """
        with self._lock:
            self._require_joinable(asset, other, (job, attempt), limits)

    def join(self, asset: str, other: str, job: bytes, attempt: int, limits: ProbingLimits) -> None:
        """Count an attempt whose protocol begins; see `require_joinable`."""
        with self._lock:
            self._require_joinable(asset, other, (job, attempt), limits)
            self._db.execute("INSERT OR IGNORE INTO joined VALUES (?, ?, ?, ?)", (asset, other, job, attempt))

    def announce(self, asset: str, other: str, size: int, most: int | None, limits: ProbingLimits) -> None:
        """Note the padded size of what the other owner brings to a join with the own asset.

        Args:
            most: what the row count that it published in the catalogue allows; None if it published none.

        Raises:
            Exceeded: it is more than that, or has been another one too often.
        """
        require_allowed(other, size, most)
        with self._lock:
            known = self._db.execute("SELECT size FROM announced WHERE (asset, other) = (?, ?)", (asset, other))
            sizes = {found for (found,) in known}
            if size in sizes:
                return
            if len(sizes) >= limits.sizes:
                raise Exceeded(SIZES, f"job: {other} was announced with {limits.sizes} sizes before")
            self._db.execute("INSERT INTO announced VALUES (?, ?, ?)", (asset, other, size))

    def _require_joinable(self, asset: str, other: str, attempt: tuple[bytes, int], limits: ProbingLimits) -> None:
        known = self._db.execute("SELECT job, attempt FROM joined WHERE (asset, other) = (?, ?)", (asset, other))
        earlier = set(known)
        if attempt not in earlier and len(earlier) >= limits.joins:
            raise Exceeded(PAIR, f"job: {asset} has been joined with {other} {limits.joins} times")


def require_allowed(other: str, size: int, most: int | None) -> None:
    """Refuse a size beyond what the published row count allows; see ``Probes.announce``. Raises Exceeded."""
    if most is not None and size > most:
        raise Exceeded(SIZES, f"job: {other} was announced with {size} keys, its row count allows {most}")
