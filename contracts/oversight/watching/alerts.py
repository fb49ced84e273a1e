"""Alerts (预警) from the chain's acts alone: a pure function, so that every observer gets the same list.

An attempt that the chain refused leaves no event, but it stands in its block with a receipt that says so; what it
named is in the call, and whether an authorization had ended or did not reach so far follows from the events before it.
Such an alert says that a call was refused and what stood in its way by these rules, not that nothing else did. A node
that refuses a job says its ground in an event of its own.

Limits, on purpose: rows of a use are those the owner last published for the asset, for nothing tells the chain how many
rows a job read; an asset without a published version gives no such alert. What never reached a block (a node that was
asked in private, a copy passed on) is seen by nobody here. Thresholds are the project's, not the statute's.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import merge
from typing import Final, cast

from contracts.addresses import AUTHORIZATIONS, BREACHES, BUDGETS, CATALOGUE, JOBS, PARTIES
from contracts.authorizations.reasons import Ground, ground_of
from contracts.authorizations.record import Authorization
from contracts.authorizations.rules import obstacle
from contracts.oversight.acts import Act
from contracts.oversight.pending.agenda import Agenda, Limits, cases_of, dated
from contracts.oversight.pending.steps import STEPS, turns
from contracts.oversight.watching.alert import RULES, Alert, Kind, Moment, ordered
from contracts.oversight.watching.permits import Asking, Permits, asking
from contracts.regulation.rule_set import breach_number, breach_text
from ledger.chain.port import Event
from ledger.errors import Conflict, InvalidRecord

DAY: Final = 86400
ROWS_FACTOR: Final = 3
ROWS_WINDOW: Final = 28 * DAY
BUDGET_PERCENT: Final = 90
REFUSALS: Final = 3
SUSPENSION: Final = 19
"""Number of the rule by which a use found out of bounds is suspended."""
REFUSALS_WINDOW: Final = 7 * DAY

_SCOPE: Final = frozenset({Ground.UNKNOWN, Ground.PURPOSE, Ground.OPERATION, Ground.COLUMN, Ground.TERMS})
_ENDED: Final = frozenset(Ground) - _SCOPE - {Ground.NOT_YET_VALID}
_OTHER_GRANTEE: Final = "other grantee"


def alerts(acts: Iterable[Act], moment: Moment, parties: Mapping[bytes, bytes], limits: Limits) -> list[Alert]:
    """Return all alerts as of a block.

    Args:
        acts: every act of the chain up to it, in order.
        parties: of the agents that genesis appointed; later ones are in the acts.
        limits: the rule set and calendar in force, for steps whose end no event has fixed.
    Raises:
        Conflict: the acts run backwards, or past the block.
    """
    watch = Watch(parties)
    for act in acts:
        watch.take(act)
    return watch.alerts(moment, limits)


@dataclass(slots=True)
class _Pot:
    limit: int = 0
    used: int = 0

    @property
    def is_nearly_spent(self) -> bool:
        return self.used * 100 >= self.limit * BUDGET_PERCENT and self.used > 0


class Watch:
    """What one pass over the acts has to remember; ``alerts`` may be asked at any time between two of them."""

    def __init__(self, parties: Mapping[bytes, bytes]) -> None:
        self._told: list[Alert] = []
        self._of_act = 0  # from here on they are of the newest act, and may still have to be ordered
        self._last = (0, -1, 0)
        self.agenda = Agenda()
        self._parties = dict(parties)
        self._permits = Permits()
        self._rows: dict[bytes, int] = {}
        self._uses: dict[tuple[bytes, bytes], deque[tuple[int, int]]] = defaultdict(deque)
        self._pots: dict[tuple[bytes, bytes], _Pot] = defaultdict(_Pot)
        self._held: dict[tuple[bytes, bytes, int], tuple[bytes, int]] = {}
        self._refused: dict[bytes, deque[int]] = defaultdict(deque)

    def know(self, parties: Mapping[bytes, bytes]) -> None:
        """Say whose agents some accounts are; what the acts said before stays."""
        self._parties = {**parties, **self._parties} if parties else self._parties

    def alerts(self, moment: Moment, limits: Limits) -> list[Alert]:
        """Return all alerts as of a block behind the acts that were taken; raises Conflict if it is before them."""
        block, _, time = self._last
        if block > moment.number or time > moment.time:
            raise Conflict(f"alerts: the clock went backwards at block {block}")
        overdue = [
            Alert(
                Kind.OVERDUE, item.due, 0, 0, item.party, item.case[:32], item.about.rules,
                {"step": item.step, "began": item.since},
            )
            for item in dated(self.agenda.items(moment.time), limits)
            if item.is_overdue(moment.time) and any(item.party)
        ]  # fmt: skip
        # Acts come in the order of their time, so what they raised is in order but within one act; and no alert of an
        # act stands where one of time alone does, which names no block.
        self._told[self._of_act :] = ordered(self._told[self._of_act :])
        return list(merge(self._told, ordered(overdue), key=lambda one: (one.since, one.block, one.index)))

    def take(self, act: Act) -> None:
        """Follow one act; raises Conflict if it is no later than the one before."""
        block, index, time = self._last
        if not (block, index) < (act.block, act.index) or act.time < time:
            raise Conflict(f"alerts: the clock went backwards at block {act.block}")
        self._last = act.block, act.index, act.time
        self._told[self._of_act :] = ordered(self._told[self._of_act :])
        self._of_act = len(self._told)
        if not act.accepted:
            self._attempt(act)
            return
        for event in act.events:
            self._unmet(act, event)
            self.agenda.take((event,))
            self._permits.take(event)
            self._late(act, event)
            self._found(act, event)
            match event.contract:
                case _ if event.contract == PARTIES and event.name == "Enrolled":
                    self._parties[event.topics[1][12:]] = cast(bytes, event.args["party"])
                case _ if event.contract == CATALOGUE and event.name == "AssetPublished":
                    self._rows[event.topics[1]] = cast(int, event.args["rows"])
                case _ if event.contract == AUTHORIZATIONS and event.name == "AuthorizationUsed":
                    self._use(act, event)
                case _ if event.contract == BUDGETS:
                    self._budget(act, event)
                case _ if event.contract == JOBS and event.name == "JobRefused":
                    self._refused_by_node(act, event)

    def _attempt(self, act: Act) -> None:
        """A call that its contract refused: by whom, and what it would have used."""
        party = self._parties.get(act.sender, act.sender)
        self._count_refusal(act, party, act.sender)
        method, args = act.call()
        if act.contract != JOBS or method not in ("propose", "retry"):
            return
        if method == "propose":
            wanted = asking(args[4], args[2], args[3], args[9])
        elif (known := self._permits.jobs.get(cast(bytes, args[0]))) is not None:
            wanted = known
        else:
            return
        for id in wanted.authorizations:
            self._hold_against(act, party, id, wanted)

    def _hold_against(self, act: Act, party: bytes, id: bytes, wanted: Asking) -> None:
        record: Authorization = self._permits.authorization(id)
        ground = obstacle(record, record.owner, act.time, wanted.purpose, wanted.operations)
        if record.state and record.grantee != party:
            self._say(Kind.BEYOND_SCOPE, act, party, id, {"ground": _OTHER_GRANTEE})
        elif ground in _SCOPE:
            self._say(Kind.BEYOND_SCOPE, act, party, id, {"ground": ground.value})
        elif ground in _ENDED:
            self._say(Kind.AFTER_END, act, party, id, {"ground": ground.value})

    def _refused_by_node(self, act: Act, event: Event) -> None:
        job, owner = event.topics[1], cast(bytes, event.args["party"])
        wanted = self._permits.jobs.get(job)
        if wanted is None:
            return
        self._count_refusal(act, wanted.recipient, job)
        try:
            ground = ground_of(cast(bytes, event.args["reason"]))
        except InvalidRecord:
            return  # refused on a ground that is about no authorization
        detail = {"ground": ground.value, "owner": owner.hex()}
        if ground in _SCOPE:
            self._say(Kind.BEYOND_SCOPE, act, wanted.recipient, job, detail)
        elif ground in _ENDED:
            self._say(Kind.AFTER_END, act, wanted.recipient, job, detail)

    def _found(self, act: Act, event: Event) -> None:
        """A breach that an authority, or whoever suspends a use, says it found."""
        args, subject = event.args, event.topics[1]
        if event.contract == BREACHES and event.name == "BreachFound":
            accused, item, rule = cast(bytes, args["accused"]), cast(int, args["item"]), cast(int, args["rule"])
        elif event.contract == AUTHORIZATIONS and event.name == "AuthorizationSuspended" and args["breach"]:
            accused, item, rule = self._permits.authorization(subject).grantee, cast(int, args["breach"]), SUSPENSION
        else:
            return
        self._say(Kind.BREACH, act, accused, subject, {"item": breach_text(item)}, (f"R{rule:02}",))

    def _unmet(self, act: Act, event: Event) -> None:
        """A step that was overdue when something else ended it, so that ending it does not hide that."""
        for turn, key in cases_of(event):
            before = self.agenda.case(key)
            left = {(found.step, found.party) for found in self.agenda.after(turn, key, event).waiting}
            for found in () if turn.late else before.waiting:
                gone = (found.step, found.party) not in left
                if gone and 0 < found.due <= act.time and not STEPS[found.step].lapses:
                    rules = STEPS[found.step].rules
                    self._say(Kind.LATE, act, found.party, event.topics[1], {"step": found.step}, rules)

    def _late(self, act: Act, event: Event) -> None:
        """A step that its own event says was taken late."""
        late = [turn for turn in turns().get((event.contract, event.name), ()) if turn.late and event.args[turn.late]]
        ended = [(code, event.args[turn.late]) for turn in late for code in turn.ends]
        for code, number in ended:
            party, breach = cast(bytes, event.args["party"]), STEPS[code].breach
            if breach and number != breach_number(breach):
                continue  # the event ends another kind of step as well
            self._say(Kind.LATE, act, party, event.topics[1], {"step": code}, STEPS[code].rules)

    def _use(self, act: Act, event: Event) -> None:
        record = self._permits.authorization(event.topics[1])
        rows = self._rows.get(record.asset)
        if rows is None:
            return
        uses = self._uses[record.grantee, record.asset]
        while uses and uses[0][0] <= act.time - ROWS_WINDOW:
            uses.popleft()
        most = max((count for _, count in uses), default=0)
        if most and rows > ROWS_FACTOR * most:
            self._say(Kind.ROWS, act, record.grantee, event.topics[1], {"rows": rows, "maximum": most})
        uses.append((act.time, rows))

    def _budget(self, act: Act, event: Event) -> None:
        asset, args = event.topics[1], event.args
        match event.name:
            case "LimitRaised" | "LimitLowered" if args["length"] == 0:
                self._move(act, event, cast(bytes, args["pot"]), limit=cast(int, args["limit"]))
            case "BudgetReserved":
                amount, period = cast(int, args["amount"]), cast(bytes, args["period"])
                self._held[asset, cast(bytes, args["job"]), cast(int, args["attempt"])] = period, amount
                self._move(act, event, period, used=amount)
            case "BudgetConsumed" | "BudgetSettled" | "BudgetRefunded":
                key = (asset, cast(bytes, args["job"]), cast(int, args["attempt"]))
                period, amount = self._held.get(key, (bytes(32), 0))
                self._held[key] = period, 0  # what was consumed may be settled later, for nothing more
                self._move(act, event, period, used=cast(int, args["spent"]) - amount)

    def _move(self, act: Act, event: Event, period: bytes, *, used: int = 0, limit: int | None = None) -> None:
        pot = self._pots[event.topics[1], period]
        before = pot.is_nearly_spent
        pot.used += used
        pot.limit = pot.limit if limit is None else limit
        if pot.is_nearly_spent and not before:
            detail: dict[str, str | int] = {"period": period.hex(), "used": pot.used, "limit": pot.limit}
            self._say(Kind.BUDGET, act, cast(bytes, event.args["party"]), event.topics[1], detail)

    def _count_refusal(self, act: Act, party: bytes, subject: bytes) -> None:
        times = self._refused[party]
        while times and times[0] <= act.time - REFUSALS_WINDOW:
            times.popleft()
        times.append(act.time)
        if len(times) == REFUSALS:
            self._say(Kind.REFUSALS, act, party, subject, {"times": REFUSALS, "first": times[0]})
            times.clear()

    def _say(
        self, kind: Kind, act: Act, party: bytes, subject: bytes, detail: Mapping[str, str | int],
        rules: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self._told.append(
            Alert(kind, act.time, act.block, act.index, party, subject, rules or RULES.get(kind, ()), detail)
        )
