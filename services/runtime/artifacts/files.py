"""Durable files: atomic writes, verified copies and one meaning for every operating-system error."""

import asyncio
import errno
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import uuid4

from contracts.errors import ErrorCode, TransientError
from services.runtime.fault_points import crash_point

T = TypeVar("T")

CHUNK_BYTES = 1 << 20
"""Bytes copied or hashed between two checks for cancellation: about a millisecond of work."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""No room: of the device, of the user's quota, of the process's largest file."""

_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})
"""File systems without hard links: there the last of two simultaneous first writers wins."""

STALE_SECONDS = 3600.0
"""Age after which a temporary file is a crash's. Smaller: a slow upload loses its file under its hands."""


def no_check() -> None:
    """Stand in where nothing can be cancelled."""


@contextmanager
def storage_errors(
    doing: str, code: ErrorCode = ErrorCode.STORAGE_UNAVAILABLE, *, passing: tuple[type[OSError], ...] = ()
) -> Iterator[None]:
    """Turn operating-system errors into ours.

    Args:
        doing: what was tried, for the message.
        code: code of everything but a full disk.
        passing: errors that mean something to the caller and go on as they are.

    Raises:
        TransientError: ``STORAGE_FULL``, or ``code``.
    """
    try:
        yield
    except passing:
        raise
    except OSError as error:
        full = error.errno in FULL
        reason = error.strerror or type(error).__name__
        raise TransientError(ErrorCode.STORAGE_FULL if full else code, f"{doing}: {reason}") from error


_unwanted: ContextVar[threading.Event | None] = ContextVar("_unwanted", default=None)
"""In a thread of :func:`off_loop`: set when nobody waits for its result any more."""


class UnwantedError(Exception):
    """Nobody waits for this copy any more; seen by nobody but the thread that makes it."""


async def off_loop(work: Callable[..., T], *args: object) -> T:
    """Run blocking file work in a thread and wait for it even when cancelled.

    A thread that went on behind a cancelled handler would write into a scratch folder being removed. Copies
    and hashes stop at their next chunk then, so that a cancelled job does not store its film to the end.
    """
    unwanted = threading.Event()

    def run() -> T:
        _unwanted.set(unwanted)  # in the thread's own copy of the context
        return work(*args)

    thread = asyncio.ensure_future(asyncio.to_thread(run))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        unwanted.set()
        while not thread.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([thread])
        if not thread.cancelled():
            thread.exception()  # retrieved: the cancellation is what the caller is told
        raise


def chunks_of(source: bytes | Path, check: Callable[[], None] = no_check) -> Iterator[bytes]:
    """Yield ``source`` a mebibyte at a time; ``check`` runs before each and may raise."""
    unwanted = _unwanted.get()
    if isinstance(source, bytes):
        for start in range(0, len(source), CHUNK_BYTES):
            check()
            if unwanted is not None and unwanted.is_set():
                raise UnwantedError
            yield source[start : start + CHUNK_BYTES]
        return
    with source.open("rb", buffering=0) as stream:
        while True:
            check()
            if unwanted is not None and unwanted.is_set():
                raise UnwantedError
            chunk = stream.read(CHUNK_BYTES)
            if not chunk:
                return
            yield chunk


def measure(source: bytes | Path, check: Callable[[], None] = no_check) -> tuple[str, int]:
    """Return the SHA-256 (hex) and the size in bytes of ``source``."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks_of(source, check):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def matches(path: Path, sha256: str, size: int, check: Callable[[], None] = no_check) -> bool:
    """Say whether ``path`` is a file of exactly these bytes; a missing one is not."""
    try:
        return path.stat().st_size == size and measure(path, check) == (sha256, size)
    except (FileNotFoundError, NotADirectoryError):
        return False


class Draft:
    """A temporary file, complete and measured, that becomes visible at once or leaves no trace.

    Attributes:
        path: the temporary file.
        sha256: hash of the bytes written (hex).
        size: number of bytes written.
    """

    def __init__(self, path: Path, sha256: str, size: int) -> None:
        self.path, self.sha256, self.size = path, sha256, size

    def publish(self, target: Path) -> None:
        """Make the draft ``target``, replacing what is there, and survive a power cut from here on."""
        make_folders(target.parent)
        crash_point("file.before_rename", target.name)
        self.path.replace(target)
        sync_folder(target.parent)
        crash_point("file.after_rename", target.name)

    def publish_first(self, target: Path) -> None:
        """Make the draft ``target`` unless something is there already; the first writer wins."""
        make_folders(target.parent)
        try:
            os.link(self.path, target)
        except FileExistsError:
            return
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if not target.exists():
                self.path.replace(target)
        sync_folder(target.parent)


@contextmanager
def drafted(
    source: bytes | Path, folder: Path, check: Callable[[], None] = no_check, *, durable: bool = True
) -> Iterator[Draft]:
    """Copy ``source`` to a temporary file in ``folder``; what is not published is removed.

    Args:
        source: the bytes, or a finished file.
        folder: an existing folder on the file system of the target.
        check: runs between chunks; raises to stop.
        durable: fsync before anything is published.
    """
    path = folder / f"{uuid4().hex}.tmp"
    try:
        with path.open("xb", buffering=0) as stream:
            digest, size = hashlib.sha256(), 0
            for chunk in chunks_of(source, check):
                _write_all(stream, chunk)
                digest.update(chunk)
                size += len(chunk)
            if durable:
                os.fsync(stream.fileno())
        yield Draft(path, digest.hexdigest(), size)
    finally:
        path.unlink(missing_ok=True)


def make_folders(folder: Path) -> None:
    """Make ``folder`` and its parents, each entered durably in the one above."""
    if folder.is_dir():
        return
    make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` survive a power cut, where the system can (Windows cannot)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path, older_than: float = STALE_SECONDS) -> int:
    """Remove temporary files that a crash left in ``folder``; return how many.

    Age is taken from the file system's own clock, so that a skewed host removes nobody's work.
    """
    if not folder.is_dir():
        return 0
    probe = folder / f"{uuid4().hex}.tmp"
    probe.touch()
    now = probe.stat().st_mtime
    probe.unlink()
    removed = 0
    for path in folder.glob("*.tmp"):
        with suppress(FileNotFoundError):
            if now - path.stat().st_mtime > older_than:
                path.unlink()
                removed += 1
    return removed


def _write_all(stream: BinaryIO, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[stream.write(view) :]
