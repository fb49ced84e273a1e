"""What the join's defences are there for: each attack is carried out in whole runs that lack one of them."""

import pytest

from ledger.errors import NotAuthorized
from mpc.dummies import MatchNoise
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.protocols.join import holder, lister, messages, terms
from mpc.protocols.private_join import KeyTotals
from mpc.sessions.channel import Misbehaviour
from mpc.stream import Stream

HOLDER, LISTER, OFFICE = "finance", "tax", "office"
SIGNATURE = 64
ELEMENT_BYTES = RISTRETTO255.element_bytes


def cut(body, group=RISTRETTO255):
    """Take elements as they come, neither counted nor compared."""
    return [body[start : start + ELEMENT_BYTES] for start in range(0, len(body), ELEMENT_BYTES)]


class TestMatchCount:
    """7: what the lister counts in each group."""

    @pytest.fixture
    def counted(self, monkeypatch):
        found, honest = [], lister._add_matched

        def spy(run, sizes, matches, masks):
            starts = [sum(sizes[:place]) for place in range(len(sizes))]
            ends = [at + size for at, size in zip(starts, sizes, strict=True)]
            found.append([sum(m is not None for m in matches[s:e]) for s, e in zip(starts, ends, strict=True)])
            honest(run, sizes, matches, masks)

        monkeypatch.setattr(lister, "_add_matched", spy)
        return found

    def test_without_dummies_the_lister_counts_the_matches_of_every_group(self, kit, counted, monkeypatch):
        table = kit.table_of(g1=12, g2=3, g3=9)
        kit.Join().run(table, kit.listed(table))
        monkeypatch.setattr(MatchNoise, "dummies", lambda noise, source: 0)
        kit.Join().run(table, kit.listed(table))
        noised, bare = counted
        assert bare == [12, 3, 9]
        assert noised != bare


