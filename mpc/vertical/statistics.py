"""The statistics that a specification over columns of several departments may be of."""

from __future__ import annotations

TRAINING, PREDICTION = "vertical-training", "vertical-prediction"
