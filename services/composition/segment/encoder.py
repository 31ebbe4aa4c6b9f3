"""The H.264 encoder: one single-threaded x264 per run, the same parameter sets in a whole film.

The recipe was chosen by measurement on slides at 1280 x 720: constant quantiser (rate control and VBV give
bad worst frames on slow zooms and are not repeatable), no adaptive B-frames (they nearly double the bits of a
slow zoom), no look-ahead. ``cpu-independent`` and one thread make the bytes the same on every machine,
``stitchable`` makes segments of different quantisers share one PPS.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Protocol

import av
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream
from prometheus_client import Counter

BT709 = 1
LIMITED_RANGE = 1
KEY_FRAME_SECONDS = 2
"""A key frame at least this often, so that players seek and start quickly (Apple HLS authoring)."""

FRAMES_ENCODED = Counter(
    "lectern_frames_encoded_total", "Video frames that went through an encoder; repeated packets do not."
)

_START_CODE = b"\x00\x00\x01"
_SEI = 6


class Cancel(Protocol):
    """What long work asks before each frame; ``check`` raises when the job is cancelled."""

    def check(self) -> None:
        """Return at once, or raise :class:`contracts.errors.CanceledError`."""


@dataclass(frozen=True)
class VideoFormat:
    """What all segments of a film share.

    Attributes:
        width: pixels, even.
        height: pixels, even.
        fps: frames a second.
        moving: whether pictures move; decides the GOP structure and so the parameter sets.
    """

    width: int
    height: int
    fps: int
    moving: bool

    @property
    def gop(self) -> int:
        """Largest distance of key frames, in frames."""
        return KEY_FRAME_SECONDS * self.fps

    @property
    def reorder(self) -> int:
        """Frames by which decoding runs ahead of presentation: two with a B-pyramid, else none."""
        return 2 if self.moving else 0

    @property
    def time_base(self) -> Fraction:
        """One frame, in seconds."""
        return Fraction(1, self.fps)


@dataclass(frozen=True)
class Coded:
    """One coded picture, in Annex B form."""

    pts: int
    key: bool
    data: bytes


def key_interval(format_: VideoFormat, frames: int) -> int:
    """Return the distance of key frames in a run of ``frames``, so that none stands alone at the end.

    Two key frames in a row, the last of a segment and the first of the next, would need different
    ``idr_pic_id`` (H.264, 7.4.3), and encoders that know nothing of each other give the same.
    """
    return format_.gop - 1 if frames % format_.gop == 1 else format_.gop


def x264_params(format_: VideoFormat, qp: int, keyint: int) -> str:
    """Return x264's parameters; only ``qp`` and ``keyint`` may differ between the segments of a film."""
    structure = "bframes=7:b-pyramid=normal:b-adapt=0" if format_.moving else "bframes=0"
    return (
        f"qp={qp}:keyint={keyint}:min-keyint=1:scenecut=0:open-gop=0:{structure}:rc-lookahead=0"
        f":weightp=0:partitions=none:threads=1:cpu-independent=1:stitchable=1"
    )


def open_codec(format_: VideoFormat, qp: int, keyint: int) -> VideoCodecContext:
    """Return an opened libx264 context that puts its parameter sets into ``extradata``."""
    codec = VideoCodecContext.create("libx264", "w")
    assert isinstance(codec, VideoCodecContext)
    configure(codec, format_, qp, keyint)
    codec.open()
    return codec


def configure(codec: VideoCodecContext, format_: VideoFormat, qp: int, keyint: int) -> None:
    """Set everything that decides the parameter sets on a context that is not open yet."""
    codec.width, codec.height = format_.width, format_.height
    codec.pix_fmt = "yuv420p"
    codec.time_base = format_.time_base
    codec.framerate = Fraction(format_.fps)
    codec.thread_count = 1
    codec.flags |= int(Flags.global_header) | int(Flags.bitexact)
    codec.color_range = LIMITED_RANGE
    codec.color_primaries = codec.color_trc = codec.colorspace = BT709
    codec.options = {"preset": "superfast", "x264-params": x264_params(format_, qp, keyint)}


class Encoder:
    """Encodes frames to one or more closed GOPs, timestamps counted in frames from 0."""

    def __init__(self, format_: VideoFormat, qp: int, *, frames: int, first: int = 0) -> None:
        """Open an encoder.

        Args:
            format_: what the film's segments share.
            qp: quantiser of P-frames, 0-51; smaller is better.
            frames: how many will be encoded.
            first: timestamp of the first one.
        """
        self._codec = open_codec(format_, qp, key_interval(format_, frames))
        self._clock = count()
        self._first = first
        self.extradata = bytes(self._codec.extradata or b"")

    def encode(self, frame: av.VideoFrame, cancel: Cancel) -> list[Coded]:
        """Encode one frame; its buffers may be drawn over as soon as this returns.

        Raises:
            CanceledError: the job was cancelled.
        """
        cancel.check()
        frame.pts = next(self._clock)
        frame.time_base = self._codec.time_base
        FRAMES_ENCODED.inc()
        return self._coded(self._codec.encode(frame))

    def finish(self) -> list[Coded]:
        """Return what the encoder still held back."""
        return self._coded(self._codec.encode(None))

    def _coded(self, packets: "list[av.Packet[VideoStream]]") -> list[Coded]:
        return [
            Coded(self._first + (packet.pts or 0), packet.is_keyframe, without_sei(bytes(packet)))
            for packet in packets
        ]


def without_sei(data: bytes) -> bytes:
    """Drop the leading SEI units of an Annex B access unit: x264's settings, 700 bytes in each segment."""
    while True:
        start = data.find(_START_CODE)
        following = data.find(_START_CODE, start + 4)
        if start < 0 or following < 0 or data[start + 3] & 0x1F != _SEI:
            return data
        data = data[following:]
