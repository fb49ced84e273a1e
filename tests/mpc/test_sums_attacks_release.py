"""Attacks on what masked sums release. Each fails, and succeeds on a path that lacks the defence."""

from dataclasses import replace

import numpy as np
import pytest
from replaying import without_own_check
from sums_job import CELLS, SCHEMA, VALUES, bodies

from contracts.evidence.statement import commit
from ledger.canonical import encode
from ledger.errors import Conflict, InvalidRecord
from ledger.hashing import sha256
from mpc.masking import mask_key, masks, pair
from mpc.protocols.sums import Cell, Kind, Schema
from mpc.protocols.sums.rehearsal import RECIPIENT, Rehearsal, prepare, rehearse
from mpc.protocols.sums.upload import decode_opening, decode_upload
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import Killed, kill, tamper
from mpc.sessions.rehearsal import MemoryJournal
from mpc.stream import Stream
from mpc.vector import MODULUS, decode, open_cells, signed, vector

# 14: mask reuse


def test_owner_restarted_after_its_upload_sends_identical_bytes() -> None:
    journals = {party: MemoryJournal() for party in VALUES}
    crashed = rehearse(SCHEMA, VALUES, intercept=kill("r1", "window"), journals=journals)
    assert isinstance(crashed.error("r1"), Killed)
    restarted = rehearse(SCHEMA, VALUES, journals=journals)
    assert bodies(restarted, "masked") == bodies(crashed, "masked")
    assert restarted.released.values["count"] == 2600


@pytest.mark.parametrize("change", ["seed", "input"])
def test_owner_restarted_with_another_seed_or_input_sends_nothing_under_that_attempt(change: str) -> None:
    journals = {party: MemoryJournal() for party in VALUES}
    rehearse(SCHEMA, VALUES, intercept=kill("r1", "window"), journals=journals)
    views, values = {}, {**VALUES}
    if change == "seed":
        views["r1"] = replace(prepare(SCHEMA, VALUES, seed=bytes(32))["r1"], seed=b"\7" * 32)
    else:
        values["r1"] = {**VALUES["r1"], "count": 601}
    restarted = rehearse(SCHEMA, values, journals=journals, views=views)
    assert isinstance(restarted.error("r1"), Conflict)
    assert not [m for m in restarted.sent if (m.sender, m.step) == ("r1", "masked")]
    fresh = rehearse(SCHEMA, values, journals=journals, attempt=2)
    assert fresh.released.values["count"] == sum(row["count"] for row in values.values())


