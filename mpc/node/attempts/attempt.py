"""One node's run through one attempt of one job, from the specification to the signed release.

A straight line: obtain the specification, let the guard decide, accept, commit to the input, run the protocol, sign.
Before each step that gives something away the chain is asked again, by proof. Every wait is bounded; whatever goes
wrong ends the attempt on chain with a reason, and nothing that was not sent before is sent after.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contracts.authorizations.terms import identifier
from contracts.budgets.record import Mode
from contracts.evidence import dsse
from contracts.evidence.bundle import Disclosure
from contracts.evidence.statement import Statement
from contracts.jobs import client as jobs
from contracts.jobs.calls import Accept, Commit, Open, Release
from contracts.jobs.record import NOTHING, Job, JobState, Step
from ledger.errors import BackendError, TrustError
from mpc import commitment
from mpc.commitment import Owner
from mpc.kinds.kind import Part
from mpc.kinds.registry import kind_of
from mpc.kinds.released import Release as Released
from mpc.kinds.released import Verdict
from mpc.node.attempts import preparing, signed_release, specification, training
from mpc.node.attempts import release as releases
from mpc.node.attempts.account import Account
from mpc.node.attempts.desk import Desk
from mpc.node.attempts.frame import RESULT, SIGNED
from mpc.node.attempts.preparing import Prepared
from mpc.node.attempts.signed_release import SignedRelease
from mpc.node.guarding import admission, deciding
from mpc.node.guarding.guard import Mandate, Refused
from mpc.node.memory import recipients
from mpc.node.memory.journal import Attempt
from mpc.node.registry import Facts
from mpc.node.workplace import Superseded, Workplace
from mpc.opened.record import Head
from mpc.privacy import budget
from mpc.sessions.channel import Channel, ChannelTimeout, Misbehaviour
from mpc.sessions.session import SIGNATURE_BYTES, Seat, Session
from mpc.spec.job import JobSpec


@dataclass(frozen=True, slots=True)
class Finished:
    """What the recipient's node holds when everybody has signed."""

    mandate: Mandate
    release: Released
    envelope: dsse.Envelope

    @property
    def signed(self) -> SignedRelease:
        """What is kept of it, from which evidence can be gathered."""
        return SignedRelease(
            job=self.mandate.id,
            authorizations=tuple(source.authorization for source in self.mandate.owners),
            members=tuple(identifier(party) for party in self.mandate.parties),
            envelope=self.envelope,
            disclosure=Disclosure(self.release.document, self.release.salt, self.release.openings),
        )


