"""Studies: a question in statistical terms, the SQL queries that give its figures, and what the figures say.

``axes`` are the groups and classes that rows are sorted by; ``means``, ``counts``, ``ranks``, ``moments`` and
``survival`` are the studies; ``catalogue`` lists what each needs and gives. The mathematics is ``mpc.inference``.
"""
