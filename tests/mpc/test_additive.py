"""Additive encryption: sums are right, chosen ciphertexts meet the range guard, malformed ones are refused."""

import warnings
from math import gcd

import gmpy2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidRecord
from mpc.additive import schemes
from mpc.additive.djn import DamgardJurikNielsen, InsecureDamgardJurikNielsen
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama, OkamotoUchiyama
from mpc.additive.paillier import InsecurePaillier, Paillier
from mpc.additive.powers import power_table
from mpc.additive.residues import Residues
from mpc.additive.scheme import RangeGuard, encode_ciphertexts
from mpc.fields import Fields
from mpc.stream import Stream

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    SMALL = {
        "ou": InsecureOkamotoUchiyama(1024, 96),
        "paillier": InsecurePaillier(512),
        "djn": InsecureDamgardJurikNielsen(512, 96),
    }
KEYS = {name: parameters.generate(Stream(bytes(32))) for name, parameters in SMALL.items()}
STREAM = Stream(b"\1" * 32)

every_scheme = pytest.mark.parametrize("name", SMALL)


def modulus_of(name: str) -> int:
    n = KEYS[name].public.n
    return n if name == "ou" else n**2


def factor_of(name: str) -> int:
    return int(KEYS[name]._p if name == "ou" else KEYS[name]._residues.p)


class TestEveryScheme:
    @every_scheme
    @given(values=st.lists(st.integers(0, 2**180), min_size=1, max_size=5))
    @settings(max_examples=15, deadline=None)
    def test_sums_decrypt(self, name: str, values: list[int]) -> None:
        key = KEYS[name]
        total = key.public.mask(12345, STREAM)
        for value in values:
            total = key.public.add(total, key.encrypt(value, STREAM, bits=200))
        assert key.decrypt(total, bits=190) == sum(values) + 12345

    @every_scheme
    @pytest.mark.parametrize("count", [0, 3, 520])
    def test_many_zeros_are_the_bytes_of_as_many_encryptions(self, name: str, count: int) -> None:
        public, one = KEYS[name].public, Stream(bytes(32))
        found = public.zeros(count, Stream(bytes(32)))
        assert found[:5] == [public.encrypt(0, one) for _ in range(min(count, 5))]
        assert len(set(found)) == count

    @every_scheme
    def test_owner_and_public_encryption_give_the_same_bytes(self, name: str) -> None:
        key = KEYS[name]
        assert key.encrypt(77, Stream(bytes(32)), bits=200) == key.public.encrypt(77, Stream(bytes(32)))

    @every_scheme
    def test_the_same_stream_gives_the_same_key(self, name: str) -> None:
        again = SMALL[name].generate(Stream(bytes(32)))
        assert again.public.encode() == KEYS[name].public.encode()
        assert SMALL[name].generate(Stream(b"\2" * 32)).public.encode() != again.public.encode()

    @every_scheme
    def test_plaintexts_outside_the_declared_bits_are_never_answered(self, name: str) -> None:
        key = KEYS[name]
        fits, over = key.encrypt((1 << 100) - 1, STREAM, bits=200), key.encrypt(1 << 100, STREAM, bits=200)
        assert key.decrypt(fits, bits=100) == (1 << 100) - 1
        with pytest.raises(RangeGuard) as caught:
            key.decrypt(over, bits=100)
        assert str(1 << 100) not in str(caught.value)

    @every_scheme
    def test_negative_plaintexts_meet_the_guard(self, name: str) -> None:
        key = KEYS[name]
        minus = pow(key.encrypt(5, STREAM, bits=200), -1, modulus_of(name))
        with pytest.raises(RangeGuard):
            key.decrypt(minus, bits=100)

    @every_scheme
    def test_own_messages_that_do_not_fit_are_a_bug(self, name: str) -> None:
        with pytest.raises(ValueError, match="plaintext"):
            KEYS[name].encrypt(-1, STREAM, bits=200)
        with pytest.raises(ValueError, match="plaintext"):
            KEYS[name].public.encrypt(1 << KEYS[name].public.plaintext_bits, STREAM)

    @every_scheme
    def test_ciphertexts_survive_encoding(self, name: str) -> None:
        public = KEYS[name].public
        ciphertexts = [public.encrypt(i, STREAM) for i in range(3)]
        encoded = encode_ciphertexts(ciphertexts, public.ciphertext_bytes)
        assert list(public.decode_ciphertexts(encoded, 3)) == ciphertexts
        for wrong in (encoded[:-1], encoded + b"\0", b""):
            with pytest.raises(InvalidRecord):
                public.decode_ciphertexts(wrong, 3)

    @every_scheme
    def test_degenerate_ciphertexts_are_refused(self, name: str) -> None:
        """0, n, what is not invertible, and what exceeds the modulus (python-paillier decrypts all of them)."""
        key = KEYS[name]
        size, n = key.public.ciphertext_bytes, key.public.n
        modulus = modulus_of(name)
        for bad in (0, n, modulus, modulus + 5, factor_of(name)):
            if bad.bit_length() <= 8 * size:
                with pytest.raises(InvalidRecord):
                    key.public.decode_ciphertexts(int(bad).to_bytes(size, "big"), 1)

    @every_scheme
    def test_public_key_of_other_size_is_refused(self, name: str) -> None:
        encoded = KEYS[name].public.encode()
        assert SMALL[name].decode_public(encoded) == KEYS[name].public
        other = type(SMALL[name])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            bits = SMALL[name].bits + 24
            larger = other(bits) if name == "paillier" else other(bits, 96)
        for parameters, bytes_ in (
            (larger, encoded),
            (SMALL[name], encoded[:-1]),
            (SMALL[name], encoded + b"\1"),
        ):
            with pytest.raises(InvalidRecord):
                parameters.decode_public(bytes_)

    @every_scheme
    def test_sum_under_another_key_meets_the_guard(self, name: str) -> None:
        other = SMALL[name].generate(Stream(b"\3" * 32))
        foreign = other.encrypt(5, STREAM, bits=200)
        with pytest.raises(RangeGuard):
            KEYS[name].decrypt(int(foreign), bits=100)

    @every_scheme
    def test_secrets_are_not_shown(self, name: str) -> None:
        assert str(factor_of(name)) not in repr(KEYS[name])
        assert str(factor_of(name)) not in repr(getattr(KEYS[name], "_residues", ""))


