"""The attack suite of ``shuxin attack``: each family tries what its attacker could, and says what stopped it."""
