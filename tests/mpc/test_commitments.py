"""Pedersen commitments of masked sums: attack 37 and its neighbours.

An owner that committed to x and sums x' is found by the product of the commitments, and named by an opened audit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replaying import replay_of
from sums_job import CELLS, SCHEMA, VALUES, WORDS_END, bodies, resigned

from ledger.errors import InvalidRecord, VerificationError
from mpc.commitment import Owner
from mpc.groups import pedersen
from mpc.groups.group import Scalar
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.masking import mask_key, pair, residue_masks
from mpc.protocols.sums import office
from mpc.protocols.sums.committed import commit_cells
from mpc.protocols.sums.rehearsal import RECIPIENT, Rehearsal, prepare, rehearse, secret_of
from mpc.protocols.sums.upload import decode_opening, decode_upload
from mpc.sessions.channel import Misbehaviour
from mpc.sessions.rehearsal import GENESIS, JOB
from mpc.stream import Stream
from mpc.vector import decode, vector

SEED = bytes(32)


def cheat(body: bytes) -> bytes:
    """Add a million to the masked sum, after having committed to the true one."""
    return body[:32] + (decode(body[32:WORDS_END]) + vector([0, 10**6, 0])).encode() + body[WORDS_END:]


def cheating() -> Rehearsal:
    sessions = prepare(SCHEMA, VALUES, seed=SEED)
    return rehearse(SCHEMA, VALUES, intercept=resigned(sessions, "r1", "masked", cheat))


def test_owner_that_commits_to_one_value_and_sums_another_is_found_by_the_product() -> None:
    error = cheating().error(RECIPIENT)
    assert isinstance(error, VerificationError)
    assert "cell sum is not the sum of what the owners committed to" in str(error)


def test_without_the_product_check_the_cheat_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "require_committed", lambda *_: None)
    assert cheating().released.values["sum"] == sum(row["sum"] for row in VALUES.values()) + 10**6


def test_the_opened_audit_names_the_cheat_at_its_upload() -> None:
    deviation = resigned(prepare(SCHEMA, VALUES, seed=SEED), "r1", "masked", cheat)
    rehearsal = cheating()
    sent = tuple(after for message in rehearsal.sent for after in deviation(message))
    with pytest.raises(Misbehaviour) as caught:
        replay_of("r1", replace(rehearsal, sent=sent))
    assert (caught.value.party, caught.value.step) == ("r1", "masked")
    for honest in ("r0", "r2", "r3"):
        replay_of(honest, replace(rehearsal, sent=sent))


def test_commitments_chosen_after_the_one_on_chain_are_refused_by_name() -> None:
    """To r1's advantage they would fit the false total: that is why they are bound before anything is masked."""
    false = {**VALUES["r1"], "sum": VALUES["r1"]["sum"] + 10**6}
    chosen = commit_cells(Owner(GENESIS, JOB, "r1"), SCHEMA, false, secret_of("r1", SEED))

    def later(body: bytes) -> bytes:
        return cheat(body)[: WORDS_END + 32] + b"".join(chosen.points)

    sessions = prepare(SCHEMA, VALUES, seed=SEED)
    rehearsal = rehearse(SCHEMA, VALUES, intercept=resigned(sessions, "r1", "masked", later))
    assert isinstance(error := rehearsal.error(RECIPIENT), Misbehaviour)
    assert (error.party, error.step) == ("r1", "masked")


def test_commitments_of_another_owner_job_or_network_do_not_fit() -> None:
    cells = commit_cells(Owner(GENESIS, JOB, "r1"), SCHEMA, VALUES["r1"], secret_of("r1", SEED))
    for other in (Owner(GENESIS, JOB, "r2"), Owner(GENESIS, b"\1" * 32, "r1"), Owner(b"\1" * 32, JOB, "r1")):
        assert other.commit(cells.detail, cells.points) != cells.input
    assert Owner(GENESIS, JOB, "r1").commit(cells.detail, cells.points) == cells.input


def test_each_owner_sends_the_randomness_of_opened_cells_only_and_never_its_own() -> None:
    rehearsal = rehearse(SCHEMA, VALUES)
    for (party, _), body in bodies(rehearsal, "open").items():
        own = commit_cells(Owner(GENESIS, JOB, party), SCHEMA, VALUES[party], secret_of(party, SEED))
        opening = decode_opening(body[:-64], CELLS)
        assert opening.opened == (True, True, False)
        assert opening.randomness[2] == 0 != opening.randomness[0]
        assert not set(own.randomness) & set(opening.randomness)


def searched(points: Sequence[bytes], randomness: Sequence[int], values: Sequence[int]) -> list[int]:
    """What a recipient may try with one owner's messages: a small value that opens the commitment to its count."""
    return [value for value in values if pedersen.commit(value, Scalar(randomness[0])) == points[0]]


def test_one_owners_messages_open_none_of_its_commitments_and_its_randomness_would() -> None:
    rehearsal, guesses = rehearse(SCHEMA, VALUES), range(450, 850)
    for (party, to), body in bodies(rehearsal, "open").items():
        upload = decode_upload(bodies(rehearsal, "masked")[party, to][:-64], CELLS)
        assert searched(upload.points, decode_opening(body[:-64], CELLS).randomness, guesses) == []
        own = commit_cells(Owner(GENESIS, JOB, party), SCHEMA, VALUES[party], secret_of(party, SEED))
        assert searched(upload.points, own.randomness, guesses) == [VALUES[party]["count"]]


