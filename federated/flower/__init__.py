"""Flower as the courier of rounds: its apps carry bytes between the coordinator and departments' nodes, and no more."""