def test_without_the_checks_degenerate_ciphertexts_would_get_an_answer() -> None:
    """Why they are refused before decryption: 0, n, values above n^2 and what is not invertible."""
    key = KEYS["paillier"]
    for degenerate in (0, key.public.n, key.public.n**2 + 5, factor_of("paillier")):
        assert isinstance(key._residues.logarithm(degenerate), int)


def test_one_unguarded_answer_factors_the_key() -> None:
    """Okamoto-Uchiyama under chosen ciphertexts: why the guard exists, with the guard taken out and put back."""
    key = KEYS["ou"]
    too_large = 7 * 2 ** (key._p.bit_length() + 60)
    chosen = int(gmpy2.powmod(key.public.g, too_large, key.public.n))
    unguarded = key._decrypt_unguarded(chosen)
    assert gcd(too_large - unguarded, key.public.n) == key._p
    with pytest.raises(RangeGuard):
        key.decrypt(chosen, bits=200)


def test_guard_holds_at_full_size() -> None:
    key = OkamotoUchiyama().generate(Stream(bytes(32)))
    assert key.public.n.bit_length() == 3072
    chosen = int(gmpy2.powmod(key.encrypt(7, STREAM, bits=200), 2**1100, key.public.n))
    assert gcd(7 * 2**1100 - key._decrypt_unguarded(chosen), key.public.n) == key._p
    with pytest.raises(RangeGuard):
        key.decrypt(chosen, bits=200)


