"""Tables fit for publication: sensitive cells, the cells withheld beside them, rounding, and the audit of what remains
possible for somebody who knows all that is published."""
