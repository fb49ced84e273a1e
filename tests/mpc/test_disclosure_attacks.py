"""Ways around the arithmetic of the audit: each one is carried out on a small table, then refused.

``select`` alone is the structural audit, as it would be without the rules that compare whole questions; where it lets
an attack through, the recipient's arithmetic is done on the answers.
"""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from specs import cells, join, source, sums
from unknowns import Unknowns

from ledger.errors import NotAuthorized
from mpc.disclosure.before import audit
from mpc.disclosure.before.audit import require_answerable, select
from mpc.disclosure.before.history import Answer, Outcome
from mpc.disclosure.before.precedent import require_consistent
from mpc.disclosure.region import Cell, Region, Span
from mpc.disclosure.tables.interval import extents
from mpc.spec.parts import Grouping, Interval, OneOf

SALES = {asset: [1000 + 7 * i for i in range(20 + n)] for n, asset in enumerate("abcd")}
"""Four registrars' prices: 20, 21, 22 and 23 rows."""


def asked(spec, assets=None):
    return cells(spec, [s.asset for s in spec.sources] if assets is None else assets)


def outcomes(found, opened=None, below=()):
    """What a journal holds of these cells; all opened unless said otherwise."""
    opened = {cell.name for cell in found} - set(below) if opened is None else opened
    states = {name: Outcome.OPENED for name in opened} | dict.fromkeys(below, Outcome.BELOW)
    return [Answer(cell.region, cell.base, states.get(cell.name, Outcome.PASSED)) for cell in found]


def names(found):
    return tuple(cell.name for cell in found)


def bypassed(history, found):
    """What the structural audit alone would open if every cell passed."""
    return select(history, found, frozenset(names(found)))


def total(assets, low=1000, high=None):
    spec = replace(sums(edges=()), sources=tuple(source(f"registrar-{asset}", asset) for asset in "abcd"))
    return asked(replace(spec, filters=(Interval("sale_price", low, high),)), assets)


def counted(found, among=SALES):
    """The figure the recipient gets for a sum's only cell."""
    span = dict(found[0].region.sides)["row.sale_price"]
    return sum(span.low <= price for asset in found[0].region.assets for price in among[asset])


# --- a retry with fewer members ------------------------------------------------------------------------------------


def test_the_rows_of_a_retry_are_those_of_its_members():
    three, four = total("abc"), total("abcd")
    assert three[0].region.assets == frozenset("abc")
    assert counted(four) - counted(three) == len(SALES["d"])  # the recipient's subtraction


def test_after_three_members_all_four_are_refused_and_the_three_are_not():
    history = outcomes(total("abc"))
    with pytest.raises(NotAuthorized, match="disclosure: rows of an asset were tested together with other assets"):
        require_answerable(history, total("abcd"))
    require_answerable(history, total("abc"))
    with pytest.raises(NotAuthorized, match="cannot answer"):
        total("")
    with pytest.raises(NotAuthorized, match="cannot answer"):
        total("abe")


# --- sums over changing sets of owners -----------------------------------------------------------------------------


FANO = ("abd", "bce", "cdf", "deg", "efa", "fgb", "gac")
"""Seven triples of seven owners: any two share one owner, each owner is in three, and together they are independent."""


def test_seven_triples_isolate_every_owner_although_no_journal_shows_it():
    journals = {owner: [] for owner in "abcdefg"}
    questions = {triple: one(0, None, asset=triple) for triple in FANO}
    for triple, found in questions.items():
        assert all(bypassed(journals[owner], found) == ("count",) for owner in triple)
        for owner in triple:
            journals[owner] += outcomes(found)
    rows = dict(zip("abcdefg", range(20, 27), strict=True))
    figures = [sum(rows[owner] for owner in triple) for triple in FANO]
    system = np.array([[owner in triple for owner in "abcdefg"] for triple in FANO], dtype=float)
    assert np.linalg.solve(system, figures).round().astype(int).tolist() == list(rows.values())
    for triple in FANO[1:]:
        shared = set(triple) & set(FANO[0])
        with pytest.raises(NotAuthorized, match="other assets"):
            require_answerable(outcomes(questions[FANO[0]]), questions[triple])
        assert len(shared) == 1  # the one owner that saw both, and refuses


