"""Append-only streams of record digests on disk.

Modules: ``record`` (what a leaf is), ``ranges`` and ``tiles`` (the tree), ``checkpoint`` and ``salts`` (the
other two files of a stream directory), ``stream`` (reading and writing one), ``source`` (records out of
text files), ``proof`` (what a verifier needs, and nothing else), ``anchor`` (the newest root onto a chain).

Nothing is imported here, so that a verifier can load ``ledger.log.proof`` without loading the writer.
"""

__all__: tuple[str, ...] = ()
