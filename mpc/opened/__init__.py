"""Opened audits: one party's record of an attempt, shown to one auditor, who replays it against the evidence."""
