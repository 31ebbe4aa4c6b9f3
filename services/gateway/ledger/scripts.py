"""Scripts in the ledger: requested, generated, edited, approved."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from contracts.commands import GenerateScript
from contracts.errors import ErrorCode, PermanentError
from contracts.events import ScriptRequested
from contracts.states import ScriptOrigin, ScriptState
from services.gateway.ledger import callbacks, ledger_events, outbox
from services.gateway.ledger.db.schema import insert, script_versions, scripts
from services.gateway.ledger.models import ScriptRecord, ScriptVersion, VersionRecord


class StaleVersionError(PermanentError):
    """The script was changed since the caller read it."""


SELECT = sa.select(scripts, script_versions.c.body).outerjoin(
    script_versions,
    sa.and_(
        script_versions.c.script_id == scripts.c.script_id, script_versions.c.version == scripts.c.version
    ),
)
"""Scripts with the text of their current version. Built once: building it takes longer than running it."""

_BY_ID = SELECT.where(scripts.c.script_id == sa.bindparam("this_script"))

_GENERATING = sa.select(scripts.c.script_id).where(
    scripts.c.script_id.in_(sa.bindparam("these", expanding=True)),
    scripts.c.state == ScriptState.GENERATING.value,
)

LISTED_CHARACTERS = 4 << 20
"""Characters of the scripts in one list; more than the first is shown only as far as they fit. Fewer: a list
of a hundred ordinary scripts, 20,000 each with what they leave out, is cut. More: of a hundred of the largest
a gigabyte is made in one answer."""

_READY = {ScriptState.DRAFT, ScriptState.APPROVED}


def get(conn: sa.Connection, script_id: str) -> ScriptRecord | None:
    """Return a script with its current version, or ``None``."""
    row = conn.execute(_BY_ID, {"this_script": script_id}).first()
    return ScriptRecord.of(row) if row else None


def generating(conn: sa.Connection, script_ids: Sequence[str]) -> list[str]:
    """Return those of some ids whose script is being generated."""
    return list(conn.scalars(_GENERATING, {"these": script_ids}))


def require(conn: sa.Connection, script_id: str) -> ScriptRecord:
    """Return a script.

    Raises:
        PermanentError: ``SCRIPT_NOT_FOUND``.
    """
    script = get(conn, script_id)
    if script is None:
        raise PermanentError(ErrorCode.SCRIPT_NOT_FOUND, f"there is no script {script_id}")
    return script


def of_video(conn: sa.Connection, video_id: str, limit: int) -> list[ScriptRecord]:
    """Return a video's scripts, newest first, as many as fit :data:`LISTED_CHARACTERS`; one at least."""
    size = sa.func.coalesce(sa.func.length(script_versions.c.body), 0)
    query = SELECT.with_only_columns(scripts.c.script_id, size).where(scripts.c.video_id == video_id)
    newest = query.order_by(scripts.c.created_at.desc(), scripts.c.script_id).limit(limit)
    shown: list[ScriptRecord] = []
    left = LISTED_CHARACTERS
    for script_id, characters in conn.execute(newest):
        left -= characters
        if shown and left < 0:
            break
        shown.append(require(conn, script_id))
    return shown


