"""What composition holds in memory does not grow with the length of a scene."""

import hashlib
import subprocess
import sys
import threading
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.errors import CanceledError
from contracts.timeline import SAMPLE_RATE
from services.composition import actor
from services.composition.check import sound
from services.composition.segment import frames
from services.composition.segment.camera import camera_of_scene
from services.composition.segment.encoder import VideoFormat
from services.composition.segment.plan import SegmentPlan
from services.composition.segment.render import render_segment
from services.composition.settings import CompositionSettings
from services.composition.sound.pcm import BLOCK
from services.runtime.cancel import CancelToken
from services.runtime.room import Room
from tests.support.composition import picture
from tests.support.eventually import eventually_sync

PICTURES = {hashlib.sha256(data).hexdigest(): data for data in (picture(k) for k in range(7))}
FORMAT = VideoFormat(320, 180, 24, moving=True)

PEAK = """
import sys
from pathlib import Path
from services.runtime.cancel import CancelToken
from services.runtime.room import Room
from tests.support.eventually import eventually_sync

def peak():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000

folder = Path(sys.argv[1])
"""


def growth(program: str, folder: Path) -> float:
    """Return the MB that a program, in a process of its own, says its peak grew by."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK + program, str(folder)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3], timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's high-water mark")
def test_the_speech_of_a_scene_of_20_minutes_is_placed_in_no_more_than_10_mb_more_than_that_of_a_minute(
    tmp_path: Path,
) -> None:
    program = """
import wave
from contracts.timeline import time_scene
from services.composition.sound.pcm import write_pcm

def placed(minutes):
    wav, samples = folder / "speech.wav", minutes * 60 * 48_000
    with wave.open(str(wav), "wb") as file:
        file.setparams((1, 2, 48_000, samples, "NONE", ""))
        for _ in range(minutes):
            file.writeframesraw(bytes(60 * 48_000 * 2))
    timing = time_scene(samples, 24, wished_seconds=2 * minutes * 60)
    assert write_pcm(folder / "film", [(wav, timing, "it")], CancelToken()) == timing.samples == 2 * samples

placed(1)
before = peak()
placed(20)
print(peak() - before)
"""
    grown = growth(program, tmp_path)
    assert grown < 10, f"{grown} MB more; the scene is 230 MB"


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's high-water mark")
def test_packets_of_80_mb_are_written_in_no_more_than_10_mb(tmp_path: Path) -> None:
    program = """
from services.composition.segment.encoder import Coded, VideoFormat
from services.composition.segment.file import SegmentReader, SegmentWriter

def written(count):
    with SegmentWriter(folder / "segment", VideoFormat(320, 180, 24, moving=False)) as writer:
        for at in range(count):
            writer.add(Coded(at, at % 24 == 0, at.to_bytes(4, "big") * 10_000))
        writer.finish(bytes(8), count, ())

written(50)
before = peak()
written(2_000)
print(peak() - before)
with SegmentReader(folder / "segment", "it") as reader:
    assert [coded.data for coded in reader][1_999] == (1_999).to_bytes(4, "big") * 10_000