def test_with_a_forgetful_journal_two_uploads_give_the_difference_of_the_inputs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Defences off: no journal, and an owner that does not hold its values against its commitment on chain."""
    first, changed = rehearse(SCHEMA, VALUES), {**VALUES, "r1": {**VALUES["r1"], "sum": 987_654_321 + 4242}}
    views = prepare(SCHEMA, VALUES, seed=bytes(32))
    guarded = rehearse(SCHEMA, changed, views=views)
    assert isinstance(guarded.error("r1"), InvalidRecord)
    assert not [m for m in guarded.sent if m.sender == "r1"]
    without_own_check(monkeypatch, "r1", VALUES["r1"])
    later = rehearse(SCHEMA, changed, views=views)
    y, y_later = (decode_upload(bodies(r, "masked")["r1", RECIPIENT][:-64], CELLS).masked for r in (first, later))
    assert (y_later - y).integers() == [0, 4242, 0]


# 15: double release


def survivors() -> dict[str, dict[str, int]]:
    return {party: row for party, row in VALUES.items() if party != "r3"}


def opened_sets(*runs: Rehearsal) -> set[frozenset[str]]:
    """Contributor sets of which a pad was handed to the network."""
    return {frozenset(r.sessions[RECIPIENT].parties) for r in runs if r.bodies("open")}


@pytest.mark.parametrize("step", ["keys", "confirm", "masked", "blinded", "partial", "decide/1"])
def test_owner_lost_before_any_opening_leaves_the_job_to_the_survivors(step: str) -> None:
    journals = {party: MemoryJournal() for party in VALUES}
    first = rehearse(SCHEMA, VALUES, intercept=kill("r3", step), journals=journals)
    second = rehearse(SCHEMA, survivors(), attempt=2, journals=journals)
    assert isinstance(first.error(RECIPIENT), ChannelTimeout)
    assert second.released.values["count"] == 1800
    assert opened_sets(first, second) == {frozenset(survivors())}


def test_owner_lost_during_the_openings_ends_the_job_for_every_smaller_set() -> None:
    journals = {party: MemoryJournal() for party in VALUES}
    first = rehearse(SCHEMA, VALUES, intercept=kill("r3", "open"), journals=journals)
    second = rehearse(SCHEMA, survivors(), attempt=2, journals=journals)
    assert isinstance(first.error(RECIPIENT), ChannelTimeout)
    assert all(isinstance(second.error(party), Conflict) for party in survivors())
    assert not second.bodies("masked")
    assert opened_sets(first, second) == {frozenset(VALUES)}


def test_owner_lost_after_its_opening_changes_nothing() -> None:
    journals = {party: MemoryJournal() for party in VALUES}
    first = rehearse(SCHEMA, VALUES, journals=journals)
    second = rehearse(SCHEMA, survivors(), attempt=2, journals=journals)
    assert first.released.values["count"] == 2600
    assert isinstance(second.error(RECIPIENT), ChannelTimeout)
    assert opened_sets(first, second) == {frozenset(VALUES)}


def test_late_pad_of_the_lost_owner_does_not_fit_another_attempt() -> None:
    whole = rehearse(SCHEMA, VALUES)
    late = bodies(whole, "open")["r3", RECIPIENT]
    rehearsal = rehearse(SCHEMA, VALUES, attempt=2, intercept=tamper("r3", "open", lambda _: late))
    assert isinstance(error := rehearsal.error(RECIPIENT), Misbehaviour)
    assert (error.party, error.step) == ("r3", "open")


def test_with_forgetful_journals_two_releases_give_the_lost_owners_part() -> None:
    whole, rest = rehearse(SCHEMA, VALUES), rehearse(SCHEMA, survivors(), attempt=2)
    assert len(opened_sets(whole, rest)) == 2
    assert whole.released.values["sum"] - rest.released.values["sum"] == VALUES["r3"]["sum"]


# 16: partial opening


def partly_opened(seed: bytes) -> list[int]:
    """What a recipient could compute from all uploads and the pads of all owners but one."""
    rehearsal = rehearse(SCHEMA, VALUES, seed=seed)
    uploads = [decode_upload(b[:-64], CELLS).masked.integers() for b in bodies(rehearsal, "masked").values()]
    pads = {p: decode_opening(b[:-64], CELLS).pads.integers() for (p, _), b in bodies(rehearsal, "open").items()}
    pads["r2"] = [0] * CELLS
    return open_cells(uploads, list(pads.values()))


def test_all_pads_but_one_leave_every_cell_uniform() -> None:
    true = {sum(row[name] for row in VALUES.values()) for name in SCHEMA.names}
    seen = [value for i in range(20) for value in partly_opened(bytes([i]) * 32)]
    assert not true & set(seen)
    assert len(set(seen)) == len(seen)
    ones = sum((value % MODULUS).bit_count() for value in seen)
    assert abs(ones - 64 * len(seen)) < 6 * (128 * len(seen) / 4) ** 0.5


def test_an_upload_less_its_own_pad_stays_masked_by_the_co_owners() -> None:
    for seed in (b"\1" * 32, b"\2" * 32):
        rehearsal = rehearse(SCHEMA, VALUES, seed=seed)
        openings = bodies(rehearsal, "open")
        for (party, to), body in bodies(rehearsal, "masked").items():
            left = decode_upload(body[:-64], CELLS).masked - decode_opening(openings[party, to][:-64], CELLS).pads
            assert all(value.bit_length() > 64 for value in left.integers())
            assert not {signed(value) for value in left.integers()} & set(VALUES[party].values())


def test_without_pads_the_recipient_would_add_up_before_the_gate() -> None:
    transcript = bytes(32)
    keys = {party: mask_key(Stream(party.encode() * 16)) for party in VALUES}
    total = decode(bytes(16))
    for me in VALUES:
        pairs = {o: pair(me, keys[me], o, keys[o].public, transcript) for o in VALUES if o != me}
        total = total + vector([VALUES[me]["rare"]]) + masks(me, pairs, "cells", 1)
    assert total.integers() == [6]  # a cell that the gate withholds


# 17: overflow


def test_prices_in_cents_add_up_where_machine_words_wrap() -> None:
    schema = Schema(
        (Cell("count", Kind.COUNT, 2**20), Cell("squares", Kind.SUM, 2**120, "count")), minimum=10, contributors=3
    )
    price = 2_081_347_00
    rows = {f"r{i}": {"count": 11_000, "squares": 11_000 * price**2} for i in range(5)}
    released = rehearse(schema, rows).released
    assert released.values["squares"] == 55_000 * price**2 > 2**64
    naive = np.sum(np.array([row["squares"] % 2**64 for row in rows.values()], dtype=np.uint64))
    assert int(naive) != released.values["squares"]


@pytest.mark.parametrize(
    ("owners", "bound", "fits"), [(3, 2**127 // 3, True), (4, 2**125 - 1, True), (4, 2**125, False)]
)
def test_bounds_that_could_reach_2_to_the_127_are_refused(owners: int, bound: int, fits: bool) -> None:
    schema = Schema((Cell("n", Kind.COUNT, 20), Cell("s", Kind.SUM, bound, "n")), minimum=10, contributors=3)
    rows = {f"r{i}": {"n": 5, "s": -bound} for i in range(owners)}
    rehearsal = rehearse(schema, rows)
    if fits:
        assert rehearsal.released.values["s"] == -owners * bound
    else:
        assert all(isinstance(error, InvalidRecord) for error in rehearsal.outcomes.values())
        assert not rehearsal.sent
        assert signed(open_cells([[bound]] * owners, [[0]] * owners)[0]) != owners * bound  # it would wrap


# 24: owners never hold the figures


def encodings(value: int) -> set[bytes]:
    size = 16
    raw = {(value % MODULUS).to_bytes(size, order) for order in ("little", "big")}
    short = {value.to_bytes(8, order, signed=True) for order in ("little", "big")}
    return raw | short | {str(value).encode(), value.to_bytes(8, "big", signed=True).hex().encode()}


def test_owners_neither_receive_nor_keep_a_released_figure() -> None:
    rehearsal = rehearse(SCHEMA, VALUES)
    figures = rehearsal.released.values
    assert set(figures) == {"count", "sum"}
    held = b"".join(m.body for m in rehearsal.sent)  # all messages together, those to the recipient included
    held += b"".join(repr(rehearsal.owner(party)).encode() for party in VALUES)
    for value in figures.values():
        assert not [e for e in encodings(value) if len(e) >= 8 and e in held]
        assert str(value).encode() not in b"".join(repr(rehearsal.owner(party)).encode() for party in VALUES)


def test_withheld_total_and_its_parts_are_nowhere() -> None:
    large = {party: {**row, "rare": 0, "sum": 10**12 + place} for place, (party, row) in enumerate(VALUES.items())}
    schema = Schema((Cell("count", Kind.COUNT, 2**20), Cell("sum", Kind.SUM, 2**60, "rare"), SCHEMA.cells[2]), 10, 3)
    rehearsal = rehearse(schema, large)
    assert rehearsal.released.withheld == ("sum", "rare")
    kept = b"".join(m.body for m in rehearsal.sent) + repr(rehearsal.outcomes).encode()
    secrets = [row["sum"] for row in large.values()] + [sum(row["sum"] for row in large.values())]
    assert not [e for value in secrets for e in encodings(value) if e in kept]
    # what both sides of the recipient's subtraction hold: uploads yes, their pads no
    uploads = [decode_upload(b[:-64], 3).masked.integers() for b in bodies(rehearsal, "masked").values()]
    openings = [decode_opening(b[:-64], 3) for b in bodies(rehearsal, "open").values()]
    assert open_cells(uploads, [o.pads.integers() for o in openings])[0] == 2600
    assert open_cells(uploads, [o.pads.integers() for o in openings])[1] not in secrets


def test_salted_commitment_fits_the_figures_alone_and_cannot_be_searched() -> None:
    rehearsal = rehearse(SCHEMA, VALUES)
    figures = {name: str(value) for name, value in rehearsal.released.values.items()}
    session, salt = rehearsal.released.session, b"\5" * 32
    assert commit(session, salt, {**figures}) == commit(session, salt, {**figures})
    assert commit(session, salt, {**figures, "count": "2601"}) != commit(session, salt, {**figures})
    with pytest.raises(ValueError, match="32 bytes"):
        commit(session, b"", {**figures})
    # the search that a digest without salt allows: an owner tries the counts it thinks possible
    plain = sha256(encode({"count": figures["count"]}))
    assert [n for n in range(2000, 3000) if sha256(encode({"count": str(n)})) == plain] == [2600]
