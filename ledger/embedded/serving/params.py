"""Reading the parameters of JSON-RPC methods: whatever comes in, a bounded value or InvalidRecord goes out.

Source: ethereum/execution-apis for calls and filters.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.chain.wire import read_data, read_list, read_mapping, read_quantity
from ledger.errors import InvalidRecord

MAX_CALL_DATA = 128 << 10
MAX_WAIT_S = 30.0
MAX_CHOICES = 64  # of addresses, or of values of one topic
_ZERO_ADDRESS = bytes(20)


def count(params: Sequence[object], least: int, most: int | None = None) -> None:
    if not least <= len(params) <= (least if most is None else most):
        raise InvalidRecord(f"rpc: expected {least} to {most or least} params, got {len(params)}")


def natural(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise InvalidRecord("rpc: expected a whole number, not negative")
    return value


def wait(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_WAIT_S:
        raise InvalidRecord(f"rpc: expected a wait of 0 to {MAX_WAIT_S:.0f} seconds")
    return float(value)


def slot(value: object) -> bytes:
    """Read a storage slot as 32 bytes or, as many clients send it, as a quantity."""
    if isinstance(value, str) and len(value) == 66:
        return read_data(value, size=32)
    return read_quantity(value).to_bytes(32, "big")


def call_object(value: object) -> tuple[bytes, bytes, bytes]:
    call = read_mapping(value)
    to = read_data(call.get("to"), size=20)
    payload = read_data(call.get("data", call.get("input", "0x")), limit=MAX_CALL_DATA)
    return to, payload, read_data(call["from"], size=20) if "from" in call else _ZERO_ADDRESS


def choices(value: object, size: int) -> list[bytes]:
    if value is None:
        return []
    values = read_list(value, limit=MAX_CHOICES) if isinstance(value, list) else [value]
    return [read_data(entry, size=size) for entry in values]
