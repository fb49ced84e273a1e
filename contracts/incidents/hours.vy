# pragma version 0.4.3
# @license Apache-2.0
# @title Hours
# @notice How many hours the first report of an incident may take, by whose network it is, and what is late; a module of Incidents.
# @dev Source: Measures for National Cybersecurity Incident Reporting, article 4. Shorter hours may be set, longer never.

# Whose network it is: 1 critical infrastructure, 2 a state organ, 3 any other; the most hours each may take.
OPERATORS: constant(uint256) = 3
NATIONAL: constant(uint256[4]) = [0, 1, 2, 4]
HOUR: constant(uint256) = 3600

# Severities: 1 especially serious, 2 serious, 3 larger, 4 ordinary. The Measures set no hours for the last.
ORDINARY: constant(uint256) = 4

# Zero where none are set.
shorter: public(HashMap[uint256, uint256])


@internal
def _set(operator: uint256, hours: uint256):
    """
    @notice Set hours for a kind of operator.
    """
    self._require_operator(operator)
    assert hours != 0 and hours <= NATIONAL[operator], "incident: looser than national"
    assert self._hours(operator) != hours, "incident: no change"
    self.shorter[operator] = hours


@internal
@view
def _until(operator: uint256, severity: uint256, start: uint256) -> uint256:
    """
    @notice Until when a first report is in time whose hours began at start; zero if it has no limit.
    """
    return 0 if severity == ORDINARY else start + self._hours(operator) * HOUR


@internal
@view
def _late(due: uint256) -> uint256:
    return 1 if due != 0 and block.timestamp >= due else 0


@internal
@pure
def _require_operator(operator: uint256):
    assert operator != 0 and operator <= OPERATORS, "incident: operator"


@internal
@pure
def _require_severity(severity: uint256):
    assert severity != 0 and severity <= ORDINARY, "incident: severity"


@internal
@view
def _hours(operator: uint256) -> uint256:
    shorter: uint256 = self.shorter[operator]
    return shorter if shorter != 0 else NATIONAL[operator]
