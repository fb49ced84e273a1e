"""The verifier as a program: reads the files it is given, prints the verdict, says by its exit code how it went.

    shuxin-verify EVIDENCE --trust TRUST [--record FILE | --status FILE] [--json] [--language en|zh]

EVIDENCE is evidence of a job, the proof of a title, a voucher or a stream's record, a title certificate or what a
scanner read from a printed one, the receipt of an entry, or the proof of an event.

0: every step holds. 1: a step does not, and is named. 2: a file cannot be read or is none of ours. It opens no other
file and no connection, and needs nothing outside the standard library but what ``shuxin-verify.pyz`` carries.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.evidence import bundle
from contracts.evidence.records import anchored, occurrence, vouched
from contracts.evidence.register import paper, receipt, status
from contracts.evidence.register.certificate import verify_certificate
from contracts.evidence.register.paper import Paper
from contracts.evidence.register.receipt import verify_entry
from contracts.evidence.report import UNREADABLE, Language, Verdict, plain
from contracts.evidence.title import document
from contracts.evidence.title.verify import verify as verify_title
from contracts.evidence.verify import verify
from ledger.errors import InvalidRecord
from ledger.files import read_bounded
from ledger.log.record import RECORD_LIMIT
from ledger.proofs import trust as trust_file
from ledger.proofs.trust import Trust


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a command of its own."""
    parser = argparse.ArgumentParser(prog="shuxin-verify", description="Verify evidence offline.")
    parser.add_argument("evidence", type=Path, help="evidence, a proof, a certificate, or scanned codes")
    parser.add_argument("--trust", type=Path, required=True, help="the trust file, obtained out of band")
    parser.add_argument("--record", type=Path, help="the record that a stream proof is about")
    parser.add_argument("--status", type=Path, help="how a certificate stands, from anybody who follows the chain")
    parser.add_argument("--json", action="store_true", help="print the verdict as one line of JSON")
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    given = parser.parse_args(arguments)
    beside = Beside(given.record, given.status)
    return run(given.evidence, given.trust, beside, as_json=given.json, language=given.language)


@dataclass(frozen=True, slots=True)
class Beside:
    """Files that evidence of some kinds needs beside it."""

    record: Path | None = None
    status: Path | None = None


def run(evidence: Path, trust: Path, beside: Beside, *, as_json: bool, language: Language) -> int:
    """Verify files and print the verdict; return the exit code."""
    try:
        trusted, shown = trust_file.load(trust), read_bounded(evidence, bundle.LIMIT)
        record = None if beside.record is None else read_bounded(beside.record, RECORD_LIMIT)
        proof = None if beside.status is None else read_bounded(beside.status, status.LIMIT)
        verdict = judge(shown, trusted, record, proof)
        text = verdict.text(language, as_json=as_json)
    except InvalidRecord as fault:
        print(plain(f"shuxin verify: {fault}"), file=sys.stderr)
        return UNREADABLE
    print(text)
    return verdict.exit_code


def judge(evidence: bytes, trust: Trust, record: bytes | None = None, proof: bytes | None = None) -> Verdict:
    """Verify evidence of any kind.

    Args:
        record: that a stream proof is about. proof: a certificate's status.
    Raises:
        InvalidRecord: a file that this kind of evidence needs is not there, or one that it does not need is.
    """
    if paper.is_paper(evidence):
        return _judge_paper(paper.read(evidence), trust, record, proof)
    if receipt.is_receipt(evidence):
        return _judge_paper(Paper(receipt=evidence), trust, record, proof)
    if record is None and proof is None and document.is_title(evidence):
        return verify_title(evidence, trust)
    if record is None and proof is None and occurrence.is_occurrence(evidence):
        return occurrence.verify_occurrence(evidence, trust)
    is_stream = anchored.is_stream_proof(evidence)
    if is_stream != (record is not None) or proof is not None:
        raise InvalidRecord("a stream proof is verified with --record, a certificate with --status, others without")
    if record is not None:
        return anchored.verify_record(evidence, record, trust)
    return vouched.verify_voucher(evidence, trust) if vouched.is_voucher_proof(evidence) else verify(evidence, trust)


def _judge_paper(found: Paper, trust: Trust, record: bytes | None, proof: bytes | None) -> Verdict:
    if found.receipt is not None and record is None and proof is None:
        return verify_entry(found.receipt, trust)
    known = proof or found.status
    if found.certificate is None or known is None or record is not None:
        raise InvalidRecord(
            "a certificate is verified with --status and its status, from `shuxin property certificate status`"
        )
    return verify_certificate(found.certificate, known, trust)
