"""A second opinion on the contracts: the same calls on revm, an independent implementation. For tests only."""

from __future__ import annotations

from collections.abc import Mapping

from evm import ERROR
from pyrevm import EVM, AccountInfo, BlockEnv

from ledger.abi import decode
from ledger.proofs.proof import Log


class Revm:
    """The interface of ``evm.Evm`` as far as the differential run needs it."""

    def __init__(self, predeploys: Mapping[bytes, tuple[bytes, Mapping[bytes, bytes]]], now: int, spec: str) -> None:
        self.now = now
        self._evm, self._predeploys = EVM(spec_id=spec), predeploys
        for address, (runtime, storage) in predeploys.items():
            self._evm.insert_account_info(_hex(address), AccountInfo(nonce=1, code=runtime))
            for slot, value in storage.items():
                self._evm.insert_account_storage(
                    _hex(address), int.from_bytes(slot, "big"), int.from_bytes(value, "big")
                )

    def send(self, caller: bytes, to: bytes, data: bytes) -> tuple[bool, str, tuple[Log, ...], bytes]:
        """Execute one call and return accepted, reason, logs and returned data."""
        self._evm.set_block_env(BlockEnv(number=1, timestamp=self.now))
        if caller not in self._predeploys:
            return self._call(caller, to, data)
        # A contract's account sends no transaction (EIP-3607): here it does what it would do from inside of another.
        self._evm.insert_account_info(_hex(caller), AccountInfo(nonce=1))
        done = self._call(caller, to, data)
        self._evm.insert_account_info(_hex(caller), AccountInfo(nonce=1, code=self._predeploys[caller][0]))
        return done

    def _call(self, caller: bytes, to: bytes, data: bytes) -> tuple[bool, str, tuple[Log, ...], bytes]:
        try:
            returned = self._evm.message_call(caller=_hex(caller), to=_hex(to), calldata=data, gas=5_000_000)
        except RuntimeError as error:
            return False, _reason(str(error)), (), b""
        logs = tuple(
            Log(bytes.fromhex(log.address[2:]), tuple(bytes.fromhex(topic[2:]) for topic in log.topics), log.data[1])
            for log in self._evm.result.logs
        )
        return True, "", logs, bytes(returned)

    def word(self, address: bytes, slot: bytes) -> bytes:
        """Read one storage word."""
        return self._evm.storage(_hex(address), int.from_bytes(slot, "big")).to_bytes(32, "big")


def _hex(address: bytes) -> str:
    return "0x" + address.hex()


def _reason(text: str) -> str:
    """Find the revert's data in revm's message."""
    start = text.find("0x" + ERROR.hex())
    if start < 0:
        return text
    data = bytes.fromhex(text[start + 2 :].split()[0].rstrip("),}"))
    return str(decode(["string"], data[4:])[0])
