"""Verifying evidence of a joint statistic or a joint model: bytes and a trust file in, a verdict with its steps out.

Pure: no clock, no network, no files. It takes nothing from the file on its word: headers by their seals, contracts by
the Directory, histories by their two proven words, keys by the register, figures by the owners' signed openings.

What a verdict that holds does NOT say: that inputs were true, or that parties did not collude (the leakage ledger and
its assumptions are part of the statement). Trust assumption: the trust file, and what its assurance says.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from contracts.evidence import bundle, statement
from contracts.evidence.bundle import Disclosure, Evidence
from contracts.evidence.figures.commitments import require_commitments
from contracts.evidence.figures.minimum import require_minimum
from contracts.evidence.figures.openings import add_up, require_release, told
from contracts.evidence.figures.signers import Signers
from contracts.evidence.jobs import rounds
from contracts.evidence.jobs.agreement import Agreement, require_agreement, require_rules, require_signatures
from contracts.evidence.jobs.derived import require_derived
from contracts.evidence.jobs.payments import require_payments
from contracts.evidence.jobs.permits import require_permits
from contracts.evidence.jobs.release import Released, require_moments
from contracts.evidence.jobs.release import require_release as require_released
from contracts.evidence.jobs.throughout import require_throughout
from contracts.evidence.leakage import require_ledger, sentences
from contracts.evidence.network import require_network
from contracts.evidence.report import FORM, Failed, Record, Verdict, Words
from contracts.evidence.states import JOB_CONTRACTS, MODEL_CONTRACTS, Proven, require_states
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import VerificationError
from ledger.proofs.trust import Trust


@dataclass(frozen=True, slots=True)
class Examined:
    """Evidence of which every step holds, for whoever goes on from it. opened: when the first inputs were used."""

    agreement: Agreement
    released: Released
    opened: int
    figures: JsonValue = field(repr=False)
    disclosure: Disclosure | None = field(repr=False)


def verify(data: bytes, trust: Trust) -> Verdict:
    """Verify an evidence file; the verdict ends with the first step that does not hold."""
    record = Record()
    try:
        found = _examine(data, trust, record)
    except Failed:
        return Verdict(tuple(record.steps), trust.assurance)
    figures, ledger = found.figures, found.agreement.statement.leakage
    learned = Words("\n".join(sentences(ledger, "en")), "\n".join(sentences(ledger, "zh")))
    return Verdict(tuple(record.steps), trust.assurance, figures, learned)


def examine(data: bytes, trust: Trust) -> Examined:
    """Verify an evidence file and return what it says.

    Raises:
        Failed: a step does not hold, and is named.
    """
    return _examine(data, trust, Record())


def _examine(data: bytes, trust: Trust, record: Record) -> Examined:
    evidence = record.take(FORM, lambda: _parse(data))
    network = record.take("network", lambda: require_network(evidence.facts, trust))
    is_of_model = rounds.is_of_model(evidence)
    names = MODEL_CONTRACTS if is_of_model else JOB_CONTRACTS
    proven = record.take("contracts", lambda: require_states(evidence.facts, network, names))
    released = record.take("job", lambda: require_released(evidence, proven))
    span = record.take("moments", lambda: require_moments(evidence, network, proven, released, is_of_model=is_of_model))
    agreement = record.take(
        "statement", lambda: require_agreement(evidence.envelope, proven, released, span, trust.genesis_hash)
    )
    record.take("signatures", lambda: require_signatures(evidence.envelope, agreement))
    record.take("authorizations", lambda: require_permits(evidence, proven, released, agreement.question, span.opened))
    record.take("budget", lambda: _require_payments(proven, released, agreement))
    record.take("rules", lambda: require_rules(agreement))
    if agreement.statement.is_model:
        record.take("anchor", lambda: rounds.require_anchor(proven, released, agreement))
        record.take("throughout", lambda: require_throughout(evidence, network, proven, released, agreement))
        record.take("derived", lambda: require_derived(evidence, released))
    figures = record.take("figures", lambda: _require_figures(evidence.disclosure, agreement))
    record.take("commitments", lambda: _require_commitments(evidence.disclosure, agreement))
    record.take("leakage", lambda: require_ledger(agreement.question.protocol, agreement.statement.leakage))
    return Examined(agreement, released, span.opened, figures, evidence.disclosure)


def _parse(data: bytes) -> tuple[Evidence, Words]:
    return bundle.parse(data), Words(f"{len(data)} bytes", f"{len(data)} 字节")


def _require_payments(proven: Proven, released: Released, agreement: Agreement) -> tuple[None, Words]:
    """Verify what the job cost the privacy of each asset."""
    return require_payments(proven, released, agreement.question, agreement.statement.spec, agreement.owners)


def _require_commitments(disclosure: Disclosure | None, agreement: Agreement) -> tuple[None, Words]:
    """Verify disclosed figures against what the owners committed to on chain."""
    if disclosure is None:
        return None, Words("figures withheld: an owner's copy", "结果未披露:提供方副本")
    disclosed: JsonValue = [disclosure.release, disclosure.openings]
    return require_commitments(agreement.question, agreement.statement, disclosed)


def _require_figures(disclosure: Disclosure | None, agreement: Agreement) -> tuple[JsonValue, Words]:
    """Verify disclosed figures: what all parties committed to is what the openings give."""
    if disclosure is None:
        return None, Words("figures withheld: an owner's copy", "结果未披露:提供方副本")
    signed, asked = agreement.statement, agreement.question
    session = canonical.digest(signed.session)
    if statement.commit(session, disclosure.salt, disclosure.release) != signed.result:
        raise VerificationError("figures: not those the parties committed to")
    signers = Signers(session, asked.recipient, {owner: agreement.keys[owner] for owner in agreement.owners})
    require_release(disclosure.release, add_up(asked, signed, signers, disclosure.openings))
    require_minimum(asked, disclosure.release)
    return disclosure.release, told(asked, len(agreement.owners))
