"""Attacks on the join: each is refused or blind, and each succeeds in the test once its defence is taken away."""

import base64
from dataclasses import replace

import pytest

from contracts.evidence import statement
from ledger.errors import InvalidRecord, VerificationError
from mpc.groups.elgamal import ElGamal
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.protocols.join import gate, holder, lister, messages, office, opening
from mpc.protocols.private_join import Column, KeyTotals
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import drop
from mpc.stream import Stream

HOLDER, LISTER, OFFICE = "finance", "tax", "office"
ELGAMAL = ElGamal(RISTRETTO255)
SIGNATURE = 64
NO_ELEMENTS = {
    "identity": bytes(32),
    "not reduced": (2**255 - 19).to_bytes(32, "little"),
    "negative": (1).to_bytes(32, "little"),
    "no element": b"\x08" * 32,
}


def run(kit, join, **matches):
    table = kit.table_of(**matches)
    return join.run(table, kit.listed(table))


class TestGateBoundary:
    """Cells of 0, 1, 9, 10, 11 keys; a cell of 0 looks like one of 9."""

    def test_bits(self, kit):
        terms = {"groups": ("0", "1", "9", "10", "11")}
        outcomes = run(kit, kit.with_terms(**terms), g0=0, g1=1, g9=9, g10=10, g11=11)
        assert list(outcomes[HOLDER].passed.values()) == [False, False, False, True, True]
        assert set(outcomes[OFFICE].cells) == {"10", "11"}

    def test_transcripts_of_zero_and_nine_have_one_shape_and_share_no_block(self, kit):
        runs = [kit.with_terms(groups=("*",)) for _ in range(2)]
        for join, count in zip(runs, (0, 9), strict=True):
            join.job = bytes([count]) * 32
            keys = kit.table_of(g1=count)["1"]
            join.run({"*": keys}, [f"1-listed-{i}" for i in range(count)] + [f"x{i}" for i in range(20 - count)])
        assert runs[0].sizes() == runs[1].sizes()
        for step in (messages.GATE, messages.TESTS, messages.SUMS):
            for sender in {m.sender for m in runs[0].network.sent if m.step == step}:
                bodies = [join.sent(sender, step)[:-SIGNATURE] for join in runs]
                blocks = [{body[i : i + 32] for i in range(0, len(body), 32)} for body in bodies]
                assert not blocks[0] & blocks[1]
        for join in runs:
            assert join.sent(HOLDER, messages.BITS)[:1] == b"\0"

    def test_without_blinding_the_tests_tell_the_count(self):
        """Defence off: v - t unmultiplied. The key holder finds the distance to every threshold by search."""
        keys, source = ELGAMAL.generate_keys(Stream(bytes(32))), Stream(b"\1" * 32)
        count = ELGAMAL.encrypt(keys.public, 9, source)
        bare = [ELGAMAL.add_constant(count, -t) for t in range(10)]
        blinded = gate.threshold_tests(ELGAMAL, count, keys.public, 10, source)
        search = {RISTRETTO255.base(RISTRETTO255.scalar(v)): v for v in range(-50, 50)}

        def found(tests):
            return sorted(
                search[plain]
                for test in tests
                if (plain := RISTRETTO255.subtract(test.body, RISTRETTO255.multiply(keys.secret, test.mask))) in search
            )

        assert found(bare) == list(range(10))
        assert found(blinded) == [0]

    def test_without_shuffling_the_position_tells_the_count(self):
        keys, source = ELGAMAL.generate_keys(Stream(bytes(32))), Stream(b"\1" * 32)
        count = ELGAMAL.encrypt(keys.public, 4, source)

        def position(tests):
            return [ELGAMAL.is_zero(keys.secret, test) for test in tests].index(True)

        blindings = ELGAMAL.blindings(keys.public, 10, source)
        bare = [ELGAMAL.blind(ELGAMAL.add_constant(count, -t), blindings[t]) for t in range(10)]
        assert position(bare) == 4
        assert len({position(gate.threshold_tests(ELGAMAL, count, keys.public, 10, source)) for _ in range(60)}) > 5

    def test_an_owner_that_lies_about_a_bit_ends_the_run(self, kit, monkeypatch):
        honest, liar = gate.reaches, []

        def reaches(encryption, keys, tests):
            liar.append(keys)
            return honest(encryption, keys, tests) or keys is liar[0]

        monkeypatch.setattr(gate, "reaches", reaches)  # whichever owner comes first lies throughout
        join = kit.Join()
        outcomes = run(kit, join, g1=9, g2=12, g3=12)
        assert any(isinstance(o, Misbehaviour) and o.step == messages.BITS for o in outcomes.values())
        assert messages.SHARE not in {m.step for m in join.network.sent}


