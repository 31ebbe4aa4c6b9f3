import contextlib
import errno
import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from prometheus_client import REGISTRY

from contracts.errors import CanceledError, ErrorCode, PermanentError, TransientError
from services.composition.errors import composing
from services.composition.segment.camera import camera_of_scene
from services.composition.segment.encoder import VideoFormat
from services.composition.segment.file import MAGIC, SegmentHeader, SegmentReader
from services.composition.segment.frames import decode_picture
from services.composition.segment.plan import SegmentPlan
from services.composition.segment.render import render_segment
from services.runtime.cancel import CancelToken
from tests.support.composition import picture
from tests.support.eventually import eventually_sync

PICTURES = {hashlib.sha256(data).hexdigest(): data for data in (picture(k) for k in range(3))}
NAMES = tuple(PICTURES)


def plan(frames: int, *, moving: bool, fade: int = 12, cut: int | None = None) -> SegmentPlan:
    shots = ((1, 0), (2, cut)) if cut else ((1, 0),)
    largest = 1.1 if moving else 1.0
    return SegmentPlan(
        format=VideoFormat(320, 180, 24, moving=moving),
        frames=frames,
        pictures=NAMES[: 3 if cut else 2],
        shots=shots,
        fade=fade,
        cut=5,
        camera=camera_of_scene(1, largest, frames),
        previous_zoom=largest,
    )


def render(path: Path, segment: SegmentPlan, cancel: CancelToken | None = None) -> SegmentHeader:
    return render_segment(segment, PICTURES, path, "scene 2 of job j", cancel or CancelToken())


def decoded(path: Path) -> list[NDArray[np.uint8]]:
    """Decode a segment alone, as a player would that starts there; luma by frame."""
    with SegmentReader(path, "it") as reader:
        codec = av.CodecContext.create("h264", "r")
        assert isinstance(codec, VideoCodecContext)
        codec.extradata = bytes.fromhex(reader.header.extradata)
        frames: list[av.VideoFrame] = []
        for coded in reader:
            packet: av.Packet[Stream] = av.Packet(coded.data)
            packet.pts = coded.pts
            frames += codec.decode(packet)
        frames += codec.decode(None)
    assert [frame.pts for frame in frames] == list(range(len(frames)))
    return [np.asarray(frame.to_ndarray()[:180], np.uint8) for frame in frames]


@pytest.mark.parametrize("moving", [False, True])
@pytest.mark.parametrize("frames", [1, 2, 12, 13, 47, 48, 49, 61, 97, 145])
def test_a_segment_has_exactly_its_frames(tmp_path: Path, *, moving: bool, frames: int) -> None:
    header = render(tmp_path / "s", plan(frames, moving=moving, fade=min(12, frames)))
    assert header.frames == frames == len(decoded(tmp_path / "s"))
    keys = sorted(frame for frame, key, _ in header.order if key)
    assert max(np.diff([*keys, frames])) <= 48
    assert frames == 1 or 1 not in np.diff([*keys, frames])  # no key frame alone: see key_interval


def test_no_pixel_changes_while_a_static_scene_stands_still(tmp_path: Path) -> None:
    render(tmp_path / "s", plan(300, moving=False, cut=150))
    frames = decoded(tmp_path / "s")
    for start, end in ((12, 150), (155, 300)):
        assert all(np.array_equal(frame, frames[start]) for frame in frames[start:end])
    assert not np.array_equal(frames[149], frames[155])


def test_a_static_scene_shows_its_slide(tmp_path: Path) -> None:
    segment = plan(60, moving=False)
    render(tmp_path / "s", segment)
    slide = decode_picture(PICTURES[NAMES[1]], segment.format, "it").y
    error = decoded(tmp_path / "s")[30].astype(float) - slide
    assert 10 * np.log10(255**2 / (error**2).mean()) > 45


@pytest.mark.parametrize("moving", [False, True])
def test_a_fade_goes_evenly_from_slide_to_slide(tmp_path: Path, *, moving: bool) -> None:
    render(tmp_path / "s", plan(40, moving=moving))
    frames = [frame.astype(float) for frame in decoded(tmp_path / "s")]
    end = frames[12]
    gaps = [float(np.abs(frame - end).mean()) for frame in frames[:12]]
    assert all(a > b for a, b in pairwise(gaps))
    assert gaps[5] == pytest.approx((gaps[0] + gaps[10]) / 2, rel=0.2)


def test_a_moving_scene_moves_and_a_repeat_costs_nothing(tmp_path: Path) -> None:
    moving = render(tmp_path / "m", plan(96, moving=True))
    still = render(tmp_path / "s", plan(960, moving=False))
    assert moving.encoded == 96
    assert still.encoded == 13  # twelve of the fade, one of the slide
    assert (tmp_path / "s").stat().st_size < 200_000
    frames = decoded(tmp_path / "m")
    assert not np.array_equal(frames[40], frames[60])


