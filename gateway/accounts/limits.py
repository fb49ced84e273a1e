"""How often one may try: a bucket of requests a source, and a lock after failed sign-ins. Pure values over a clock.

Both are of one process, as the pages are; behind several, each counts for itself. What it does NOT do: tell people from
programs, or stop a flood that never reaches this process.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

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


_SITE_BITS: Final = 64
"""Of an IPv6 address, what a customer's line is given whole (RFC 6177): the rest anybody there draws at will."""


def site_of(address: str) -> str:
    """Return what counts as one source: an IPv4 address, or all of IPv6 that one line has.

    >>> site_of("2001:db8::1") == site_of("2001:db8::ffff:2") != site_of("2001:db8:0:1::1")
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
        return max(0, self.last + length - now)

    def after(self, now: int) -> Failures:
        """Return the count after one more; a day without a failure forgets the ones before."""
        return Failures(1 if now - self.last > FORGOTTEN_S else self.count + 1, now)


class Rate:
    """A bucket of ``burst`` requests a source that fills by ``per_s`` a second; the oldest sources are forgotten."""

    def __init__(self, per_s: float, burst: int) -> None:
        self._per_s, self._burst = per_s, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, source: str, now: float) -> None:
        """Count a request; raises TooMany if the bucket is empty."""
        left, last = self._left.pop(source, (float(self._burst), now))
        left = min(float(self._burst), left + (now - last) * self._per_s)
        is_open = left >= 1
        self._left[source] = (left - 1 if is_open else left, now)
        while len(self._left) > MAX_SOURCES:
            self._left.popitem(last=False)
        if not is_open:
            raise TooMany("requests", max(1, round((1 - left) / self._per_s)))
