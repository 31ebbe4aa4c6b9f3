"""The file that a command writes: known to be writable before the work, and there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import ErrorCode, PermanentError


def check_writable(output: Path, what: str, form: str, suffix: str, *, source: Path | None = None) -> None:
    """Make the folder of ``output``, and find out now rather than after the work that it cannot be written.

    Args:
        output: the file.
        what: that it will be, for messages: ``film``.
        form: of it, likewise: ``an MP4``.
        suffix: that its name must have.
        source: what it is made from, whose place it must not take.

    Raises:
        PermanentError: ``SETTINGS_INVALID``.
    """
    if output.suffix.lower() != suffix:
        raise _invalid(f"the {what} is {form}, so {output} must end in {suffix}")
    if source is not None and output.resolve() == source.resolve():
        raise _invalid(f"the {what} would take the lesson's place")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _invalid(f"cannot make {output.parent}: {error.strerror}") from None
    if not os.access(output.parent, os.W_OK):
        raise _invalid(f"cannot write to {output.parent}")
    if output.is_dir():
        raise _invalid(f"cannot write {output}: it is a folder")


@contextmanager
def replacing(output: Path) -> Iterator[Path]:
    """Yield the file to write in the place of ``output``, whose place it takes once all is written."""
    temporary = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)


def _invalid(message: str) -> PermanentError:
    return PermanentError(ErrorCode.SETTINGS_INVALID, message)
