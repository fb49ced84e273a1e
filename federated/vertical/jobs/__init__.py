"""A training over columns of several departments as a job bound to authorizations: owners, office, evidence, parts."""
