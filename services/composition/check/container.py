"""What the MP4 itself says: order of its boxes, tracks, languages, chapters and subtitle samples."""

from fractions import Fraction
from pathlib import Path

import av
from av.stream import Stream

from contracts.base import Model


class ChapterFacts(Model):
    """One chapter as players see it."""

    start_sec: float
    title: str


class ContainerFacts(Model):
    """The MP4.

    Attributes:
        boxes: its top-level boxes in order.
        title: the film's title.
        languages: language tags of picture, sound and subtitle track.
        picture_seconds: length of the picture track.
        sound_seconds: length of the sound track.
        chapters: its chapters.
    """

    boxes: tuple[str, ...]
    title: str | None
    languages: tuple[str, str, str]
    picture_seconds: float
    sound_seconds: float
    chapters: tuple[ChapterFacts, ...]

    @property
    def index_first(self) -> bool:
        """Whether players find the index before the media and can start while they load."""
        return "moov" in self.boxes[: self.boxes.index("mdat")] if "mdat" in self.boxes else False


def top_level_boxes(path: Path) -> tuple[str, ...]:
    """Return the types of a file's top-level boxes (ISO/IEC 14496-12, 4.2)."""
    names = []
    with path.open("rb") as file:
        end = file.seek(0, 2)
        at = 0
        while at + 8 <= end:
            file.seek(at)
            head = file.read(16)
            size = int.from_bytes(head[:4], "big")
            if size == 1:
                size = int.from_bytes(head[8:16], "big")
            names.append(head[4:8].decode("latin-1"))
            if size < 8:
                break
            at += size
    return tuple(names)


def _seconds(stream: Stream) -> float:
    return float((stream.duration or 0) * (stream.time_base or Fraction(0)))


def inspect_container(path: Path) -> tuple[ContainerFacts, list[tuple[int, int]]]:
    """Return what the file says, and start and end in milliseconds of its subtitle samples that show text."""
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        subtitle = container.streams.subtitles[0]
        languages = [stream.metadata.get("language", "und") for stream in (video, audio, subtitle)]
        facts = ContainerFacts(
            boxes=top_level_boxes(path),
            title=container.metadata.get("title"),
            languages=(languages[0], languages[1], languages[2]),
            picture_seconds=_seconds(video),
            sound_seconds=_seconds(audio),
            chapters=tuple(
                ChapterFacts(
                    start_sec=round(float(chapter["start"] * (chapter["time_base"] or Fraction(0))), 3),
                    title=chapter["metadata"].get("title", ""),
                )
                for chapter in container.chapters()
            ),
        )
        cues = []
        for packet in container.demux(subtitle):
            if packet.pts is not None and packet.time_base is not None and bytes(packet)[2:]:
                scale = 1000 * packet.time_base
                start = round(packet.pts * scale)
                cues.append((start, start + round((packet.duration or 0) * scale)))
        return facts, cues
