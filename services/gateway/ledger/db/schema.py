"""Tables of the ledger, for SQLite and PostgreSQL alike."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

METADATA = sa.MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"}
)

_AUTO = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ID = sa.String(128)


class Utc(sa.TypeDecorator[datetime]):
    """An aware moment, kept in UTC: SQLite forgets the zone, PostgreSQL does not."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Convert to UTC; a naive moment is a bug."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError("the ledger keeps aware moments only")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return the moment with its zone."""
        del dialect
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


scripts = sa.Table(
    "scripts",
    METADATA,
    sa.Column("script_id", _ID, primary_key=True),
    sa.Column("video_id", _ID, nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("error_code", sa.String(40)),
    sa.Column("error_message", sa.Text),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("updated_at", Utc, nullable=False),
)

script_versions = sa.Table(
    "script_versions",
    METADATA,
    sa.Column("script_id", _ID, sa.ForeignKey("scripts.script_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("origin", sa.String(16), nullable=False),
    sa.Column("created_at", Utc, nullable=False),
)

script_specs = sa.Table(
    "script_specs",
    METADATA,
    sa.Column("script_id", _ID, sa.ForeignKey("scripts.script_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("claim", sa.Text, nullable=False),  # JSON of the claim check
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("scenes", sa.Integer, nullable=False),
)
"""What a job of an approved version renders, stored ahead. A row may be missing: it can be made any time."""

ACTIVE_STATES = ("QUEUED", "PROCESSING")
_ACTIVE = sa.text("state IN ('QUEUED', 'PROCESSING')")
_PENDING = sa.text("state = 'PENDING'")
_UNUSED = sa.text("proof IS NULL")

jobs = sa.Table(
    "jobs",
    METADATA,
    sa.Column("job_id", _ID, primary_key=True),
    sa.Column("video_id", _ID, nullable=False, index=True),
    sa.Column("script_id", _ID),
    sa.Column("script_version", sa.Integer),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("settings", sa.JSON),
    sa.Column("spec", sa.JSON),
    sa.Column("render_spec_json", sa.Text),
    sa.Column("scenes", sa.Integer, nullable=False),
    sa.Column("step", sa.String(24), nullable=False),
    sa.Column("progress", sa.Integer, nullable=False),
    sa.Column("error_code", sa.String(40)),
    sa.Column("error_message", sa.Text),
    sa.Column("assets", sa.JSON, nullable=False),
    sa.Column("duration_sec", sa.Float),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("updated_at", Utc, nullable=False),
    sa.Column("started_at", Utc),
    sa.Column("finished_at", Utc),
    # "one active job per video" is this index, not a check: two simultaneous creates make one job
    sa.Index("ix_jobs_created_at", "created_at", "job_id"),
    sa.Index("uq_jobs_active_video", "video_id", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
)

job_events = sa.Table(
    "job_events",
    METADATA,
    sa.Column("id", _AUTO, primary_key=True, autoincrement=True),
    sa.Column("job_id", _ID, sa.ForeignKey("jobs.job_id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("step", sa.String(24), nullable=False),
    sa.Column("code", sa.String(40)),
    sa.Column("message", sa.Text),
    sa.Column("at", Utc, nullable=False),
)

progress = sa.Table(
    "progress",
    METADATA,
    sa.Column("job_id", _ID, sa.ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("step", sa.String(24), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("parts", sa.Integer, nullable=False),
    sa.Column("share", sa.Float, nullable=False),
)

outbox = sa.Table(
    "outbox",
    METADATA,
    sa.Column("id", _AUTO, primary_key=True, autoincrement=True),
    sa.Column("key", _ID, nullable=False, index=True),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sqlite_autoincrement=True,  # ids are never used again: order stays the order of commits
)

commands = sa.Table(
    "commands",
    METADATA,
    sa.Column("command_key", sa.String(36), primary_key=True),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("subject", _ID, nullable=False),
    sa.Column("code", sa.String(40)),
    sa.Column("at", Utc, nullable=False, index=True),
)

callbacks = sa.Table(
    "callbacks",
    METADATA,
    sa.Column("id", _AUTO, primary_key=True, autoincrement=True),
    sa.Column("webhook_id", sa.String(36), nullable=False),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("subject", _ID, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("last_error", sa.String(200)),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("due_at", Utc, nullable=False),
    sa.Column("settled_at", Utc),
    sa.Index("uq_callbacks_webhook_id", "webhook_id", unique=True),
    sa.Index("ix_callbacks_pending", "subject", "id", sqlite_where=_PENDING, postgresql_where=_PENDING),
    sqlite_autoincrement=True,  # readers ask for what came after an id they saw
)

idempotency = sa.Table(
    "idempotency",
    METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("status", sa.Integer),  # none while the first call runs
    sa.Column("headers", sa.JSON, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("at", Utc, nullable=False, index=True),
)

kafka_logs = sa.Table(
    "kafka_logs",
    METADATA,
    sa.Column("topic", sa.String(249), primary_key=True),
    sa.Column("log", sa.String(300), nullable=False),
    sa.Column("log_before", sa.String(300)),
    sa.Column("since", Utc, nullable=False),
)

stream_tickets = sa.Table(
    "stream_tickets",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(40), nullable=False),
    sa.Column("watches", sa.JSON, nullable=False),
    sa.Column("proof", sa.String(64)),  # none until it is used
    sa.Column("expires_at", Utc, nullable=False, index=True),
    sa.Index("ix_stream_tickets_unused", "holder", sqlite_where=_UNUSED, postgresql_where=_UNUSED),
)
"""Tickets and what resumes their streams, by SHA-256; not in the log: after a loss new ones are asked for."""


def insert(dialect: str, table: sa.Table) -> Any:
    """Return the dialect's ``INSERT``, the one that knows ``ON CONFLICT``."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
