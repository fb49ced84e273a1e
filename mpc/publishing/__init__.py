"""A department's own table, its values known, made fit for publication."""
