"""Private join-and-compute with shared cells: holder of values, holder of the list, recipient."""
