"""Commands for what the Regulation on sharing government data asks between departments: supply, use, objection,
revision, return, termination, dispute and breach, and the regions, rules and working days under which they stand."""
