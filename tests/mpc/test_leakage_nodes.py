"""What nodes, relay and chain see of a whole job is what is declared, whatever the tables hold.

Two cities over the same questions, whose tables differ in what must stay hidden: the same correspondence, the same
envelopes by mailbox and size, the same public words on chain; everything else differs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from city import City
from department import Holding
from meddling import Meddled
from privatejoins import private_join, private_owners
from townspecs import OFFICE, REGISTRARS, SALES, join, owners, registrar_rows, sales_csv, sold, sums
from transcripts import in_order

from contracts.jobs import exposure
from contracts.jobs.exposure import Exposure
from ledger import canonical
from ledger.chain.port import Operation, Receipt
from mpc.kinds.joins.terms import join_terms_of
from mpc.kinds.registry import kind_of
from mpc.node.attempts.frame import SPECIFICATION, envelope_sizes, framed
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.join import messages, noised
from mpc.protocols.join.descriptor import DESCRIPTOR as JOIN
from mpc.protocols.join.descriptor import padded
from mpc.protocols.join.descriptor import public as join_public
from mpc.protocols.join.noised import DESCRIPTOR as NOISED_JOIN
from mpc.protocols.schedule import Line, Sight, simulate, simulate_courier
from mpc.protocols.sums.descriptor import DESCRIPTOR as SUMS
from mpc.protocols.sums.descriptor import public as sums_public
from mpc.protocols.sums.schema import of_spec
from mpc.spec.job import JobSpec, SumsSpec


class Noting(Meddled):
    """A node's chain that keeps what the node submits."""

    def __init__(self, chain) -> None:
        super().__init__(chain)
        self.calls: list[Operation] = []

    def submit(self, operation: Operation, *, timeout_s: float = 30.0) -> Receipt:
        self.calls.append(operation)
        return super().submit(operation, timeout_s=timeout_s)


@dataclass
class Seen:
    """One finished job as each bystander saw it."""

    spec: JobSpec
    views: dict[str, list[Sight]]
    envelopes: list[tuple[str, int]]
    calls: dict[str, list[Operation]]
    job: bytes
    stored: list[bytes]
    bodies: dict[str, list[bytes]]


def play(city: City, question: JobSpec) -> Seen:
    with city:
        spec = city.authorized(question)
        notes = {code: Noting(city[code].chain) for code in spec.parties}
        job = city.propose(spec)
        places = {code: {"chain": note} for code, note in notes.items()}
        assert city.run(spec, job, places=places) is not None
    views = {
        code: [Sight(m.direction, m.other, m.step, len(m.body)) for m in city[code].messages]  # type: ignore[arg-type]
        for code in spec.parties
    }
    return Seen(
        spec,
        views,
        sorted((to, len(envelope)) for to, envelope in city.carrier.stored),
        {code: note.calls for code, note in notes.items()},
        job,
        [envelope for _, envelope in city.carrier.stored],
        {code: [m.body for m in city[code].messages] for code in spec.parties},
    )


def registrar_city(directory: Path, rare: int) -> City:
    """The first registrar has so many rare sales; the bin stays below the minimum."""
    holdings = {}
    for n, code in enumerate(REGISTRARS, start=1):
        rows = registrar_rows(n) + [(f"92222{i:07d}", "1", 500_000 + i) for i in range(rare if n == 1 else 0)]
        holdings[code] = Holding(f"sales-{n}", SALES, sales_csv(rows))
    return City(directory, holdings)


def join_city(directory: Path, few: int) -> City:
    """So many matches in the third group, below the minimum."""
    return owners(directory, *sold({"1": 12, "2": 11, "3": few}))


def known(spec: JobSpec) -> tuple[Descriptor, dict[str, int], dict[str, list[str]]]:
    """The declaration, the numbers that everybody may use here, and who plays what."""
    document = {SPECIFICATION: len(canonical.encode(spec.json()))}
    if isinstance(spec, SumsSpec):
        cast = {"owner": sorted(s.party for s in spec.sources), "recipient": [spec.recipient]}
        return framed(SUMS), sums_public(of_spec(spec)) | document, cast
    terms = join_terms_of(spec)
    roles = {"holder": [spec.holder.party], "lister": [spec.lister.party], "recipient": [spec.recipient]}
    roles |= {"owner": [spec.holder.party, spec.lister.party]}
    if spec.privacy is None:
        return framed(JOIN), join_public(terms) | document, roles
    return framed(NOISED_JOIN), noised.public(terms) | document, roles


def turns_of(seen: Seen) -> int:
    """How many rounds of decisions there were: an output of the owners' audits, declared to owners and relay."""
    steps = {sight.step for sights in seen.views.values() for sight in sights}
    return sum("deci" in step for step in steps)


