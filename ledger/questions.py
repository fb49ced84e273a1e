"""The five plain questions to an Ethereum node: asked by our own client of our nodes, through web3.py of any other's.

Both read strictly: answers out of form are InvalidRecord or BackendError. web3 takes most of a second to import, more
than all else a command loads; it is imported with the first instance that asks through it. Thread-safe.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from ledger.chain.jsonrpc import JsonRpcClient
from ledger.chain.wire import data, quantity, read_data, read_quantity
from ledger.crypto.signing import Address
from ledger.errors import BackendError, InvalidRecord

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress
    from web3 import Web3
    from web3.eth import Eth

T = TypeVar("T")


class Questions(Protocol):
    """What is asked of every node."""

    def chain_id(self) -> int: ...

    def block_number(self) -> int: ...

    def nonce(self, sender: Address, *, pending: bool) -> int: ...

    def send(self, raw: bytes) -> None: ...

    def storage(self, address: Address, slot: bytes) -> bytes:
        """Return the newest word in a slot, as the node says."""


class OwnQuestions:
    """Questions to a node of this project."""

    def __init__(self, client: JsonRpcClient) -> None:
        self._client = client

    def chain_id(self) -> int:
        return read_quantity(self._client.call("eth_chainId"))

    def block_number(self) -> int:
        return read_quantity(self._client.call("eth_blockNumber"))

    def nonce(self, sender: Address, *, pending: bool) -> int:
        block = "pending" if pending else "latest"
        return read_quantity(self._client.call("eth_getTransactionCount", data(sender), block))

    def send(self, raw: bytes) -> None:
        self._client.call("eth_sendRawTransaction", data(raw))

    def storage(self, address: Address, slot: bytes) -> bytes:
        at = quantity(int.from_bytes(slot, "big"))
        return read_data(self._client.call("eth_getStorageAt", data(address), at, "latest"), limit=32).rjust(32, b"\0")


class Web3Questions:
    """Questions to any other maker's node, whose ways of answering web3.py knows."""

    def __init__(self, client: JsonRpcClient) -> None:
        self._peer = client.peer
        self._web3 = _web3(client)

    def chain_id(self) -> int:
        return self._number(lambda eth: eth.chain_id)

    def block_number(self) -> int:
        return self._number(lambda eth: eth.block_number)

    def nonce(self, sender: Address, *, pending: bool) -> int:
        block: Literal["pending", "latest"] = "pending" if pending else "latest"
        return self._number(lambda eth: eth.get_transaction_count(_checksum(sender), block))

    def send(self, raw: bytes) -> None:
        self._ask(lambda eth: eth.send_raw_transaction(raw))

    def storage(self, address: Address, slot: bytes) -> bytes:
        word = self._ask(lambda eth: eth.get_storage_at(_checksum(address), int.from_bytes(slot, "big")))
        if not isinstance(word, bytes) or len(word) > 32:
            raise InvalidRecord("rpc: expected a storage word")
        return bytes(word).rjust(32, b"\0")

    def _number(self, question: Callable[[Eth], int]) -> int:
        answer: object = self._ask(question)
        if not isinstance(answer, int) or answer < 0:
            raise InvalidRecord(f"rpc: expected a number, got {type(answer).__name__}")
        return answer

    def _ask(self, question: Callable[[Eth], T]) -> T:
        """Ask through web3, which stumbles over answers out of form in many ways."""
        from web3.exceptions import Web3Exception

        try:
            return question(self._web3.eth)
        except (Web3Exception, ValueError, TypeError, LookupError, AttributeError) as exc:
            raise BackendError(f"rpc: {self._peer} answered out of form ({type(exc).__name__})") from exc


def _web3(client: JsonRpcClient) -> Web3:
    """Give a web3 over our client, so that its answers are bounded and its failures are our errors."""
    from web3 import Web3
    from web3.middleware import ExtraDataToPOAMiddleware
    from web3.providers.base import BaseProvider
    from web3.types import RPCEndpoint, RPCResponse

    class Provider(BaseProvider):
        def make_request(self, method: RPCEndpoint, params: Sequence[object]) -> RPCResponse:
            return {"jsonrpc": "2.0", "id": 1, "result": client.call(method, *params)}

        def is_connected(self, show_traceback: bool = False) -> bool:  # noqa: ARG002
            return True

    web3 = Web3(Provider())
    web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)  # QBFT's extraData is longer than 32 bytes
    return web3


def _checksum(address: Address) -> ChecksumAddress:
    from web3 import Web3

    return Web3.to_checksum_address(address)
