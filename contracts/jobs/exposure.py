"""What each call about a job, its account included, puts on the chain for everybody to read, as data.

A *public* word follows from the specification, the register and the order of events; a *salted* one is a digest under a
salt that stays with the parties, so that it tells nothing and fits nothing else. Nothing else is in a call. The test
holds the calls of real jobs against it: public words are equal whatever the tables hold, salted ones never.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contracts.addresses import BUDGETS, JOBS


class Exposure(StrEnum):
    """What a word of a call is to whoever reads the chain."""

    PUBLIC = "public"
    SALTED = "salted"


@dataclass(frozen=True, slots=True)
class Exposed:
    """One kind of call: to which contract, who makes it, and its words by name."""

    contract: str
    method: str
    by: tuple[str, ...]
    words: Mapping[str, Exposure]


_STEP = {"job": Exposure.PUBLIC, "attempt": Exposure.PUBLIC}
_PROPOSAL = (
    *("job", "spec", "purpose", "operations", "recipient", "minimum", "contributors", "duration"),
    *("parties", "authorizations"),
)
OWNERS, RECIPIENT = "owner", "recipient"

_AMOUNT = ("asset", "period", "mode", "amount", "side")

JOB_CALLS = (
    Exposed(JOBS, "propose", (RECIPIENT,), dict.fromkeys(_PROPOSAL, Exposure.PUBLIC)),
    Exposed(JOBS, "accept", (OWNERS, RECIPIENT), _STEP),
    Exposed(BUDGETS, "reserve", (OWNERS,), _STEP | dict.fromkeys(_AMOUNT, Exposure.PUBLIC)),
    Exposed(JOBS, "commit", (OWNERS, RECIPIENT), {**_STEP, "input": Exposure.SALTED, "seed": Exposure.SALTED}),
    Exposed(JOBS, "open", (OWNERS,), _STEP),
    Exposed(JOBS, "release", (OWNERS, RECIPIENT), {**_STEP, "result": Exposure.SALTED, "statement": Exposure.SALTED}),
    Exposed(BUDGETS, "settle", (OWNERS,), {**_STEP, "asset": Exposure.PUBLIC}),
)
"""The calls of a job that ends in a release, in their order for each party.

A recipient has no input and commits to none: its word is zero. What a job costs an asset follows from the specification
alone. A refusal or an abort says its ground in the clear; the grounds are in ``mpc.node`` and, but for those that name
no data, follow from the specification. So does the account of an attempt that did not end in a release: it is consumed
or refunded with the words of a settlement.
"""