def test_every_owner_of_the_first_set_refuses_the_second():
    journals = {owner: outcomes(total("abc")) for owner in "abc"} | {"d": []}
    for triple in list(combinations("abcd", 3))[1:]:
        for owner in set(triple) - {"d"}:
            with pytest.raises(NotAuthorized, match="other assets"):
                require_answerable(journals[owner], total(triple))


def test_another_set_is_refused_even_if_only_a_part_of_the_rows_overlaps():
    history = outcomes(total("abc", 1000, 5000), below=["count"])
    with pytest.raises(NotAuthorized, match="other assets"):
        require_answerable(history, total("abd", 4999, 9000))
    require_answerable(history, total("abd", 5000, 9000))  # no row stands in both


def begun(cells_of_a_job):
    return [Answer(cell.region, cell.base, Outcome.TESTED) for cell in cells_of_a_job]


def test_an_attempt_whose_bits_may_be_known_is_retried_with_the_same_members_only():
    history = begun(total("abcd"))
    require_answerable(history, total("abcd"))
    for other in ("abc", "bcd", "ab"):
        with pytest.raises(NotAuthorized, match="other assets"):
            require_answerable(history, total(other))
    with pytest.raises(NotAuthorized, match="isolate rows"):
        require_answerable(history, total("abcd", 1001))  # its owners may know the first one's bit


def test_bits_over_changing_members_would_bound_what_is_hidden():
    """Three rows at each of four owners: all four pass, no three do. Nothing was opened, and yet."""
    known = Unknowns(pieces=4, minimum=10)
    known.learn(range(4), passed=True)
    every = extents(known.knowledge, [known.rows([0, 1, 2]), known.rows([3])])
    assert [(ends.low, ends.high) for ends in every] == [(0, None), (0, None)]
    for three in combinations(range(4), 3):
        known.learn(three, passed=False)
    hidden, one, whole = extents(known.knowledge, [known.rows([0, 1, 2]), known.rows([3]), known.rows(range(4))])
    assert (hidden.low, hidden.high) == (3, 9)
    assert (one.low, one.high) == (1, 7)
    assert (whole.low, whole.high) == (10, 12)


# --- joins ---------------------------------------------------------------------------------------------------------

PRICES = {f"k{i:02}": [1200 + i] for i in range(30)} | {"target": [1050, 2500]}
"""The holder's rows per key; every key is listed."""


def pair(*, low=1000, high=None, **changes):
    return asked(replace(join(grouped=False), filters=(Interval("sale_price", low, high),), **changes))


def keys(low, high=1 << 40):
    return sum(any(low <= price < high for price in prices) for prices in PRICES.values())


def swapped(low):
    straight = join(grouped=False)
    filters = (Interval("sale_price", low, None),)
    return asked(replace(straight, holder=straight.lister, lister=straight.holder, filters=(), lister_filters=filters))


def test_a_pair_with_its_roles_exchanged_is_the_same_rows_under_another_name():
    rows = {key: prices for key, prices in PRICES.items() if max(prices) < 2000} | {"target": [1050]}
    straight = sum(max(prices) >= 1002 for prices in rows.values())
    exchanged = sum(max(prices) >= 1100 for prices in rows.values())
    history = outcomes(pair(low=1002))
    assert bypassed(history, pair(low=1100)) == ()
    assert bypassed(history, swapped(1100)) == ("*",)
    assert straight - exchanged == 1  # the one key sold between 1002 and 1100
    with pytest.raises(NotAuthorized, match="joined with other filters, keys or roles"):
        require_answerable(history, swapped(1100))
    require_answerable(history, pair(low=1002))
    require_answerable(history, pair(low=1002, lister=source("works", "permits")))


def test_distinct_keys_do_not_add_up_over_filters():
    lower, upper, whole = pair(low=1000, high=2000), pair(low=2000), pair(low=1000)
    history = outcomes(lower)
    assert keys(1000, 2000) + keys(2000) - keys(1000) == 1  # the one key on both sides
    assert bypassed(history, whole) == ()
    # a base that is itself proven passes the structural audit: halves that were both answered, then the whole
    history += outcomes(upper)
    assert bypassed(history, whole) == ("*",)
    for question in (upper, whole):
        with pytest.raises(NotAuthorized, match="joined with other filters"):
            require_answerable(outcomes(lower), question)
    require_answerable(outcomes(lower), lower)


