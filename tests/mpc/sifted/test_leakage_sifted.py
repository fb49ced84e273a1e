"""A join with several lists tells each role what its descriptor declares: shapes, lengths, counts, and who may pool."""

from collections import Counter
from dataclasses import replace
from itertools import groupby

import pytest
from transcripts import Run, blocks, p_value, uniform_bytes

from mpc.dummies import MatchNoise
from mpc.protocols.descriptor import Leakage
from mpc.protocols.join import messages
from mpc.protocols.sifted import gate, lister
from mpc.protocols.sifted.descriptor import DESCRIPTOR, padded, public
from mpc.protocols.step import Kind, Step

HOLDER, TAX, HOUSING, OFFICE = "finance", "tax", "housing", "office"


@pytest.fixture
def play(kit):
    def run(table, lists, *, seed=bytes(32), vetoes=None) -> Run:
        decide = {party: (lambda bits, no=no: kit.open_all(bits) - no) for party, no in (vetoes or {}).items()}
        sifting = kit.Sifting(kit.terms_of(len(lists)), decide=decide, seed=seed)
        sifting.run(table, lists)
        owners, terms = sifting.terms.owners, sifting.terms
        sizes = padded(terms, [len(table.get(group, {})) for group in terms.groups])
        told = public(terms) | sizes | {"turns": 2 if vetoes else 1}
        return Run(
            DESCRIPTOR,
            {"owner": owners, "holder": owners[:1], "lister": owners[1:], "recipient": (OFFICE,)},
            sifting.network.views,
            sifting.network.sent,
            {HOLDER: "holder", OFFICE: "recipient"} | dict.fromkeys(owners[1:], "lister"),
            {"holder": told, "lister": told, "recipient": public(terms), "courier": told},
        )

    return run


@pytest.fixture
def first(kit, play):
    table = kit.table_of({"1": range(0, 12), "2": range(12, 20)})
    return play(table, [kit.names(range(0, 10), range(12, 16)), kit.names(range(2, 14))])


def test_inputs_that_agree_in_the_declared_outputs_have_one_transcript(kit, play, first):
    """Other keys, lists of other lengths, other pairs in common: the same bits and padded rows."""
    table = kit.table_of({"1": range(0, 11), "2": range(20, 27)})
    other = play(table, [kit.names(range(0, 4), range(20, 22)), kit.names(range(0, 60))], seed=b"\1" * 32)
    first.require_declared()
    other.require_declared()
    assert first.told() == other.told()


def test_three_lists_have_the_declared_shape_too(kit, play):
    lists = [kit.names(range(0, 9)), kit.names(range(0, 12)), kit.names(range(3, 15))]
    found = play(kit.table_of({"1": range(0, 12)}), lists, vetoes={TAX: {"1"}})
    found.require_declared()
    hops = [len(m.body) - 64 for m in found.sent if m.step == messages.RAISED]
    assert sorted(hops) == [n * min(hops) for n in (1, 2, 3)]  # each passes on one list less than it was handed


def test_what_looks_random_is(first):
    hidden = sorted(first.hidden(Kind.ELEMENT, Kind.SALT, Kind.TAG), key=lambda found: found[0].kind)
    for kind, found in groupby(hidden, lambda found: found[0].kind):
        data = b"".join(uniform_bytes(kind, part) for _, part in found)
        if len(data) >= 256 * 5:
            assert p_value(data) > 1e-6


def test_no_element_is_handed_on_as_it_came(first):
    """Every hop has new blinded rows and lists, in sorted order, and new ciphertexts."""
    for step in (messages.RAISED, messages.ROWS, messages.PAYLOADS):
        seen = Counter(
            block
            for message in first.sent
            if message.step == step
            for part, data in first.parts(message)
            if part.kind in (Kind.ELEMENT, Kind.CIPHERTEXT)
            for block in blocks(data)
        )
        assert set(seen.values()) == {1}


def curious(kit, monkeypatch, table, lists, noise=None):
    """What each owner of a list counts of its own matches, per group, as the rows pass it."""
    counted, honest = {}, lister._pass_rows

    def spy(run, place, exponent, own):
        rows = honest(run, place, exponent, own)
        left = iter(rows.matches)
        counted[run.session.me] = [sum(next(left) for _ in range(size)) for size in rows.sizes]
        return rows

    monkeypatch.setattr(lister, "_pass_rows", spy)
    if noise is not None:
        monkeypatch.setattr(MatchNoise, "dummies", lambda self, source: noise)
    kit.Sifting(kit.terms_of(len(lists))).run(table, lists)
    return counted


