"""The whole protocol with real parties in threads: right totals, withheld cells, agreement, and refusals."""

import contextlib
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotAuthorized, VerificationError
from mpc.protocols.sums import Cell, Kind, Schema, run_owner
from mpc.protocols.sums.descriptor import DESCRIPTOR, public
from mpc.protocols.sums.office import add_up
from mpc.protocols.sums.rehearsal import RECIPIENT, Rehearsal, all_that_passed, prepare, rehearse, secret_of
from mpc.protocols.sums.schema import of_spec, parse
from mpc.protocols.sums.upload import decode_opening, decode_upload
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import Network, drop, kill, tamper
from mpc.sessions.rehearsal import MemoryJournal
from mpc.spec.job import SumsSpec
from mpc.spec.parts import MAX_SOURCES, Amount, Source

SCHEMA = Schema(
    (
        Cell("count", Kind.COUNT, 2**20),
        Cell("sum", Kind.SUM, 2**60, "count"),
        Cell("squares", Kind.SUM, 2**100, "count"),
        Cell("bin0", Kind.COUNT, 2**20),
        Cell("bin1", Kind.COUNT, 2**20),
    ),
    minimum=10,
    contributors=3,
)
ROWS = {"r0": (5, -50, 2**90, 4, 1), "r1": (6, 1000, 2**91, 4, 2), "r2": (7, 3, 7, 4, 3)}


def values(rows: Mapping[str, tuple[int, ...]] = ROWS) -> dict[str, dict[str, int]]:
    return {party: dict(zip(SCHEMA.names, row, strict=True)) for party, row in rows.items()}


def without(*names: str) -> Callable[[Mapping[str, bool]], AbstractSet[str]]:
    return lambda bits: all_that_passed(bits) - set(names)


def nothing_left(rehearsal: Rehearsal) -> bool:
    return not rehearsal.bodies("masked") and not rehearsal.bodies("window")


def test_recipient_gets_the_totals_of_cells_that_pass_and_no_other() -> None:
    rehearsal = rehearse(SCHEMA, values())
    assert rehearsal.released.values == {
        "count": 18,
        "sum": 953,
        "squares": 2**90 + 2**91 + 7,
        "bin0": 12,
    }
    assert rehearsal.released.withheld == ("bin1",)


def test_as_many_owners_as_a_job_seats_add_up() -> None:
    owners = [f"r{number:02}" for number in range(MAX_SOURCES)]
    schema = Schema(SCHEMA.cells[:2], minimum=10, contributors=3)
    released = rehearse(schema, {owner: {"count": 1, "sum": place} for place, owner in enumerate(owners)}).released
    assert released.values == {"count": MAX_SOURCES, "sum": sum(range(MAX_SOURCES))}


def test_owners_keep_bits_and_digests_only() -> None:
    rehearsal = rehearse(SCHEMA, values())
    outcomes = [rehearsal.owner(party) for party in ROWS]
    assert {outcome.opened for outcome in outcomes} == {("count", "sum", "squares", "bin0")}
    assert {outcome.transcript for outcome in outcomes} == {rehearsal.released.transcript}
    assert outcomes[0].bits == {"count": True, "sum": True, "squares": True, "bin0": True, "bin1": False}


@pytest.mark.parametrize("owners", [3, 5, 8])
def test_any_number_of_owners_adds_up(owners: int) -> None:
    rows = {f"r{i}": (i + 5, i - 7, i * i, 5, 0) for i in range(owners)}
    released = rehearse(SCHEMA, values(rows)).released
    assert released.values["count"] == sum(row[0] for row in rows.values())
    assert released.values["sum"] == sum(row[1] for row in rows.values())
    assert released.values["squares"] == sum(row[2] for row in rows.values())


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(-(2**60), 2**60), min_size=3, max_size=3), st.binary(min_size=32, max_size=32))
def test_sums_of_any_sign_and_size_are_exact(sums: list[int], seed: bytes) -> None:
    rows = {f"r{i}": (9, total, 2**100, 9, 9) for i, total in enumerate(sums)}
    released = rehearse(SCHEMA, values(rows), seed=seed).released
    assert released.values["sum"] == sum(sums)
    assert released.values["squares"] == 3 * 2**100


