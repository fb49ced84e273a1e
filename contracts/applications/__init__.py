"""Applications for registration, from acceptance to entry, withdrawal or refusal."""
