"""An owner that answers last at the gate and has a ciphertext of its choice decrypted: refused by name for want of a
proof; without the proof it reads how many rows the others have in a cell that is withheld.
"""

from __future__ import annotations

import pytest
from replaying import replay_of

from mpc.groups.elgamal import Ciphertext, ElGamal
from mpc.groups.multiples import Multiples
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.protocols.sums import Cell, Kind, Schema, gate
from mpc.protocols.sums.rehearsal import rehearse
from mpc.protocols.sums.run import Run
from mpc.sessions.channel import Misbehaviour

SCHEMA = Schema((Cell("n", Kind.COUNT, 1000),), minimum=10, contributors=3)
ELGAMAL = ElGamal(RISTRETTO255)
VALUES = {"r0": {"n": 3}, "r1": {"n": 4}, "r2": {"n": 1}}
LAST = "r2"


def weighted(window: list[Ciphertext]) -> Ciphertext:
    """Of the window that came from the owner before: the number counted so far plus one, encrypted; 0 beyond it."""
    total = Ciphertext(RISTRETTO255.identity, RISTRETTO255.identity)
    for place, one in enumerate(window, start=1):
        for _ in range(place):
            total = ELGAMAL.add(total, one)
    return total


@pytest.fixture
def rushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last owner waits for the others' products and sends what makes the sum a ciphertext of its choice."""
    honest, cut, came = Run.exchange, gate._cut, list[list[Ciphertext]]()

    def noted(places: list[Ciphertext], sizes: list[int]) -> list[list[Ciphertext]]:
        windows = cut(places, sizes)
        came.append(windows[0])  # the last owner cuts last
        return windows

    def exchange(run: Run, step: str, body: bytes) -> dict[str, bytes]:
        if (run.session.me, step) != (LAST, gate.BLINDED):
            return honest(run, step, body)
        others = {party: run.mail.receive(party, step, size=len(body)) for party in run.session.others}
        rest = weighted(came[-1])
        for other in others.values():
            test = ELGAMAL.decode_ciphertext(other[:64])
            rest = Ciphertext(RISTRETTO255.subtract(rest.mask, test.mask), RISTRETTO255.subtract(rest.body, test.body))
        mine = rest.encode() + body[64:]
        run.broadcast(step, mine)
        return {party: mine if party == LAST else others[party] for party in run.session.parties}

    monkeypatch.setattr(gate, "_cut", noted)
    monkeypatch.setattr(Run, "exchange", exchange)


@pytest.mark.usefixtures("rushing")
def test_who_has_another_ciphertext_decrypted_than_a_product_is_refused_by_name_before_anything_is() -> None:
    found = rehearse(SCHEMA, VALUES)
    for honest in ("r0", "r1"):
        error = found.error(honest)
        assert isinstance(error, Misbehaviour)
        assert (error.party, error.step) == (LAST, gate.BLINDED)
    assert {m.sender for m in found.sent if m.step == gate.PARTIAL} <= {LAST}


@pytest.mark.usefixtures("rushing")
def test_without_the_proof_it_reads_how_many_rows_the_others_have_in_a_withheld_cell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Multiples, "verify", lambda *_: None)
    found = rehearse(SCHEMA, VALUES)
    blinded = {m.sender: ELGAMAL.decode_ciphertext(m.body[:64]) for m in found.sent if m.step == gate.BLINDED}
    partials = {m.sender: m.body[:-64] for m in found.sent if m.step == gate.PARTIAL}
    element = RISTRETTO255.identity
    for sender, test in blinded.items():
        element = RISTRETTO255.subtract(RISTRETTO255.add(element, test.body), partials[sender])
    (counted,) = [n for n in range(11) if RISTRETTO255.base(RISTRETTO255.scalar(n + 1)) == element]
    assert counted == VALUES["r0"]["n"] + VALUES["r1"]["n"]
    assert found.released.withheld == ("n",)  # and nobody noticed
    monkeypatch.undo()
    with pytest.raises(Misbehaviour) as caught:  # its opened audit does, afterwards
        replay_of(LAST, found, own_values=VALUES[LAST])
    assert (caught.value.party, caught.value.step) == (LAST, gate.BLINDED)
