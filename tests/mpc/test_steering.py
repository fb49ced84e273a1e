"""An owner that commits to a difference of the others' commitments would, with the recipient's help, set the total."""

from __future__ import annotations

import pytest
from steering import SEED, Attack, plan
from sums_job import CELLS, SCHEMA, VALUES

from mpc.groups import pedersen
from mpc.protocols.sums import office
from mpc.protocols.sums.committed import proof_context
from mpc.protocols.sums.rehearsal import RECIPIENT, rehearse
from mpc.protocols.sums.upload import decode_upload
from mpc.sessions.channel import Misbehaviour

TARGETS = {"count": 4321, "sum": 10**15, "rare": 77}


@pytest.fixture(scope="module")
def attack() -> Attack:
    return plan(SCHEMA, VALUES, "r1", TARGETS)


def proofs(attack: Attack) -> dict[str, bytes]:
    """What the two could try: an invented opening, and every proof of the first attempt."""
    context = proof_context(attack.sessions["r1"], "r1", SCHEMA)
    return {"invented": attack.forged.prove(context, SEED), **{p: up.proof for p, up in attack.first.items()}}


@pytest.mark.parametrize("tried", ["invented", *VALUES])
def test_who_does_not_know_what_it_committed_to_is_refused_by_name(
    attack: Attack, monkeypatch: pytest.MonkeyPatch, tried: str
) -> None:
    with pytest.raises(Misbehaviour, match="proof of opening does not hold") as caught:
        attack.released(attack.messages(monkeypatch, proofs(attack)[tried]))
    assert (caught.value.party, caught.value.step) == ("r1", "masked")


def test_without_the_proof_the_two_release_whatever_total_they_like(
    attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The product of all commitments opens to the target, although three owners were honest."""
    monkeypatch.setattr(office, "require_known", lambda *_: None)
    released = attack.released(attack.messages(monkeypatch, proofs(attack)["invented"]))
    assert released.values == {"count": 4321, "sum": 10**15}
    assert released.withheld == ("rare",)


def test_every_owner_proves_anew_in_every_attempt() -> None:
    shown = []
    for attempt in (1, 2):
        ran = rehearse(SCHEMA, VALUES, attempt=attempt)
        uploads = {m.sender: decode_upload(m.body[:-64], CELLS) for m in ran.sent if m.step == "masked"}
        for party, upload in uploads.items():
            context = proof_context(ran.sessions[RECIPIENT], party, SCHEMA)
            pedersen.KNOWLEDGE.verify(upload.points, context, upload.proof)
        shown.append({upload.proof for upload in uploads.values()})
    assert len(shown[0] | shown[1]) == 2 * len(VALUES)