def test_the_counter_counts_frames_really_encoded(tmp_path: Path) -> None:
    render(tmp_path / "warm", plan(60, moving=False))  # the repeats of this format are encoded by now
    before = REGISTRY.get_sample_value("lectern_frames_encoded_total") or 0.0
    header = render(tmp_path / "s", plan(240, moving=False))
    assert (REGISTRY.get_sample_value("lectern_frames_encoded_total") or 0.0) - before == header.encoded == 13


@pytest.mark.parametrize("moving", [False, True])
def test_parameter_sets_do_not_depend_on_the_scene(tmp_path: Path, *, moving: bool) -> None:
    headers = [
        render(tmp_path / f"{k}", plan(frames, moving=moving, fade=fade, cut=cut))
        for k, (frames, fade, cut) in enumerate([(30, 0, None), (49, 12, 20), (100, 12, None)])
    ]
    assert len({header.extradata for header in headers}) == 1


def test_bytes_are_the_same_on_every_run_and_with_any_number_of_threads(tmp_path: Path) -> None:
    segments = [plan(40 + k, moving=bool(k % 2)) for k in range(4)]

    def hashes(workers: int, run: str) -> list[str]:
        paths = [tmp_path / f"{run}{k}" for k in range(4)]
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(render, paths, segments))
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]

    assert hashes(1, "a") == hashes(1, "b") == hashes(2, "c") == hashes(4, "d")


@pytest.mark.parametrize("moving", [False, True])
def test_cancelling_stops_within_a_scene(tmp_path: Path, *, moving: bool) -> None:
    cancel = CancelToken()
    segment = plan(100_000, moving=moving, fade=50_000)
    before = REGISTRY.get_sample_value("lectern_frames_encoded_total") or 0.0

    def under_way() -> bool:
        return (REGISTRY.get_sample_value("lectern_frames_encoded_total") or 0.0) > before + 20

    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(render, tmp_path / "s", segment, cancel)
        eventually_sync(under_way, timeout=60)
        assert not work.done()
        cancel.cancel()
        asked = time.monotonic()
        assert isinstance(work.exception(timeout=60), CanceledError)
        assert time.monotonic() - asked < 1.0
    assert not (tmp_path / "s").exists()


def test_a_full_disk_is_worth_another_try() -> None:
    with pytest.raises(TransientError) as caught, composing("scene 1"):
        render(Path("/dev/full"), plan(30, moving=False))
    assert caught.value.code is ErrorCode.STORAGE_FULL
    with pytest.raises(OSError, match="read-only"), composing("scene 1"):
        raise OSError(errno.EROFS, "read-only")


# --- hostile files ------------------------------------------------------------------------------------------


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(PermanentError, match="the segment of scene 4") as caught:
        SegmentReader(path, "the segment of scene 4")
    assert caught.value.code is ErrorCode.ARTIFACT_CORRUPT
    return caught.value.message


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    render(tmp_path / "whole", plan(30, moving=False))
    return (tmp_path / "whole").read_bytes()


def with_header(whole: bytes, **changes: object) -> bytes:
    length = int.from_bytes(whole[8:12], "big")
    header = json.loads(whole[12 : 12 + length]) | changes
    body = json.dumps(header).encode()
    return MAGIC + len(body).to_bytes(4, "big") + body + whole[12 + length :]


def test_damaged_files_are_refused(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "s"
    assert "not a segment" in refused(path, b"")
    assert "not a segment" in refused(path, b"RIFF" + whole[4:])
    assert "longer than the file" in refused(path, whole[:8] + b"\xff\xff\xff\xff" + whole[12:])
    assert "its packets need" in refused(path, whole[:-1])
    assert "its packets need" in refused(path, whole + b"\0")


def test_contradictory_headers_are_refused(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "s"
    order = [[k, k == 0, 0] for k in range(30)]
    assert "every frame once" in refused(path, with_header(whole, frames=31))
    assert "every frame once" in refused(path, with_header(whole, order=[*order[:-1], order[0]]))
    assert "not there" in refused(path, with_header(whole, order=[*order[:-1], [29, False, 10**9]]))
    assert "not there" in refused(path, with_header(whole, order=[*order[:-1], [29, False, -1]]))
    assert "key frame" in refused(path, with_header(whole, order=[[k, False, 0] for k in range(30)]))
    assert "after it is shown" in refused(path, with_header(whole, order=[order[0], *order[:0:-1]]))
    assert "header" in refused(path, with_header(whole, frames=10**12))
    assert "header" in refused(path, with_header(whole, extradata="zz"))
    assert "its packets need" in refused(path, with_header(whole, sizes=[2**62] * 50))
    nested = b"[" * 100_000
    assert "header" in refused(path, MAGIC + len(nested).to_bytes(4, "big") + nested)


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path: Path, whole: bytes, data: st.DataObject) -> None:
    mutated = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 8))):
        mutated[data.draw(st.integers(0, min(2000, len(mutated) - 1)))] = data.draw(st.integers(0, 255))
    path = tmp_path / "mutated"
    path.write_bytes(bytes(mutated))
    with contextlib.suppress(PermanentError), SegmentReader(path, "it") as reader:
        assert len(list(reader)) == reader.header.frames
