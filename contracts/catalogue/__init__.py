"""Assets: which data sets exist, who is the single source of each, in which versions."""
