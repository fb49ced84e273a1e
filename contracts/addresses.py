"""Names and genesis addresses of the contracts.

The founding contracts are predeployed by genesis at fixed addresses, so that nobody deploys and every network looks
alike. Later versions live elsewhere: only the Directory's address is fixed for ever, all others are resolved through
it. A proof must therefore take a contract's address from the Directory's proven entry, never from this table.
"""

from __future__ import annotations

from typing import Final

from ledger.hashing import keccak256

DIRECTORY: Final = "Directory"
GOVERNANCE: Final = "Governance"
PARTIES: Final = "Parties"
CATALOGUE: Final = "Catalogue"
AUTHORIZATIONS: Final = "Authorizations"
JOBS: Final = "Jobs"
NOTARY: Final = "Notary"
BUDGETS: Final = "Budgets"
CALENDAR: Final = "Calendar"
REGULATION: Final = "Regulation"
REQUESTS: Final = "Requests"
ENDORSEMENTS: Final = "Endorsements"
APPLICATIONS: Final = "Applications"
TITLES: Final = "Titles"
RESTRICTIONS: Final = "Restrictions"
CASES: Final = "Cases"
SUPPLIES: Final = "Supplies"
OBJECTIONS: Final = "Objections"
USES: Final = "Uses"
DISPUTES: Final = "Disputes"
TERMINATIONS: Final = "Terminations"
ENTRIES: Final = "Entries"
GRADES: Final = "Grades"
CERTIFICATES: Final = "Certificates"
CUSTODY: Final = "Custody"
QUORUMS: Final = "Quorums"
INCIDENTS: Final = "Incidents"
VOUCHERS: Final = "Vouchers"
LISTINGS: Final = "Listings"
MATERIALS: Final = "Materials"
REGIONS: Final = "Regions"
RETURNS: Final = "Returns"
REVISIONS: Final = "Revisions"
BREACHES: Final = "Breaches"

# In the order of their addresses; appended to, never reordered.
NAMES: Final = (
    DIRECTORY, GOVERNANCE, PARTIES, CATALOGUE, AUTHORIZATIONS, JOBS, NOTARY, BUDGETS, CALENDAR, REGULATION,
    REQUESTS, ENDORSEMENTS, APPLICATIONS, TITLES, RESTRICTIONS, CASES, SUPPLIES, OBJECTIONS, USES, DISPUTES,
    TERMINATIONS, ENTRIES, GRADES, CERTIFICATES, CUSTODY, QUORUMS, INCIDENTS, VOUCHERS, LISTINGS, MATERIALS,
    REGIONS, RETURNS, REVISIONS, BREACHES,
)  # fmt: skip

GENESIS_ADDRESSES: Final = {name: (0x5301 + index).to_bytes(20, "big") for index, name in enumerate(NAMES)}


def name_id(name: str) -> bytes:
    """Return the 32-byte name under which the Directory knows a contract."""
    return keccak256(name.encode())
