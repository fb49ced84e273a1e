"""Cases in one window: departments that sign in parallel, against one clock."""