class TestSmallSets:
    """8: sets of one, and what hides them."""

    def sizes(self, kit, sold, listed):
        join = kit.with_terms(groups=("*",))
        join.run(
            {"*": {f"k{i}": KeyTotals(1, (1000,)) for i in range(sold)}},
            [f"x{i}" for i in range(listed)],
        )
        rows = len(join.sent(HOLDER, messages.ROWS)) - SIGNATURE - 4
        names = len(join.sent(LISTER, messages.LIST)) - SIGNATURE
        universe = join.terms.noise.universe
        return tuple(size // ELEMENT_BYTES - universe for size in (rows, names))

    def test_without_padding_a_run_shows_both_how_many_keys_the_other_has(self, kit, monkeypatch):
        assert self.sizes(kit, 1, 1) == self.sizes(kit, 3, 4)
        monkeypatch.setattr(terms, "padded", lambda count, unit: count)
        monkeypatch.setattr(messages, "decode_list", lambda body, _: cut(body))
        monkeypatch.setattr(
            messages,
            "decode_rows",
            lambda body, _: ([int.from_bytes(body[:4], "big")], cut(body[4:])),
        )
        assert self.sizes(kit, 1, 1) == (1, 1)
        assert self.sizes(kit, 3, 4) == (3, 4)

    def test_without_the_gate_an_intersection_of_one_is_opened(self, kit, monkeypatch):
        """Defence off: both owners take every group for large enough, and the shares give the one sale's price."""
        join, table = kit.with_terms(groups=("*",)), {"*": {"k0": KeyTotals(1, (1234,))}}
        assert join.run(table, ["k0"])[OFFICE].withheld == ("*",)
        for owner in (holder, lister):
            monkeypatch.setattr(owner, "run_gate", lambda run, keys, addends: (True,))
        unguarded = kit.with_terms(groups=("*",))
        unguarded.run(table, ["k0"])
        shares = [
            messages.decode_share(unguarded.sent(party, messages.SHARE)[:-SIGNATURE], unguarded.terms).values[0]
            for party in (HOLDER, LISTER)
        ]
        assert tuple(y - m for y, m in zip(*shares, strict=True)) == (1, 1, 1234)


class TestSizes:
    """9: a list many times the catalogue's."""

    TIMES = 6

    @pytest.fixture
    def flooded(self, kit, monkeypatch):
        honest, source = lister.blinded_list, Stream(b"\5" * 32)

        def blown_up(run, exponent, keys):
            body = honest(run, exponent, keys)
            more = (self.TIMES - 1) * len(body) // ELEMENT_BYTES
            return messages.sorted_elements([*cut(body), *(RISTRETTO255.random_element(source) for _ in range(more))])

        monkeypatch.setattr(lister, "blinded_list", blown_up)
        join = kit.with_terms(lister_keys=40, groups=("*",))
        return join, {"*": kit.table_of(g1=12)["1"]}, [f"1-listed-{i}" for i in range(12)]

    def test_without_the_bounds_the_holder_works_for_whatever_was_sent(self, flooded, monkeypatch):
        join, table, keys = flooded
        refused = join.run(table, keys)[HOLDER]
        assert isinstance(refused, Misbehaviour)
        assert refused.step == messages.LIST
        assert messages.RAISED not in {m.step for m in join.network.sent}
        monkeypatch.setattr(messages, "list_limit", lambda _: 1 << 30)
        monkeypatch.setattr(messages, "decode_list", lambda body, _: cut(body))
        join.run(table, keys)
        honest = join.terms.list_size(len(keys)) * ELEMENT_BYTES
        assert len(join.sent(HOLDER, messages.RAISED)) - SIGNATURE == self.TIMES * honest


class TestRepeatedElement:
    """10: one key in place of a whole group's padding makes the gate's bit say whether that key is listed."""

    @pytest.fixture(autouse=True)
    def repeating(self, monkeypatch):
        honest = holder._entries

        def repeated(run, index, keys):
            entries = honest(run, index, keys)
            return [entries[0]] * 12 + entries[12:]

        monkeypatch.setattr(holder, "_entries", repeated)
        monkeypatch.setattr(MatchNoise, "dummies", lambda noise, source: 0)  # the hostile holder sends none

    def ask(self, kit, target):
        join = kit.with_terms(groups=("*",))
        return join.run({"*": {target: KeyTotals(1, (1000,))}}, [f"listed-{i}" for i in range(20)])

    def test_without_the_check_of_repetition_the_bit_answers_for_one_key(self, kit, monkeypatch):
        refused = self.ask(kit, "listed-3")[LISTER]
        assert isinstance(refused, Misbehaviour)
        assert refused.step == messages.ROWS
        monkeypatch.setattr(messages, "distinct_elements", cut)
        assert self.ask(kit, "listed-3")[HOLDER].passed == {"*": True}
        assert self.ask(kit, "unlisted")[HOLDER].passed == {"*": False}


class TestRevocation:
    """23: the authorization ends while the join runs."""

    def run(self, kit, check):
        state = {"granted": True}

        def revoke(message):
            state["granted"] = state["granted"] and message.step != messages.SUMS
            return (message,)

        def decide(bits):
            if check and not state["granted"]:
                raise NotAuthorized("authorization: revoked")
            return kit.open_all(bits)

        join = kit.Join(decide={HOLDER: decide, LISTER: decide}, intercept=revoke)
        table = kit.table_of(g1=12, g2=12, g3=12)
        return join, join.run(table, kit.listed(table))

    def test_neither_owner_opens_after_it_and_both_do_if_they_looked_only_once(self, kit):
        join, outcomes = self.run(kit, check=True)
        assert all(isinstance(outcomes[owner], NotAuthorized) for owner in (HOLDER, LISTER))
        assert messages.SHARE not in {m.step for m in join.network.sent}
        _, outcomes = self.run(kit, check=False)
        assert set(outcomes[OFFICE].cells) == {"1", "2", "3"}