assert [path.name for path in folder.iterdir()] == ["segment"]
"""
    grown = growth(program, tmp_path)
    assert grown < 10, f"{grown} MB more for 80 MB of packets"


def segment(largest: float = 1.1) -> SegmentPlan:
    """Return a scene of six pictures, the first of which comes back, faded in from another."""
    shots = tuple((1 + at % 6, 8 * at) for at in range(7))
    return SegmentPlan(
        format=FORMAT,
        frames=64,
        pictures=tuple(PICTURES),
        shots=shots,
        fade=12,
        cut=5,
        camera=camera_of_scene(0, largest, 64),
        previous_zoom=largest,
    )


def rendered(plan: SegmentPlan, path: Path) -> bytes:
    render_segment(plan, PICTURES, path, "scene 1 of job j", CancelToken())
    return path.read_bytes()


@pytest.mark.parametrize("largest", [1.1, 1.0005], ids=["moves", "hardly moves"])
def test_pictures_that_are_put_away_and_come_back_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, largest: float
) -> None:
    few = rendered(segment(largest), tmp_path / "few")
    still = rendered(replace(segment(1.0), format=replace(FORMAT, moving=False)), tmp_path / "still")
    monkeypatch.setattr(frames, "PICTURES_HELD", 100)
    monkeypatch.setattr(frames.Layers, "keep", lambda *_: None)
    assert rendered(segment(largest), tmp_path / "all") == few
    assert rendered(replace(segment(1.0), format=replace(FORMAT, moving=False)), tmp_path / "s") == still


@pytest.mark.parametrize(("fade", "held"), [(12, 3), (0, 2)], ids=["with a fade", "without"])
def test_of_a_scenes_seven_pictures_as_many_are_in_memory_as_a_frame_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fade: int, held: int
) -> None:
    alive: weakref.WeakSet[frames.Layer] = weakref.WeakSet()
    most = 0

    class Counted(frames.Layer):
        def at(self, zoom: float) -> frames.Planes:
            nonlocal most
            alive.add(self)
            most = max(most, len(alive))
            return super().at(zoom)

    monkeypatch.setattr(frames, "Layer", Counted)
    rendered(replace(segment(), fade=fade), tmp_path / "segment")
    assert most == held, f"{most} of 7 pictures were in memory"


def test_of_scenes_of_1920x1080_one_at_a_time_is_encoded_and_of_1280x720_two(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inside, go = [0, 0], threading.Event()

    def encode(*_: object) -> None:
        inside[0] += 1
        inside[1] = max(inside)
        go.wait(20)
        inside[0] -= 1

    monkeypatch.setattr(actor, "render_segment", encode)
    room = Room(actor.PIXELS_A_SCENE * CompositionSettings(scenes_at_once=2).scenes_at_once)
    for size, at_once in (((1280, 720), 2), ((1920, 1080), 1), ((3840, 2160), 1)):
        plan = replace(segment(), format=VideoFormat(*size, 24, moving=True))
        arguments = (plan, PICTURES, tmp_path, "a scene", CancelToken(), room)
        threads = [threading.Thread(target=actor._render, args=arguments) for _ in range(3)]
        inside[:] = [0, 0]
        go.clear()
        for thread in threads:
            thread.start()
        eventually_sync(lambda: inside[0] == at_once and len(room._queue) == 3 - at_once, 10)  # noqa: B023
        go.set()
        for thread in threads:
            thread.join(10)
        assert inside == [0, at_once]


class Source:
    """Samples of which no more than a block may be asked for at a time."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked: list[int] = []

    def __getitem__(self, span: slice, /) -> NDArray[np.int16]:
        start, stop, _ = span.indices(self.size)
        self.asked.append(stop - start)
        return np.full(stop - start, 300, np.int16)


def test_the_level_of_a_sentence_of_20_minutes_is_told_from_blocks_and_a_cancel_is_heard() -> None:
    source = Source(20 * 60 * SAMPLE_RATE)
    level = sound._rms_between(source, 0, source.size, CancelToken())
    assert level == pytest.approx(300)
    assert max(source.asked) == BLOCK
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(CanceledError):
        sound._rms_between(source, 0, source.size, cancel)


def test_a_scene_of_an_hour_is_planned_from_its_cuts_and_not_from_its_216_000_frames(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mixes = 0
    real = SegmentPlan.mix

    def counted(self: SegmentPlan, frame: int) -> object:
        nonlocal mixes
        mixes += 1
        return real(self, frame)

    monkeypatch.setattr(SegmentPlan, "mix", counted)
    hour = replace(segment(), frames=216_000, shots=((1, 0), (2, 100_000)))
    assert [(run.start, run.end, run.picture) for run in hour.runs()] == [
        (0, 12, None), (12, 100_000, 1), (100_000, 100_005, None), (100_005, 216_000, 2),
    ]  # fmt: skip
    assert mixes < 20, f"{mixes} frames were looked at"
