"""Standards as lists of their items, one TOML file each, with the source inside; wording is the project's own."""
