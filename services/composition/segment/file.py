"""The segment file: the H.264 packets of one scene, each different packet stored once.

Layout: 8 bytes magic, 4 bytes header length (big endian), a JSON header, then the packets one after another.
The header lists the packets' sizes and, in decoding order, which packet is shown at which frame; a static
scene of a minute is one key frame, 47 tiny packets and a list. Nothing in the file is trusted: every length
and every index is checked before it is used.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Self

from pydantic import Field, ValidationError

from contracts.base import Model, canonical_json
from contracts.errors import ErrorCode, PermanentError
from services.composition.segment.encoder import KEY_FRAME_SECONDS, Coded, VideoFormat

MEDIA_TYPE = "application/vnd.lectern.segment"
MAGIC = b"LECTSEG1"
MAX_HEADER_BYTES = 32 << 20
"""An hour at 60 frames a second needs 5 MB."""
MAX_FRAMES = 60 * 3600 * 2


class Probe(Model):
    """What one frame must look like once decoded: its luma, averaged over a grid, as hexadecimal bytes."""

    frame: int = Field(ge=0)
    luma: str = Field(pattern=r"^(?:[0-9a-f]{2}){1,1024}$")


class SegmentHeader(Model):
    """What a segment file says about itself."""

    width: int = Field(ge=2, le=16384)
    height: int = Field(ge=2, le=16384)
    fps: int = Field(ge=1, le=240)
    moving: bool
    frames: int = Field(ge=1, le=MAX_FRAMES)
    encoded: int = Field(ge=1, description="frames that went through an encoder")
    extradata: str = Field(pattern=r"^(?:[0-9a-f]{2}){4,4096}$", description="SPS and PPS, Annex B")
    sizes: tuple[int, ...] = Field(min_length=1, max_length=MAX_FRAMES)
    order: tuple[tuple[int, bool, int], ...] = Field(
        min_length=1, max_length=MAX_FRAMES, description="(frame, key frame, packet), in decoding order"
    )
    probes: tuple[Probe, ...] = Field(max_length=16)

    @property
    def format(self) -> VideoFormat:
        """The video format, as far as segments of one film must agree."""
        return VideoFormat(self.width, self.height, self.fps, self.moving)

    def flaw(self) -> str | None:
        """Return what is wrong with the header, or None."""
        if len(self.order) != self.frames or sorted(o[0] for o in self.order) != list(range(self.frames)):
            return "its packets do not show every frame once"
        if any(not 0 <= packet < len(self.sizes) for _, _, packet in self.order) or min(self.sizes) < 1:
            return "it refers to a packet that is not there"
        if not self.order[0][1] or self.order[0][0] != 0:
            return "it does not begin with a key frame"
        reorder = self.format.reorder
        if any(frame < place - reorder for place, (frame, _, _) in enumerate(self.order)):
            return "a packet would be decoded after it is shown"
        keys = [*sorted(frame for frame, key, _ in self.order if key), self.frames]
        if max(b - a for a, b in pairwise(keys)) > KEY_FRAME_SECONDS * self.fps:
            return "its key frames are too far apart"
        return None


class SegmentWriter:
    """Writes a segment file; the packets go to a file beside it as they come, equal ones once.

    A context manager: what is not finished is removed.
    """

    def __init__(self, path: Path, format_: VideoFormat) -> None:
        """Begin a file.

        Args:
            path: where to.
            format_: the film's format.
        """
        self._path = path
        self._format = format_
        self._draft = path.with_name(f"{path.name}.packets")
        self._packets: BinaryIO = self._draft.open("wb+")
        self._places: dict[bytes, int] = {}
        self._sizes: list[int] = []
        self._order: list[tuple[int, bool, int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._packets.close()
        self._draft.unlink(missing_ok=True)

    def add(self, coded: Coded) -> None:
        """Take the next coded picture, in decoding order."""
        place = self._places.setdefault(hashlib.sha256(coded.data).digest(), len(self._sizes))
        if place == len(self._sizes):
            self._sizes.append(len(coded.data))
            self._packets.write(coded.data)
        self._order.append((coded.pts, coded.key, place))

    def finish(self, extradata: bytes, encoded: int, probes: Iterable[Probe]) -> SegmentHeader:
        """Write the file.

        Args:
            extradata: SPS and PPS in Annex B form.
            encoded: how many frames went through an encoder.
            probes: what some frames look like.
        """
        header = SegmentHeader(
            width=self._format.width,
            height=self._format.height,
            fps=self._format.fps,
            moving=self._format.moving,
            frames=len(self._order),
            encoded=encoded,
            extradata=extradata.hex(),
            sizes=tuple(self._sizes),
            order=tuple(self._order),
            probes=tuple(probes),
        )
        assert header.flaw() is None, header.flaw()
        body = canonical_json(header.model_dump(mode="json"))
        self._packets.seek(0)
        with self._path.open("wb") as file:
            file.write(MAGIC + len(body).to_bytes(4, "big") + body)
            shutil.copyfileobj(self._packets, file)
        return header


class SegmentReader:
    """An opened segment file; packets are read one by one, so memory does not grow with its length."""

    def __init__(self, path: Path, name: str) -> None:
        """Open and check a file.

        Args:
            path: the file.
            name: what an error calls it, such as ``the segment of scene 3 of job j``.

        Raises:
            PermanentError: ``ARTIFACT_CORRUPT``: not a segment, damaged, or contradictory.
        """
        self._file: BinaryIO = path.open("rb")
        try:
            self.header, self._offsets = _checked(self._file, name)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Coded]:
        for frame, key, packet in self.header.order:
            self._file.seek(self._offsets[packet])
            yield Coded(frame, key, self._file.read(self.header.sizes[packet]))


def _checked(file: BinaryIO, name: str) -> tuple[SegmentHeader, list[int]]:
    size = os.fstat(file.fileno()).st_size
    start = file.read(len(MAGIC) + 4)
    length = int.from_bytes(start[len(MAGIC) :], "big")
    if len(start) < len(MAGIC) + 4 or start[: len(MAGIC)] != MAGIC:
        raise _corrupt(name, "it is not a segment file")
    if length > min(MAX_HEADER_BYTES, size):
        raise _corrupt(name, "its header is longer than the file")
    try:
        header = SegmentHeader.model_validate_json(file.read(length))
    except ValidationError as error:
        raise _corrupt(name, f"its header is invalid: {error.errors()[0]['msg']}") from None
    if flaw := header.flaw():
        raise _corrupt(name, flaw)
    offsets, at = [], len(start) + length
    for packet in header.sizes:
        offsets.append(at)
        at += packet
    if at != size:
        raise _corrupt(name, f"it has {size} bytes, its packets need {at}")
    return header, offsets


def _corrupt(name: str, why: str) -> PermanentError:
    return PermanentError(ErrorCode.ARTIFACT_CORRUPT, f"{name} is damaged: {why}; render the scene again")