class AttemptRun:
    """One attempt at one node; ``run`` never raises for a fault of the job, it ends the job instead."""

    def __init__(self, place: Workplace, job: bytes, attempt: int) -> None:
        self._place, self._job, self._attempt = place, job, attempt
        self._desk = Desk(place, job, attempt)
        self._account = Account(self._desk)
        self._step = self._desk.report.step

    def run(self) -> Finished | None:
        """Take part until the job is released or over; only the recipient gets something back."""
        finished = self._to_its_end()
        self._account.settle()
        return finished

    def _to_its_end(self) -> Finished | None:
        try:
            return self._run()
        except Superseded as fault:
            self._desk.report.say("ended", reason=str(fault))
        except Refused as fault:
            self._desk.refuse(fault)
        except ChannelTimeout as fault:
            self._desk.abort(f"timeout: {fault.step}", fault)
        except Misbehaviour as fault:
            # Names no culprit: a courier that loses a message makes the next one look wrong.
            self._desk.abort(f"message from {fault.party}", fault)
        except TrustError as fault:
            self._desk.abort(f"fault: {type(fault).__name__}", fault)
        return None

    def _run(self) -> Finished | None:
        with self._step("specification"):
            spec = specification.obtain(self._desk)
        facts = self._desk.facts()
        mandate = self._place.guard.check(facts, self._job, spec)
        training.require_trainer(self._place, facts, spec)
        self._admit(facts, spec)
        self._account.require_room(facts, mandate)
        prepared = preparing.prepare(self._desk, mandate)
        self._desk.submit(jobs.accept(Accept(self._job, self._attempt), party=self._desk.me))
        self._await("accepted by all", lambda job: job.state is not JobState.PROPOSED)
        with self._step("budget reserved"):
            self._account.reserve(mandate)
        secrets = self._commit(spec, prepared)
        self._await("inputs committed by all", lambda job: job.state in (JobState.COMMITTED, JobState.OPENING))
        if not self._place.journal.begin(self._job, self._attempt):
            raise BackendError("this node restarted during the protocol; the job needs a new attempt")
        facts = self._desk.facts()
        mandate = self._place.guard.check(facts, self._job, spec)
        self._admit(facts, spec)
        self._account.require_reserved(facts, mandate)
        session = self._session(facts, mandate, secrets)
        keys = {party: mandate.keys[party] for party in mandate.parties if party != self._place.party}
        wait_s = training.patience_s(spec, self._place.party)
        with self._desk.channel(keys, session.digest, wait_s) as channel:
            if prepared is None:
                return self._receive(mandate, session, channel)
            self._contribute(mandate, session, channel, prepared)
            return None

    def _admit(self, facts: Facts, spec: JobSpec) -> None:
        """Take the recipient for a member of the class that Governance put it into, now and for what it is answered."""
        recipient_class = facts.recipient_class(identifier(spec.recipient))
        self._place.journal.answers.admit(spec.recipient, recipients.label(recipient_class))

    def _commit(self, spec: JobSpec, prepared: Prepared | None) -> Attempt:
        secrets, committed = self._place.journal.attempt(self._job, self._attempt), NOTHING
        if prepared is not None:
            owner = Owner(self._place.genesis, self._job, self._place.party)
            committed = kind_of(spec).commit(owner, prepared.data, prepared.secret(secrets.salt))
        self._place.journal.commit_input(self._job, self._attempt, committed)
        seed = commitment.commit_seed(secrets.salt, secrets.seed)
        self._desk.submit(jobs.commit(Commit(self._job, self._attempt, committed, seed), party=self._desk.me))
        return secrets

    def _session(self, facts: Facts, mandate: Mandate, secrets: Attempt) -> Session:
        seats = []
        for source in mandate.owners:
            inputs = facts.inputs(self._job, self._attempt, identifier(source.party))
            seats.append(Seat(source.party, mandate.keys[source.party].statement, inputs.input))
        recipient = mandate.spec.recipient
        return Session(
            protocol=kind_of(mandate.spec).protocol,
            genesis=self._place.genesis,
            job=self._job,
            attempt=self._attempt,
            seats=tuple(seats),
            recipient=recipient,
            recipient_key=mandate.keys[recipient].statement,
            terms=kind_of(mandate.spec).terms(),
            me=self._place.party,
            signer=self._place.signer,
            seed=secrets.seed,
        )

    def _contribute(self, mandate: Mandate, session: Session, channel: Channel, prepared: Prepared) -> None:
        kind, asset, is_exact = kind_of(mandate.spec), prepared.own.asset, budget.mode(mandate.spec) is Mode.EXACT
        preparing.require_mode(self._place, asset, mandate.spec, fix=is_exact)
        salt = self._place.journal.attempt(self._job, self._attempt).salt
        with self._step("protocol"):
            decide = deciding.decision(
                mandate.spec, session, self._place.journal, lambda: self._announce(mandate, asset), prepared.own
            )
            own = Part(
                session=session,
                channel=self._kept(session, channel, prepared, salt, is_repeatable=kind.is_repeatable),
                data=prepared.data,
                secret=prepared.secret(salt),
                journal=self._place.journal,
                decide=decide,
                before_bits=decide.begin,
                progress=self._progress,
                engines=self._place.engines,
                admit=admission.begin(self._place, mandate, asset, self._desk.facts()),
            )
            verdict = training.seated(self._desk, self._account, mandate).contribute(own)
        self._sign_as_owner(mandate, session, channel, verdict)

    def _kept(
        self, session: Session, channel: Channel, prepared: Prepared, salt: bytes, *, is_repeatable: bool
    ) -> Channel:
        """Have the protocol's messages kept for an opened audit, if this node keeps any and one could repeat them."""
        if self._place.transcripts is None or not is_repeatable:
            return channel
        data = prepared.data.json()
        head = Head(self._place.party, self._job, self._attempt, session.seed, salt, prepared.origin, data)
        return self._place.transcripts.begin(head, channel)

    def _receive(self, mandate: Mandate, session: Session, channel: Channel) -> Finished:
        if training.begins_together(mandate.spec):
            self._await_openings()
        with self._step("protocol"):
            kind = training.seated(self._desk, self._account, mandate)
            release = kind.receive(session, channel, self._progress)
        return self._sign_as_recipient(mandate, session, channel, release)

    def _announce(self, mandate: Mandate, asset: str) -> None:
        """Announce the opening and see it proven before a share leaves.

        The contract looks at every authorization again when a party opens and refuses if one is not in force; that it
        took this party's opening is proven under a sealed header and its code hash, so nothing is asked twice. Budgets
        is not asked by it: that every asset still pays is proven here.
        """
        self._account.require_reserved(self._desk.facts(), mandate)
        preparing.require_mode(self._place, asset, mandate.spec, fix=True)
        bit = mandate.roster.bit(self._desk.me)
        with self._step("opening on chain"):
            self._desk.submit(jobs.open_(Open(self._job, self._attempt), party=self._desk.me))
        if training.begins_together(mandate.spec):
            self._await_openings()
        else:
            self._await(
                "opening announced", lambda job: job.state is JobState.OPENING and bool(job.done(Step.OPEN) & bit)
            )

    def _await_openings(self) -> None:
        """Wait until all owners have decided and opened."""
        self._await("opened by all", lambda job: job.state is JobState.OPENING and job.done(Step.OPEN) == job.openers)

    def _progress(self, step: str, done: int, total: int) -> None:
        if done == total:
            self._desk.report.say(f"protocol: {step}")

    def _sign_as_recipient(self, mandate: Mandate, session: Session, channel: Channel, release: Released) -> Finished:
        channel.send_all(RESULT, dict.fromkeys(session.parties, release.result))
        statement = releases.build_statement(session, mandate, release.verdict, release.result)
        payload = statement.encode()
        signatures = {self._place.party: dsse.sign(payload, session.signer)}
        for owner in session.parties:
            signatures[owner] = channel.receive(owner, SIGNED, limit=SIGNATURE_BYTES)
            dsse.verify(payload, owner, session.key_of(owner), signatures[owner])
        finished = Finished(mandate, release, dsse.Envelope(payload, signatures))
        self._desk.report.write(signed_release.FILE, finished.signed.encode())
        self._release(statement)
        return finished

    def _sign_as_owner(self, mandate: Mandate, session: Session, channel: Channel, verdict: Verdict) -> None:
        result = channel.receive(session.recipient, RESULT, limit=32)
        if len(result) != 32:
            raise Misbehaviour(session.recipient, RESULT, "expected a commitment of 32 bytes")
        statement = releases.build_statement(session, mandate, verdict, result)
        channel.send(session.recipient, SIGNED, dsse.sign(statement.encode(), session.signer))
        self._release(statement)

    def _release(self, statement: Statement) -> None:
        call = Release(self._job, self._attempt, statement.result, statement.digest)
        self._desk.submit(jobs.release(call, party=self._desk.me))
        self._await("released by all", lambda job: job.state is JobState.RELEASED)

    def _await(self, what: str, reached: Callable[[Job], bool]) -> None:
        with self._step(what):
            self._desk.wait_for(what, reached)
