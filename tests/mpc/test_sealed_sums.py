"""A whole masked sum through sealed channels and a real relay: the adapter fits the port that protocols use."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sums_job import SCHEMA, VALUES

from ledger.crypto.keys import generate
from ledger.crypto.tls import create_identity
from ledger.serving import Register
from mpc.node.messages.post import Post
from mpc.node.messages.relay_client import Receiver, RelayClient
from mpc.node.messages.sealed_channel import Bounds, Correspondence, Peer
from mpc.protocols.sums.office import Released, run_recipient
from mpc.protocols.sums.owner import run_owner
from mpc.protocols.sums.rehearsal import RECIPIENT, all_that_passed, prepare, secret_of
from mpc.relay.server import RelayServer
from mpc.relay.store import Limits, MailboxStore
from mpc.sessions.channel import Channel
from mpc.sessions.rehearsal import MemoryJournal

PARTIES = (*VALUES, RECIPIENT)
CANARY = b"canary"


def test_masked_sum_over_the_relay_releases_the_sum(tmp_path: Path) -> None:
    sessions = prepare(SCHEMA, VALUES, seed=bytes(32))
    identities = {code: create_identity(tmp_path / code, code, now=datetime.now(UTC)) for code in (*PARTIES, "relay")}
    seals = {code: generate("x25519") for code in PARTIES}
    peers = {code: Peer(seals[code].public, sessions[code].key_of(code)) for code in PARTIES}
    store = MailboxStore(tmp_path / "relay.db", Limits())
    register = Register(identities["relay"], {code: identities[code].pem for code in PARTIES})
    outcomes: dict[str, object] = {}

    def program(me: str) -> Callable[[Channel], object]:
        if me == RECIPIENT:
            return lambda channel: run_recipient(sessions[me], channel)
        return lambda channel: run_owner(
            sessions[me], channel, VALUES[me], all_that_passed, MemoryJournal(), secret_of(me, bytes(32))
        )

    def node(me: str) -> None:
        session = sessions[me]
        others = {code: peer for code, peer in peers.items() if code != me}
        about = Correspondence(session.job, session.attempt, session.digest, me, session.signer, others)
        client = RelayClient(server.url, identities["relay"].pem, identities[me], me)
        post = Post(me, seals[me], client.put)
        with Receiver(client, post.settle, wait_s=1):
            channel = post.open(about, Bounds(timeout_s=60))
            outcomes[me] = program(me)(channel)
            post.end(channel)

    with RelayServer(store, register, "127.0.0.1", 0).start() as server:
        threads = [threading.Thread(target=node, args=(code,)) for code in PARTIES]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    store.close()
    released = outcomes[RECIPIENT]
    assert isinstance(released, Released)
    assert released.values["sum"] == sum(values["sum"] for values in VALUES.values())
    assert "rare" not in released.values
    assert all(code in outcomes for code in PARTIES)
