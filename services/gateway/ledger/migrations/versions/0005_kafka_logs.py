"""Which Kafka topics the ledger's events went to, so that it is noticed when they are others.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "kafka_logs",
        sa.Column("topic", sa.String(length=249), nullable=False),
        sa.Column("log", sa.String(length=300), nullable=False),
        sa.Column("log_before", sa.String(length=300)),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_kafka_logs")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("kafka_logs")