class TestDifferencing:
    """A group that an owner's audit withholds looks to everybody else like one that an empty set would give."""

    def test_withheld_by_decision_or_by_the_gate_gives_one_size(self, kit):
        table = kit.table_of(g1=12, g2=12, g3=12)
        by_decision = kit.Join(decide={HOLDER: lambda bits: kit.open_all(bits) - {"2"}})
        released = by_decision.run(table, kit.listed(table))[OFFICE]
        empty = kit.Join()
        keys = [key for key in kit.listed(table) if not key.startswith("2-")]
        other = empty.run(table, [*keys, *(f"more-{i}" for i in range(12))])[OFFICE]
        assert released.withheld == other.withheld == ("2",)
        shares = [join.sizes()[(LISTER, OFFICE, messages.SHARE)] for join in (by_decision, empty)]
        assert shares[0] == shares[1]

    def test_opening_grouped_and_whole_would_give_the_hidden_cell(self, kit):
        """Defence off: with no audit over both jobs, the total less the opened groups is the withheld group."""
        table = kit.table_of(g1=12, g2=9, g3=12)
        keys = kit.listed(table)
        grouped = kit.Join().run(table, keys)[OFFICE]
        whole = {"*": {key: totals for group in table.values() for key, totals in group.items()}}
        total = kit.with_terms(groups=("*",)).run(whole, keys)[OFFICE]
        rest = total.cells["*"].sums[0] - sum(cell.sums[0] for cell in grouped.cells.values())
        assert rest == kit.plain_join(table, keys)["2"][2]


