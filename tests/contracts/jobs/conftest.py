"""Five registrars that have authorized an office, and its job over all of them."""

from __future__ import annotations

import pytest
from proposedjob import JOB
from sharing import OFFICE, REGISTRARS, Sharing


@pytest.fixture
def sharing() -> Sharing:
    sharing = Sharing()
    for party in REGISTRARS:
        sharing.authorize(party)
    return sharing


@pytest.fixture
def proposed(sharing: Sharing) -> Sharing:
    sharing.must(OFFICE, sharing.propose(JOB))
    return sharing
