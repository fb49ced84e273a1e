"""The join's gate at 0, 1, k - 1, k and k + 1, in every group of prime order and for k up to 100."""

import pytest

from mpc.groups import suites
from mpc.protocols.join import descriptor

HOLDER, LISTER, OFFICE = "finance", "tax", "office"


def run(kit, k, group, matches):
    """Run over one group of rows a count; answer the join and the three outcomes."""
    table = kit.table_of(**{f"g{count}": count for count in matches})
    join = kit.with_terms(groups=tuple(table), minimum=k, prime_group=suites.named(group))
    return join, join.run(table, kit.listed(table)), table


@pytest.mark.parametrize(
    ("k", "group", "matches"),
    [
        (1, "ristretto255", (0, 1, 2)),
        (10, "ristretto255", (0, 1, 9, 10, 11)),
        (100, "ristretto255", (0, 99, 100, 101)),
        (1, "sm2", (0, 1)),
        (10, "sm2", (0, 9, 10)),
        pytest.param(100, "sm2", (99, 100), marks=pytest.mark.slow),
    ],
)
def test_a_group_opens_from_the_minimum_on(kit, k, group, matches):
    join, outcomes, table = run(kit, k, group, matches)
    opens = {str(count): count >= k for count in matches}
    assert outcomes[HOLDER].passed == outcomes[LISTER].passed == opens
    plain = kit.plain_join(table, kit.listed(table))
    found = {g: (c.keys, c.rows, c.sums[0]) for g, c in outcomes[OFFICE].cells.items()}
    assert found == {g: plain[g] for g, is_open in opens.items() if is_open}
    padded = descriptor.padded(join.terms, [len(table[g]) for g in join.terms.groups], len(kit.listed(table)))
    declared = descriptor.public(join.terms) | padded
    sizes = join.sizes()
    assert {place: descriptor.DESCRIPTOR.step(place[2]).bytes(declared) for place in sizes} == sizes


@pytest.mark.parametrize(("k", "group"), [(1, "ristretto255"), (100, "ristretto255"), (2, "sm2")])
def test_sizes_follow_from_the_terms_and_not_from_the_matches(kit, k, group):
    sizes = []
    for matching in (0, k):
        table = {"*": kit.table_of(g1=k)["1"]}  # the same keys; of them none or all are listed
        join = kit.with_terms(groups=("*",), minimum=k, prime_group=suites.named(group))
        keys = kit.listed(table, 20)[-20 - matching :]
        outcomes = join.run(table, keys + [f"x{i}" for i in range(k - matching)])
        assert outcomes[HOLDER].passed == {"*": matching >= k}
        sizes.append(join.sizes())
    assert sizes[0] == sizes[1]


def test_owners_with_another_group_do_not_agree(kit):
    join = kit.with_terms(groups=("*",), prime_group=suites.named("sm2"))
    other = kit.with_terms(groups=("*",))
    assert join.session(HOLDER).digest != other.session(HOLDER).digest
    assert join.terms.record()["prime_group"] == "sm2"
