"""CKKS through TenSEAL, the only module that imports it: public contexts, ciphertexts, and a key that tells no floats.

Plaintexts are integers, in units that the terms declare. The parameters bound the error of a weighted sum below 1/4,
so a decrypted slot has one nearest integer; what lies farther off is refused, and the integers leave ``KeyHolder`` with
noise on them and in no other way. Nothing is rescaled: TenSEAL's rescaling leaves a relative error of 10^-6.

Error of a sum with weights w, by slot: |w| * 2^-20 for the ciphertexts (Cheon, Kim, Kim, Song, "Homomorphic Encryption
for Arithmetic of Approximate Numbers", Asiacrypt 2017, Lemma 1, for 8192 coefficients, errors of deviation 3.2, and a
scale of 2^40: below 2^19.4 / 2^40) plus max|sum| * 2^-46 for transforms in doubles (13 levels of 2^-53, with a margin
of eight). With |w| <= 2^16 in all and sums up to 2^43 that is below 2^-4 + 2^-3.

Trust: ring learning with errors at 8192 coefficients and 200 bits of modulus (at most 218 for 128 bits: Homomorphic
Encryption Standard, 2018, table 1; SEAL refuses more), and SEAL's own randomness: no seed replays these messages. It
does NOT hide anything from who holds the key, and SEAL is not hardened against hostile ciphertexts beyond its own
validity checks, hence bounds on every length before it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, cast

from ledger.canonical import JsonValue
from ledger.errors import BackendError, InvalidRecord, VerificationError

DEGREE, MODULI, SCALE_BITS = 8192, (60, 40, 40, 60), 40
SLOTS = DEGREE // 2
MOST_SUM, MOST_WEIGHT = 1 << 43, 1 << 16
TOLERANCE = 0.25

_LIMBS = len(MODULI)
CONTEXT_BYTES = 2 * _LIMBS * DEGREE * 8 + 8192
"""Most bytes of a public context: two polynomials over all moduli, uncompressed, and room for the rest."""
CIPHERTEXT_BYTES = 2 * (_LIMBS - 1) * DEGREE * 8 + 4096
"""Most bytes of a ciphertext: two polynomials over all moduli but the one for key switching."""


def record() -> JsonValue:
    """Render the parameters for the job record."""
    return {"scheme": "ckks", "degree": DEGREE, "moduli": list(MODULI), "scale_bits": SCALE_BITS}


def is_installed() -> bool:
    """Say whether TenSEAL can be imported here."""
    return find_spec("tenseal") is not None


class PublicContext:
    """What owners and the evaluator hold: parameters and the holder's public key."""

    def __init__(self, context: Any, encoded: bytes) -> None:
        self._context = context
        self.encoded = encoded

    def encrypt(self, numbers: Sequence[int]) -> bytes:
        """Encrypt integers of at most 2^43; the caller has checked them against its own bounds."""
        if not 0 < len(numbers) <= SLOTS or any(abs(number) > MOST_SUM for number in numbers):
            raise ValueError(f"ckks: 1..{SLOTS} integers within 2^43 expected")
        vector = _tenseal().ckks_vector(self._context, [float(number) for number in numbers])
        return cast(bytes, vector.serialize())

    def weighted_sum(self, pieces: Sequence[tuple[int, bytes]], size: int) -> bytes:
        """Add up ciphertexts of ``size`` numbers, each times its public weight.

        Raises:
            InvalidRecord: something else than a fresh ciphertext of this size under this key's parameters.
        """
        if not pieces:
            raise ValueError("ckks: nothing to add")
        total = self._times(*pieces[0], size)
        for weight, encoded in pieces[1:]:
            total = total + self._times(weight, encoded, size)
        return cast(bytes, total.serialize())

    def _times(self, weight: int, encoded: bytes, size: int) -> Any:
        """Multiply, and check the product too: a ciphertext names the scale at which TenSEAL encodes the weight."""
        vector = _vector(self._context, encoded, size, SCALE_BITS)
        try:
            product = vector * float(weight)
        except (ValueError, RuntimeError) as exc:
            raise InvalidRecord("ckks ciphertext: cannot be multiplied") from exc
        _require_shape(product, size, 2 * SCALE_BITS)
        return product