def test_minimum_of_one_hundred_works() -> None:
    schema = Schema((Cell("a", Kind.COUNT, 1000), Cell("b", Kind.COUNT, 1000)), 100, 3)
    rows = {"r0": {"a": 33, "b": 33}, "r1": {"a": 33, "b": 33}, "r2": {"a": 34, "b": 33}}
    released = rehearse(schema, rows).released
    assert (released.values, released.withheld) == ({"a": 100}, ("b",))


def test_every_message_has_the_declared_size() -> None:
    rehearsal = rehearse(SCHEMA, values(), decide={"r0": without("bin0"), "r1": without(), "r2": without()})
    roles = {**dict.fromkeys(ROWS, "owner"), RECIPIENT: "recipient"}
    for message in rehearsal.sent:
        step = DESCRIPTOR.step(message.step)
        assert len(message.body) == step.bytes(public(SCHEMA)), message.step
        assert roles[message.sender] == step.sender
        assert roles[message.to] in step.receivers
    assert {m.step.partition("/")[0] for m in rehearsal.sent} == {step.name for step in DESCRIPTOR.steps}


def test_the_recipient_never_speaks() -> None:
    assert not [m for m in rehearse(SCHEMA, values()).sent if m.sender == RECIPIENT]


def test_contributions_kept_for_evidence_add_up_again() -> None:
    released = rehearse(SCHEMA, values()).released
    uploads = [decode_upload(c.upload.body, 5) for c in released.contributions]
    openings = [decode_opening(c.opening.body, 5) for c in released.contributions]
    assert add_up(SCHEMA, uploads, openings) == released.values
    assert all(opening.pads.integers()[4] == 0 for opening in openings)


def test_one_owners_veto_withholds_the_cell_for_everybody() -> None:
    rehearsal = rehearse(SCHEMA, values(), decide={"r0": without(), "r1": without("bin0"), "r2": without()})
    assert rehearsal.released.withheld == ("bin0", "bin1")
    assert rehearsal.owner("r0").bits["bin0"]
    assert rehearsal.owner("r0").opened == ("count", "sum", "squares")


def test_owners_decide_again_on_what_the_others_left() -> None:
    def no_total_beside_one_hidden_bin(bits: Mapping[str, bool]) -> AbstractSet[str]:
        hidden = [name for name in ("bin0", "bin1") if not bits[name]]
        return all_that_passed(bits) - ({"count"} if len(hidden) == 1 else set())

    rows = {party: (20, 1, 1, 10, 10) for party in ROWS}
    decide = {"r0": no_total_beside_one_hidden_bin, "r1": without("bin1"), "r2": no_total_beside_one_hidden_bin}
    rehearsal = rehearse(SCHEMA, values(rows), decide=decide)
    # without the second turn the count would stand beside bin0, and bin1 would follow
    assert rehearsal.released.withheld == ("count", "bin1")
    assert {m.step for m in rehearsal.sent if m.step.startswith("decide")} == {"decide/1", "decide/2", "decide/3"}


def test_nothing_is_opened_when_an_owner_refuses_the_job() -> None:
    def refuse(bits: Mapping[str, bool]) -> AbstractSet[str]:
        raise NotAuthorized("authorization: revoked")

    rehearsal = rehearse(SCHEMA, values(), decide={"r0": without(), "r1": refuse, "r2": without()})
    assert isinstance(rehearsal.error("r1"), NotAuthorized)
    assert isinstance(rehearsal.error("r0"), ChannelTimeout)
    assert isinstance(rehearsal.error(RECIPIENT), ChannelTimeout)
    assert not rehearsal.bodies("open")


