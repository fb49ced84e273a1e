"""Commands of the matters beside data sharing that keep their whole course on chain: vouchers, credit lists,
materials, custody, actions by quorum, incidents."""
