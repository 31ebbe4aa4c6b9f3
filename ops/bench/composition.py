"""Composition against ffmpeg, side by side on the same slides and the same speech.

``.venv/bin/python ops/bench/composition.py [--scenes 4] [--seconds 56] [--repeat 3]``

Ours is the whole stage as a worker runs it: segments two at a time, loudness, AAC, MP4, subtitles, thumbnail,
the self-check that decodes the film again, and the artifact store. A worker is a long-lived process, so
imports are not counted. ffmpeg makes picture and AAC only, with the usual recipe for such a film: ``zoompan``
and ``xfade`` (animated) or still pictures and ``xfade`` (basic), x264 ``medium`` at 2 Mbit/s. Runs alternate;
figures are medians. The last line is one JSON object: ffmpeg's wall time divided by ours, once up to the
written MP4 (loudness, picture, sound and mux: a little more than ffmpeg does) and once for the whole stage
(``..._whole_stage``), which goes on to decode and check the film.
"""

import argparse
import asyncio
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch
from uuid import UUID, uuid5

import imageio_ffmpeg
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from contracts.base import NAMESPACE, derived_id
from contracts.events import Cue, Event, Loudness, SceneContext, SceneDrawn, SentenceTime, Shot, VideoComposed
from contracts.rendering import RenderSettings, VisualStyle
from contracts.renderspec import SpecScene
from contracts.timeline import SAMPLE_RATE, frame_of_sample, time_scene
from services.composition.actor import build
from services.composition.film.mux import write_film
from services.composition.settings import CompositionSettings
from services.runtime.artifacts import Artifacts, Blob
from services.runtime.artifacts.local import LocalBlobs
from services.runtime.artifacts.store import ArtifactStore
from services.runtime.cancel import CancelToken
from services.slides.pictures import pages_of

T = TypeVar("T")

LESSON = (
    (
        "피싱 메일을 구별하는 방법",
        "먼저 보낸 사람의 주소를 확인합니다. 그다음 링크의 주소를 봅니다. 마지막으로 첨부 파일을 검사합니다.",
    ),
    (
        "비밀번호는 절대 공유하지 않습니다",
        "비밀번호를 메신저로 보내지 마세요. 종이에 적어 두지 마세요. 같은 비밀번호를 여러 곳에 쓰지 마세요.",
    ),
    (
        "개인정보란 무엇인가",
        "개인정보란 살아 있는 사람을 알아볼 수 있는 정보를 말합니다. 이름과 전화번호가 그 예입니다.",
    ),
    (
        "사고의 82%는 사람의 실수에서 시작됩니다",
        "보안 사고의 82%는 사람의 실수에서 시작됩니다. 그래서 확인하는 습관이 중요합니다.",
    ),
)


@dataclass(frozen=True)
class Material:
    """Slides and speech of one film."""

    pictures: Sequence[bytes]
    speeches: Sequence[bytes]


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds of wall and CPU time, bytes of MP4."""

    wall: float
    cpu: float
    size: int


class Hands:
    """What the engine gives a handler."""

    def __init__(self, event: Event, artifacts: Artifacts, root: Path, pool: ThreadPoolExecutor) -> None:
        self.event = event
        self.artifacts = artifacts
        self.cancel = CancelToken()
        self.scratch = Path(tempfile.mkdtemp(dir=root))
        self._pool = pool

    def output_id(self, index: int | str = 0) -> UUID:
        """Return a deterministic id."""
        return derived_id(self.event.event_id, "composition", index)

    async def run(self, work: Callable[..., T], /, *args: Any) -> T:
        """Run blocking work in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)

    async def report(self, share: float) -> None:
        """Report progress to nobody."""
        del share


def scene_context(index: int, count: int) -> SceneContext:
    """Return one scene of the benchmark's lesson."""
    caption, narration = LESSON[index % len(LESSON)]
    return SceneContext(
        index=index,
        count=count,
        language="ko",
        title="정보보호 교육",
        chapter="메일과 문서",
        chapter_number=1,
        chapter_count=1,
        index_in_chapter=index + 1,
        scenes_in_chapter=count + 1,
        scene=SpecScene(scene_id=index, narration=narration, caption=caption),
    )


