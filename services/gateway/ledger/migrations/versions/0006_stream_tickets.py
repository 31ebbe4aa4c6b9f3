"""Stream tickets: who may open which event stream or socket, once.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

UNUSED = sa.text("proof IS NULL")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "stream_tickets",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("watches", sa.JSON(), nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_stream_tickets")),
    )
    op.create_index("ix_stream_tickets_expires_at", "stream_tickets", ["expires_at"])
    op.create_index(
        "ix_stream_tickets_unused",
        "stream_tickets",
        ["holder"],
        sqlite_where=UNUSED,
        postgresql_where=UNUSED,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("stream_tickets")