class KeyHolder:
    """The secret key of one attempt. It decrypts one sum and answers it with noise."""

    def __init__(self) -> None:
        tenseal = _tenseal()
        self._context = tenseal.context(tenseal.SCHEME_TYPE.CKKS, DEGREE, coeff_mod_bit_sizes=list(MODULI))
        self._context.global_scale = 2.0**SCALE_BITS
        _stay_at_one_level(self._context)
        self.public = cast(bytes, self._context.serialize(save_public_key=True, **_BARE))
        self._is_used = False

    def __repr__(self) -> str:
        return "KeyHolder()"

    def noised_totals(self, encoded: bytes, bounds: Sequence[tuple[int, int]], noise: Sequence[int]) -> tuple[int, ...]:
        """Decrypt one weighted sum, check every slot against its bounds and add the noise.

        Raises:
            InvalidRecord: no ciphertext of one multiplication under this key's parameters.
            VerificationError: a slot that no declared inputs add up to; its value is not shown.
        """
        if self._is_used:
            raise ValueError("ckks: one key decrypts one sum")
        self._is_used = True
        whole = self._whole_numbers(encoded, bounds)
        return tuple(total + drawn for total, drawn in zip(whole, noise, strict=True))

    def _whole_numbers(self, encoded: bytes, bounds: Sequence[tuple[int, int]]) -> list[int]:
        slots = _vector(self._context, encoded, len(bounds), 2 * SCALE_BITS).decrypt()
        if len(slots) != len(bounds) or not all(
            least - TOLERANCE <= slot <= most + TOLERANCE and abs(slot - round(slot)) <= TOLERANCE
            for slot, (least, most) in zip(slots, bounds, strict=True)
        ):
            raise VerificationError("ckks: a decrypted slot lies outside the declared sums")
        return [round(slot) for slot in slots]


def parse_context(encoded: bytes) -> PublicContext:
    """Read a holder's public context.

    Raises:
        InvalidRecord: too long, other parameters, a secret key in it, or keys that serve nothing here.
    """
    if len(encoded) > CONTEXT_BYTES:
        raise InvalidRecord(f"ckks context: at most {CONTEXT_BYTES} bytes expected")
    try:
        context = _tenseal().context_from(encoded)
        parameters = context.seal_context().data.key_context_data().parms()
        shape = (parameters.poly_modulus_degree(), *(m.bit_count() for m in parameters.coeff_modulus()))
        scale = context.global_scale
    except (ValueError, RuntimeError) as exc:
        raise InvalidRecord("ckks context: unreadable") from exc
    if shape != (DEGREE, *MODULI) or scale != 2.0**SCALE_BITS:
        raise InvalidRecord("ckks context: other parameters than declared")
    if not context.is_public() or not context.has_public_key():
        raise InvalidRecord("ckks context: a public key and no secret one expected")
    if context.has_galois_keys() or context.has_relin_keys():
        raise InvalidRecord("ckks context: keys for rotation and relinearisation serve nothing here")
    _stay_at_one_level(context)
    return PublicContext(context, encoded)


_BARE = {"save_secret_key": False, "save_galois_keys": False, "save_relin_keys": False}


def _vector(context: Any, encoded: bytes, size: int, scale_bits: int) -> Any:
    """Read one ciphertext of ``size`` numbers at a scale. Raises: InvalidRecord."""
    if len(encoded) > CIPHERTEXT_BYTES:
        raise InvalidRecord(f"ckks ciphertext: at most {CIPHERTEXT_BYTES} bytes expected")
    try:
        vector = _tenseal().ckks_vector_from(context, encoded)
        _require_shape(vector, size, scale_bits)
    except (ValueError, RuntimeError) as exc:
        raise InvalidRecord("ckks ciphertext: unreadable") from exc
    return vector


def _require_shape(vector: Any, size: int, scale_bits: int) -> None:
    found = [(c.size(), c.coeff_modulus_size(), c.scale, c.is_transparent()) for c in vector.ciphertext()]
    if vector.size() != size or found != [(2, _LIMBS - 1, 2.0**scale_bits, False)]:
        raise InvalidRecord("ckks ciphertext: another size, level or scale than declared")


def _stay_at_one_level(context: Any) -> None:
    context.auto_rescale = context.auto_relin = context.auto_mod_switch = False


def _tenseal() -> Any:
    try:
        import tenseal
        import tenseal.sealapi  # registers the types that ``parms`` and ``ciphertext`` answer with
    except ImportError as exc:
        raise BackendError("CKKS needs the optional package tenseal (install the extra 'ckks')") from exc
    return tenseal
