"""From a query to jobs: which specifications, asked in which order, give the figures that it needs. Nothing here reads
a row or talks to anybody."""
