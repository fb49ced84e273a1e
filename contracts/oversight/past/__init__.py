"""The past run again on the pure rules: what stood when, and the same acts under another rule set."""
