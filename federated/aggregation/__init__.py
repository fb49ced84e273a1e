"""Secure aggregation for rounds of training: a server adds vectors of which it sees none; a sender may be lost."""