def speech(seconds: float, seed: int) -> bytes:
    """Return syllables: a voiced tone with harmonics and breath, with pauses, as WAV."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = 2 * np.pi * (110 + 20 * (seed % 4)) * t + 4 * np.sin(2 * np.pi * 0.6 * t)
    voice = sum(np.sin(k * pitch + k) / k for k in range(1, 12)) + 0.15 * rng.standard_normal(t.size)
    envelope = np.clip(np.sin(2 * np.pi * 2.2 * t) + 0.4 * np.sin(2 * np.pi * 0.31 * t), 0, 1) ** 0.7
    return wav_bytes((voice * envelope * 3000).astype("<i2"))


def wav_bytes(samples: "np.ndarray[Any, np.dtype[np.int16]]") -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


async def drawn_scenes(
    material: Material, settings: RenderSettings, artifacts: Artifacts
) -> list[SceneDrawn]:
    """Store the material and return the events that ask to compose it."""
    events: list[SceneDrawn] = []
    pictures = [await artifacts.put(Blob(data, "image/png")) for data in material.pictures]
    for index, sound in enumerate(material.speeches):
        length = (len(sound) - 44) // 2
        timing = time_scene(length, settings.fps)
        text = LESSON[index % len(LESSON)][0]
        start = frame_of_sample(timing.lead_in_samples, settings.fps)
        events.append(
            SceneDrawn(
                event_id=uuid5(NAMESPACE, f"bench/{index}"),
                job_id="bench",
                attempt=1,
                video_id="bench",
                settings=settings,
                context=scene_context(index, len(material.speeches)),
                previous=None,
                speech=await artifacts.put(Blob(sound, "audio/wav")),
                sentences=(SentenceTime(text=text, start=0, end=length),),
                timing=timing,
                loudness=Loudness(integrated_lufs=None, true_peak_dbtp=None),
                cues=(Cue(start=start, end=timing.frames, lines=(text,)),),
                layout="bullets",
                shots=(Shot(picture=pictures[index], first_frame=0),),
                previous_picture=pictures[index - 1] if index else None,
            )
        )
    return events


async def ours(material: Material, settings: RenderSettings) -> tuple[Cost, Cost, bytes]:
    """Compose the film with the stage; return the cost up to the written MP4, that of all, and the MP4."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        blobs = LocalBlobs(Path(folder) / "store")
        await blobs.open()
        artifacts = ArtifactStore(blobs)
        segments, fold = build(CompositionSettings()).subscriptions
        events = await drawn_scenes(material, settings, artifacts)
        hands = asyncio.Semaphore(segments.concurrency)

        async def compose(event: SceneDrawn) -> Sequence[Event]:
            async with hands:
                return await segments.handle(event, Hands(event, artifacts, Path(folder), pool))

        written: list[tuple[float, float]] = []

        def noting(*arguments: Any) -> None:
            write_film(*arguments)
            written.append((time.perf_counter() - wall, time.process_time() - cpu))

        wall, cpu = time.perf_counter(), time.process_time()
        composed = await asyncio.gather(*(compose(event) for event in events))
        film: list[Event] = []
        with patch("services.composition.film.build.write_film", noting):
            for (event,) in composed:
                film += await fold.handle(event, Hands(event, artifacts, Path(folder), pool))
        cost = (time.perf_counter() - wall, time.process_time() - cpu)
        (done,) = film
        assert isinstance(done, VideoComposed)
        video = await artifacts.get(done.files.video)
        return Cost(*written[-1], len(video)), Cost(*cost, len(video)), video


