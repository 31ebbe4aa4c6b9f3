"""What a job of an approved script renders, stored ahead.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "script_specs",
        sa.Column("script_id", sa.String(length=128), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("scenes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["script_id"], ["scripts.script_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("script_id", "version", name=op.f("pk_script_specs")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("script_specs")