def require_declared(seen: Seen, sizes: dict[str, int]) -> list[Line]:
    descriptor, numbers, cast = known(seen.spec)
    outputs = sizes | {"turns": turns_of(seen)}
    for code, view in seen.views.items():
        role = kind_of(seen.spec).role(code)
        given = numbers | {name: n for name, n in outputs.items() if name in descriptor.known(role)}
        assert in_order(view) == in_order(simulate(descriptor, role, code, cast, given)), code
    lines = list(simulate_courier(descriptor, cast, numbers | outputs))
    assert seen.envelopes == sorted(envelope_sizes(lines, seen.job, 1))
    return lines


def require_exposed(first: Seen, second: Seen) -> None:
    """Hold every call of both jobs against the declaration, word by word."""
    for code in first.spec.parties:
        role = "recipient" if code == first.spec.recipient else "owner"
        declared = [call for call in exposure.JOB_CALLS if role in call.by and call.method != "propose"]
        for seen in (first, second):
            made = [(call.contract, call.method) for call in seen.calls[code]]
            assert made == [(call.contract, call.method) for call in declared]
        for call, one, other in zip(declared, first.calls[code], second.calls[code], strict=True):
            assert len(one.args) == len(other.args) == len(call.words)
            for (name, kind), left, right in zip(call.words.items(), one.args, other.args, strict=True):
                is_empty = role == "recipient" and name == "input"
                assert (left == right) == (kind is Exposure.PUBLIC or is_empty), (code, call.method, name)


CASES = [
    (registrar_city, sums(), (0, 3), {}),
    (join_city, join(), (2, 9), None),
]


@pytest.mark.parametrize(("city", "question", "hidden", "sizes"), CASES, ids=["sums", "join"])
def test_nodes_relay_and_chain_see_what_is_declared_whatever_is_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, city: Callable[[Path, int], City], question: JobSpec,
    hidden: tuple[int, int], sizes,
) -> None:  # fmt: skip
    seen = [play(city(tmp_path / str(count), count), question) for count in hidden]
    for found, count in zip(seen, hidden, strict=True):
        require_declared(found, sizes if sizes is not None else join_sizes(question, count))
    assert seen[0].envelopes == seen[1].envelopes
    require_exposed(*seen)
    shared = [{body[i : i + 32] for code in bodies for body in bodies[code] for i in range(0, len(body), 32)}
              for bodies in (seen[0].bodies, seen[1].bodies)]  # fmt: skip
    secret = {block for block in shared[0] & shared[1] if len(set(block)) > 2}
    document = canonical.encode(seen[0].spec.json()), canonical.encode(seen[1].spec.json())
    assert all(block in document[0] and block in document[1] for block in secret)  # the question, and no more
    assert not {envelope for envelope in seen[0].stored} & {envelope for envelope in seen[1].stored}

    # a build that makes one call more, or sends one letter more, does not fit
    for call in exposure.JOB_CALLS[1:]:
        monkeypatch.setattr(exposure, "JOB_CALLS", tuple(other for other in exposure.JOB_CALLS if other is not call))
        with pytest.raises(AssertionError):
            require_exposed(*seen)
        monkeypatch.undo()
    with pytest.raises(AssertionError):
        require_declared(_with_one_more(seen[0]), sizes if sizes is not None else join_sizes(question, hidden[0]))


@pytest.mark.slow
def test_a_private_join_shows_bystanders_sizes_with_noise_and_nothing_else(tmp_path: Path) -> None:
    """Two and nine matches in the third group: the same correspondence, up to the noise in two sizes."""
    seen = [
        play(private_owners(tmp_path / str(few), *sold({"1": 12, "2": 11, "3": few})), private_join()) for few in (2, 9)
    ]
    for found, few in zip(seen, (2, 9), strict=True):
        sizes, exact = sizes_shown(found), join_sizes(found.spec, few)
        require_declared(found, sizes)
        most = join_terms_of(found.spec).most_blur  # type: ignore[arg-type]
        assert all(0 <= sizes[name] - exact[name] <= 3 * most for name in exact)
    assert {(s.direction, s.other, s.step) for s in seen[0].views[OFFICE]} == {
        (s.direction, s.other, s.step) for s in seen[1].views[OFFICE]
    }
    require_exposed(*seen)
    with pytest.raises(AssertionError):
        require_declared(seen[0], join_sizes(seen[0].spec, 2))  # sizes without noise


def sizes_shown(seen: Seen) -> dict[str, int]:
    """How many elements list and rows had on their way."""
    held = {sight.step: sight.size for sight in seen.views["tax"]}
    return {"listed": (held[messages.LIST] - 64) // 32, "rows": (held[messages.ROWS] - 64 - 3 * 4) // 32}


def join_sizes(question: JobSpec, few: int) -> dict[str, int]:
    rows, listed = sold({"1": 12, "2": 11, "3": few})
    keys = [len({key for key, borough, _ in rows if borough == group}) for group in ("1", "2", "3")]
    return padded(join_terms_of(question), keys, len(listed))  # type: ignore[arg-type]


def _with_one_more(seen: Seen) -> Seen:
    extra = (OFFICE, 300)
    return Seen(seen.spec, seen.views, sorted([*seen.envelopes, extra]), seen.calls, seen.job, seen.stored, seen.bodies)
