"""An honest department's record reproduces every byte; whatever differs names it, the step and the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import openedjob
import pytest
from jobtown import ROWS, salt_of, seed_of
from jobtowngenesis import OFFICE, REGISTRARS
from openedjob import OpenedJob, signed_anew

from ledger.errors import InvalidRecord
from ledger.hashing import sha256
from mpc.opened import check as judge
from mpc.opened import record
from mpc.opened.check import check
from mpc.opened.record import Opened
from mpc.opened.verdict import TITLES, Verdict
from mpc.protocols.sums.run import LABEL
from mpc.sessions.session import SIGNATURE_BYTES
from mpc.vector import decode, vector

ONE, TWO, THREE = REGISTRARS
WORDS_END = 32 + 16 * 5


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> OpenedJob:
    return openedjob.run(tmp_path_factory.mktemp("records"))


def found(verdict: Verdict) -> tuple[str, str, str]:
    """Party, step of the check that failed, step of the attempt."""
    assert verdict.exit_code == 1
    assert verdict.deviation is not None
    return verdict.deviation.party, verdict.steps[-1].name, verdict.deviation.step


def with_sent(opened: Opened, place: tuple[str, str], body: bytes) -> Opened:
    return replace(opened, sent={**opened.sent, place: body})


@pytest.mark.parametrize("party", REGISTRARS)
def test_an_honest_owner_reproduces_every_byte(job: OpenedJob, party: str) -> None:
    verdict = check(job.released, job.opened(party))
    assert verdict.exit_code == 0
    assert [step.name for step in verdict.steps] == list(TITLES)
    assert verdict.lines("en")[-1] == f"{party} reproduces every byte"
    assert verdict.lines("zh")[-1] == f"{party}:每一个字节均可重现"
    assert verdict.json("en")["verdict"] == "reproduces"  # type: ignore[index, call-overload]


def test_one_changed_row_is_not_the_input_committed_to(job: OpenedJob) -> None:
    opened = job.opened(TWO)
    data: Mapping[str, str] = {**opened.head.data, "count": "26"}  # type: ignore[dict-item]
    verdict = check(job.released, replace(opened, head=replace(opened.head, data=dict(data))))
    assert found(verdict) == (TWO, "input", "input")
    assert "26" not in verdict.lines("en")[-1]


def test_another_file_than_the_one_committed_to_is_found(job: OpenedJob) -> None:
    opened = job.opened(TWO)
    moved = replace(opened.head, origin={"asset": "sales-registrar-2", "file": "00" * 32})
    assert found(check(job.released, replace(opened, head=moved))) == (TWO, "input", "input")


@pytest.mark.parametrize("change", ["seed", "salt"])
def test_another_seed_or_salt_is_not_the_one_committed_to(job: OpenedJob, change: str) -> None:
    opened = job.opened(TWO)
    head = replace(opened.head, **{change: bytes(32)})
    assert found(check(job.released, replace(opened, head=head))) == (TWO, "seed", "seed")


@pytest.mark.parametrize("step", ["keys", "blinded", "partial", "decide/1"])
def test_one_changed_message_to_another_owner_is_named_with_its_step(job: OpenedJob, step: str) -> None:
    opened = job.opened(TWO)
    body = opened.sent[ONE, step][:-SIGNATURE_BYTES]
    other = signed_anew(job, TWO, ONE, step, body[:-1] + bytes([body[-1] ^ 1]))
    verdict = check(job.released, with_sent(opened, (ONE, step), other))
    assert found(verdict) == (TWO, "replay", step)
    assert verdict.lines("en")[-1].startswith(f"{TWO} deviates at step {step}: ")
    assert verdict.lines("zh")[-1].startswith(f"{TWO} 在步骤 {step} 偏离协议:")


def test_an_owner_that_sums_another_value_than_it_committed_to_is_named_at_its_upload(job: OpenedJob) -> None:
    """Attack 37, exposed without a look at any other owner's data."""
    opened = job.opened(TWO)
    body = opened.sent[OFFICE, "masked"][:-SIGNATURE_BYTES]
    more = body[:32] + (decode(body[32:WORDS_END]) + vector([0, 10**6, 0, 0, 0])).encode() + body[WORDS_END:]
    cheat = signed_anew(job, TWO, OFFICE, "masked", more)
    verdict = check(job.released, with_sent(opened, (OFFICE, "masked"), cheat))
    assert found(verdict) == (TWO, "replay", "masked")
    for honest in (ONE, THREE):
        assert check(job.released, job.opened(honest)).exit_code == 0


def told_otherwise(job: OpenedJob, party: str, name: str) -> OpenedJob:
    """The recipient holds another message of the party than the party shows."""
    openings = job.released.openings
    assert isinstance(openings, dict)
    own = openings[party]
    body = own[name]["body"]  # type: ignore[index, call-overload]
    other = {**own, name: {**own[name], "body": f"{int(body[:2], 16) ^ 1:02x}{body[2:]}"}}  # type: ignore[dict-item, index, call-overload]
    return replace(job, released=replace(job.released, openings={**openings, party: other}))