def test_the_list_s_filters_and_a_closed_join_count_too():
    early = pair(lister_filters=(Interval("year", None, 2020),))
    for history in (outcomes(early), outcomes(early, below=["*"])):
        with pytest.raises(NotAuthorized, match="joined with other filters"):
            require_answerable(history, pair(lister_filters=(Interval("year", 2020, None),)))
        require_answerable(history, early)


def test_groups_of_one_question_are_no_other_question():
    history = outcomes(asked(join()))
    require_consistent(history, asked(join(grouped=False)))
    require_consistent(history, asked(join(groups=tuple("123"))))
    require_consistent(history, asked(replace(join(), grouping=Grouping("zone", ("x", "y")))))


def test_a_join_over_another_key_counts_other_rows_and_is_refused():
    """One sale has a listed owner and no listed parcel; as equal regions the two totals would both be opened."""
    rows = [(f"p{i}", f"o{i}") for i in range(30)] + [("elsewhere", "o99")]
    parcels, owners = {f"p{i}" for i in range(30)}, {f"o{i}" for i in range(30)} | {"o99"}
    assert len({o for _, o in rows if o in owners}) - len({p for p, _ in rows if p in parcels}) == 1
    by_parcel, by_owner = asked(join()), asked(replace(join(), holder_key="owner", lister_key="owner"))
    same = [Cell(cell.name, old.region, old.base) for cell, old in zip(by_owner, by_parcel, strict=True)]
    assert bypassed(outcomes(by_parcel), same) == tuple("12345")
    require_answerable(outcomes(by_parcel), same)  # as it was without the keys
    with pytest.raises(NotAuthorized, match="keys or roles"):
        require_answerable(outcomes(by_parcel), by_owner)
    require_answerable(outcomes(by_parcel), by_parcel)


def test_key_columns_cannot_be_spelled_like_others():
    one_way = asked(replace(join(), holder_key='x","y', lister_key="z"))
    other = asked(replace(join(), holder_key="x", lister_key='y","z'))
    assert one_way[0].region != other[0].region


# --- attributes ----------------------------------------------------------------------------------------------------


def test_a_column_cannot_pass_for_an_asset_or_a_list():
    narrowed = pair()[0].region
    for name in ("asset", "in:rent-stabilised"):
        posing = asked(replace(join(grouped=False), filters=(OneOf(name, ("sales-2019",)),)))[0].region
        assert posing.assets == narrowed.assets
        assert posing.lists == narrowed.lists
        assert dict(posing.sides)[f"row.{name}"] == frozenset({"sales-2019"})


def one(low, high, asset="y"):
    region = Region.of({"asset": frozenset(asset), "row.code": Span(low, high)})
    return (Cell("count", region, region),)


def test_a_column_used_as_number_and_text_is_refused_instead_of_hiding_its_ranges():
    """With ranges dropped, [0,100) and [1,100) fell into the same atoms; their difference is the row with code 0."""
    rows = [0, *range(1, 60)]
    assert sum(0 <= code < 100 for code in rows) - sum(1 <= code < 100 for code in rows) == 1
    region = Region.of({"asset": frozenset({"y"}), "row.code": frozenset({"t"})})
    text = [Answer(region, region, Outcome.OPENED)]
    history = outcomes(one(0, 100))
    with pytest.raises(NotAuthorized, match="as a number and as a text"):
        require_answerable(history + text, one(1, 100))
    with pytest.raises(NotAuthorized, match="isolate rows"):
        require_answerable(history, one(1, 100))


def test_a_text_column_of_another_asset_changes_nothing():
    region = Region.of({"asset": frozenset({"x"}), "row.code": frozenset({"t"})})
    history = [*outcomes(one(0, 100)), Answer(region, region, Outcome.OPENED)]
    with pytest.raises(NotAuthorized, match="isolate rows"):
        require_answerable(history, one(1, 100))
    require_answerable(history, one(0, 100))


# --- gate bits -----------------------------------------------------------------------------------------------------


def test_a_cell_that_could_never_open_is_not_even_tested():
    """After a total of 12 the bit of the second group, at least ten, says: the first one has at most two."""
    history, groups = outcomes(asked(join(grouped=False))), asked(join(groups=("1", "2")))
    assert [size for size in range(13) if 12 - size >= 10] == [0, 1, 2]
    assert bypassed(history, groups) == ()
    with pytest.raises(NotAuthorized, match="isolate rows"):
        require_answerable(history, groups)
    require_answerable([], groups)


