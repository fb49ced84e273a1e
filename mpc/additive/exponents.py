"""How short the exponent of a randomiser may be, for schemes that draw one shorter than the group it runs through."""

from __future__ import annotations

from ledger.errors import InvalidRecord

MASK_BITS = 24 + 64
"""More of a randomiser hides the sum of 2^24 others to a distance of 2^-64."""
_SECURITY = {2048: 112, 3072: 128}
"""In bits, by those of the modulus: NIST SP 800-57 part 1, table 2 (factoring)."""


def require_sizes(scheme: str, bits: int, randomiser_bits: int) -> None:
    """Refuse sizes below 112 bits of security: a square-root search finds an exponent of twice as many bits.

    Raises:
        InvalidRecord: another modulus than one of 2048 or 3072 bits, or a randomiser too short for it.
    """
    if bits not in _SECURITY:
        raise InvalidRecord(f"{scheme}: key of 2048 or 3072 bits expected, got {bits}")
    least = max(256, 2 * _SECURITY[bits])
    if not least <= randomiser_bits <= bits:
        raise InvalidRecord(f"{scheme}: randomiser of at least {least} bits expected, got {randomiser_bits}")
