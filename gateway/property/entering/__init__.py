"""Entries in the living register: what applicants ask for, what will be entered and under which salts, the registrar's
clerk and a seizing authority at the chain, and divisions, mergers and corrections in bulk."""
