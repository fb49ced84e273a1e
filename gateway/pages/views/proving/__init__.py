"""What anybody checks or traces: verifying, provenance, who held what, the report."""
