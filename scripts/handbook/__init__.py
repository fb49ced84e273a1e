"""The handbook's generated pages: commands, API, contracts and decisions, written from the code while MkDocs builds."""

__all__: list[str] = []
