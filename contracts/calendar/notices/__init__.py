"""Holiday notices as data, one TOML file each, with the source inside."""