def test_opening_a_cell_that_did_not_pass_is_a_bug_and_stops() -> None:
    decide = {"r0": lambda bits: set(bits), "r1": without(), "r2": without()}
    rehearsal = rehearse(SCHEMA, values(), decide=decide)
    assert isinstance(rehearsal.error("r0"), ValueError)
    assert not rehearsal.bodies("open")


def test_nothing_passes_and_the_recipient_learns_just_that() -> None:
    rehearsal = rehearse(SCHEMA, values({party: (1, 2, 3, 0, 1) for party in ROWS}))
    assert rehearsal.released.values == {}
    assert rehearsal.released.withheld == SCHEMA.names
    for body in rehearsal.bodies("open"):
        assert body[32:-64] == bytes(5 + (16 + 32) * 5)


@pytest.mark.parametrize(
    "change",
    [{"count": -1}, {"count": 2**20 + 1}, {"sum": 2**60 + 1}, {"sum": -(2**60) - 1}, {"extra": 1}],
)
def test_value_outside_the_schema_stops_its_owner_before_anything_is_sent(change: dict[str, int]) -> None:
    wrong = values()
    wrong["r1"].update(change)
    rehearsal = rehearse(SCHEMA, wrong)
    assert isinstance(rehearsal.error("r1"), InvalidRecord)
    assert not [m for m in rehearsal.sent if m.sender == "r1"]
    assert nothing_left(rehearsal)


def test_missing_cell_is_refused() -> None:
    wrong = values()
    del wrong["r0"]["squares"]
    assert isinstance(rehearse(SCHEMA, wrong).error("r0"), InvalidRecord)


def test_session_of_another_protocol_is_refused() -> None:
    session = replace(prepare(SCHEMA, values(), seed=bytes(32))["r0"], protocol="private-join-v1")
    secret, journal = secret_of("r0", bytes(32)), MemoryJournal()
    with pytest.raises(InvalidRecord, match="masked-sums-v1 or noised-sums-v1 expected"):
        run_owner(session, Network(("r0",)).channel("r0"), values()["r0"], all_that_passed, journal, secret)


@pytest.mark.parametrize("step", [step.name for step in DESCRIPTOR.steps if step.name not in ("window", "counted")])
def test_owner_killed_at_any_step_ends_every_party_without_a_release(step: str) -> None:
    name = "decide/1" if step == "decide" else step
    rehearsal = rehearse(SCHEMA, values(), intercept=kill("r1", name))
    assert isinstance(rehearsal.error(RECIPIENT), ChannelTimeout)
    if step != "open":
        assert not rehearsal.bodies("open")
        assert all(isinstance(rehearsal.error(party), ChannelTimeout) for party in ("r0", "r2"))


@pytest.mark.parametrize(("sender", "step"), [("r0", "window"), ("r2", "counted"), ("r1", "masked"), ("r2", "open")])
def test_lost_message_ends_without_a_release(sender: str, step: str) -> None:
    assert isinstance(rehearse(SCHEMA, values(), intercept=drop(sender, step)).error(RECIPIENT), ChannelTimeout)


def test_repeated_run_gives_the_same_bytes_and_another_seed_gives_others() -> None:
    first, again = rehearse(SCHEMA, values()), rehearse(SCHEMA, values())
    assert {(m.sender, m.to, m.step, m.body) for m in first.sent} == {
        (m.sender, m.to, m.step, m.body) for m in again.sent
    }
    other = rehearse(SCHEMA, values(), seed=b"\1" * 32)
    assert not {m.body for m in first.sent} & {m.body for m in other.sent}


# the schema


def test_schema_round_trips_through_its_terms() -> None:
    assert parse(SCHEMA.terms()) == SCHEMA


