"""Who takes part: parties with roles and keys, and the agents that act for them."""