@pytest.mark.parametrize("name", ["ou", "djn"])
def test_mask_hides_the_sum_of_randomisers_from_the_key_owner(name: str) -> None:
    """A 96-bit randomiser would not cover the sum of many 96-bit ones; the mask's is 88 bits longer."""
    public, drawn = KEYS[name].public, []

    class Spy:
        def read(self, count: int) -> bytes:
            drawn.append(count)
            return bytes(count)

    public.encrypt(1, Spy())
    public.mask(1, Spy())
    assert drawn == [96 // 8, (96 + 88) // 8]


@pytest.mark.parametrize(("bits", "randomiser"), [(1024, 320), (2048, 128), (3072, 255), (3072, 110), (4096, 320)])
def test_weak_or_unknown_sizes_are_refused(bits: int, randomiser: int) -> None:
    for scheme in (OkamotoUchiyama, DamgardJurikNielsen):
        with pytest.raises(InvalidRecord):
            scheme(bits, randomiser)


def test_a_randomiser_of_few_bits_is_found_by_trying() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        public = InsecureOkamotoUchiyama(512, 16).generate(Stream(bytes(32))).public
    hidden, unit = public.encrypt(42, STREAM), gmpy2.invert(public.g, public.n)
    found, power = set(), gmpy2.mpz(1)
    for _ in range(1 << 16):
        found.add(power)
        power = power * public.h % public.n
    assert [m for m in range(100) if hidden * gmpy2.powmod(unit, m, public.n) % public.n in found] == [42]


def test_declared_sizes_are_accepted() -> None:
    assert OkamotoUchiyama(2048, 256).plaintext_bits == 2048 // 3 - 65
    assert OkamotoUchiyama().record() == {"scheme": "okamoto-uchiyama", "bits": 3072, "randomiser_bits": 320}
    with pytest.raises(InvalidRecord):
        Paillier(1024)


def test_wide_payloads_take_their_own_tables() -> None:
    key, wide = KEYS["ou"], (1 << 270) + 5
    assert key.decrypt(key.encrypt(wide, STREAM, bits=276), bits=276) == wide
    with pytest.raises(ValueError, match="plaintext"):
        key.encrypt(wide, STREAM, bits=200)


def test_insecure_sizes_warn() -> None:
    with pytest.warns(UserWarning, match="protects nothing"):
        InsecureOkamotoUchiyama(512, 64)
    with pytest.warns(UserWarning, match="protects nothing"):
        InsecurePaillier(512)
    with pytest.warns(UserWarning, match="protects nothing"):
        InsecureDamgardJurikNielsen(512, 96)


def test_public_elements_that_cannot_encrypt_are_refused() -> None:
    public = KEYS["ou"].public
    size = public.ciphertext_bytes
    for n, g, h in (
        (public.n, 1, public.h),
        (public.n, public.g, public.n - 1),
        (public.n, public.g, 0),
        (public.n, int(KEYS["ou"]._p), public.h),
        (public.n - 1, public.g, public.h),
        (public.n >> 8, public.g, public.h),
    ):
        with pytest.raises(InvalidRecord):
            SMALL["ou"].decode_public(b"".join(int(x).to_bytes(size, "big") for x in (n, g, h)))


def test_a_djn_ciphertext_is_a_paillier_ciphertext_of_the_same_modulus() -> None:
    """Whoever knows p and q reads both; the randomiser is an n-th power in either."""
    djn, source = KEYS["djn"], Stream(b"\4" * 32)
    plain = SMALL["paillier"].decode_public(djn.public.n.to_bytes(64, "big"))
    sum_of_both = plain.add(plain.encrypt(30, source), djn.encrypt(12, source, bits=200))
    assert djn.decrypt(sum_of_both, bits=10) == 42
    p, q = djn._residues.p, djn._residues.q
    assert p % 4 == q % 4 == 3
    assert gcd(int(p - 1), int(q - 1)) == 2
    assert Residues(p, q).logarithm(djn.public.h) == 0


def test_djn_elements_that_cannot_hide_are_refused() -> None:
    public = KEYS["djn"].public
    size, n = public.ciphertext_bytes, public.n
    for h in (0, 1, n, n**2 - 1, n**2 + 1, factor_of("djn")):
        with pytest.raises(InvalidRecord):
            SMALL["djn"].decode_public(n.to_bytes(size // 2, "big") + (h % (1 << 8 * size)).to_bytes(size, "big"))


@pytest.mark.parametrize("name", schemes.NAMES)
def test_a_scheme_is_found_by_the_name_in_its_record(name: str) -> None:
    parameters = schemes.named(name)
    assert parameters.record()["scheme"] == name
    assert schemes.parse(Fields(parameters.record(), "encryption")) == parameters


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="okamoto-uchiyama"):
        schemes.named("rsa")
    with pytest.raises(InvalidRecord, match="scheme"):
        schemes.parse(Fields({"scheme": "rsa", "bits": 3072}, "encryption"))


@given(exponent=st.integers(0, 2**64 - 1))
@settings(max_examples=30, deadline=None)
def test_power_table_equals_the_general_power(exponent: int) -> None:
    assert power_table(3, 10**9 + 7, 64, window=5).power(exponent) == pow(3, exponent, 10**9 + 7)


def test_power_table_refuses_longer_exponents() -> None:
    with pytest.raises(ValueError, match="at most 64 bits"):
        power_table(3, 10**9 + 7, 64).power(1 << 64)
