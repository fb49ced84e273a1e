"""Rules as data: rule sets of the Regulation on Government Data Sharing, their limits on chain, and what they say."""
