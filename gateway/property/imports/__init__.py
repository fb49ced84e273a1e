"""Importing a register that exists: a registrar's file read by its profile, each row in exactly one bucket, the past a
stream and the present an extract of each unit. Profiles are data in ``profiles``."""
