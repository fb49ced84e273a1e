"""Deploying Flower as the courier of a network's training runs, and starting, watching and stopping runs."""
