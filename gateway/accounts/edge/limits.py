"""How often one may try: a bucket of requests a source, and a lock after failed sign-ins.

Both hold for all processes on one gateway's state: buckets by its ``counts``, failures in the file of accounts. What it
does NOT do: tell people from programs, or stop a flood that never reaches this gateway.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from gateway.accounts.counts import Counts
from ledger.errors import NotAuthorized

TRIES: Final = 5
"""Failed sign-ins before a source has to wait."""

TRIES_OF_ACCOUNT: Final = 100
"""Failed sign-ins from anywhere before an account has to wait: no one source comes so far in a day, so that nobody
locks another's account out alone. Source: NIST SP 800-63B section 5.2.2.
"""

FIRST_WAIT_S: Final = 60
LONGEST_WAIT_S: Final = 3600
FORGOTTEN_S: Final = 86_400
MAX_SOURCES: Final = 50_000
"""Sources of which a process knows what it has drawn; the oldest are forgotten, and their buckets are not."""
STEPS: Final = 16
"""Into how many draws a whole bucket goes: a process holds back a sixteenth of it at most, and for a moment only."""
HELD_S: Final = 1.0
"""How long what was drawn is good for."""
_REFUSED: Final = -1


_SITE_BITS: Final = 56
"""Of an IPv6 address, what one line is commonly given (RFC 6177, section 2): the rest anybody there draws at will."""


def site_of(address: str) -> str:
    """Return what counts as one source: an IPv4 address, or all of IPv6 that one line has.

    >>> site_of("2001:db8::1") == site_of("2001:db8:0:ff::2") != site_of("2001:db8:0:100::1")
    True
    >>> site_of("::ffff:192.0.2.7")
    '192.0.2.7'
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped) if mapped else str(IPv6Network((int(found), _SITE_BITS), strict=False))


class TooMany(NotAuthorized):
    """Too many requests or tries; ``wait_s`` says when to come back."""

    def __init__(self, what: str, wait_s: int) -> None:
        super().__init__(f"{what}: too many; again in {wait_s} s")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed sign-ins in a row, and when the last one was."""

    count: int = 0
    last: int = 0

    def wait(self, now: int, tries: int = TRIES) -> int:
        """Return the seconds until the next try: doubled with each failure from the last allowed one on.

        >>> [Failures(n, 100).wait(100) for n in (4, 5, 6, 20)]
        [0, 60, 120, 3600]
        """
        if self.count < tries:
            return 0
        length = min(LONGEST_WAIT_S, FIRST_WAIT_S << min(self.count - tries, 16))
        return min(length, max(0, self.last + length - now))  # the clock may have been set back

    def after(self, now: int) -> Failures:
        """Return the count after one more; a day without a failure forgets the ones before."""
        return Failures(1 if now - self.last > FORGOTTEN_S else self.count + 1, now)


class Rate:
    """A bucket of ``burst`` requests a source, filled by ``per_s`` a second; one for all processes of one ``Counts``.

    A process draws some requests at a time and gives back what it has not made after a moment, so that the shared file
    is asked seldom and never lets more through than one bucket has.
    """

    def __init__(self, per_s: float, burst: int, counts: Counts | None = None, what: str = "requests") -> None:
        """Args: what: names the bucket among others of the same counts; None for counts of this process alone."""
        self._per_s, self._burst = per_s, burst
        self._counts, self._what = counts or Counts(), what
        self._step = max(1, burst // STEPS)
        self._drawn: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def take(self, source: str, now: float) -> None:
        """Count a request; raises TooMany if the bucket is empty."""
        left, until = self._drawn.pop(source, (0, 0.0))
        is_refused = left == _REFUSED and until - 1 / self._per_s <= now < until  # no wait is longer, a clock set back
        if not is_refused and (left < 1 or not until - HELD_S <= now < until):
            unused = max(0, left)
            left, wait = self._counts.draw(self._what, source, self._step, unused, now, self._per_s, self._burst)
            is_refused = not left
            left, until = (_REFUSED, now + wait) if is_refused else (left, now + HELD_S)
        self._drawn[source] = (left if is_refused else left - 1, until)
        while len(self._drawn) > MAX_SOURCES:
            self._drawn.popitem(last=False)
        if is_refused:
            raise TooMany("requests", max(1, round(until - now)))