def test_without_dummies_each_lister_counts_its_own_matches_and_no_others(kit, monkeypatch):
    table = kit.table_of({"1": range(0, 12), "2": range(12, 20)})
    lists = [kit.names(range(0, 9)), kit.names(range(7, 14))]
    assert curious(kit, monkeypatch, table, lists, noise=0) == {TAX: [9, 0], HOUSING: [5, 2]}
    changed = [kit.names(range(20, 29)), lists[1]]  # another first list: the second lister sees no difference
    assert curious(kit, monkeypatch, table, changed, noise=0)[HOUSING] == [5, 2]


def test_every_way_of_being_on_the_lists_has_dummies_of_its_own(kit, monkeypatch):
    """One dummy a way and group: each of three lists is on four of the seven ways."""
    table, lists = kit.table_of({"1": range(0, 4)}), [kit.names(range(40, 45))] * 3
    assert set(map(tuple, curious(kit, monkeypatch, table, lists, noise=1).values())) == {(4, 4)}


def test_the_pooled_lists_show_a_noised_count_of_what_is_on_both(kit, monkeypatch):
    """Who joins the two listers' views by the order in which the first handed rows on: dummies are among those too."""
    views, honest = {}, lister._pass_rows

    def spy(run, place, exponent, own):
        views[run.session.me] = rows = honest(run, place, exponent, own)
        return rows

    monkeypatch.setattr(lister, "_pass_rows", spy)
    table, keys = kit.table_of({"1": range(0, 9)}), kit.names(range(0, 5))
    for noise, shown in ((0, 5), (3, 8)):
        monkeypatch.setattr(MatchNoise, "dummies", lambda self, source, noise=noise: noise)
        kit.Sifting(kit.terms_of(2, groups=("1",))).run(table, [keys, keys])
        handed = [views[TAX].matches[row] for row in views[TAX].order]
        assert sum(one and two for one, two in zip(handed, views[HOUSING].matches, strict=True)) == shown


def test_a_holder_that_pools_with_a_later_lister_learns_which_rows_the_first_list_has(kit, monkeypatch):
    """The limit that the descriptor states; without the holder's key the lister's view holds no zero to be seen."""
    secrets, terms = [], kit.terms_of(2)
    generate = type(terms.encryption).generate
    monkeypatch.setattr(
        type(terms.encryption), "generate", lambda self, source: secrets.append(generate(self, source)) or secrets[-1]
    )
    table = kit.table_of({"1": range(0, 9)})
    sifting = kit.Sifting(terms)
    sifting.run(table, [kit.names(range(0, 4)), kit.names(range(0, 1))])
    body, (secret,) = sifting.sent(TAX, messages.PAYLOADS)[:-64], secrets
    key = terms.encryption.public_key_bytes
    count = (len(body) - key) // terms.encryption.ciphertext_bytes
    found = secret.public.decode_ciphertexts(body[key:], count)[: -len(terms.groups)]
    sums = [terms.slots.unpack(secret.decrypt(c, bits=terms.slots.total)) for c in found]
    assert sorted(total for keys, _, total in sums if keys) == [100, 101, 102, 103]
    assert "with a later one it learns which of its rows" in " ".join(DESCRIPTOR.sentences("en"))


@pytest.mark.parametrize("leak", DESCRIPTOR.leakage)
def test_no_declared_leakage_can_be_left_out(leak: Leakage):
    with pytest.raises(ValueError, match="undeclared"):
        replace(DESCRIPTOR, leakage=tuple(other for other in DESCRIPTOR.leakage if other is not leak))


@pytest.mark.parametrize("step", [DESCRIPTOR.step(name) for name in (messages.RAISED, gate.ADDENDS, gate.SHUFFLED)])
def test_no_step_can_be_left_out(first, step: Step):
    short = replace(DESCRIPTOR, steps=tuple(other for other in DESCRIPTOR.steps if other is not step))
    with pytest.raises(AssertionError, match="than declared"):
        replace(first, descriptor=short).require_declared()
