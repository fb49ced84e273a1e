"""The forms of output that jobs of whole nodes have, each over tables in which every value is planted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import planted
from department import City
from planted import RATIOS, WIDE
from privatejoins import HELD, LISTED, private_join
from privatespecs import DECLARED, private
from townspecs import join, sums

from mpc.spec import JobSpec
from mpc.spec_parts import Amount, Grouping, Interval

GROUPS = ("1", "2")
PRIVATE = replace(DECLARED, bounds={"price": (0, WIDE)}, groups={"borough": GROUPS})
JOINED = replace(HELD, bounds={"price": (0, WIDE)}, groups={"borough": GROUPS})
FROM = (Interval("price", 1000, None),)


@dataclass(frozen=True)
class Form:
    """One form of output: the protocol behind it, who holds what, what is asked."""

    protocol: str
    city: Callable[..., City]
    question: JobSpec
    reads_keys: bool = False


FORMS = {
    "sums": Form(
        "masked-sums-v1",
        planted.registrars,
        replace(sums(edges=()), value=Amount("price", WIDE), filters=FROM),
    ),
    "table of products": Form(
        "masked-sums-v1",
        planted.registrars,
        replace(
            sums(edges=()),
            value=Amount("price", WIDE * RATIOS, "ratio"),
            rows=400,
            filters=FROM,
            table=Grouping("borough", GROUPS),
        ),
    ),
    "noised sums": Form(
        "noised-sums-v1",
        partial(planted.registrars, privacy=PRIVATE),
        replace(private(("count", "sum"), high=WIDE), filters=FROM),
    ),
    "join": Form(
        "private-join-v1",
        planted.owners,
        replace(join(groups=GROUPS), sums=(Amount("price", WIDE),)),
        reads_keys=True,
    ),
    "noised join": Form(
        "noised-join-v1",
        partial(planted.owners, held=JOINED, listed=LISTED),
        private_join(groups=GROUPS, held=JOINED),
    ),
}