def request(
    conn: sa.Connection, wish: GenerateScript, event: ScriptRequested, *, now: datetime
) -> ScriptRecord:
    """Create a script that is to be written; the same id again is the same script.

    Raises:
        PermanentError: ``SCRIPT_STATE_CONFLICT``: the id belongs to another video's script.
    """
    created = conn.execute(
        insert(conn.dialect.name, scripts)
        .values(
            script_id=event.job_id,
            video_id=event.video_id,
            state=ScriptState.GENERATING,
            version=0,
            language=event.language,
            request=wish.model_dump(mode="json", exclude={"source_text", "command_id"}),
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(scripts.c.script_id)
    ).first()
    if created:
        outbox.add(conn, ledger_events.script_recorded(conn, event.job_id, event.source), event, now=now)
    script = require(conn, event.job_id)
    if script.video_id != event.video_id:
        raise PermanentError(
            ErrorCode.SCRIPT_STATE_CONFLICT, f"script {event.job_id} belongs to another video"
        )
    return script


def generated(conn: sa.Connection, script_id: str, body: str, *, now: datetime) -> ScriptRecord | None:
    """Store the first version; ``None`` where no such script is being written (a duplicate, a late one)."""
    if not _leave_generating(conn, script_id, ScriptState.DRAFT, now, version=1):
        return None
    _add_version(conn, script_id, 1, body, ScriptOrigin.GENERATED, now)
    _record(conn, script_id, now)
    script = require(conn, script_id)
    callbacks.script_ready(conn, script, now=now)
    return script


def rejected(
    conn: sa.Connection, script_id: str, code: str, message: str, *, now: datetime
) -> ScriptRecord | None:
    """Note that the script could not be written; ``None`` where no such script is being written."""
    gone = _leave_generating(
        conn, script_id, ScriptState.FAILED, now, error_code=str(code), error_message=message
    )
    if not gone:
        return None
    _record(conn, script_id, now)
    return get(conn, script_id)


def edit(
    conn: sa.Connection,
    script_id: str,
    body: str,
    *,
    version: int | None,
    now: datetime,
) -> ScriptRecord:
    """Store a new version and take an approval back; the same text again changes nothing.

    Args:
        conn: the transaction.
        script_id: the script.
        body: canonical JSON of a valid script, stored as an artifact already.
        version: the version the editor saw, or ``None`` not to care.
        now: the moment of the change.

    Raises:
        PermanentError: ``SCRIPT_NOT_FOUND`` or ``SCRIPT_STATE_CONFLICT``.
    """
    script = _ready(conn, script_id, version)
    if script.body == body:
        return script
    _add_version(conn, script_id, script.version + 1, body, ScriptOrigin.EDITED, now)
    _set(conn, script_id, now, version=script.version + 1, state=ScriptState.DRAFT)
    return require(conn, script_id)


def approve(
    conn: sa.Connection,
    script_id: str,
    *,
    version: int | None,
    now: datetime,
    content: str | None = None,
) -> ScriptRecord:
    """Approve the current version, if it has the hash ``content``; twice is once.

    Raises:
        PermanentError: ``SCRIPT_NOT_FOUND`` or ``SCRIPT_STATE_CONFLICT``.
    """
    script = _ready(conn, script_id, version)
    if content is not None and content != script.content_hash:
        raise PermanentError(
            ErrorCode.SCRIPT_STATE_CONFLICT,
            f"script {script_id} has another content by now: read it again",
        )
    if script.state is ScriptState.APPROVED:
        return script
    _set(conn, script_id, now, state=ScriptState.APPROVED)
    return require(conn, script_id)


def versions(conn: sa.Connection, script_id: str, limit: int) -> list[VersionRecord]:
    """Return a script's newest versions, oldest first; raises ``SCRIPT_NOT_FOUND``."""
    require(conn, script_id)
    table = script_versions
    query = sa.select(table.c.version).where(table.c.script_id == script_id)
    newest = list(conn.scalars(query.order_by(table.c.version.desc()).limit(limit)))
    return [_listed(version(conn, script_id, number)) for number in reversed(newest)]


def first_version(conn: sa.Connection, script_id: str) -> ScriptVersion:
    """Return the oldest version of a script that has one."""
    of_script = script_versions.c.script_id == script_id
    number = conn.scalar(sa.select(sa.func.min(script_versions.c.version)).where(of_script))
    return version(conn, script_id, number or 0)


def _listed(item: ScriptVersion) -> VersionRecord:
    """Let go of the text: of all versions at once it is gigabytes."""
    return VersionRecord(item.version, item.origin, item.content_hash, item.created_at)


def version(conn: sa.Connection, script_id: str, number: int) -> ScriptVersion:
    """Return one version, without reading the others; raises ``SCRIPT_NOT_FOUND``, also of a version."""
    require(conn, script_id)
    table = script_versions
    found = conn.execute(sa.select(table).where(table.c.script_id == script_id, table.c.version == number))
    row = found.first()
    if row is None:
        raise PermanentError(ErrorCode.SCRIPT_NOT_FOUND, f"script {script_id} has no version {number}")
    return ScriptVersion(row.version, ScriptOrigin(row.origin), row.body, row.created_at)


def _ready(conn: sa.Connection, script_id: str, version: int | None) -> ScriptRecord:
    # PostgreSQL: two editors at once take turns; SQLite has one writer
    conn.execute(sa.select(scripts.c.version).where(scripts.c.script_id == script_id).with_for_update())
    script = require(conn, script_id)
    if script.state not in _READY:
        raise PermanentError(
            ErrorCode.SCRIPT_STATE_CONFLICT, f"script {script_id} is {script.state}: there is no text yet"
        )
    if version is not None and version != script.version:
        raise StaleVersionError(
            ErrorCode.SCRIPT_STATE_CONFLICT,
            f"script {script_id} is at version {script.version}, not {version}: read it again",
        )
    return script


def _leave_generating(
    conn: sa.Connection, script_id: str, state: ScriptState, now: datetime, **values: object
) -> bool:
    changed = conn.execute(
        sa.update(scripts)
        .where(scripts.c.script_id == script_id, scripts.c.state == ScriptState.GENERATING)
        .values(state=state, updated_at=now, **values)
    )
    return changed.rowcount == 1


def _set(conn: sa.Connection, script_id: str, now: datetime, **values: object) -> None:
    conn.execute(sa.update(scripts).where(scripts.c.script_id == script_id).values(updated_at=now, **values))
    _record(conn, script_id, now)


def _record(conn: sa.Connection, script_id: str, now: datetime) -> None:
    outbox.add(conn, ledger_events.script_recorded(conn, script_id), now=now)


def _add_version(
    conn: sa.Connection, script_id: str, version: int, body: str, origin: ScriptOrigin, now: datetime
) -> None:
    conn.execute(
        sa.insert(script_versions).values(
            script_id=script_id, version=version, body=body, origin=origin, created_at=now
        )
    )
