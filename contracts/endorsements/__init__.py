"""Endorsements: the head of a department's sharing body agrees to an act before its handler carries it out."""
