"""Specifications of every statistic, for readers that must agree on what each of them asks."""

from __future__ import annotations

from dataclasses import replace

import ckksspecs
import specs
import verticaltown
from jobtownspecs import join_spec, sums_spec
from privatejoins import private_join
from privatespecs import private

from mpc.privacy.declaration import UnitsAt
from mpc.privacy.joined import JoinCosts

SPECS = [
    specs.sums(),
    specs.sums(edges=()),
    specs.table(),
    specs.table(edges=()),
    replace(specs.table(), outputs=("variance", "histogram")),
    specs.product(),
    specs.product(grouped=True),
    specs.join(),
    specs.join(grouped=False),
    specs.percentiles(),
    specs.aligned(),
    specs.aligned(counted=True, told=("court",)),
    specs.matched(),
    specs.matched(counted=True),
    specs.percentiles((10,), owners=3),
    ckksspecs.weighted(),
    ckksspecs.weighted(grouped=True, units_at=UnitsAt.SEVERAL, low=-700),
    sums_spec(),
    join_spec(),
    replace(join_spec(), sums=()),
    replace(sums_spec(), prime_group="sm2"),
    replace(join_spec(), prime_group="sm2"),
    private(),
    private(("count", "variance"), grouped=True, owners=5, colluders=2, units_at=UnitsAt.SEVERAL),
    private(("histogram",), edges=(-5, 10, 100), low=-5, max_rows=7, cost=3_000_000),
    private(("sum",), owners=15, low=-9000, high=20, cost=1),
    private_join(),
    private_join(groups=(), costs=JoinCosts(1, 500_000, {})),
    replace(private_join(), epsilon_milli=100, delta_log2=-40, prime_group="sm2"),
    specs.grouped_join(),
    specs.grouped_join(grouped=False),
    specs.join_of_lists(),
    specs.join_of_lists(lists=3, grouped=False),
    verticaltown.asked(),
    verticaltown.asked(("bank", "tax"), key_bits=3072),
    verticaltown.scores(bytes(32)),
]