def test_all_openings_but_one_leave_the_randomness_of_every_owner_masked() -> None:
    rehearsal = rehearse(SCHEMA, VALUES)
    masked = {p: decode_opening(b[:-64], CELLS).randomness[0] for (p, _), b in bodies(rehearsal, "open").items()}
    own = {
        party: commit_cells(Owner(GENESIS, JOB, party), SCHEMA, row, secret_of(party, SEED)).randomness[0]
        for party, row in VALUES.items()
    }
    assert sum(masked.values()) % RISTRETTO255.order == sum(own.values()) % RISTRETTO255.order
    for missing in masked:
        left = [party for party in masked if party != missing]
        assert sum(masked[p] for p in left) % RISTRETTO255.order != sum(own[p] for p in left) % RISTRETTO255.order


def test_randomness_that_was_changed_does_not_open_the_total() -> None:
    def change(body: bytes) -> bytes:
        at = 32 + CELLS + 16 * CELLS
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]

    sessions = prepare(SCHEMA, VALUES, seed=SEED)
    error = rehearse(SCHEMA, VALUES, intercept=resigned(sessions, "r2", "open", change)).error(RECIPIENT)
    assert isinstance(error, VerificationError)
    assert "cell count" in str(error)


def test_another_attempt_has_the_same_commitments_and_other_masks() -> None:
    one, two = rehearse(SCHEMA, VALUES), rehearse(SCHEMA, VALUES, attempt=2)
    uploads = [decode_upload(bodies(r, "masked")["r1", RECIPIENT][:-64], CELLS) for r in (one, two)]
    openings = [decode_opening(bodies(r, "open")["r1", RECIPIENT][:-64], CELLS) for r in (one, two)]
    assert uploads[0].points == uploads[1].points
    assert openings[0].randomness[0] != openings[1].randomness[0]


def test_another_input_has_unrelated_randomness() -> None:
    """Under the same randomness the difference of two commitments would give the difference of the inputs away."""
    owner, secret = Owner(GENESIS, JOB, "r1"), secret_of("r1", SEED)
    other = {**VALUES["r1"], "rare": 9}
    one, two = (commit_cells(owner, SCHEMA, values, secret) for values in (VALUES["r1"], other))
    assert not set(one.randomness) & set(two.randomness)
    fixed = one.randomness[2]
    difference = pedersen.commit(9, fixed), pedersen.commit(VALUES["r1"]["rare"], fixed)
    shown = RISTRETTO255.base(RISTRETTO255.scalar(9 - 2))
    assert pedersen.product([difference[0]]) == pedersen.product([difference[1], shown])


def test_second_generator_is_hashed_from_its_label() -> None:
    assert RISTRETTO255.hash_to_group(b"second generator", pedersen.TAG) == pedersen.H
    assert b"V01" in pedersen.TAG


def test_a_known_logarithm_of_the_second_generator_would_open_a_commitment_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trapdoor = RISTRETTO255.scalar(12345)
    monkeypatch.setattr(pedersen, "H", RISTRETTO255.base(trapdoor))
    shift = RISTRETTO255.scalar(10**6 * pow(trapdoor, -1, RISTRETTO255.order))
    assert pedersen.commit(5, RISTRETTO255.scalar(77)) == pedersen.commit(5 + 10**6, RISTRETTO255.scalar(77 - shift))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-(2**126), 2**126), min_size=1, max_size=6))
def test_commitments_add_up(values: list[int]) -> None:
    source = Stream(b"\3" * 32)
    randomness = [pedersen.draw(source) for _ in values]
    points = [pedersen.commit(value, r) for value, r in zip(values, randomness, strict=True)]
    assert pedersen.product(points) == pedersen.commit(sum(values), RISTRETTO255.scalar(sum(randomness)))
    assert pedersen.product(points) != pedersen.commit(sum(values) + 1, RISTRETTO255.scalar(sum(randomness)))


@pytest.mark.parametrize("bad", [bytes(32), b"\1" + bytes(31), b"\xff" * 32, bytes([2] * 31)])
def test_bytes_that_are_no_element_are_no_commitment(bad: bytes) -> None:
    with pytest.raises(InvalidRecord):
        pedersen.read(pedersen.H + bad)
    assert pedersen.read(pedersen.H) == (pedersen.H,)


def residues(purpose: str, modulus: int) -> Mapping[str, list[int]]:
    keys = {party: mask_key(Stream(party.encode() * 16)) for party in VALUES}
    pairs = {me: {o: pair(me, keys[me], o, keys[o].public, bytes(32)) for o in VALUES if o != me} for me in VALUES}
    return {me: residue_masks(me, pairs[me], purpose, 3, modulus) for me in VALUES}


def test_residue_masks_cancel_and_each_purpose_and_modulus_has_its_own() -> None:
    masks = residues("randomness", RISTRETTO255.order)
    assert [sum(column) % RISTRETTO255.order for column in zip(*masks.values(), strict=True)] == [0, 0, 0]
    assert all(0 < mask < RISTRETTO255.order for row in masks.values() for mask in row)
    assert masks["r0"] != residues("cells", RISTRETTO255.order)["r0"] != residues("cells", 2**128)["r0"]
