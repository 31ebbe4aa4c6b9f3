"""Subtitles: SubRip, WebVTT and the packets of the MP4's own subtitle track, all from the same cues."""

import html
import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction

from contracts.events import Cue

SRT_MEDIA_TYPE = "application/x-subrip"
VTT_MEDIA_TYPE = "text/vtt"
TRACK_TIME_BASE = Fraction(1, 1000)
_MOST_BYTES = 0xFFFF


def milliseconds(frame: int, fps: int) -> int:
    """Return the time of ``frame`` rounded to milliseconds, the unit of both file formats."""
    return round(Fraction(frame * 1000, fps))


def _clock(frame: int, fps: int, separator: str) -> str:
    seconds, thousandths = divmod(milliseconds(frame, fps), 1000)
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}{separator}{thousandths:03}"


def srt(cues: Sequence[Cue], fps: int) -> str:
    """Return the SubRip file. Text stands as it is: the format has no escapes."""
    return "\n".join(
        f"{number}\n{_clock(cue.start, fps, ',')} --> {_clock(cue.end, fps, ',')}\n"
        + "\n".join(cue.lines)
        + "\n"
        for number, cue in enumerate(cues, start=1)
    )


def vtt(cues: Sequence[Cue], fps: int) -> str:
    """Return the WebVTT file; ``&``, ``<`` and ``>`` are escaped, as its cue text asks."""
    return "WEBVTT\n" + "".join(
        f"\n{number}\n{_clock(cue.start, fps, '.')} --> {_clock(cue.end, fps, '.')}\n"
        + html.escape("\n".join(cue.lines), quote=False)
        + "\n"
        for number, cue in enumerate(cues, start=1)
    )


def track_samples(cues: Sequence[Cue], fps: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield start and length in milliseconds and the ``mov_text`` sample of each cue (3GPP TS 26.245)."""
    for cue in cues:
        start = milliseconds(cue.start, fps)
        text = "\n".join(cue.lines).encode()[:_MOST_BYTES]
        text = text.decode(errors="ignore").encode()
        yield start, milliseconds(cue.end, fps) - start, struct.pack(">H", len(text)) + text
