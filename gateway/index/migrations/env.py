"""What Alembic runs for each command; the connection comes from ``gateway.index.store``."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="index_version")
with context.begin_transaction():
    context.run_migrations()
