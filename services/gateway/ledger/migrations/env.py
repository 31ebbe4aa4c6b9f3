"""Alembic's entry: runs on the connection that the ledger hands over, never on one of its own."""

from alembic import context

from services.gateway.ledger.db.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
