"""Kinds of jobs: what a node must know of a specification; a module or folder each (``docs/adding.md``)."""
