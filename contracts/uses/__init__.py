"""Uses: the use ledger of an authorization, kept long enough, and who may inspect it."""
