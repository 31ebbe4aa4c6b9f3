"""What libraries raise, as Lectern's errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import av

from contracts.errors import ErrorCode, PermanentError, TransientError
from services.runtime.artifacts.files import FULL


@contextmanager
def composing(name: str) -> Iterator[None]:
    """Name what was composed in whatever goes wrong.

    Raises:
        TransientError: ``STORAGE_FULL``: the disk is full; room may come.
        PermanentError: ``COMPOSE_FAILED``: libav refused the material.
    """
    try:
        yield
    except (OSError, av.error.FFmpegError) as error:
        if getattr(error, "errno", None) in FULL:
            raise TransientError(
                ErrorCode.STORAGE_FULL, f"no room on the disk while composing {name}; free some"
            ) from error
        if isinstance(error, av.error.FFmpegError):
            raise PermanentError(ErrorCode.COMPOSE_FAILED, f"{name} cannot be composed: {error}") from error
        raise
