"""Wait for the signal that ends a serving command."""

from __future__ import annotations

import signal
import threading


def stop_signal() -> threading.Event:
    """Return an event that SIGINT or SIGTERM sets; call it in the main thread."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
