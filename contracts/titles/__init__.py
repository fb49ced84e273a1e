"""The living register: units, rights with shares, and every entry that changed them."""
