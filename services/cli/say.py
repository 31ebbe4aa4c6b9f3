"""``lectern say``: how a text will be read out, or the text spoken to a WAV file."""

import asyncio
import io
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from contracts.commands import MAX_SOURCE_CHARACTERS
from contracts.errors import ErrorCode, PermanentError
from contracts.languages import normalise_language
from contracts.rendering import TtsProvider
from contracts.text_language import language_of
from contracts.timeline import SAMPLE_RATE
from services.cli.outputs import check_writable
from services.cli.quiet import configure_quiet_logs
from services.gateway.settings import GatewaySettings
from services.runtime.cancel import CancelToken
from services.runtime.settings import RuntimeSettings
from services.scripting.reading.decoding import decoded
from services.tts.audio.recording import Recording, record
from services.tts.reading.reading import spoken_sentences
from services.tts.settings import TtsSettings
from services.tts.voices.base import UnspeakableError
from services.tts.voices.phonemes_en import phonemes
from services.tts.voices.pronunciation_ko import pronounce
from services.tts.voices.registry import Choice, choose_voice

STDIN: Final = "-"

LONGEST_INPUT: Final = 4 * MAX_SOURCE_CHARACTERS
"""Bytes read from standard input: those of the longest text in the widest characters. Smaller: a text that a
lesson may have is refused. Larger: a pipe without an end fills the memory."""

_PRONUNCIATIONS: Final[dict[str, Callable[[str], str]]] = {"ko": pronounce, "en": phonemes}


def say(
    words: Sequence[str],
    output: Path | None,
    *,
    show: bool,
    language: str | None,
    provider: TtsProvider | None,
    speaker: str | None,
    debug: bool,
) -> Coroutine[Any, Any, None]:
    """Return what shows, or speaks, the text of the command line or of standard input.

    The text is read here, before there is an event loop, so that Ctrl-C ends the wait for a terminal.

    Raises:
        PermanentError: ``SOURCE_TEXT_EMPTY``, ``SOURCE_TEXT_TOO_LONG``, ``LANGUAGE_UNSUPPORTED`` or
            ``SETTINGS_INVALID``.
    """
    text = _text(words)
    spoken_language = normalise_language(language) if language else language_of(text)
    choice = None
    if output:
        choice = choose_voice(provider or GatewaySettings().render_defaults.tts_provider, speaker)
        check_writable(output, "sound", "a WAV file", ".wav")
    return _said(text, spoken_language, output, choice, show=show or output is None, debug=debug)


async def _said(
    text: str, language: str, output: Path | None, choice: Choice | None, *, show: bool, debug: bool
) -> None:
    try:
        if show:
            _print(shown(text, language))
        if output and choice:
            configure_quiet_logs(RuntimeSettings(), debug=debug)
            recording = await _recorded(text, language, output, choice)
            _print(_summary(output, recording, choice, language))
    except UnspeakableError:
        raise PermanentError(
            ErrorCode.SOURCE_TEXT_EMPTY,
            "there is nothing to say in the text: it has no letters and no numbers",
        ) from None


def shown(text: str, language: str) -> str:
    """Return each sentence as written, as read out and, where that differs, as pronounced.

    Raises:
        UnspeakableError: there is nothing to say.
    """
    blocks = []
    for number, (written, read) in enumerate(spoken_sentences(text, language), start=1):
        lines = [f"{number:>3}  written     {' '.join(written.split())}", f"     read        {read}"]
        pronounced = _PRONUNCIATIONS[language](read)
        if pronounced != read:
            lines.append(f"     pronounced  {pronounced}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


async def _recorded(text: str, language: str, output: Path, choice: Choice) -> Recording:
    """Speak ``text`` to ``output``, which is there whole or not at all."""
    cancel = CancelToken()

    def work() -> Recording:
        with tempfile.TemporaryDirectory(prefix=".lectern-say-", dir=output.parent) as folder:
            recording = record(
                choice.open(TtsSettings()), text, language, Path(folder), cancel, lambda _: None
            )
            recording.wav.replace(output)
            return recording

    try:
        return await asyncio.to_thread(work)
    except asyncio.CancelledError:
        cancel.cancel()
        raise


def _summary(output: Path, recording: Recording, choice: Choice, language: str) -> str:
    minutes, seconds = divmod(round(recording.samples / SAMPLE_RATE), 60)
    count = len(recording.sentences)
    return (
        f"{output}  {minutes}:{seconds:02d}  {output.stat().st_size / 1e6:.1f} MB\n"
        f"  {count} sentence{'' if count == 1 else 's'} in {language},"
        f" said by {choice.provider} {choice.name}"
    )


def _text(words: Sequence[str]) -> str:
    if STDIN in words and len(words) > 1:
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID, "- stands for standard input: give it alone, or give the text"
        )
    text = _piped() if list(words) == [STDIN] else _typed(" ".join(words))
    if not text.strip():
        raise PermanentError(ErrorCode.SOURCE_TEXT_EMPTY, "the text is empty: say what is to be said")
    if len(text) > MAX_SOURCE_CHARACTERS:
        raise PermanentError(
            ErrorCode.SOURCE_TEXT_TOO_LONG,
            f"the text has {len(text):,} characters; at most {MAX_SOURCE_CHARACTERS:,} are said at once",
        )
    return text


def _typed(text: str) -> str:
    """Return the text of the command line, also where a terminal sends it in another encoding."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return decoded(os.fsencode(text), "the text")
    return text


def _piped() -> str:
    """Return what standard input holds.

    Raises:
        PermanentError: ``SOURCE_TEXT_EMPTY``, it is closed, or no text in an encoding that is read here;
            ``SOURCE_TEXT_TOO_LONG``.
    """
    stream: BinaryIO | None = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise PermanentError(ErrorCode.SOURCE_TEXT_EMPTY, "there is no standard input to read")
    data = stream.read(LONGEST_INPUT + 1)
    if len(data) > LONGEST_INPUT:
        raise PermanentError(
            ErrorCode.SOURCE_TEXT_TOO_LONG,
            f"standard input holds more than {LONGEST_INPUT:,} bytes; at most {MAX_SOURCE_CHARACTERS:,}"
            " characters are said at once",
        )
    return decoded(data, "standard input")


def _print(text: str) -> None:
    """Print for a person or a pipe, whose reader may have left (``| head``) or know fewer characters."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
