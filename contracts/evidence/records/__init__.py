"""Single facts proven by themselves, verified offline: a record in an anchored stream, an event with all others of its
entity, a voucher of a public data asset that is in force."""
