"""Joint statistics: private joins and masked sums between departments, and the department node that runs them."""