def ffmpeg_command(folder: Path, settings: RenderSettings, frames: Sequence[int], out: Path) -> list[str]:
    """Return ffmpeg's command for the same film; slides and ``speech.wav`` stand in ``folder``."""
    fade = round(settings.fade_duration * settings.fps)
    size, rate = f"{settings.width}x{settings.height}", settings.fps
    inputs: list[str] = []
    chains: list[str] = []
    for index, length in enumerate(frames):
        inputs += ["-i", str(folder / f"{index}.png")]
        total = length + (fade if index + 1 < len(frames) else 0)
        if settings.visual_style == VisualStyle.ANIMATED:
            step = (settings.kenburns_zoom - 1) / total
            path = f"z='1+{step:.8f}*on':x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2'"
            motion = f"zoompan={path}:d={total}:s={size}:fps={rate}"
            chains.append(f"[{index}:v]{motion},format=yuv420p,settb=1/{rate}[v{index}]")
        else:
            still = f"format=yuv420p,loop=loop={total - 1}:size=1:start=0,setpts=N/{rate}/TB,fps={rate}"
            chains.append(f"[{index}:v]{still},trim=end_frame={total},settb=1/{rate}[v{index}]")
    last, at = "v0", frames[0]
    for index in range(1, len(frames)):
        seconds = settings.fade_duration
        chains.append(
            f"[{last}][v{index}]xfade=transition=fade:duration={seconds}:offset={at / rate:.6f}[x{index}]"
        )
        last, at = f"x{index}", at + frames[index]
    return [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *inputs, "-i", str(folder / "speech.wav"),
        "-filter_complex", ";".join(chains), "-map", f"[{last}]", "-map", f"{len(frames)}:a",
        "-c:v", "libx264", "-preset", "medium", "-b:v", "2M", "-pix_fmt", "yuv420p", "-r", str(rate),
        "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-movflags", "+faststart", str(out),
    ]  # fmt: skip


def theirs(material: Material, settings: RenderSettings, out: Path) -> Cost:
    """Make the film with ffmpeg."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frames, sound = [], []
        for index, (png, data) in enumerate(zip(material.pictures, material.speeches, strict=True)):
            (folder / f"{index}.png").write_bytes(png)
            samples = np.frombuffer(data[44:], "<i2")
            timing = time_scene(samples.size, settings.fps)
            frames.append(timing.frames)
            scene = np.zeros(timing.samples, np.int16)
            scene[timing.lead_in_samples : timing.lead_in_samples + samples.size] = samples
            sound.append(scene)
        (folder / "speech.wav").write_bytes(wav_bytes(np.concatenate(sound)))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = time.perf_counter()
        subprocess.run(ffmpeg_command(folder, settings, frames, out), check=True)
        wall = time.perf_counter() - wall
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Cost(wall, cpu, out.stat().st_size)


def compare(
    style: VisualStyle, scenes: int, seconds: float, repeat: int, folder: Path
) -> tuple[float, float]:
    """Run both in turn, print what they took, and return how many times faster ours is: encoded, whole."""
    settings = RenderSettings(visual_style=style)
    each = seconds / scenes - 1.0  # a scene is its speech and a second of silence
    material = Material(
        [pages_of(scene_context(k, scenes), settings)[0].png() for k in range(scenes)],
        [speech(max(1.0, each), k) for k in range(scenes)],
    )
    mine: list[Cost] = []
    whole: list[Cost] = []
    other: list[Cost] = []
    for _ in range(repeat):
        other.append(theirs(material, settings, folder / f"{style}-ffmpeg.mp4"))
        encoded, cost, video = asyncio.run(ours(material, settings))
        mine.append(encoded)
        whole.append(cost)
        (folder / f"{style}-lectern.mp4").write_bytes(video)
    for name, runs in (
        (f"{style}, ffmpeg medium 2 Mbit/s", other),
        (f"{style}, Lectern", mine),
        (f"{style}, Lectern, checked", whole),
    ):
        wall, cpu = (statistics.median(getattr(run, what) for run in runs) for what in ("wall", "cpu"))
        print(f"{name:34} {wall:8.2f} s wall {cpu:8.2f} s CPU {runs[0].size / 1e6:8.2f} MB")
    return _ratio(other, mine), _ratio(other, whole)


def _ratio(other: Sequence[Cost], mine: Sequence[Cost]) -> float:
    return round(statistics.median(a.wall / b.wall for a, b in zip(other, mine, strict=True)), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--scenes", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=56.0, help="length of the film")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="a folder for the films")
    options = parser.parse_args()
    print(
        f"{options.scenes} scenes, {options.seconds:g} s, 1280x720, 24 fps, "
        f"{os.cpu_count()} cores, n={options.repeat}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        ratios: dict[str, float] = {}
        for style in (VisualStyle.ANIMATED, VisualStyle.BASIC):
            encoded, whole = compare(style, options.scenes, options.seconds, options.repeat, folder)
            ratios[f"{style}_vs_ffmpeg_medium"] = encoded
            ratios[f"{style}_vs_ffmpeg_medium_whole_stage"] = whole
    print(json.dumps(ratios))


if __name__ == "__main__":
    main()
