"""Tests, correlations and regressions from figures that were opened: nothing here sees a row, or opens another cell.

The mathematics alone, over counts, means, variances and covariances; which figures are needed and how they are asked
for is ``mpc.studies``.
"""
