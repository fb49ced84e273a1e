"""Working days: public holidays, make-up working days, and when a legal limit ends."""
