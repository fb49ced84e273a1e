"""The whole protocol with parties in threads: the right blocks, nothing below the test, and no word too many."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
import pytest
from engines import each_its_own, needs_engine
from plainengines import PlainEngines

from ledger.errors import BackendError, InvalidRecord, NotFound, TrustError, VerificationError
from mpc.engine.port import Engines
from mpc.protocols import engines as frame
from mpc.protocols.engines import Outcome
from mpc.protocols.percentiles import run
from mpc.protocols.percentiles.descriptor import DESCRIPTOR, public
from mpc.protocols.percentiles.office import Released, require_possible, run_recipient
from mpc.protocols.percentiles.run import run_owner
from mpc.protocols.percentiles.terms import PIECE, Terms
from mpc.sessions.channel import Channel, Misbehaviour
from mpc.sessions.memory_channel import Intercept, Network, deliver, tamper
from mpc.sessions.rehearsal import MemoryJournal, sessions

OFFICE = "office"
TERMS = Terms(("a", "b", "c"), (250, 500, 750), 1000, 60, 4, 3)
Decide = Callable[[Mapping[str, bool]], AbstractSet[str]]


def rows(owners: str = "abcd", each: int = 25, seed: int = 5) -> dict[str, list[int]]:
    """Give the owners values in turn, so that every block has rows of enough of them; with some ties."""
    values = np.sort(np.random.default_rng(seed).integers(-200, 200, each * len(owners))).tolist()
    return {owner: values[start :: len(owners)] for start, owner in enumerate(owners)}


def all_that_passed(bits: Mapping[str, bool]) -> AbstractSet[str]:
    return {name for name, passed in bits.items() if passed}


def held(
    columns: Mapping[str, Sequence[int]],
    *,
    terms: Terms = TERMS,
    decide: Mapping[str, Decide] | None = None,
    engines: Engines | None = None,
    intercept: Intercept = deliver,
) -> tuple[dict[str, Outcome | Released | Exception], Network]:
    common = sessions(tuple(columns), OFFICE, run.PROTOCOL, terms.record())
    network = Network((*columns, OFFICE), intercept=intercept)
    shared = engines or PlainEngines()

    def owner(party: str) -> Callable[[Channel], Outcome | Released]:
        own = (decide or {}).get(party, all_that_passed)
        journal = MemoryJournal()
        return lambda channel: run_owner(common[party], channel, columns[party], own, journal, shared)

    programs = {party: owner(party) for party in columns}
    programs[OFFICE] = lambda channel: run_recipient(common[OFFICE], channel)
    return network.run(programs), network


def released(outcomes: Mapping[str, Outcome | Released | Exception]) -> Released:
    found = outcomes[OFFICE]
    if isinstance(found, Exception):
        raise found
    assert isinstance(found, Released)
    return found


def expected(columns: Mapping[str, Sequence[int]], terms: Terms = TERMS) -> dict[str, int]:
    whole = np.sort(np.concatenate([np.array(column, dtype=np.int64) for column in columns.values()]))
    blocks = {f"p{p}": terms.block(p, len(whole)) for p in terms.percentiles}
    return {"count": len(whole)} | {
        name: int(whole[block.first : block.last + 1].sum()) for name, block in blocks.items()
    }


@pytest.mark.parametrize("owners", ["abc", "abcd", "abcdef"])
def test_recipient_gets_the_sums_of_the_blocks_and_owners_none(owners: str) -> None:
    columns = rows(owners)
    outcomes, _ = held(columns)
    assert released(outcomes).values == expected(columns)
    for owner in owners:
        assert outcomes[owner] == Outcome(("count", "p250", "p500", "p750"), released(outcomes).transcript)


def test_one_row_below_what_the_question_needs_opens_nothing() -> None:
    least = TERMS.least
    enough = {"a": [1] * (least - 20), "b": [2] * 10, "c": [3] * 10}
    assert released(held(enough)[0]).values["count"] == least
    few = {**enough, "c": [3] * 9}
    outcomes, _ = held(few)
    assert released(outcomes).values == {}
    assert released(outcomes).withheld == TERMS.names


def test_enough_rows_of_too_few_owners_look_like_too_few_rows() -> None:
    two = {"a": [1] * 60, "b": [2] * 60, "c": []}
    few = {"a": [1] * 2, "b": [2], "c": [3]}
    messages = []
    for columns in (two, few):
        engines = PlainEngines()
        outcomes, network = held(columns, engines=engines)
        assert released(outcomes).values == {}
        assert engines.ran == ["count"]
        messages.append([(m.sender, m.to, m.step, len(m.body)) for m in sorted(network.sent, key=repr)])
    assert sorted(messages[0]) == sorted(messages[1])


def test_a_block_of_one_owners_rows_stays_closed_and_the_others_open() -> None:
    """All rows about the median are of one owner: two others would know its values from the sum."""
    columns = {"a": [*range(-50, -20), *range(20, 50)], "b": [0] * 60, "c": [*range(-50, -20), *range(20, 50)]}
    outcomes, _ = held(columns, terms=Terms(("a", "b", "c"), (100, 500, 900), 1000, 60, 4, 2))
    assert released(outcomes).withheld == ("p500",)
    assert set(released(outcomes).values) == {"count", "p100", "p900"}


def test_what_one_owner_withholds_stays_closed() -> None:
    outcomes, network = held(rows(), decide={"d": lambda bits: all_that_passed(bits) - {"p500"}})
    assert released(outcomes).withheld == ("p500",)
    head = 32 + len(TERMS.names)
    for message in (m for m in network.sent if m.step == frame.OPEN):
        assert not any(message.body[head + 2 * PIECE : head + 3 * PIECE])


def test_every_message_has_the_size_that_is_declared() -> None:
    _, network = held(rows())
    counts = {**public(TERMS), "element": 0}
    for message in network.sent:
        assert len(message.body) == DESCRIPTOR.step(message.step).bytes(counts), message.step
    assert {m.step.partition("/")[0] for m in network.sent} == {step.name for step in DESCRIPTOR.steps}


def test_one_engine_sees_no_value_and_not_how_many_rows_an_owner_has() -> None:
    """An engine gets two residues a row: the first engine's are the same bytes whatever the values."""
    _, one = held(rows(seed=5))
    _, other = held({**rows(seed=6), "d": [7]})
    for network in (one, other):
        assert {len(m.body) for m in network.sent if m.step == frame.SHARES} == {16 * TERMS.rows + 64}
    first, second = (
        next(m.body for m in network.sent if (m.sender, m.to, m.step) == ("d", "a", frame.SHARES))
        for network in (one, other)
    )
    assert first[: 16 * TERMS.rows] == second[: 16 * TERMS.rows]


