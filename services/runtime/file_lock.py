"""A file that one process holds at a time; when the process ends, however it ends, the system lets go."""

from pathlib import Path

from filelock import FileLock, Timeout


def locked(path: Path) -> FileLock | None:
    """Return the lock on ``path``, or ``None`` if somebody else holds it; never waits.

    It is held until its ``release()``, as long as somebody has the object, and at most until the end of the
    process, a kill included. The file stays: deleting it would let two processes hold two files of one name.

    Raises:
        OSError: the file cannot be made, or its file system has no locks. A marker file in their place would
            outlive a killed process, and then nobody could start.
    """
    lock = FileLock(path, blocking=False, thread_local=False, preserve_lock_file=True, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock
