"""The register under random acts: contracts and rules agree, and what the law promises holds after every step."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from land import CLERK, JUDGE, OFFICER, OTHER_CLERK, Land
from network import digest

from contracts.applications.rules import RegistrationType
from contracts.calendar.dates import DAY
from contracts.restrictions.calls import Allow, Begin, EnterRestriction, Lift, Release, Renew, Seize, Sue
from contracts.restrictions.record import RestrictionKind, end, holding
from contracts.titles.calls import Alter, Cancel, Correct, Divide, First, Joined, Merge, Part, Transfer
from contracts.titles.holding import Holdings, holdings_of
from contracts.titles.record import RightKind
from contracts.titles.replay import read_burden, restrictions_of, standing

PEOPLE = [digest(f"holder {name}") for name in "abc"]
UNITS = [digest("unit one"), digest("unit two"), digest("unit three")]
RARELY = st.sampled_from([False, False, False, False, True])
PARTS = [Fraction(1), Fraction(1, 2), Fraction(1, 3), Fraction(2, 3)]


@st.composite
def lists(draw: st.DrawFn) -> Holdings:
    """Draw a list of holders that mostly is one; sometimes its shares drift."""
    first = draw(st.sampled_from(PEOPLE))
    share = draw(st.sampled_from(PARTS))
    if share == 1:
        return holdings_of({first: share})
    second = draw(st.sampled_from([person for person in PEOPLE if person != first]))
    held = holdings_of({first: share, second: 1 - share})
    drift = draw(st.sampled_from([0, 0, 0, 1]))
    return Holdings(held.holders, (held.numerators[0] + drift, *held.numerators[1:]), held.denominator)


class Register(RuleBasedStateMachine):
    """Two registrars, a court and the police act on two units; the model remembers what was released as true."""

    KINDS: ClassVar = [kind for kind in RestrictionKind if kind is not RestrictionKind.SEIZURE]

    @initialize()
    def begin(self) -> None:
        self.land = Land()
        self.held: dict[bytes, Holdings] = {}
        self.numbers = 0
        self.ids: list[bytes] = []
        self.seizures: list[bytes] = []
        for unit in UNITS[:2]:
            self.register(unit, holdings_of({PEOPLE[0]: Fraction(1)}), CLERK)

    def _number(self) -> bytes:
        self.numbers += 1
        return digest(f"number {self.numbers}")

    def _application(self, unit: bytes, kind: RegistrationType, caller: bytes = CLERK) -> bytes:
        return self.land.apply_for(unit, kind, caller)

    def _relied(self, unit: bytes) -> bool:
        return self.land.world.relied(unit, self.land.register.state.unit(unit).registrar, self.land.now)

    def _burdened(self, unit: bytes) -> bool:
        return self.land.world.burdened(unit, self.land.register.state.unit(unit).registrar, self.land.now)

    @rule(unit=st.sampled_from(UNITS), held=lists(), caller=st.sampled_from([CLERK, CLERK, OTHER_CLERK]))
    def register(self, unit: bytes, held: Holdings, caller: bytes) -> None:
        application = self._application(unit, RegistrationType.FIRST, caller)
        if self.land.do(caller, First(application, unit, digest("plan"), RightKind.BUILDING, held)).accepted:
            assert unit not in self.held
            self.held[unit] = held

    @rule(
        unit=st.sampled_from(UNITS), stale=RARELY, guess=lists(), after=lists(), acknowledged=st.booleans(),
        replay=st.booleans(),
    )  # fmt: skip
    def sell(
        self, unit: bytes, stale: bool, guess: Holdings, after: Holdings, acknowledged: bool, replay: bool
    ) -> None:
        before = guess if stale or unit not in self.held else self.held[unit]
        seized = self.land.world.seized(unit, self.land.now)
        call = Transfer(self._application(unit, RegistrationType.TRANSFER), unit, before, after, acknowledged)
        if self.land.do(CLERK, call).accepted:
            assert not seized
            assert before == self.held[unit]
            self.held[unit] = after
            if replay:
                assert not self.land.do(CLERK, call).accepted

    @rule(unit=st.sampled_from(UNITS), after=lists())
    def correct(self, unit: bytes, after: Holdings) -> None:
        before = self.held.get(unit, after)
        standing = self.land.burdens.state.standing.get(unit, ())
        hides = after != before and self._relied(unit)
        if self.land.do(CLERK, Correct(bytes(32), unit, digest("plan"), before, after, digest("error"))).accepted:
            assert not hides
            self.held[unit] = after
            assert self.land.burdens.state.standing.get(unit, ()) == standing  # a correction hides nothing

    @rule(unit=st.sampled_from(UNITS), after=lists())
    def rename(self, unit: bytes, after: Holdings) -> None:
        if unit not in self.held:
            return
        before, seized = self.held[unit], self.land.world.seized(unit, self.land.now)
        application = self._application(unit, RegistrationType.ALTERATION)
        if self.land.do(CLERK, Alter(application, unit, digest("plan"), before, after)).accepted:
            assert after == before or not seized
            assert sorted(before.shares().values()) == sorted(after.shares().values())
            self.held[unit] = after

    @rule(unit=st.sampled_from(UNITS), is_wanted=RARELY)
    def divide(self, unit: bytes, is_wanted: bool) -> None:
        if unit not in self.held or not is_wanted:
            return
        parts = tuple(Part(digest(f"{side} of {unit.hex()}"), digest("plan")) for side in ("left", "right"))
        burdened = self._burdened(unit)
        application = self._application(unit, RegistrationType.ALTERATION)
        if self.land.do(CLERK, Divide(application, unit, parts, self.held[unit])).accepted:
            assert not burdened
            self.held |= {part.unit: self.held[unit] for part in parts}

    @rule(guess=lists(), is_wanted=RARELY, is_stale=RARELY)
    def merge(self, guess: Holdings, is_wanted: bool, is_stale: bool) -> None:
        if not is_wanted:
            return
        both = UNITS[:2]
        held = guess if is_stale else self.held[both[0]]
        joined = tuple(Joined(unit, guess if is_stale else self.held[unit]) for unit in both)
        burdened = any(map(self._burdened, both))
        application = self._application(UNITS[0], RegistrationType.ALTERATION)
        call = Merge(application, joined, Part(digest("whole"), digest("plan")), held)
        if self.land.do(CLERK, call).accepted:
            assert not burdened
            assert [part.held for part in joined] == [self.held[unit] for unit in both]
            assert {tuple(sorted(part.held.shares().values())) for part in joined} == {
                tuple(sorted(held.shares().values()))
            }
            self.held[call.into.unit] = held

    @rule(unit=st.sampled_from(UNITS), is_wanted=RARELY)
    def cancel(self, unit: bytes, is_wanted: bool) -> None:
        if unit not in self.held or not is_wanted:
            return
        application = self._application(unit, RegistrationType.CANCELLATION)
        burdened = self._burdened(unit)
        assert not (self.land.do(CLERK, Cancel(application, unit, self.held[unit])).accepted and burdened)

    @rule(
        unit=st.sampled_from(UNITS), kind=st.sampled_from(KINDS), rank=st.integers(0, 3), ban=st.booleans(), to=lists()
    )
    def burden(self, unit: bytes, kind: RestrictionKind, rank: int, ban: bool, to: Holdings) -> None:
        types = {
            RestrictionKind.OBJECTION: RegistrationType.OBJECTION,
            RestrictionKind.PRENOTICE: RegistrationType.PRENOTICE,
        }
        application = self._application(unit, types.get(kind, RegistrationType.FIRST))
        holdings = self.held[unit].digest() if unit in self.held else bytes(32)
        claim = digest("claim") if sum(to.numerators) != to.denominator else to.digest()
        mortgage = kind is RestrictionKind.MORTGAGE
        call = EnterRestriction(
            application, self._number(), unit, int(kind), holdings, PEOPLE[0], claim, rank if mortgage else 0, 0,
            ban and mortgage,
        )  # fmt: skip
        before = [entry for _, entry in self.land.burdens.state.of(unit) if entry.kind == RestrictionKind.MORTGAGE]
        if self.land.do(CLERK, call).accepted:
            self.ids.append(call.id)
            assert not mortgage or rank == len(before) + 1

    @rule(unit=st.sampled_from(UNITS), caller=st.sampled_from([JUDGE, OFFICER]), days=st.sampled_from([1, 3, 9]))
    def seize(self, unit: bytes, caller: bytes, days: int) -> None:
        call = Seize(self._number(), unit, self._number(), days)
        held = self.land.world.seized(unit, self.land.now)
        if self.land.do(caller, call).accepted:
            self.ids.append(call.id)
            self.seizures.append(call.id)
            assert (self.land.burdens.state.restriction(call.id).since == 0) == held

    @rule(data=st.data(), caller=st.sampled_from([JUDGE, OFFICER, CLERK]))
    def change(self, data: st.DataObject, caller: bytes) -> None:
        if not self.ids:
            return
        id = data.draw(st.sampled_from(self.ids))
        entry = self.land.burdens.state.restriction(id)
        source = self._number()
        call = data.draw(
            st.sampled_from([Begin(id, source), Sue(id, source), Lift(id, source), Renew(id, source, 2), None])
        ) or data.draw(st.sampled_from([
            Allow(self._application(entry.unit, RegistrationType.ALTERATION), id, False),
            Release(self._application(entry.unit, RegistrationType.CANCELLATION), id),
        ]))  # fmt: skip
        seizing = isinstance(call, Lift | Renew)
        if self.land.do(caller, call).accepted:
            assert entry.kind != RestrictionKind.SEIZURE or (seizing and caller == {True: JUDGE, False: OFFICER}[
                entry.holder == self.land.world.acting(JUDGE, 3, self.land.now)
            ])  # fmt: skip

    @rule(days=st.sampled_from([0, 1, 4, 16, 100]))
    def wait(self, days: int) -> None:
        self.land.now += days * DAY + 1

    @invariant()
    def every_unit_has_the_holders_of_its_last_entry(self) -> None:
        if not hasattr(self, "land"):
            return
        for unit, held in self.held.items():
            assert sum(held.shares().values()) == 1
            assert self.land.register.state.unit(unit).holdings == held.digest()

    @invariant()
    def at_most_one_seizure_of_a_unit_holds_and_it_is_the_oldest(self) -> None:
        if not hasattr(self, "land"):
            return
        for unit in UNITS:
            started = [
                entry for _, entry in self.land.burdens.state.of(unit)
                if entry.kind == RestrictionKind.SEIZURE and entry.since and entry.until > self.land.now
            ]  # fmt: skip
            assert len(started) <= 1

    @invariant()
    def no_seizure_stands_before_an_older_one(self) -> None:
        for unit in UNITS if hasattr(self, "land") else ():
            standing = self.land.burdens.state.of(unit)
            queue = [self.seizures.index(id) for id, entry in standing if entry.kind == RestrictionKind.SEIZURE]
            assert queue == sorted(queue)

    @invariant()
    def the_history_alone_says_what_stands(self) -> None:
        for unit in UNITS if hasattr(self, "land") else ():
            world, now, recorded = self.land.world, self.land.now, self.land.burdens.recorded
            registrar = self.land.register.state.unit(unit).registrar
            entries = [(read_burden(unit, change), time) for time, change in recorded if change.entity == unit]
            found = standing(restrictions_of(entries).items(), registrar, now, world)
            stored = self.land.burdens.state.of(unit)
            held = holding(stored, now)
            queue = [id for id, entry in stored if entry.kind == RestrictionKind.SEIZURE]
            seized = queue[queue.index(held.id) :] if held else []
            others = [
                id for id, entry in stored
                if entry.kind != RestrictionKind.SEIZURE and now < end(entry, now, world)
                and registrar in (bytes(32), entry.registrar)
            ]  # fmt: skip
            assert sorted(one.id for one in found) == sorted([*seized, *others])
            holds = [(one.id, one.since, one.until) for one in found if one.id in seized[:1]]
            assert holds == ([tuple(held)] if held else [])


Register.TestCase.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestRegister = Register.TestCase