def test_a_histogram_beside_its_count_is_one_question_in_which_every_bin_could_open():
    require_answerable([], asked(sums()))
    wider = replace(sums(), filters=())  # a value below the first edge is an error, so no row lies there
    assert {cell.region for cell in asked(wider)} == {cell.region for cell in asked(sums())}


def ladder(high):
    region = Region.of({"asset": frozenset("abc"), "row.price": Span(1000, high)})
    return (Cell("count", region, region),)


def test_sliding_a_boundary_until_the_gate_opens_shows_one_row():
    """Nine prices up to 1040 and one of 1050: below at 1050, open with exactly ten at 1051."""
    prices = [*range(1000, 1045, 5), 1050, *range(2000, 2100)]
    bits = {high: sum(price < high for price in prices) >= 10 for high in range(1040, 1060)}
    first = min(high for high, bit in bits.items() if bit)
    assert [price for price in prices if price < first][9] == 1050 == first - 1
    history = outcomes(ladder(first - 1), below=["count"])
    assert bypassed([], ladder(first)) == ("count",)  # a node that forgets what it withheld
    for question in (ladder(first), ladder(first - 2), ladder(5000)):
        with pytest.raises(NotAuthorized, match="isolate rows"):
            require_answerable(history, question)
    require_answerable(history, ladder(first - 1))
    beside = Region.of({"asset": frozenset("abc"), "row.price": Span(first - 1, None)})
    require_answerable(history, [Cell("count", beside, beside)])


def test_a_hidden_cell_is_not_widened_by_other_groups_but_the_same_groups_may_be_asked_again():
    history = outcomes(asked(join()), below=["5"])
    wider = replace(join(), grouping=Grouping("zone", ("x", "y")))
    for question in (wider, join(grouped=False)):
        with pytest.raises(NotAuthorized, match="isolate rows"):
            require_answerable(history, asked(question))
    require_answerable(history, asked(join()))
    assert select(history, asked(join()), frozenset("1234")) == tuple("1234")


def test_a_cell_that_was_opened_after_all_is_not_hidden_any_more():
    low, high = ladder(2000), ladder(3000)
    history = outcomes(low, opened=())
    with pytest.raises(NotAuthorized, match="isolate rows"):
        require_consistent(history, high)
    require_consistent(history + outcomes(low), high)  # what remains is the structural audit's
    with pytest.raises(NotAuthorized, match="isolate rows"):
        require_answerable(history + outcomes(low), high)


def test_a_refusal_does_not_tell_whether_a_hidden_cell_passed():
    found, texts = asked(join()), set()
    for below in (["5"], []):
        with pytest.raises(NotAuthorized) as refused:
            require_answerable(outcomes(found, opened=set("1234"), below=below), asked(join(grouped=False)))
        texts.add(str(refused.value))
    assert len(texts) == 1


def test_a_count_with_a_closed_and_a_withheld_bin_can_be_asked_again_as_one_job():
    found = asked(sums())
    passed = frozenset(names(found)) - {"bin3"}
    opened = select([], found, passed)
    assert len(opened) == len(found) - 2
    history = outcomes(found, opened=set(opened), below=["bin3"])
    require_answerable(history, found)
    assert select(history, found, passed) == opened


# --- time ----------------------------------------------------------------------------------------------------------


def test_the_largest_histogram_is_audited_in_one_look():
    found = asked(sums(edges=tuple(range(1000, 1256))))
    require_answerable([], found)
    opened = select([], found, frozenset(names(found)) - {"bin3"})
    assert set(names(found)) - set(opened) == {"count", "bin3"}


def test_more_neighbours_than_the_bound_are_refused_and_questions_apart_from_them_are_not(monkeypatch):
    monkeypatch.setattr(audit, "MAX_NEIGHBOURS", 20)
    history = [answer for n in range(30) for answer in outcomes(one(10 * n, 10 * n + 10))]
    with pytest.raises(NotAuthorized, match="too many overlapping questions"):
        require_answerable(history, one(5, 295))
    require_answerable(history, one(50, 150))  # ten of them together
    require_answerable(history, one(300, 400))
    require_answerable(history, one(0, 10))