def test_a_verdict_that_differs_between_engines_ends_the_attempt() -> None:
    lie = tamper("b", frame.VERDICT, lambda body: bytes([body[0] ^ 1]) + body[1:])
    outcomes, _ = held(rows(), intercept=lie)
    assert isinstance(outcomes["d"], Misbehaviour)
    assert isinstance(outcomes[OFFICE], TrustError)


def test_a_share_that_is_changed_after_it_was_signed_ends_the_attempt() -> None:
    outcomes, _ = held(rows(), intercept=tamper("b", run.COUNTED, lambda body: bytes([body[0] ^ 1]) + body[1:]))
    assert any(isinstance(outcome, Misbehaviour) for outcome in outcomes.values())
    assert not isinstance(outcomes[OFFICE], Released)


def test_an_owner_that_shall_compute_and_has_no_engine_ends_the_attempt() -> None:
    outcomes, _ = held(rows("abc"), engines=PlainEngines(missing="b"))
    assert isinstance(outcomes["b"], NotFound)
    assert isinstance(outcomes[OFFICE], BackendError)


@pytest.mark.parametrize("column", [[1001], [-1001], [1] * 61])
def test_values_beyond_the_bound_and_rows_beyond_the_declared_send_nothing(column: list[int]) -> None:
    outcomes, network = held({**rows("abc"), "d": column})
    assert isinstance(outcomes["d"], InvalidRecord)
    assert not [m for m in network.sent if m.sender == "d"]


@pytest.mark.parametrize(
    "values",
    [
        {"count": TERMS.least - 1},
        {"p500": 0},
        {"count": 100, "p500": 1000 * 6 + 1},
        {"count": 100, "p250": 60, "p500": 10},
    ],
)
def test_figures_that_the_terms_rule_out_are_refused(values: dict[str, int]) -> None:
    require_possible(TERMS, {"count": 100, "p250": 10, "p500": 60, "p750": 60})
    with pytest.raises(VerificationError):
        require_possible(TERMS, values)


@needs_engine
@pytest.mark.slow
def test_three_real_engines_give_what_plain_numpy_gives() -> None:
    columns = rows()
    assert released(held(columns, engines=each_its_own("abc"))[0]).values == expected(columns)
