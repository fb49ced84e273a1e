"""Kinds of jobs: what a node must know of a specification, behind one port, one module a kind (``docs/adding.md``)."""
