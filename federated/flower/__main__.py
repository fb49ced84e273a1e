"""``python -m federated.flower``: the processes of a deployment, as ``shuxin federated up`` starts them.

link TOKEN_FILE -- ARGUMENTS                   a SuperLink with Flower's arguments
node ADDRESS CERTIFICATE KEY COURIER           a warm SuperNode: its SuperLink, its key, its department's socket
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ledger.errors import InvalidRecord, TrustError


def main(arguments: Sequence[str]) -> None:
    """Run one process; raises InvalidRecord for other arguments."""
    match list(arguments):
        case ["link", token, "--", *further]:
            from federated.flower.serving import serve_link

            serve_link(further, Path(token).read_text(encoding="ascii").strip())
        case ["node", address, certificate, key, courier]:
            _node(address, Path(certificate), Path(key), Path(courier))
        case other:
            raise InvalidRecord(f"link or node expected, got {other[:1]}")


def _node(address: str, certificate: Path, key: Path, courier: Path) -> None:
    from federated.flower.credentials import private_key, require_in_date
    from federated.flower.deployed import client_of
    from federated.flower.node import serve
    from federated.flower.pace import Pace

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    require_in_date(certificate.read_bytes(), datetime.now(UTC))
    for node in serve(address, certificate, private_key(key), client_of, courier, Pace()):
        print(f"flower node: {node}", flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        main(sys.argv[1:])
    except TrustError as fault:
        print(f"flower: {fault}", file=sys.stderr)
        sys.exit(1)
