"""Percentiles of a column that several owners hold, each released as the mean of a block of rows around it."""
