"""SQL over departments' tables: a query read, held against what can be answered, and laid out as jobs.

``tables`` says what the analyst knows of others' tables, ``reading`` turns text into a ``query``, ``planning`` turns
that into job specifications, and ``answering`` turns what the jobs release into rows. Nothing here talks to anybody.
"""
