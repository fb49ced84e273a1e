"""What a defence is there for: the attack succeeds without it. Siblings of the refusals named in docs/attacks.md."""

import csv
import gzip
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from sums_job import SCHEMA, VALUES

from ledger.crypto import signing
from ledger.crypto.signing import Ed25519Signer
from ledger.errors import NotAuthorized
from mpc.disclosure.before.audit import require_answerable, select
from mpc.disclosure.before.history import Answer, Outcome
from mpc.disclosure.region import Cell, Region
from mpc.protocols.sums.rehearsal import prepare, rehearse
from mpc.protocols.sums.run import LABEL
from mpc.sessions.channel import Misbehaviour
from mpc.sessions.memory_channel import Message
from mpc.sessions.session import statement
from mpc.spec.parts import Interval

SALES = Path(__file__).parents[2] / "data" / "nyc_sales_5boroughs_2019.csv.gz"
ONE = frozenset({"count"})


@pytest.fixture(scope="module")
def prices() -> list[int]:
    with gzip.open(SALES, "rt", encoding="utf-8") as file:
        return [int(row["sale_price"]) for row in csv.DictReader(file)]


def question(region: Region) -> tuple[Cell]:
    return (Cell("count", region, region),)


def opened(cell: Cell) -> Answer:
    return Answer(cell.region, cell.base, Outcome.OPENED)


# 2: two thresholds


def threshold(low: int) -> tuple[Cell]:
    return question(Region.of({"asset": frozenset({"sales"})}).narrowed([Interval("price", low, None)]))


def test_without_a_history_two_thresholds_give_the_three_sales_between_them(prices: list[int]) -> None:
    """Defence off: a node that forgets what it answered opens both, each of thousands of rows."""
    assert select([], threshold(1002), ONE) == select([], threshold(1100), ONE) == ("count",)
    low, high = ([price for price in prices if price >= bound] for bound in (1002, 1100))
    assert min(len(low), len(high)) > 10_000
    between = [price for price in prices if 1002 <= price < 1100]
    assert len(low) - len(high) == len(between) == 3
    assert sum(low) - sum(high) == sum(between)
    with pytest.raises(NotAuthorized, match="isolate rows"):
        require_answerable([opened(threshold(1002)[0])], threshold(1100))


# 4: general tracker


def test_a_rule_over_pairs_opens_the_third_question_and_the_tracker_has_its_target() -> None:
    """Defence off: answers are compared two at a time, never three together."""
    sizes = (500, 500, 900, 3)
    asked = [(1, 1, 0, 1), (0, 0, 1, 1), (1, 1, 1, 1)]

    def rows(chosen: tuple[int, ...]) -> int:
        return sum(size for size, bit in zip(sizes, chosen, strict=True) if bit)

    def differ(one: tuple[int, ...], other: tuple[int, ...]) -> int:
        return sum(size for size, a, b in zip(sizes, one, other, strict=True) if a != b)

    assert all(differ(*pair) >= 10 for pair in combinations(asked, 2))  # the rule opens all three
    with_target, without, everything = (rows(chosen) for chosen in asked)
    assert with_target + without - everything == sizes[3]
    first, second, third = (
        question(Region.of({"class": frozenset(str(place) for place, bit in enumerate(chosen) if bit)}))
        for chosen in asked
    )
    assert select([opened(first[0])], second, ONE) == ("count",)
    assert select([opened(first[0]), opened(second[0])], third, ONE) == ()


# 11: a key that nobody registered


def impostor(message: Message) -> list[Message]:
    """Sign r1's mask keys with another key than the registered one."""
    if (message.sender, message.step) != ("r1", "keys"):
        return [message]
    own, body = prepare(SCHEMA, VALUES, seed=bytes(32))["r1"], message.body[:-64]
    signed = statement(LABEL, "keys", own.digest, "r1", message.to, body)
    return [replace(message, body=body + Ed25519Signer(b"\7" * 32).sign(signed))]


def test_without_the_registered_key_an_impostors_mask_key_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Defence off: no signature is compared with the key that the chain names; everybody masks against the impostor."""
    assert isinstance(error := rehearse(SCHEMA, VALUES, intercept=impostor).error("r0"), Misbehaviour)
    assert (error.party, error.step) == ("r1", "keys")
    monkeypatch.setattr(signing, "verify", lambda suite, public, message, signature: None)
    fooled = rehearse(SCHEMA, VALUES, intercept=impostor)
    assert fooled.released.values["count"] == 2600
    assert {m.sender for m in fooled.sent if m.step == "open"} == set(VALUES)


# 23: an authorization that ends between the commitments and the opening


class Authority:
    """What the chain says of one authorization; it is revoked once the uploads are on their way."""

    def __init__(self) -> None:
        self.is_granted = True

    def revoke_at_upload(self, message: Message) -> list[Message]:
        self.is_granted = self.is_granted and message.step != "masked"
        return [message]

    def checked(self, bits: Mapping[str, bool]) -> frozenset[str]:
        if not self.is_granted:
            raise NotAuthorized("authorization: revoked")
        return self.unchecked(bits)

    def unchecked(self, bits: Mapping[str, bool]) -> frozenset[str]:
        return frozenset(name for name, passed in bits.items() if passed)


def test_owners_that_trust_the_coordinators_first_word_open_after_a_revocation() -> None:
    """Defence off: the authorization was seen once, at the start."""
    guarded, trusting = Authority(), Authority()
    stopped = rehearse(SCHEMA, VALUES, decide=guarded.checked, intercept=guarded.revoke_at_upload)
    assert all(isinstance(stopped.error(party), NotAuthorized) for party in VALUES)
    assert not stopped.bodies("open")
    fooled = rehearse(SCHEMA, VALUES, decide=trusting.unchecked, intercept=trusting.revoke_at_upload)
    assert not trusting.is_granted
    assert fooled.released.values["count"] == 2600
