"""CKKS sums over real sales: how far a weighted figure lies from the truth, and what key, ciphertexts and sum cost.

Five registrars hold the sales of 2019 in one borough of New York each, as in ``private_sums``, whose masked sums at the
same cost stand beside. The protected unit is a parcel (bbl); every owner adds all the noise that its own sum needs.

    python benchmarks/ckks_sums.py [--max-rows 5] [--high 2000000] [--weights 1 1 1 1 1]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from private_sums import COST, OWNERS, SCHEMA, boroughs, question, truncated

# ``private_sums`` puts the tests' support on the path.
from city import NOISE, City  # isort: skip
from department import Holding  # isort: skip

from mpc.kinds.registry import kind_of
from mpc.privacy.declaration import Family
from mpc.privacy.release import estimate
from mpc.protocols.ckks.lattice import SLOTS, KeyHolder, parse_context
from mpc.spec.job import CkksSpec, SumsSpec


def weighted(spec: SumsSpec, weights: tuple[int, ...]) -> CkksSpec:
    """The sum of a private question, with weights."""
    assert spec.privacy is not None
    privacy = replace(spec.privacy, micro_rho={Family.SUM: COST[Family.SUM]})
    holder, evaluator = OWNERS[-1], OWNERS[0]
    return CkksSpec(
        spec.purpose, spec.recipient, spec.sources, weights, holder, evaluator, spec.filters, spec.value, spec.rows,
        spec.minimum, privacy,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-rows", type=int, default=5)
    parser.add_argument("--high", type=int, default=2_000_000)
    parser.add_argument("--weights", type=int, nargs=len(OWNERS), default=[1] * len(OWNERS))
    chosen = parser.parse_args()
    masked, declared = question(chosen.max_rows, chosen.high)
    spec, rows = weighted(masked, tuple(chosen.weights)), boroughs()
    texts = {o: "bbl,sale_price\n" + "".join(f"{bbl},{price}\n" for bbl, price in rows[o]) for o in OWNERS}
    holdings = {o: Holding(f"sales-{n}", SCHEMA, texts[o], declared) for n, o in enumerate(OWNERS, start=1)}
    with tempfile.TemporaryDirectory() as scratch, City(Path(scratch), holdings, patience_s=120.0) as city:
        for owner in OWNERS:
            city.allow(owner, 1_000_000, declared.period)
        asked = city.authorized(spec)
        noise = replace(NOISE, apart=(spec.holder, spec.evaluator))
        places = {o: {"guard": replace(city[o].workplace().guard, noise=noise)} for o in OWNERS}
        start, job = time.monotonic(), city.propose(asked)
        finished = city.run(asked, job, places=places)
        assert finished is not None, city["audit-office"].said(job)
        seconds = time.monotonic() - start
        cut = [sum(truncated(city, owner, asked)) for owner in OWNERS]
    truth = [sum(price for _, price in rows[owner] if price >= 1000) for owner in OWNERS]
    released = int(finished.release.document["cells"]["sum"])
    all_rows, kept = (sum(w * x for w, x in zip(chosen.weights, sums, strict=True)) for sums in (truth, cut))
    told = kind_of(asked).estimate()
    print(f"{told.micro_rho} micro-rho, epsilon {told.epsilon_milli / 1000} at 2^{told.delta_log2}; {seconds:.1f} s")
    print(f"all rows {all_rows}, truncated {kept}, released {released}, noise {released - kept}")
    beside = next(error for error in estimate(masked, len(OWNERS)).expected if error.name == "sum")
    print(f"told deviation {told.expected[0].deviation:.0f}; of masked sums at this cost {beside.deviation:.0f}")
    primitives()


def primitives() -> None:
    """Time key, encryption, weighted sum of five and decryption at the most slots."""
    times, figures = {}, list(range(SLOTS))
    start = time.perf_counter()
    key = KeyHolder()
    context = parse_context(key.public)
    times["key"], start = time.perf_counter() - start, time.perf_counter()
    pieces = [(1, context.encrypt(figures)) for _ in OWNERS]
    times["five encryptions"], start = time.perf_counter() - start, time.perf_counter()
    total = context.weighted_sum(pieces, SLOTS)
    times["weighted sum"], start = time.perf_counter() - start, time.perf_counter()
    key.noised_totals(total, [(0, 5 * SLOTS)] * SLOTS, [0] * SLOTS)
    times["decryption"] = time.perf_counter() - start
    print(", ".join(f"{name} {1000 * seconds:.0f} ms" for name, seconds in times.items()))
    print(f"public key {len(key.public)} bytes, ciphertext {len(pieces[0][1])}, sum {len(total)}")


if __name__ == "__main__":
    main()
