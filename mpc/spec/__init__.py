"""Job specifications: what is asked, of whom, for what purpose and under which release rules, one module a kind of
job, and their reading from outside bytes. Values only: nothing here sees a row or sends a message."""
