"""The port to a group of prime order: one class of laws and refusals, run on every implementation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidRecord
from mpc.groups import suites
from mpc.groups.group import Group, InvalidElement, Scalar
from mpc.stream import Stream

TAG = b"TEST-V01"
SCALARS = st.integers(1, 2**251)


@pytest.fixture(params=list(suites.GROUPS))
def group(request: pytest.FixtureRequest) -> Group:
    return suites.GROUPS[request.param]


def invalid(group: Group) -> dict[str, bytes]:
    """Encodings of no element; how a second encoding looks is each group's own and tested with it."""
    size = group.element_bytes
    return {
        "empty": b"",
        "short": group.base(Scalar(7))[:-1],
        "long": group.base(Scalar(7)) + b"\0",
        "largest": b"\xff" * size,
        "largest of the first form": b"\x02" + b"\xff" * (size - 1),
        "negative": (1).to_bytes(size, "little"),
    }


class TestLaws:
    @given(a=SCALARS, b=SCALARS, name=st.sampled_from(sorted(suites.GROUPS)))
    @settings(max_examples=24, deadline=None)
    def test_exponents_commute_and_add(self, a: int, b: int, name: str) -> None:
        group = suites.named(name)
        point = group.hash_to_group(b"x", TAG)
        left, right = group.multiply(Scalar(a), point), group.multiply(Scalar(b), point)
        assert group.multiply(Scalar(b), left) == group.multiply(Scalar(a), right)
        assert group.add(left, right) == group.multiply_or_identity(group.scalar(a + b), point)
        assert group.subtract(group.add(left, right), right) == left

    def test_addition_is_associative_commutative_and_has_inverses(self, group: Group) -> None:
        a, b, c = (group.base(Scalar(k)) for k in (3, 5, 77))
        assert group.add(group.add(a, b), c) == group.add(a, group.add(b, c))
        assert group.add(a, b) == group.add(b, a)
        assert group.add(a, a) == group.base(Scalar(6))
        assert group.subtract(a, a) == group.identity
        assert group.add(a, group.subtract(group.identity, a)) == group.identity

    def test_identity_is_neutral(self, group: Group) -> None:
        a = group.base(Scalar(3))
        assert group.add(a, group.identity) == group.add(group.identity, a) == a
        assert group.subtract(a, group.identity) == a
        assert group.add(group.identity, group.identity) == group.identity
        assert group.base(Scalar(0)) == group.identity

    def test_order_is_prime_and_every_element_has_it(self, group: Group) -> None:
        assert pow(2, group.order - 1, group.order) == 1
        hashed, drawn = group.hash_to_group(b"any", TAG), group.random_element(Stream(bytes(32)))
        for element in (group.base(Scalar(1)), hashed, drawn):
            last = group.multiply(Scalar(group.order - 1), element)
            assert last != element
            assert group.add(last, element) == group.identity

    def test_batch_and_prepared_multiplications_equal_single_ones(self, group: Group) -> None:
        points = [group.hash_to_group(bytes([i]), TAG) for i in range(4)]
        assert group.multiply_all(Scalar(99), points) == [group.multiply(Scalar(99), p) for p in points]
        times = group.multiplier(points[0])
        large = Scalar(group.order - 2)
        assert [times(Scalar(k)) for k in (1, 2, 99)] == [group.multiply(Scalar(k), points[0]) for k in (1, 2, 99)]
        assert times(large) == group.multiply(large, points[0])
        assert times(Scalar(0)) == group.identity

    def test_scalars_are_reduced_and_taken_as_they_are(self, group: Group) -> None:
        point = group.hash_to_group(b"x", TAG)
        assert group.multiply(Scalar(2), point) == group.add(point, point)
        assert group.scalar(-1) == group.order - 1
        assert group.scalar(group.order) == 0


class TestHashing:
    def test_another_message_or_tag_gives_another_element(self, group: Group) -> None:
        first = group.hash_to_group(b"key", TAG)
        assert first == group.hash_to_group(b"key", TAG)
        assert len({first, group.hash_to_group(b"kez", TAG), group.hash_to_group(b"key", TAG + b"2")}) == 3
        assert group.decode_element(first) == first
        with pytest.raises(ValueError, match=r"1\.\.255"):
            group.hash_to_group(b"key", b"")

    def test_random_scalars_and_elements_follow_from_the_source(self, group: Group) -> None:
        assert group.random_scalar(Stream(bytes(32))) == group.random_scalar(Stream(bytes(32)))
        assert 0 < group.random_scalar(Stream(bytes(32))) < group.order
        first = group.random_element(Stream(bytes(32)))
        assert first == group.random_element(Stream(bytes(32)))
        assert first != group.random_element(Stream(b"\1" * 32))
        assert group.decode_element(first) == first


class TestEncodings:
    def test_elements_have_one_length_and_survive_decoding(self, group: Group) -> None:
        for k in (1, 2, 3, group.order - 1):
            element = group.base(Scalar(k))
            assert len(element) == group.element_bytes
            assert group.decode_element(element) == element

    def test_identity_is_refused_from_outside_and_allowed_where_ciphertexts_may_cancel(self, group: Group) -> None:
        assert len(group.identity) == group.element_bytes
        for refused in (group.decode_element, lambda e: group.multiply(Scalar(3), e), group.multiplier):
            with pytest.raises(InvalidElement):
                refused(group.identity)
        with pytest.raises(InvalidElement):
            group.multiply_all(Scalar(3), [group.base(Scalar(7)), group.identity])
        assert group.multiply_or_identity(Scalar(3), group.identity) == group.identity
        assert group.multiply_or_identity(Scalar(0), group.base(Scalar(7))) == group.identity

    @pytest.mark.parametrize("name", ["empty", "short", "long", "largest", "largest of the first form", "negative"])
    def test_invalid_encodings_are_refused_everywhere(self, group: Group, name: str) -> None:
        bad, good = invalid(group)[name], group.base(Scalar(7))
        refused = (
            group.decode_element,
            group.multiplier,
            lambda e: group.multiply(Scalar(5), e),
            lambda e: group.multiply_all(Scalar(5), [good, e]),
            lambda e: group.multiply_or_identity(Scalar(5), e),
            lambda e: group.add(good, e),
            lambda e: group.subtract(e, good),
        )
        for call in refused:
            with pytest.raises(InvalidElement):
                call(bad)

    def test_random_bytes_decode_to_themselves_or_are_refused(self, group: Group) -> None:
        stream, refused = Stream(bytes(32)), 0
        for _ in range(200):
            candidate = stream.read(group.element_bytes)
            try:
                assert group.decode_element(candidate) == candidate
            except InvalidRecord:
                refused += 1
                with pytest.raises(InvalidElement):
                    group.multiply(Scalar(3), candidate)
        assert refused > 150


def test_a_group_is_found_by_its_name_only() -> None:
    assert suites.named("sm2") is suites.GROUPS["sm2"]
    assert suites.DEFAULT.name == "ristretto255"
    for unknown in ("", "SM2", "p256", "x" * 100):
        with pytest.raises(InvalidRecord, match="prime group"):
            suites.named(unknown)


def test_elements_of_one_group_are_none_of_the_other() -> None:
    first, second = suites.GROUPS.values()
    with pytest.raises(InvalidElement):
        first.decode_element(second.base(Scalar(5)))
    with pytest.raises(InvalidElement):
        second.decode_element(first.base(Scalar(5)))
