"""The lines of the project that end attacks: the words each says, and where it stands.

A refusal proves something about an attack only if it was said by the line that is there to stop it. So each try names
the defences it expects, by words that stand both in the refusal and in the source; a test holds that they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Defence:
    """words: what its refusal says. file: below the root. source: how the line reads there, if not by these words."""

    words: str
    file: str
    source: str = ""

    @property
    def place(self) -> str:
        """Name file and line; the file alone where the project is installed without its sources."""
        path = ROOT / self.file
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        found = (number for number, line in enumerate(lines, start=1) if (self.source or self.words) in line)
        number = next(found, None)
        return self.file if number is None else f"{self.file}:{number}"


# questions
ISOLATES = Defence("this would isolate rows no threshold protects", "mpc/disclosure/before/precedent.py")
GATE = Defence("withheld", "mpc/protocols/sums/gate.py", "[test.body == mask for test")
PARTS = Defence("withheld", "mpc/protocols/sums/gate.py", "run.schema.verdicts(passed)")
FILTERED_KEY = Defence("a key cannot be filtered or grouped by", "mpc/kinds/joins/bounds.py")
ONE_ANSWER = Defence("one job", "gateway/statistics/asking.py", "questions.find(asked")
SAME_FIGURES = Defence("the same figures", "mpc/protocols/sums/office.py", "def run_recipient")
JOIN_GATE = Defence("withheld", "mpc/protocols/join/gate.py", "def run_gate")
PAIR = Defence("has been joined with", "mpc/node/guarding/probing.py")

# jobs
RECORD = Defence("the record on chain differs from the specification", "mpc/node/guarding/guard.py")
MINIMUM = Defence("job: a minimum of", "mpc/node/guarding/guard.py")
OPERATION = Defence("job: authorization operation", "contracts/jobs/seats.vy", 'concat("job: authorization "')
COLUMN = Defence("is not among the granted ones", "contracts/authorizations/terms.py")
BOUNDS = Defence("is less than the declared", "mpc/kinds/bounds.py")
DONE = Defence("job: done already", "contracts/jobs/steps.vy")
NO_RETRY = Defence(
    "retry refused by the chain: job: state", "contracts/jobs/steps.vy", '== progress.ABORTED, "job: state'
)
NO_ABORT = Defence(
    "abort refused by the chain: job: state", "contracts/jobs/steps.vy", '< progress.RELEASED, "job: state'
)

# budgets
TWO_OFFICERS = Defence("budgets: two officers needed", "contracts/budgets/limits.vy")
POT = Defence("budgets: lifetime pot", "contracts/budgets/holds.py")

# messages
LATE = Defence("late: its session has ended", "mpc/node/messages/post.py")
TOO_LARGE = Defence("the message is too large", "mpc/node/messages/relay_client.py")
NO_MAILBOX = Defence("no such mailbox", "mpc/relay/server.py")
MALFORMED = Defence("not of version 1, or of an impossible size", "mpc/sessions/sealing.py")
STRANGER = Defence("closed the connection; it may not accept this party's certificate", "ledger/crypto/tls.py")
KNOWN = Defence("arrived once each", "mpc/node/messages/sealed_channel.py", "drop it if it is known")
ORDER = Defence("out of order: part", "mpc/node/messages/sealed_channel.py")
SEALED = Defence("envelope: does not open", "mpc/sessions/sealing.py")
LOW_ORDER = Defence("an X25519 key of low order or wrong length", "mpc/sessions/sealing.py")

# headers and proofs
SEAL_ORDER = Defence("seals are not in strict order of their signers", "ledger/proofs/headers.py")
NO_VALIDATOR = Defence("sealed by somebody who is no validator", "ledger/proofs/headers.py")
QUORUM = Defence("seals, got", "ledger/proofs/headers.py")
STALE = Defence("the newest block is stale", "ledger/proofs/view.py")
OTHER_BLOCK = Defence("made for another block than", "ledger/proofs/proof.py")
FIRST_BLOCK = Defence("the chain starts with another block than the trust file says", "ledger/proofs/view.py")
BACKWARDS = Defence("is older than the believed", "ledger/proofs/view.py")
FORK = Defence("two sealed blocks at height", "ledger/proofs/view.py")

# coalitions
MASKS = Defence("under a mask", "mpc/masking.py", "def masks(")
JOIN_MASKS = Defence("under the lister's masks", "mpc/protocols/join/lister.py", "def draw_masks(")