@pytest.mark.parametrize(
    "change",
    [
        {"modulus": "2^64"},
        {"minimum": 0},
        {"prime_group": "p256"},
        {"minimum": 101},
        {"contributors": 2},
        {"cells": []},
        {"cells": [{"name": "a", "kind": "max", "bound": "1"}]},
        {"cells": [{"name": "a", "kind": "count", "bound": "0"}]},
        {"cells": [{"name": "a", "kind": "count", "bound": 1}]},
        {"cells": [{"name": "A", "kind": "count", "bound": "1"}]},
        {"cells": [{"name": "a", "kind": "sum", "bound": "1"}]},
        {"cells": [{"name": "a", "kind": "sum", "bound": "1", "follows": "b"}]},
        {"cells": [{"name": "a", "kind": "count", "bound": "1", "follows": "a"}]},
        {"cells": [{"name": "a", "kind": "count", "bound": "1"}] * 2},
        {"more": 1},
    ],
)
def test_terms_outside_the_form_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord):
        parse({**SCHEMA.terms(), **change})  # type: ignore[dict-item]


def test_spec_gives_count_sum_squares_and_bins() -> None:
    spec = SumsSpec(
        purpose="audit",
        recipient="office",
        sources=tuple(Source(f"r{i}", "s", bytes(32)) for i in range(3)),
        filters=(),
        value=Amount("price", 100),
        rows=50,
        edges=(0, 10),
        minimum=10,
        contributors=3,
        outputs=("count", "sum", "mean", "variance", "histogram"),
    )
    schema = of_spec(spec)
    assert schema.names == ("count", "sum", "squares", "bin0", "bin1")
    assert [cell.bound for cell in schema.cells] == [50, 5000, 500_000, 50, 50]
    assert [cell.count for cell in schema.cells] == ["count", "count", "count", "bin0", "bin1"]


def test_opened_total_outside_its_bound_is_not_released() -> None:
    released = rehearse(SCHEMA, values()).released
    uploads = [decode_upload(c.upload.body, 5) for c in released.contributions]
    openings = [decode_opening(c.opening.body, 5) for c in released.contributions]
    with pytest.raises(VerificationError, match="cell count is outside"):
        add_up(SCHEMA, uploads[:2], openings[:2])


@pytest.mark.parametrize("body", [b"", bytes(160 + 48 * 5 - 1), bytes(160 + 48 * 5 + 1), bytes(160 + 48 * 5)])
def test_upload_of_another_size_or_with_the_identity_for_a_commitment_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRecord):
        decode_upload(body, 5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        bytes(31 + 49 * 5),
        bytes(32) + b"\2" + bytes(16 + 32),
        bytes(33) + b"\1" * 16 + bytes(32),
        bytes(33 + 16) + b"\1" * 32,
        bytes(32) + b"\1" + bytes(16) + b"\xff" * 32,
    ],
)
def test_malformed_opening_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRecord):
        decode_opening(body, 5 if len(body) != 81 else 1)


def test_well_formed_opening_of_one_cell_is_read() -> None:
    opening = decode_opening(bytes(32) + b"\1" + bytes(16) + b"\1" * 32, 1)
    assert opening.opened == (True,)


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(1, 8))
def test_outside_bytes_raise_nothing_but_invalid_record(body: bytes, cells: int) -> None:
    for decode in (decode_upload, decode_opening):
        with contextlib.suppress(InvalidRecord):
            decode(body, cells)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.sampled_from(["cells", "modulus", "minimum", "contributors"]), JSON)
def test_outside_terms_raise_nothing_but_invalid_record(field: str, value: JsonValue) -> None:
    with contextlib.suppress(InvalidRecord):
        parse({**SCHEMA.terms(), field: value})


def test_misbehaviour_names_the_owner() -> None:
    rehearsal = rehearse(SCHEMA, values(), intercept=tamper("r2", "partial", lambda body: body[:-1]))
    assert isinstance(error := rehearsal.error("r0"), Misbehaviour)
    assert (error.party, error.step) == ("r2", "partial")
