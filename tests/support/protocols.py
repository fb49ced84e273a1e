"""Every protocol that this project declares, found by its descriptor and not by a list that somebody could forget."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import mpc.protocols
from mpc.protocols.descriptor import Descriptor


def descriptors() -> dict[str, Descriptor]:
    """Descriptors by the name of their protocol, from every module below ``mpc.protocols``."""
    return {found.name: found for found in _declared()}


def _declared() -> Iterator[Descriptor]:
    for module in pkgutil.walk_packages(mpc.protocols.__path__, "mpc.protocols."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Descriptor):
                yield value
