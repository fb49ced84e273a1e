"""Entries signed while the chain is out of reach, their queue on the registrar's disk, and entering them afterwards in
the order of signing."""
