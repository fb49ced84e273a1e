"""Tests, correlations and regressions from figures that were opened: nothing here sees a row, or opens another cell.

``studies`` turns a question ("does the fee differ by district?") into one SQL query and its answer into a finding;
``linear`` and ``comparison`` are the mathematics, over counts, means, variances and covariances.
"""
