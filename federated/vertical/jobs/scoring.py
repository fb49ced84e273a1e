"""Joint scores of persons whom all departments know, by a model that lies with them in parts.

The department that asks has the trees; each other one answers by its own part and its own count of how often it
helped (``counting``). Every node takes its part from where the training left it. Rows are taken in batches, each with a
key of its own, so that no message passes a channel's bound. The scores stay at the department that asked, in a file of
its account; the office learns how many there are.

Trust: see the protocol's descriptor (``mpc.vertical.scored``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from federated.boosting import prediction
from federated.boosting.loss import Floats, Logistic
from federated.boosting.model import Model
from federated.boosting.prediction import Answerer, Asker, PredictionTerms
from federated.vertical.jobs.counting import count
from federated.vertical.jobs.mail import RunMail
from federated.vertical.jobs.outline import Outline
from federated.vertical.jobs.part import BoostedPart
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.hashing import tagged
from mpc.node.whole import write_whole
from mpc.sessions.channel import Channel, blame
from mpc.spec.vertical import MAX_BODY
from mpc.stream import Randomness
from mpc.training.port import VerticalRun
from mpc.vertical.scored import KEY, LEAVES, OUTLINE, SEEN, SUMS

FILE, FORMAT = "scores.json", "shuxin-scores-v1"
GUARDED = (OUTLINE, KEY, LEAVES, SUMS)
OUTLINE_LIMIT = 32 << 20


@dataclass(frozen=True, slots=True)
class Scoring:
    """One question at one owner. keys: of the common rows, in order; own: its columns over them."""

    run: VerticalRun
    mail: RunMail
    part: BoostedPart
    keys: Sequence[str] = field(repr=False)
    own: Mapping[str, Floats] = field(repr=False)

    def take(self) -> bytes:
        """Ask or answer, and return the transcript that all owners hold.

        Raises:
            NotAuthorized: beyond this owner's own bounds. InvalidRecord: the part at hand does not fit the question.
        """
        if self.part.model is not None:
            self._ask(self.part.model)
        else:
            self._answer()
        return self._transcript()

    def _ask(self, trees: Model) -> None:
        run, spec = self.run, self.run.spec
        whole = prediction.terms(run.party, trees, 1, spec.purpose, self.part.purpose, spec.scheme)
        if missing := sorted(set(whole.chain) - set(spec.features)):
            raise InvalidRecord(f"scores: the model has splits of {missing[0]}, which is no side of this question")
        for party in spec.features:
            outline = Outline.of(whole, party, len(trees.start), self.part.purpose)
            self.mail.send(party, OUTLINE, outline.encode())
        found = []
        for number, rows in self._batches(sum(whole.leaves)):
            terms = prediction.terms(run.party, trees, _size(rows), spec.purpose, self.part.purpose, spec.scheme)
            asker = Asker(_Batch(self.mail, number), terms, trees, self.part.splits, self._random(number))
            found.append(asker.scores({name: values[rows] for name, values in self.own.items()}))
            run.say(f"{rows.stop} of {len(self.keys)} rows scored")
        self._write(np.concatenate(found, axis=1), trees)

    def _answer(self) -> None:
        run, label = self.run, self.run.spec.label.party
        body = self.mail.receive(label, OUTLINE, limit=OUTLINE_LIMIT)
        with blame(label, OUTLINE):
            outline = Outline.parse(body, run.spec.features)
        if run.party not in outline.chain:
            return
        count(run, self.keys)
        for number, rows in self._batches(sum(outline.leaves)):
            terms = self._terms(outline, _size(rows))
            answerer = Answerer(_Batch(self.mail, number), run.party, terms, self.part.splits, self._random(number))
            answerer.answer({name: values[rows] for name, values in self.own.items()})
            run.say(f"{rows.stop} of {len(self.keys)} rows answered")

    def _terms(self, outline: Outline, rows: int) -> PredictionTerms:
        """Lay out the question as this owner knows it: of others' paths it knows how many there are."""
        run, nothing = self.run, ((),) * sum(outline.leaves)
        return PredictionTerms(
            label=run.spec.label.party,
            chain=outline.chain,
            paths={party: outline.paths if party == run.party else nothing for party in outline.chain},
            outputs=outline.outputs,
            leaves=outline.leaves,
            rows=rows,
            purpose=run.spec.purpose,
            trained_for=self.part.purpose,
            scheme=run.spec.scheme,
        )

    def _batches(self, leaves: int) -> Iterator[tuple[int, slice]]:
        """Divide the rows so that no message is too large; every owner divides alike."""
        most = max(1, MAX_BODY // 2 // (max(leaves, 1) * self.run.spec.scheme.ciphertext_bytes))
        most = min(most, prediction.MAX_ROWS)
        for number, start in enumerate(range(0, len(self.keys), most), start=1):
            yield number, slice(start, min(start + most, len(self.keys)))

    def _random(self, number: int) -> Randomness:
        """Draw every batch's randomness apart: a randomiser used twice shows the difference of two plaintexts."""
        session = self.mail.session
        return Randomness(session.seed, tagged("SHUXIN-SCORES-V1 batch", session.digest, number.to_bytes(8, "big")))

    def _transcript(self) -> bytes:
        session, mail = self.mail.session, self.mail.signed
        own = tagged("SHUXIN-SCORES-V1 seen", session.digest, *(self.mail.exchanged(p) for p in session.others))
        mail.send_all(SEEN, dict.fromkeys(session.others, own))
        seen = {party: own if party == session.me else mail.receive(party, SEEN, size=32) for party in session.parties}
        return tagged("SHUXIN-SCORES-V1 transcript", session.digest, *(seen[party] for party in session.parties))

    def _write(self, scores: Floats, trees: Model) -> None:
        told = Logistic().predict(scores)[None, :] if trees.loss == "logistic" else scores
        rows: JsonValue = {
            key: [repr(value) for value in values] for key, values in zip(self.keys, told.T.tolist(), strict=True)
        }
        document: JsonValue = {
            "format": FORMAT,
            "job": self.run.job.hex(),
            "model": self.part.job.hex(),
            "are": "chances" if trees.loss == "logistic" else "scores",
            "rows": rows,
        }
        write_whole(self.run.home / FILE, canonical.encode(document))


@dataclass(frozen=True, slots=True)
class _Batch:
    """A channel on which every batch has steps of its own."""

    channel: Channel
    number: int

    def send(self, to: str, step: str, body: bytes) -> None:
        self.channel.send(to, f"{step}/{self.number}", body)

    def send_all(self, step: str, bodies: Mapping[str, bytes]) -> None:
        self.channel.send_all(f"{step}/{self.number}", bodies)

    def receive(self, sender: str, step: str, *, limit: int) -> bytes:
        return self.channel.receive(sender, f"{step}/{self.number}", limit=limit)


def _size(rows: slice) -> int:
    return int(rows.stop - rows.start)
