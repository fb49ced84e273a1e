"""Events that say nothing about provenance: they set states, deadlines and duties, and nothing comes from anything.

Named one by one, so that an event that a contract gets later is in neither table and the test asks what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SILENT: Final[Mapping[str, str]] = {
    "Directory": "Registered",
    "Governance": "Proposed Approved Executed Paused MemberSet QuorumSet ValidatorsSet DigestSet",
    "Parties": "Registered Rotated Compromised",
    "Authorizations": "AuthorizationSuspended AuthorizationResumed",
    "Jobs": "JobAccepted JobOpened JobAborted JobRetried",
    "Budgets": ("LimitProposed LimitRaised LimitLowered BudgetConsumed BudgetSettled BudgetRefunded ClassAssigned"),
    "Calendar": "SpanSet",
    "Regulation": "RulesSet",
    "Requests": "SupplementAsked AnswerExtended RequestConsented RequestRefused RequestWithdrawn",
    "Endorsements": "Endorsed EndorsementWithdrawn",
    "Applications": "ApplicationEntered ApplicationWithdrawn ApplicationRefused",
    "Cases": "TemplateDefined CaseRefused CaseWithdrawn",
    "Supplies": "SupplySigned",
    "Objections": "ObjectionRaised ObjectionAnswered ObjectionWithdrawn",
    "Uses": "InspectionAsked InspectionGiven",
    "Disputes": "SuperiorSet DisputeOpened DisputeEscalated SettlementSigned DisputeSettled DisputeDecided",
    "Terminations": "TerminationAnnounced TerminationAnswered TerminationFiled",
    "Entries": "EntryFiled",
    "Grades": "ColumnsGraded TermsCovered LevelSet",
    "Certificates": "CertificateRevoked",
    "Custody": "ItemOffered OfferEnded SealChanged",
    "Quorums": "ActionProposed ActionAnswered ActionDecided",
    "Incidents": (
        "HoursSet IncidentRecorded IncidentRegraded IncidentReported IncidentFollowed IncidentEnded IncidentClosed"
    ),
    "Listings": "ListSet ListingAnnounced ListingPublished ListingPleaded ListingAnswered ListingWithdrawn",
    "Regions": "RegionSet PartyPlaced",
    "Returns": "DataGathered ReturnClaimed",
    "Revisions": "ChangeNoticed UpdateExtended UpdateHandedOver EntryPublished EntryReturned",
    "Breaches": "BreachFound BreachCorrected BreachClosed",
}
"""By contract, its events."""
