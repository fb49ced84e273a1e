"""A training run as a job bound to authorizations: departments, coordinator, the run's stream, the node's service."""
