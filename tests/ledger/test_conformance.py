"""Both engines keep the Chain port's promises: embedded in process, remote over http and over mutual TLS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chainconformance import ChainConformance, Open
from foundedchain import DIRECTORY, Ticking, embedded, open_node

from contracts.artefacts import interfaces
from ledger.chain.connect import Account, connect
from ledger.chain.port import Chain
from ledger.crypto.keys import PrivateKey
from ledger.crypto.tls import create_identity
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.serving.server import serve
from ledger.serving import Register


@pytest.fixture
def node(tmp_path: Path) -> Iterator[EmbeddedNode]:
    node = open_node(tmp_path / "chain", Ticking())
    node.start()
    yield node
    node.close()


def outbox_of(directory: Path, key: PrivateKey | None) -> Path | None:
    return directory / f"{key.address.hex()}.outbox" if key else None


class TestEmbedded(ChainConformance):
    @pytest.fixture
    def open_chain(self, node: EmbeddedNode, tmp_path: Path) -> Iterator[Open]:
        with ExitStack() as stack:

            def opened(key: PrivateKey | None) -> Chain:
                chain = embedded(node, key, outbox_of(tmp_path, key))
                stack.callback(chain.close)
                return chain

            yield opened


class TestRemoteOverHttp(ChainConformance):
    @pytest.fixture
    def open_chain(self, node: EmbeddedNode, tmp_path: Path) -> Iterator[Open]:
        with ExitStack() as stack:
            server = stack.enter_context(serve(node, "127.0.0.1", 0))

            def opened(key: PrivateKey | None) -> Chain:
                outbox = outbox_of(tmp_path, key)
                account = Account(key, outbox) if key and outbox else None
                chain = connect(server.url, interfaces=interfaces(), directory=DIRECTORY, account=account)
                stack.callback(chain.close)
                return chain

            yield opened


class TestRemoteOverMutualTls(ChainConformance):
    @pytest.fixture
    def open_chain(self, node: EmbeddedNode, tmp_path: Path) -> Iterator[Open]:
        now = datetime.now(UTC)
        own = create_identity(tmp_path / "builder", "builder", now=now)
        party = create_identity(tmp_path / "party", "finance", now=now)
        with ExitStack() as stack:
            server = stack.enter_context(serve(node, "127.0.0.1", 0, Register(own, {"finance": party.pem})))

            def opened(key: PrivateKey | None) -> Chain:
                outbox = outbox_of(tmp_path, key)
                chain = connect(
                    server.url,
                    interfaces=interfaces(),
                    directory=DIRECTORY,
                    account=Account(key, outbox) if key and outbox else None,
                    server_pem=own.pem,
                    identity=party,
                )
                stack.callback(chain.close)
                return chain

            yield opened
