"""The verifier as a program: reads the files it is given, prints the verdict, says by its exit code how it went.

    shuxin-verify EVIDENCE --trust TRUST [--record FILE] [--json] [--language en|zh]

0: every step holds. 1: a step does not, and is named. 2: a file cannot be read or is none of ours. It opens no other
file and no connection, and needs nothing outside the standard library but what ``shuxin-verify.pyz`` carries.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from contracts.evidence import anchored, bundle, vouched
from contracts.evidence.report import UNREADABLE, Language, Verdict
from contracts.evidence.title import document
from contracts.evidence.title.verify import verify as verify_title
from contracts.evidence.verify import verify
from ledger import canonical
from ledger import trust as trust_file
from ledger.errors import InvalidRecord
from ledger.files import read_bounded
from ledger.log.record import RECORD_LIMIT
from ledger.trust import Trust


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a command of its own."""
    parser = argparse.ArgumentParser(prog="shuxin-verify", description="Verify evidence offline.")
    parser.add_argument("evidence", type=Path, help="the evidence file, or the proof of a stream's record")
    parser.add_argument("--trust", type=Path, required=True, help="the trust file, obtained out of band")
    parser.add_argument("--record", type=Path, help="the record that a stream proof is about")
    parser.add_argument("--json", action="store_true", help="print the verdict as one line of canonical JSON")
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    given = parser.parse_args(arguments)
    return run(given.evidence, given.trust, given.record, as_json=given.json, language=given.language)


def run(evidence: Path, trust: Path, record: Path | None, *, as_json: bool, language: Language) -> int:
    """Verify files and print the verdict; return the exit code."""
    try:
        trusted, shown = trust_file.load(trust), read_bounded(evidence, bundle.LIMIT)
        verdict = judge(shown, trusted, None if record is None else read_bounded(record, RECORD_LIMIT))
    except InvalidRecord as fault:
        print(f"shuxin verify: {fault}", file=sys.stderr)
        return UNREADABLE
    if as_json:
        print(canonical.encode(verdict.json(language)).decode())
    else:
        print("\n".join(verdict.lines(language)))
    return verdict.exit_code


def judge(evidence: bytes, trust: Trust, record: bytes | None) -> Verdict:
    """Verify evidence of any kind.

    Raises:
        InvalidRecord: a stream proof without its record, or a record beside evidence of another kind.
    """
    if record is None and document.is_title(evidence):
        return verify_title(evidence, trust)
    is_stream = anchored.is_stream_proof(evidence)
    if is_stream != (record is not None):
        raise InvalidRecord("a stream proof is verified with --record and its record, other evidence without")
    if record is not None:
        return anchored.verify_record(evidence, record, trust)
    return vouched.verify_voucher(evidence, trust) if vouched.is_voucher_proof(evidence) else verify(evidence, trust)
