"""What Alembic runs for each command; called by `indelible.storage.migrate` alone."""

from __future__ import annotations

from alembic import context

attributes = context.config.attributes
options = {
    "version_table": attributes["tables"].version_table,
    "version_table_schema": attributes["tables"].schema,
    "target_metadata": attributes["tables"].metadata,
}
if context.is_offline_mode():
    # Only the kind of database counts here; nothing connects to it.
    url = attributes["url"].set(username=None, password=None, host=None, port=None, database="x")
    context.configure(url=url, output_buffer=attributes["output"], literal_binds=True, **options)
else:
    context.configure(connection=attributes["connection"], **options)
with context.begin_transaction():
    context.run_migrations()
