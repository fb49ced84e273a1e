"""Decisions by quorum: proposals, pauses, validators, versions of rules and calendars."""
