"""AES-256 in counter mode from a zero block: the bytes that a 32-byte seed stands for, for whoever checks them again.

The package ``cryptography`` does it where it is there; otherwise it is done here, slowly, from FIPS 197. It does NOT
run in constant time then, which is harmless for seeds that are public by now, and is used for no others.
Source: FIPS 197 (AES), SP 800-38A section 6.5 (CTR). Both ways are held to the same vectors.
"""

from __future__ import annotations

from functools import cache

BLOCK, ROUNDS, KEY_WORDS = 16, 14, 8


def keystream(seed: bytes, count: int, *, portable: bool = False) -> bytes:
    """Return the first ``count`` bytes of a seed's stream."""
    if len(seed) != 32:
        raise ValueError("a seed has 32 bytes")
    if not portable:
        try:
            from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

            return Cipher(algorithms.AES(seed), modes.CTR(bytes(BLOCK))).encryptor().update(bytes(count))
        except ImportError:
            portable = True
    keys = _expanded(seed)
    blocks = (_encrypted(number.to_bytes(BLOCK, "big"), keys) for number in range(-(-count // BLOCK)))
    return b"".join(blocks)[:count]


def _double(value: int) -> int:
    """Multiply by x modulo x^8 + x^4 + x^3 + x + 1."""
    return ((value << 1) ^ 0x1B) & 0xFF if value & 0x80 else value << 1


@cache
def _box() -> bytes:
    """Return the S-box: inverse in the field, then the affine map of FIPS 197 section 5.1.1."""
    powers, value = list[int](), 1
    for _ in range(255):
        powers.append(value)
        value ^= _double(value)  # 3 generates the field's non-zero elements
    found = bytearray(256)
    for place, power in enumerate(powers):
        inverse = powers[-place % 255]
        turned = inverse
        for shift in (1, 2, 3, 4):
            turned ^= (inverse << shift | inverse >> (8 - shift)) & 0xFF
        found[power] = turned ^ 0x63
    found[0] = 0x63
    return bytes(found)


def _expanded(key: bytes) -> list[bytes]:
    """Return the round keys (section 5.2)."""
    box, constant = _box(), 1
    words = [key[i : i + 4] for i in range(0, len(key), 4)]
    for place in range(KEY_WORDS, 4 * (ROUNDS + 1)):
        last = words[-1]
        if place % KEY_WORDS == 0:
            last = bytes(box[b] for b in last[1:] + last[:1])
            last = bytes([last[0] ^ constant]) + last[1:]
            constant = _double(constant)
        elif place % KEY_WORDS == 4:
            last = bytes(box[b] for b in last)
        words.append(bytes(a ^ b for a, b in zip(words[place - KEY_WORDS], last, strict=True)))
    return [b"".join(words[i : i + 4]) for i in range(0, len(words), 4)]


def _encrypted(block: bytes, keys: list[bytes]) -> bytes:
    """Encrypt one block (section 5.1); bytes stand column by column."""
    box, state = _box(), bytes(a ^ b for a, b in zip(block, keys[0], strict=True))
    for number in range(1, ROUNDS + 1):
        moved = [box[state[(place + 4 * (place % 4)) % BLOCK]] for place in range(BLOCK)]
        mixed = moved if number == ROUNDS else _mixed(moved)
        state = bytes(a ^ b for a, b in zip(mixed, keys[number], strict=True))
    return state


def _mixed(state: list[int]) -> list[int]:
    found = list[int]()
    for start in range(0, BLOCK, 4):
        column = state[start : start + 4]
        every = column[0] ^ column[1] ^ column[2] ^ column[3]
        found += [column[i] ^ every ^ _double(column[i] ^ column[(i + 1) % 4]) for i in range(4)]
    return found
