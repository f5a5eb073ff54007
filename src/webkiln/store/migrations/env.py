"""Where Alembic starts: it runs the steps over the connection that `upgrade` handed it."""

from __future__ import annotations

from alembic import context

from webkiln.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
