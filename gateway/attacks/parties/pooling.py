"""Attacks on a join by its parties: lists of invented ids, lists that grow by one id, and owners that pool.

Rehearsals on invented numbers: the real protocol runs with all parties in this process, and the real counts of a node
decide whether it runs once more. What colluders pool is their own seeds and mail, nobody else's. A lister that lets its
list grow deviates, and a live one would have to be given another table; what it learns until the bound is stated
(``docs/threat-model.md``), as is that two owners who pool know everything.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterator
from contextlib import closing

from gateway.attacks.attack import NOTHING, Attack, Setting, Try, as_stated, failed, inconclusive, refused, stopped
from gateway.attacks.defence import JOIN_GATE, JOIN_MASKS, PAIR
from gateway.attacks.scene import Scene
from ledger.errors import NotAuthorized
from mpc.additive.primes import random_bits
from mpc.dummies import MatchNoise
from mpc.node.guarding.probing import Probes, ProbingLimits
from mpc.protocols.join import messages
from mpc.protocols.join.layout import MASK_BITS, Column
from mpc.protocols.join.rehearsal import RECIPIENT, Rehearsal, rehearse
from mpc.protocols.join.table import KeyTotals
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.words import Text
from mpc.sessions.session import SIGNATURE_BYTES

HOLDER, LISTER = "holder", "lister"
LARGE, SMALL = "large", "small"
LIMITS = ProbingLimits(joins=3)
"""Three joins of this pair instead of the usual 24: what each shows is the same."""
PRICE = 777_777
KNOWN = [f"known-{n}" for n in range(12)]
TABLE = {
    LARGE: {key: KeyTotals(1, (1_000 + n,)) for n, key in enumerate(KNOWN)} | {"target": KeyTotals(1, (PRICE,))},
    SMALL: {"alone": KeyTotals(2, (31_000,))},
}
TERMS = JoinTerms(
    holder=HOLDER,
    lister=LISTER,
    groups=(LARGE, SMALL),
    columns=(Column("price", 0, 1 << 20),),
    holder_keys=100,
    lister_keys=100,
    rows=1000,
    minimum=10,
    noise=MatchNoise(epsilon_milli=1000, delta_log2=-20),
    list_unit=16,
    group_unit=16,
)


class Pair:
    """The holder's node as far as it counts: each join of this pair is one of those it takes part in."""

    def __init__(self) -> None:
        self._db = sqlite3.connect(":memory:")
        self._probes, self._asked = Probes(self._db, threading.Lock()), 0

    def join(self, keys: Collection[str]) -> Rehearsal:
        """Run one more join; raises NotAuthorized if it is one too many."""
        self._asked += 1
        self._probes.join("values", "list", self._asked.to_bytes(32, "big"), 1, LIMITS)
        return rehearse(TERMS, TABLE, keys, attempt=self._asked)

    def close(self) -> None:
        self._db.close()


def invented_ids(_scene: Scene) -> Iterator[Try]:
    """List what nobody has, then one id more at a time, until the holder's count ends it."""
    with closing(Pair()) as pair:
        invented = pair.join([f"invented-{n}" for n in range(20)])
        what = Text("a list of twenty invented ids", "一份含二十个虚构主键的名单")
        cells = dict(invented.released.cells)
        yield failed(what, f"opened {cells}") if cells else stopped(what, "withheld: every group", JOIN_GATE)
        totals = []
        for keys in (KNOWN, [*KNOWN, "target"]):
            opened = pair.join(keys).released.cells.get(LARGE)
            totals.append(opened.sums[0] if opened else 0)
        what = Text("a list that grows by one id: the difference of two answers", "名单每次增加一个主键:两次结果相减")
        found = totals[1] - totals[0]
        line = f"{totals[1]} - {totals[0]} = {found}, the id's price; a deviating lister gets so far"
        yield as_stated(what, line) if found == PRICE else inconclusive(what, f"got {totals}, expected {PRICE} more")
        what = Text("the same once more", "再来一次")
        try:
            pair.join([*KNOWN, "target", "alone"])
        except NotAuthorized as refusal:
            yield refused(what, str(refusal), PAIR)
        else:
            yield failed(what, "joined once more")


def pooled(_scene: Scene) -> Iterator[Try]:
    """A join whose small group was withheld; then parties put together what they hold of it."""
    run = rehearse(TERMS, TABLE, [*KNOWN, "alone"])
    truth = (1, 2, 31_000)
    index = TERMS.groups.index(SMALL)
    what = Text("the recipient with the holder, after the withheld group", "接收方与持值方合谋,求被扣留的组")
    if SMALL in run.released.cells:
        yield failed(what, f"opened {run.released.cells[SMALL]}")
        return
    masked = masked_sums(run)[index]
    shown = f"all they hold of it is {masked[0]:#x} keys, {masked[1]:#x} rows: under the lister's masks"
    yield failed(what, f"read {masked}") if masked == truth else stopped(what, shown, JOIN_MASKS)
    what = Text("beyond the bound: holder and lister pool what they hold", "超出界限:持值方与名单方合谋")
    read = tuple(y - m for y, m in zip(masked, lister_masks(run)[index], strict=True))
    if read == truth:
        yield as_stated(what, f"the withheld group: {read[0]} key, {read[1]} rows, price {read[2]}")
    else:
        yield failed(what, f"expected {truth}, got {read}: the stated bound is not the real one")


def masked_sums(run: Rehearsal) -> list[tuple[int, ...]]:
    """Decrypt the masked sums as the holder does, from its own seed and what the lister sent to it."""
    secret = TERMS.encryption.generate(run.sessions[HOLDER].randomness().stream("join encryption key"))
    body = run.body(LISTER, messages.SUMS)[:-SIGNATURE_BYTES]
    sums = secret.public.decode_ciphertexts(body, len(TERMS.groups))
    return [TERMS.slots.unpack(secret.decrypt(each, bits=TERMS.slots.total)) for each in sums]


def lister_masks(run: Rehearsal) -> list[tuple[int, ...]]:
    """Draw the masks as the lister does, from its own seed."""
    source = run.sessions[LISTER].randomness().stream("join masks")
    return [tuple(random_bits(bits + MASK_BITS, source) for bits in TERMS.slots.values) for _ in TERMS.groups]


ATTACKS = (
    Attack(
        "invented-ids",
        Text("lists of invented ids, and lists that grow by one id", "虚构主键的名单,与逐个增长的名单"),
        Text("the lister of a join, whose node deviates", "联结中偏离协议的名单方"),
        Setting.REHEARSAL,
        NOTHING,
        (
            "mpc/test_node_probing.py::test_ids_added_one_by_one_are_ended_by_the_holder_and_without_its_bound_each_gives_a_price",
            "mpc/join/test_join_attack_gaps.py::TestSmallSets::test_without_the_gate_an_intersection_of_one_is_opened",
        ),
        invented_ids,
    ),
    Attack(
        "pooled-join",
        Text("parties of a join pool what they hold", "联结的参与方合谋"),
        Text(f"holder with {RECIPIENT}; then both owners of a join", "持值方与接收方;其后为联结的两个数据方"),
        Setting.REHEARSAL,
        NOTHING,
        ("gateway/test_attack_twins.py::test_without_the_listers_masks_holder_and_recipient_read_the_withheld_group",),
        pooled,
    ),
)
