"""An observer of the chain: the chronicle of all acts, what waits and what is amiss, reports and self-checks, and the
past under another rule set, each as of one proven block."""
