"""Training is over the rows that all owners hold, in one order, and over none where they are too few."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from federated.vertical.alignment import common_keys, ordered, require_keys
from ledger.errors import InvalidRecord, NotAuthorized
from mpc.protocols.align.messages import ORDER
from mpc.protocols.align.run import PROTOCOL
from mpc.protocols.align.terms import AlignedTerms, Member
from mpc.protocols.join.rehearsal import RECIPIENT
from mpc.sessions.channel import Channel, Misbehaviour
from mpc.sessions.memory_channel import Intercept, Network, deliver, tamper
from mpc.sessions.rehearsal import MemoryJournal, sessions

KEYS = {
    "bank": [f"p{n}" for n in range(0, 40)],
    "civil": [f"p{n}" for n in reversed(range(10, 50))],
    "tax": [f"p{n}" for n in range(5, 45)] + ["q1"],
}


def run(
    parties: tuple[str, ...], minimum: int = 20, *, intercept: Intercept = deliver, told: bool = True
) -> tuple[Mapping[str, object], Network]:
    members = tuple(Member(party, 64, told or party != "tax") for party in parties)
    terms = AlignedTerms(members, minimum=minimum, set_unit=64)
    mine = sessions(parties, RECIPIENT, PROTOCOL, terms.record())
    network = Network((*parties, RECIPIENT), intercept=intercept)

    def program(party: str) -> Callable[[Channel], object]:
        return lambda channel: common_keys(mine[party], terms, channel, KEYS[party], MemoryJournal())

    return network.run({party: program(party) for party in parties}), network


@pytest.mark.parametrize("parties", [("bank", "tax"), ("bank", "civil", "tax")])
def test_all_owners_find_the_common_rows_in_one_order(parties: tuple[str, ...]) -> None:
    outcomes, network = run(parties)
    found = [outcomes[party] for party in parties]
    assert all(keys == found[0] for keys in found), outcomes
    expected = set.intersection(*(set(KEYS[party]) for party in parties))
    assert isinstance(found[0], tuple)
    assert set(found[0]) == expected
    assert list(found[0]) != sorted(expected)
    assert not any(message.to == RECIPIENT for message in network.sent)


def test_columns_follow_the_common_order() -> None:
    columns = {"x": np.arange(40.0)}
    assert ordered(columns, KEYS["bank"], ["p7", "p3"])["x"].tolist() == [7.0, 3.0]


def test_too_few_common_rows_end_at_every_owner_alike() -> None:
    outcomes, _ = run(("bank", "tax"), minimum=36)
    assert {str(outcomes[party]) for party in ("bank", "tax")} == {"alignment: fewer than 36 common rows"}
    assert all(isinstance(found, NotAuthorized) for found in outcomes.values())


def test_an_owner_with_another_order_of_rows_is_named_before_training() -> None:
    outcomes, _ = run(("bank", "tax"), intercept=tamper("tax", ORDER, lambda body: bytes(32) + body[32:]))
    assert isinstance(outcomes["bank"], Misbehaviour)
    assert outcomes["bank"].party == "tax"


def test_an_owner_that_is_told_nothing_cannot_train() -> None:
    assert all(isinstance(found, InvalidRecord) for found in run(("bank", "tax"), told=False)[0].values())


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [(["a", " "], "row 2 has no key"), (["a", "b", "a"], "rows 1 and 3 have the same key")],
)
def test_rows_that_cannot_be_told_apart_are_named_by_place(keys: list[str], complaint: str) -> None:
    require_keys(["a", "b"])
    with pytest.raises(InvalidRecord, match=complaint):
        require_keys(keys)
