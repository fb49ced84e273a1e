"""Private join-and-compute with shared cells (PJC-S): distinct keys, rows and sums of one owner's rows whose key stands
in another owner's list, per declared group, to a recipient, with small groups unknown to everybody.

Two owners blind their keys with one secret exponent each (commutative encryption); totals travel under
additive encryption of the holder; the lister adds the matched ones under masks, so that the holder decrypts
uniform numbers. Every group thus ends as two shares. A private threshold test on the shares, each owner's
own disclosure audit, and only then the shares of the groups that passed go to the recipient.

Source: Ion et al., On Deploying Secure Computation: Private Intersection-Sum-with-Cardinality, EuroS&P 2020
(the join); He et al., Composing Differential Privacy and Secure Computation, CCS 2017 (dummies).
A demonstration: unaudited. Trust: semi-honest parties; the two owners do not pool their
data.
"""

from mpc.protocols.join.holder import run_holder
from mpc.protocols.join.layout import Column
from mpc.protocols.join.lister import run_lister
from mpc.protocols.join.office import Released, run_recipient
from mpc.protocols.join.opening import OwnerOutcome
from mpc.protocols.join.run import PROTOCOL, Progress
from mpc.protocols.join.table import HolderTable, KeyTotals
from mpc.protocols.join.terms import JoinTerms, parse_terms

__all__ = [
    "PROTOCOL",
    "Column",
    "HolderTable",
    "JoinTerms",
    "KeyTotals",
    "OwnerOutcome",
    "Progress",
    "Released",
    "parse_terms",
    "run_holder",
    "run_lister",
    "run_recipient",
]
