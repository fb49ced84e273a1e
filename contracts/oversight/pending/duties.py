"""Steps of the duties that no request begins: data flow back, the catalogue is brought up to date, breaches corrected.

Part of the tables in ``steps.py``; the same tests hold every row against the artefacts.
Source: Regulation on Government Data Sharing, articles 17, 24 and 39 to 41 (rules R06, R14, R27).
"""

from __future__ import annotations

from typing import Final

from contracts.addresses import AUTHORIZATIONS, BREACHES, RETURNS, REVISIONS, SUPPLIES
from contracts.oversight.pending.step import Row, Step, Turn
from contracts.regulation.rule_set import Wording
from contracts.world import AgentRole

RETURN, REVISION, BREACH = "return", "revision", "breach"
_ID, _ASSET = ("id",), ("asset",)

STEPS: Final = (
    Step(
        "return-data", "owner", AgentRole.OFFICER,
        Wording("向下级地区回流数据", "return a region's data to who claimed them there"),
        Wording("逾期回流记为逾期（第39条第5项）", "a late return is marked as late (article 39(5))"),
        due="due", rules=("R14",), breach="39(5)",
    ),
    Step(
        "update-entry", "owner", AgentRole.OFFICER,
        Wording("更新政务数据目录并报送审核", "update a catalogue entry and hand it over for review"),
        Wording("逾期更新记为逾期（第39条第1项）", "a late update is marked as late (article 39(1))"),
        due="due", rules=("R06",), breach="39(1)",
    ),
    Step(
        "review-entry", "authority", AgentRole.OFFICER,
        Wording("审核并发布政务数据目录", "review and publish a catalogue entry that was handed over"),
        Wording("逾期审核记为逾期（第41条第3项）", "a late review is marked as late (article 41(3))"),
        due="due", rules=("R06",), breach="41(3)",
    ),
    Step(
        "correct-breach", "accused", AgentRole.OFFICER,
        Wording("按要求整改违规情形", "correct a breach that an authority found"),
        Wording("逾期整改记为逾期", "a late correction is marked as late"), due="due", rules=("R27",),
    ),
    Step(
        "close-breach", "authority", AgentRole.OFFICER,
        Wording("核实整改并办结", "see whether a breach was corrected, and close it"),
        Wording("无期限", "no limit of time"), rules=("R27",),
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
    (REVISIONS, "ChangeNoticed", Turn(
        REVISION, _ASSET, {"owner": "owner", "asset": "asset", "due": "due"}, begins=("update-entry",),
    )),
    (REVISIONS, "UpdateExtended", Turn(REVISION, _ASSET, {"due": "due"}, begins=("update-entry",))),
    (REVISIONS, "UpdateHandedOver", Turn(
        REVISION, _ASSET, {"owner": "party", "authority": "authority", "asset": "asset", "due": "due"},
        begins=("review-entry",), ends=("update-entry",), late="breach",
    )),
    (REVISIONS, "EntryPublished", Turn(REVISION, _ASSET, ends=("review-entry",), closes=True, late="breach")),
    (REVISIONS, "EntryReturned", Turn(
        REVISION, _ASSET, {"owner": "owner", "due": "due"}, begins=("update-entry",), ends=("review-entry",),
        late="breach",
    )),
    (BREACHES, "BreachFound", Turn(
        BREACH, _ID, {"accused": "accused", "due": "due"}, begins=("correct-breach",),
    )),
    (BREACHES, "BreachCorrected", Turn(
        BREACH, _ID, {"authority": "authority"}, begins=("close-breach",), ends=("correct-breach",), late="late",
    )),
    (BREACHES, "BreachClosed", Turn(BREACH, _ID, closes=True)),
)  # fmt: skip
