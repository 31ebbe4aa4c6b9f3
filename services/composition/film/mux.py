"""The film: the packets of all segments, the sound, the subtitles and the chapters in one MP4.

No frame is encoded here. Packets are read, stamped and written one by one, so memory does not grow with the
length of the film.
"""

import heapq
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from contracts.errors import ErrorCode, PermanentError
from contracts.timeline import SAMPLE_RATE
from services.composition.film.chapters import chapter_entries
from services.composition.film.plan import FilmPlan
from services.composition.film.subtitles import TRACK_TIME_BASE, track_samples
from services.composition.segment.encoder import Cancel, VideoFormat, configure
from services.composition.segment.file import SegmentHeader, SegmentReader
from services.composition.sound import aac

_TimedPacket: TypeAlias = "tuple[float, int, int, av.Packet[Stream]]"

_SUBTITLE_HEADER = b"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\n\n[Events]\n"
"""libav's ``mov_text`` derives the track's default style from this and refuses to go without."""


def read_headers(plan: FilmPlan, segments: Sequence[Path]) -> tuple[SegmentHeader, ...]:
    """Check that the segments make one film; return their headers without the lists of packets.

    Raises:
        PermanentError: ``ARTIFACT_CORRUPT`` (a damaged file) or ``COMPOSE_FAILED`` (another length or other
            parameter sets than the rest of the film), naming the scene.
    """
    headers: list[SegmentHeader] = []
    for scene, path in zip(plan.scenes, segments, strict=True):
        with SegmentReader(path, f"the segment of {scene.name}") as reader:
            header = reader.header
        first = headers[0] if headers else header
        if header.frames != scene.event.timing.frames:
            raise PermanentError(
                ErrorCode.COMPOSE_FAILED,
                f"the segment of {scene.name} has {header.frames} frames, not {scene.event.timing.frames}",
            )
        if (header.format, header.extradata) != (first.format, first.extradata):
            raise PermanentError(
                ErrorCode.COMPOSE_FAILED,
                f"the segment of {scene.name} was encoded unlike the first scene's; start the job again",
            )
        headers.append(header.model_copy(update={"sizes": (), "order": ()}))  # what grows with the film
    return tuple(headers)


def write_film(
    path: Path,
    plan: FilmPlan,
    segments: Sequence[Path],
    headers: Sequence[SegmentHeader],
    sound: aac.AacStream,
    cancel: Cancel,
) -> None:
    """Write the MP4, index first, the same bytes on every run.

    Args:
        path: where to.
        plan: the film.
        segments: one segment file a scene.
        headers: what :func:`read_headers` returned for them.
        sound: the film's sound.
        cancel: asked before every packet.
    """
    # Edit lists are kept in the movie's ticks: in milliseconds, the default, an end between two is cut off,
    # and with it a last packet of sound that holds less than a millisecond.
    flags = {"movflags": "+faststart", "fflags": "+bitexact", "movie_timescale": str(SAMPLE_RATE)}
    with av.open(str(path), "w", format="mp4", container_options=flags) as container:
        if plan.title:
            container.metadata["title"] = " ".join(plan.title.split())
        container.metadata["language"] = plan.language_tag
        format_ = headers[0].format
        streams = (
            _video_stream(container, format_, bytes.fromhex(headers[0].extradata)),
            _audio_stream(container),
            _subtitle_stream(container),
        )
        for stream in streams:
            stream.metadata["language"] = plan.language_tag
        container.set_chapters(chapter_entries(plan.chapters(), plan.fps))
        container.start_encoding()
        sources = (
            _video_packets(plan, segments, format_),
            _audio_packets(sound),
            _subtitle_packets(plan),
        )
        for _, _, track, packet in heapq.merge(*sources, key=lambda timed: timed[:2]):
            cancel.check()
            packet.stream = streams[track]
            container.mux_one(packet)


def _video_stream(container: OutputContainer, format_: VideoFormat, extradata: bytes) -> VideoStream:
    stream = container.add_stream("libx264", rate=format_.fps)
    assert isinstance(stream, VideoStream)
    codec = stream.codec_context
    configure(codec, format_, qp=26, keyint=format_.gop)
    codec.open()
    codec.extradata = extradata
    stream.time_base = format_.time_base
    return stream


def _audio_stream(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("aac", rate=SAMPLE_RATE)
    assert isinstance(stream, AudioStream)
    codec = stream.codec_context
    assert isinstance(codec, AudioCodecContext)
    aac.configure(codec)
    return stream


def _subtitle_stream(container: OutputContainer) -> Stream:
    stream = container.add_stream("mov_text")
    stream.codec_context.subtitle_header = _SUBTITLE_HEADER
    stream.time_base = TRACK_TIME_BASE
    return stream


def _video_packets(plan: FilmPlan, segments: Sequence[Path], format_: VideoFormat) -> Iterator[_TimedPacket]:
    for scene, path in zip(plan.scenes, segments, strict=True):
        with SegmentReader(path, f"the segment of {scene.name}") as reader:
            for place, coded in enumerate(reader):
                dts = scene.first_frame + place - format_.reorder
                packet: av.Packet[Stream] = av.Packet(coded.data)
                packet.pts, packet.dts = scene.first_frame + coded.pts, dts
                packet.duration, packet.time_base = 1, format_.time_base
                packet.is_keyframe = coded.key
                yield dts / plan.fps, 0, 0, packet


def _audio_packets(sound: aac.AacStream) -> Iterator[_TimedPacket]:
    for at, data in enumerate(sound.packets()):
        packet: av.Packet[Stream] = av.Packet(data)
        packet.pts = packet.dts = at * aac.PACKET_SAMPLES - aac.PRIMING
        packet.duration, packet.time_base = sound.duration(at), Fraction(1, SAMPLE_RATE)
        packet.is_keyframe = True
        yield packet.pts / SAMPLE_RATE, 1, 1, packet


def _subtitle_packets(plan: FilmPlan) -> Iterator[_TimedPacket]:
    for start, length, data in track_samples(plan.cues(), plan.fps):
        packet: av.Packet[Stream] = av.Packet(data)
        packet.pts = packet.dts = start
        packet.duration, packet.time_base = length, TRACK_TIME_BASE
        packet.is_keyframe = True
        yield start / 1000, 2, 2, packet
