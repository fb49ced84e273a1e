"""One window and several departments: kinds of cases as data (the ``.toml`` files here), an officer's part in a case,
and where its time went."""
