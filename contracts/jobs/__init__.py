"""Jobs: one joint computation from proposal to release."""
