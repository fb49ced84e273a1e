"""Steps of the duties that no answered request begins: data that flow back to a region.

Part of the tables in ``steps.py``; the same tests hold every row against the artefacts.
Source: Regulation on Government Data Sharing, article 24 (rule R14).
"""

from __future__ import annotations

from typing import Final

from contracts.addresses import AUTHORIZATIONS, RETURNS, SUPPLIES
from contracts.oversight.step import Row, Step, Turn
from contracts.regulation.rule_set import Wording
from contracts.world import AgentRole

RETURN = "return"
_ID = ("id",)

STEPS: Final = (
    Step(
        "return-data", "owner", AgentRole.OFFICER,
        Wording("向下级地区回流数据", "return a region's data to who claimed them there"),
        Wording("逾期回流记为逾期（第39条第5项）", "a late return is marked as late (article 39(5))"),
        due="due", rules=("R14",), breach="39(5)",
    ),
)  # fmt: skip

ROWS: Final[tuple[Row, ...]] = (
    (RETURNS, "ReturnClaimed", Turn(
        RETURN, _ID, {"requester": "party", "owner": "owner", "asset": "asset", "due": "due"}, begins=("return-data",),
    )),
    (SUPPLIES, "Supplied", Turn(
        RETURN, ("authorization",), ends=("return-data",), closes=True, late="breach", unless="source",
    )),
    (AUTHORIZATIONS, "AuthorizationUsed", Turn(RETURN, _ID, ends=("return-data",), closes=True)),
    (AUTHORIZATIONS, "AuthorizationRevoked", Turn(RETURN, _ID, closes=True)),
    (AUTHORIZATIONS, "AuthorizationDisposed", Turn(RETURN, _ID, closes=True)),
)  # fmt: skip
