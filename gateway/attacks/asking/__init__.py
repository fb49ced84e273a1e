"""Attacks by asking: questions that are permitted one by one and would tell too much together, by analysts, by whoever
starts jobs, by averaging noise, and how what came of each is judged."""
