"""``shuxin verify``."""

import typer


def run() -> None:
    """Verify evidence offline."""
    raise typer.Exit(2)
