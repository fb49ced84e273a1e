"""Colluding parties, up to the stated bound and beyond it: what they pool is all they hold and all they saw.

A rehearsal on invented numbers: the real protocol runs with all parties in this process, and then the colluders' own
seeds and received messages are used, nobody else's. Beyond the bound the attack succeeds, as the threat model says; a
bound that nobody ever crossed would not be known to be one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.attacks.attack import NOTHING, Attack, Setting, Try, as_stated, failed, stopped
from gateway.attacks.defence import MASKS
from gateway.attacks.scene import Scene
from mpc.masking import PUBLIC_BYTES, mask_key, masks, pair
from mpc.protocols.sums import Cell, Kind, Schema
from mpc.protocols.sums.rehearsal import RECIPIENT, Rehearsal, rehearse
from mpc.protocols.sums.upload import decode_opening, decode_upload
from mpc.protocols.words import Text
from mpc.sessions.session import SIGNATURE_BYTES
from mpc.vector import MODULUS, Vector

COUNTS = {"first": 137, "second": 211, "third": 305, "fourth": 419}
SCHEMA = Schema((Cell("count", Kind.COUNT, 2**20),), minimum=10, contributors=3)
KEYS, MASKED, OPEN = "keys", "masked", "open"


def colluding_owners(_scene: Scene) -> Iterator[Try]:
    """The recipient pools with ever more owners and strips from the others' vectors what it knows of them."""
    run = rehearse(SCHEMA, {party: {"count": count} for party, count in COUNTS.items()})
    parties = list(COUNTS)
    for colluders in (parties[:1], parties[:2]):
        left = [party for party in parties if party not in colluders]
        guesses = {party: strip(run, party, colluders) for party in left}
        what = Text(
            f"the recipient with {len(colluders)} of {len(parties)} owners, after the part of each other one",
            f"接收方与 {len(parties)} 个数据方中的 {len(colluders)} 个合谋,求其余各方的部分",
        )
        if any(guesses[party] == COUNTS[party] for party in left):
            yield failed(what, f"read {guesses}, the parts are {[COUNTS[party] for party in left]}")
        else:
            total = sum(guesses.values()) % MODULUS
            shown = ", ".join(f"{guess:#034x}"[:14] + ".." for guess in guesses.values())
            yield stopped(what, f"each remains under a mask of the others ({shown}); their sum {total} is all", MASKS)
    last = parties[-1]
    found = strip(run, last, parties[:-1])
    what = Text("beyond the bound: the recipient with all owners but one", "超出界限:接收方与除一方外的所有数据方合谋")
    if found == COUNTS[last]:
        yield as_stated(what, f"the last one's part of the opened cell: {found}")
    else:
        yield failed(what, f"expected {COUNTS[last]} by subtraction, got {found}: the stated bound is not the real one")


def colluding_bits(_scene: Scene) -> Iterator[Try]:
    """All owners but one bring counts that they choose, and read the bit: a question about the last one's count."""
    bits = []
    for last in (3, 2):
        counts = {"first": 3, "second": 2, "third": 2, "fourth": last}
        run = rehearse(SCHEMA, {party: {"count": count} for party, count in counts.items()})
        bits.append(run.owner("first").bits["count"])
    what = Text(
        "beyond the bound: all owners but one choose their counts and read the gate's bit",
        "超出界限:除一方外的所有数据方自选计数并读取门限比特",
    )
    if bits == [True, False]:
        yield as_stated(what, "the bit says whether the last one's 3 or 2 reaches what theirs leave of the minimum")
    else:
        yield failed(what, f"expected the bits to follow the last one's count, got {bits}")


def strip(run: Rehearsal, target: str, colluders: Sequence[str]) -> int:
    """Take from an owner's masked cell its opened pad and the masks that it shares with the colluders."""
    (upload,) = [m.body for m in run.sent if (m.sender, m.step) == (target, MASKED)]
    (opening,) = [m.body for m in run.sent if (m.sender, m.step) == (target, OPEN)]
    masked = decode_upload(upload[:-SIGNATURE_BYTES], 1)
    rest = masked.masked - decode_opening(opening[:-SIGNATURE_BYTES], 1).pads
    for colluder in colluders:
        rest = rest + _shared(run, colluder, target, masked.transcript)
    (value,) = rest.integers()
    return value


def _shared(run: Rehearsal, colluder: str, target: str, transcript: bytes) -> Vector:
    """The colluder's masks towards the target, from its own seed and the key that it received."""
    (announced,) = {s.body for s in run.views[colluder] if (s.direction, s.other, s.step) == ("received", target, KEYS)}
    mine = mask_key(run.sessions[colluder].randomness().stream("mask key"))
    shared = pair(colluder, mine, target, announced[:PUBLIC_BYTES], transcript)
    return masks(colluder, {target: shared}, "cells", 1)


ATTACKS = (
    Attack(
        "collusion",
        Text("the recipient pools with owners, up to the stated bound and beyond", "接收方与数据方合谋,至界限内外"),
        Text(
            f"{RECIPIENT} and colluding owners, each with its own seed and mail",
            "接收方与合谋的数据方,各凭自己的种子与信件",
        ),
        Setting.REHEARSAL,
        NOTHING,
        ("gateway/test_attack_twins.py::test_without_masks_one_colluder_is_enough",),
        colluding_owners,
    ),
    Attack(
        "colluding-bits",
        Text("all owners but one choose their counts and read the gate", "除一方外的所有数据方自选计数并读取门限"),
        Text("all owners but one", "除一方外的所有数据方"),
        Setting.REHEARSAL,
        NOTHING,
        ("mpc/test_sums_gate.py::test_without_the_factor_an_owner_sees_how_many_conditions_fail",),
        colluding_bits,
    ),
)
