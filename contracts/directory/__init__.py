"""Names of contracts: which account, version and code each name stands for."""