@pytest.mark.parametrize(("name", "step"), [("upload", "masked"), ("opening", "open")])
def test_an_honest_run_that_is_not_the_one_the_recipient_saw_is_found(job: OpenedJob, name: str, step: str) -> None:
    verdict = check(told_otherwise(job, TWO, name).released, job.opened(TWO))
    assert found(verdict) == (TWO, "recipient", step)


def test_without_the_recipients_copy_beside_it_an_invented_run_would_pass(
    job: OpenedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "_require_received", lambda *_: judge.Words("", ""))
    assert check(told_otherwise(job, TWO, "upload").released, job.opened(TWO)).exit_code == 0


def test_a_run_that_ends_in_another_transcript_than_all_signed_is_found(job: OpenedJob) -> None:
    signed = replace(job.released.statement, transcript=sha256(b"another gate"))
    verdict = check(replace(job.released, statement=signed), job.opened(TWO))
    assert found(verdict) == (TWO, "outcome", "outcome")


def test_other_opened_cells_than_all_signed_are_found(job: OpenedJob) -> None:
    signed = replace(job.released.statement, opened=("count",))
    assert found(check(replace(job.released, statement=signed), job.opened(TWO)))[1] == "outcome"


def test_a_received_message_that_its_sender_did_not_sign_is_held_against_who_shows_it(job: OpenedJob) -> None:
    opened = job.opened(TWO)
    body = opened.received[ONE, "blinded"]
    received = {**opened.received, (ONE, "blinded"): bytes([body[0] ^ 1]) + body[1:]}
    verdict = check(job.released, replace(opened, received=received))
    assert found(verdict) == (TWO, "messages", "blinded")
    assert ONE in verdict.lines("en")[-1]


def test_a_received_message_left_out_is_named(job: OpenedJob) -> None:
    opened = job.opened(TWO)
    received = {place: body for place, body in opened.received.items() if place != (ONE, "partial")}
    verdict = check(job.released, replace(opened, received=received))
    assert found(verdict) == (TWO, "replay", "partial")
    assert f"does not show what it received from {ONE}" in verdict.lines("en")[-1]


def test_a_sent_message_left_out_or_added_is_named(job: OpenedJob) -> None:
    opened = job.opened(TWO)
    without = {place: body for place, body in opened.sent.items() if place != (THREE, "confirm")}
    assert found(check(job.released, replace(opened, sent=without))) == (TWO, "replay", "confirm")
    aside = with_sent(opened, (ONE, "aside"), signed_anew(job, TWO, ONE, "aside", b"hint"))
    assert found(check(job.released, aside)) == (TWO, "replay", "aside")


def test_a_record_of_another_job_or_attempt_is_refused(job: OpenedJob) -> None:
    opened = job.opened(TWO)
    for head in (replace(opened.head, job=bytes(32)), replace(opened.head, attempt=2)):
        with pytest.raises(InvalidRecord, match="another job or attempt"):
            check(job.released, replace(opened, head=head))


def test_an_owners_copy_of_the_evidence_is_not_enough(job: OpenedJob) -> None:
    with pytest.raises(InvalidRecord, match="recipient's copy"):
        check(replace(job.released, openings=None), job.opened(TWO))


def test_who_supplied_no_input_has_nothing_to_open(job: OpenedJob) -> None:
    opened = job.opened(TWO)
    with pytest.raises(InvalidRecord, match="supplied no input"):
        check(job.released, replace(opened, head=replace(opened.head, party=OFFICE)))


def test_the_record_holds_nothing_of_others_but_the_signed_messages_they_sent(job: OpenedJob) -> None:
    data, opened = job.kept[TWO], job.opened(TWO)
    rest = data
    for body in (*opened.received.values(), *opened.sent.values()):
        assert rest.count(body) >= 1
        rest = rest.replace(body, b"")
    for other in (ONE, THREE):
        secrets = [seed_of(other), salt_of(other)]
        forms = [form for secret in secrets for form in (secret, secret.hex().encode())]
        forms += [str(value).encode() for value in ROWS[other].values() if value > 10**5]
        forms += [value.to_bytes(16, "little") for value in ROWS[other].values() if value > 10**5]
        assert not [form for form in forms if form in data]
        assert other.encode() not in rest.replace(f'"party":"{other}"'.encode(), b"")
    assert {party for party, _ in opened.received} == {ONE, THREE}
    assert str(ROWS[TWO]["sum"]).encode() in data  # its own input, which the auditor is meant to see


def test_the_files_first_byte_to_last_are_read_or_refused(job: OpenedJob) -> None:
    data = job.kept[ONE]
    assert openedjob.encode(record.parse(data)) != b""
    for cut in (0, 3, 4, 40, len(data) // 2, len(data) - 1):
        with pytest.raises(InvalidRecord):
            record.parse(data[:cut])
    with pytest.raises(InvalidRecord, match="two messages"):
        record.parse(data + record.message(record.Way.SENT, ONE, "keys", b"") * 2)


def test_labels_are_those_of_the_protocol(job: OpenedJob) -> None:
    assert judge._part(job.released, job.opened(ONE)).kind.label == LABEL
