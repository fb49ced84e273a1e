"""The department node: the process beside a department's data that computes only what the chain permits."""