class TestHiddenCell:
    """The share of a withheld group leaves neither owner in any form, so nobody can put it together."""

    @staticmethod
    def encodings(value: int, width: int) -> list[bytes]:
        raw = value.to_bytes(width, "big")
        shortest = value.to_bytes(-(-value.bit_length() // 8), "big")
        forms = {raw, raw[::-1], shortest, shortest[::-1]}
        forms |= {form.hex().encode() for form in forms} | {str(value).encode()}
        for form in (raw, shortest):
            for pad in range(3):  # the three alignments, without the characters that mix in neighbours
                text = base64.b64encode(bytes(pad) + form)
                forms.add(text[4 : len(text) - 4])
        return [form for form in forms if len(form) >= 6]

    @pytest.fixture
    def shares(self, monkeypatch):
        """Spy on what each owner holds at the end, before blanks replace the hidden cells."""
        held, honest = {}, opening.open_shares

        def spy(run, passed, opened, shares):
            held[run.session.me] = shares
            return honest(run, passed, opened, shares)

        monkeypatch.setattr(holder, "open_shares", spy)
        monkeypatch.setattr(lister, "open_shares", spy)
        return held

    def test_shares_of_the_hidden_cell_are_nowhere(self, kit, shares):
        join = kit.Join()
        run(kit, join, g1=9, g2=12, g3=12)
        hidden = [shares[HOLDER][0], shares[LISTER][0]]
        everything = b"".join(m.body for m in join.network.sent)
        for values in (*hidden, tuple(y - m for y, m in zip(*hidden, strict=True))):
            for value, width in zip(values, join.terms.slots.widths, strict=True):
                for form in self.encodings(value, -(-width // 8)) if value.bit_length() > 40 else ():
                    assert form not in everything

    def test_shares_of_an_opened_cell_are_found_by_the_same_search(self, kit, shares):
        join = kit.Join()
        run(kit, join, g1=9, g2=12, g3=12)
        everything = b"".join(m.body for m in join.network.sent)
        for party in (HOLDER, LISTER):
            widths = join.terms.slots.widths
            assert any(
                form in everything
                for value, width in zip(shares[party][1], widths, strict=True)
                for form in self.encodings(value, -(-width // 8))
            )

    def test_if_the_shares_left_the_hidden_cell_would_be_known(self, kit, shares):
        """Defence off: the recipient gets both shares of the closed group and subtracts."""
        table = kit.table_of(g1=9, g2=12, g3=12)
        kit.Join().run(table, kit.listed(table))
        cell = tuple(y - m for y, m in zip(shares[HOLDER][0], shares[LISTER][0], strict=True))
        assert cell == kit.plain_join(table, kit.listed(table))["1"]

    def test_one_share_alone_is_uniform(self, kit, shares):
        """Partial opening: 12 jobs with the same true cell show whoever holds one share unrelated numbers."""
        seen = []
        for job in range(12):
            join = kit.Join(job=bytes([job]) * 32, intercept=drop(LISTER, messages.SHARE))
            outcomes = run(kit, join, g1=12, g2=12, g3=12)
            assert isinstance(outcomes[OFFICE], ChannelTimeout)
            seen.append(shares[HOLDER][0][0] >> (join.terms.slots.widths[0] - 9))  # the top byte of the mask
        assert len(set(seen)) > 8

    def test_masks_cover_every_declared_value(self, kit):
        """Defence off: a mask no longer than the value leaves its size visible; the declared one is 40 bits longer."""
        for bits, width in zip(kit.terms.slots.values, kit.terms.slots.widths, strict=True):
            assert width == bits + 41


class TestSmallSets:
    @pytest.mark.parametrize(("matching", "sold", "listed"), [(1, 1, 1), (0, 1, 1), (0, 20, 20), (1, 20, 1)])
    def test_tiny_inputs_are_withheld_behind_normal_sizes(self, kit, matching, sold, listed):
        join, normal = (kit.with_terms(groups=("*",), group_unit=64) for _ in range(2))
        keys = {f"k{i}": v for i, v in enumerate(list(kit.table_of(g1=sold)["1"].values())[:sold])}
        names = [f"k{i}" for i in range(matching)] + [f"x{i}" for i in range(listed - matching)]
        released = join.run({"*": keys}, names)[OFFICE]
        assert released.cells == {}
        ordinary = dict(list(kit.table_of(g1=20)["1"].items())[:20])
        assert normal.run({"*": ordinary}, list(ordinary)[:18])[OFFICE].cells["*"].keys == 18
        assert join.sizes() == normal.sizes()

    def test_without_padding_the_sizes_tell_how_small_a_set_is(self, kit):
        """Defence off: bare rows are as many as there are keys."""
        bare = {n: len(messages.encode_rows([[bytes(32)] * n])) for n in (1, 2, 20)}
        assert len(set(bare.values())) == 3
        assert kit.terms.group_size(1) == kit.terms.group_size(2)

    def test_full_intersection_is_released(self, kit):
        keys = kit.table_of(g1=20)["1"]
        released = kit.with_terms(groups=("*",)).run({"*": keys}, list(keys))[OFFICE]
        assert released.cells["*"].keys == len(keys)

    def test_padded_match_count_does_not_show_in_sizes(self, kit):
        """The number of dummies differs from seed to seed, the messages' sizes do not."""
        dummies, sizes = set(), []
        for number in range(6):
            join = kit.Join(seeds=dict.fromkeys(kit.parties, bytes([number]) * 32))
            run(kit, join, g1=12, g2=12, g3=12)
            sizes.append(join.sizes())
            source = join.session(HOLDER).randomness().stream("join dummies 0")
            dummies.add(join.terms.noise.dummies(source))
        assert len(dummies) > 2
        assert all(size == sizes[0] for size in sizes)


class TestOverflow:
    def test_sums_beyond_64_bits_are_exact(self, kit):
        """Prices in cents squared: naive 64-bit sums would wrap."""
        column = (Column("square", 0, 2**70),)
        keys = {f"k{i}": KeyTotals(1, (2**70 - i,)) for i in range(12)}
        released = kit.with_terms(groups=("*",), columns=column).run({"*": keys}, list(keys))[OFFICE]
        exact = 12 * 2**70 - 66
        assert released.cells["*"].sums == (exact,)
        assert exact % 2**64 != exact  # what a wrapped sum would have given

    def test_slots_that_the_key_cannot_hold_are_refused(self, kit):
        columns = tuple(Column(f"c{i}", 0, 2**90) for i in range(3))
        with pytest.raises(InvalidRecord, match="slots take"):
            kit.with_terms(columns=columns)


class TestResultCommitment:
    def test_owners_keep_no_figure(self, kit):
        table = kit.table_of(g1=12, g2=12, g3=12)
        outcomes = kit.Join().run(table, kit.listed(table))
        for owner in (HOLDER, LISTER):
            stored = repr(outcomes[owner])
            for cell in outcomes[OFFICE].cells.values():
                assert str(cell.sums[0]) not in stored

    def test_figures_match_the_commitment_and_other_figures_do_not(self, kit):
        join = kit.Join()
        outcomes = run(kit, join, g1=12, g2=12, g3=12)
        released = outcomes[OFFICE]
        document = office.figures(join.terms, released.cells)
        assert statement.commit(released.session, released.salt, document) == outcomes[HOLDER].commitment
        fewer = dict(list(released.cells.items())[1:])
        other = office.figures(join.terms, fewer)
        assert statement.commit(released.session, released.salt, other) != released.commitment

    def test_salt_is_long_and_without_it_a_small_table_is_guessed(self, kit):
        join = kit.with_terms(groups=("*",), columns=())
        table = {"*": {k: KeyTotals(1, ()) for k in kit.table_of(g1=12)["1"]}}
        released = join.run(table, kit.listed(kit.table_of(g1=12)))[OFFICE]
        assert len(released.salt) == 32
        with pytest.raises(ValueError, match="32 bytes"):
            statement.commit(released.session, b"", {})

        def guess(salt):
            return [
                n
                for n in range(1, 100)
                if statement.commit(released.session, salt, office.figures(join.terms, {"*": office.Cell(n, n, ())}))
                == released.commitment
            ]

        assert guess(released.salt) == [12]  # defence off: whoever has the salt finds the figure by search
        assert guess(bytes(32)) == []

    def test_signed_shares_add_up_to_the_figures_again(self, kit):
        join = kit.Join()
        released = run(kit, join, g1=12, g2=9, g3=12)[OFFICE]
        shares = [messages.decode_share(released.shares[p].body, join.terms) for p in (HOLDER, LISTER)]
        assert office.open_cells(join.terms, *shares) == released.cells
        for party in (HOLDER, LISTER):
            digest = opening.share_digest(released.session, party, released.shares[party].body)
            assert digest == released.share_digests[party]

    def test_office_refuses_shares_of_different_openings(self, kit):
        join = kit.Join()
        released = run(kit, join, g1=12, g2=12, g3=12)[OFFICE]
        shares = [messages.decode_share(released.shares[p].body, join.terms) for p in (HOLDER, LISTER)]
        other = messages.OwnerShare(shares[1].salt, shares[1].transcript, (True, True, False), shares[1].values)
        with pytest.raises(Misbehaviour):
            office.open_cells(join.terms, shares[0], other)

    @pytest.mark.parametrize(
        "shift", [(-3, 0, 0), (400, 0, 0), (0, -(10**6), 0), (0, 4000, 0), (0, 0, 2**44), (0, 0, -(2**44))]
    )
    def test_figures_outside_their_declared_bounds_are_not_released(self, kit, shift):
        """An owner that shifts its share: below the minimum, more keys than rows, negative, over the bound."""
        join = kit.Join()
        released = run(kit, join, g1=12, g2=12, g3=12)[OFFICE]
        holder_share, lister_share = (
            messages.decode_share(released.shares[p].body, join.terms) for p in (HOLDER, LISTER)
        )
        first = tuple(y + s for y, s in zip(holder_share.values[0], shift, strict=True))
        forged = replace(holder_share, values=(first, *holder_share.values[1:]))
        with pytest.raises(VerificationError, match="bounds"):
            office.open_cells(join.terms, forged, lister_share)

    def test_closed_cells_that_are_not_blank_are_refused(self, kit):
        join = kit.Join()
        released = run(kit, join, g1=9, g2=12, g3=12)[OFFICE]
        body = released.shares[HOLDER].body
        assert messages.decode_share(body, join.terms)
        first_cell = 64 + len(join.terms.groups)
        with pytest.raises(InvalidRecord, match="blank"):
            messages.decode_share(body[:first_cell] + b"\1" + body[first_cell + 1 :], join.terms)
