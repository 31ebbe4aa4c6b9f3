"""The schema, brought to its newest revision."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config


def upgrade(conn: sa.Connection) -> None:
    """Bring the schema to the newest revision, in the connection's transaction."""
    command.upgrade(configuration(conn), "head")


def configuration(conn: sa.Connection) -> Config:
    """Return Alembic's configuration on a connection."""
    config = Config()
    config.set_main_option("script_location", "services.gateway.ledger:migrations")
    config.attributes["connection"] = conn
    return config
