"""The steps of cases in one window: every department of the kind of case signs, and the window hands out the result.

Who signs stands in the definition of the kind of case, which lends it to each case; all run against one clock.
"""

from __future__ import annotations

from typing import Final

from contracts.addresses import CASES
from contracts.oversight.pending.step import Row, Step, Turn
from contracts.regulation.rule_set import Wording
from contracts.world import AgentRole

WINDOW, TEMPLATE = "window", "template"

STEPS: Final = (
    Step(
        "sign-case", "departments", AgentRole.OFFICER,
        Wording("签署一窗办件，或不予办理", "sign or refuse a case of one window"),
        Wording("逾期签署仍有效，但记为逾期", "a late signature stands, and is marked as late"), due="due",
    ),
    Step(
        "close-case", "requester", AgentRole.OFFICER,
        Wording("各部门签署后办结一窗办件", "close a case of one window, once every department has signed"),
        Wording("逾期办结仍有效，但记为逾期", "a late end stands, and is marked as late"), due="due",
    ),
)  # fmt: skip

_ID = ("id",)

ROWS: Final[tuple[Row, ...]] = (
    (CASES, "TemplateDefined", Turn(TEMPLATE, _ID, {"departments": "departments"}, lends=True)),
    (CASES, "CaseOpened", Turn(
        WINDOW, _ID, {"requester": "party", "due": "due"}, begins=("sign-case", "close-case"),
        lender=(TEMPLATE, "template"),
    )),
    (CASES, "CaseSigned", Turn(WINDOW, _ID, ends_own=("sign-case",))),
    (CASES, "CaseClosed", Turn(WINDOW, _ID, closes=True)),
    (CASES, "CaseRefused", Turn(WINDOW, _ID, closes=True)),
    (CASES, "CaseWithdrawn", Turn(WINDOW, _ID, closes=True)),
)  # fmt: skip
