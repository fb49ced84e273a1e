"""The groups of prime order that a job may compute in; the port is ``mpc.group``."""
