"""The demo: New York's registrars, finance and tax departments, and an audit office that asks."""
