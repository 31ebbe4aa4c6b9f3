"""Scenes for the composition stage: small pictures, tones that sound like speech to a meter, events."""

import asyncio
import io
import tempfile
import wave
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid5

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from contracts.base import NAMESPACE, ClaimCheck, derived_id
from contracts.events import Cue, Event, Loudness, SceneContext, SceneDrawn, SentenceTime, Shot
from contracts.rendering import RenderSettings, VisualStyle
from contracts.renderspec import SpecScene
from contracts.timeline import SAMPLE_RATE, frame_of_sample, time_scene
from services.runtime.artifacts import Artifacts, Blob
from services.runtime.artifacts.local import LocalBlobs
from services.runtime.artifacts.store import ArtifactStore
from services.runtime.cancel import CancelToken

T = TypeVar("T")
WIDTH, HEIGHT = 320, 180


def picture(seed: int, *, width: int = WIDTH, height: int = HEIGHT, background: str | None = None) -> bytes:
    """Return a PNG with hard edges and fine lines, different for each seed."""
    rng = np.random.default_rng(seed)
    shade = f"#{40 + seed * 37 % 180:02x}{60 + seed * 53 % 150:02x}{90 + seed * 29 % 120:02x}"
    image = Image.new("RGB", (width, height), background or shade)
    draw = ImageDraw.Draw(image)
    if background is None:
        for _ in range(8):
            x, y = int(rng.integers(0, width - 60)), int(rng.integers(0, height - 30))
            colour = tuple(int(v) for v in rng.integers(0, 255, 3))
            draw.rectangle((x, y, x + 50, y + 22), fill=colour)
            draw.text((x + 4, y + 4), f"slide {seed}", fill="white")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def speech(seconds: float, seed: int = 0, *, level: float = 0.1) -> bytes:
    """Return a WAV of syllables: a voiced tone with harmonics and breath, four times a second."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    syllables = np.clip(np.sin(2 * np.pi * 2.1 * t + 0.3), 0, 1) ** 0.5
    pitch = 2 * np.pi * (120 + 30 * seed % 90) * t + 4 * np.sin(2 * np.pi * 0.7 * t)
    voice = np.sin(pitch) + 0.5 * np.sin(2 * pitch) + 0.3 * np.sin(5 * pitch)
    voice += 0.2 * rng.standard_normal(t.size)
    samples = np.clip(level * syllables * voice, -1, 1)
    return wav((samples * 32767).astype("<i2"))


def wav(samples: NDArray[np.int16], *, rate: int = SAMPLE_RATE, channels: int = 1) -> bytes:
    """Return a WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


@dataclass
class Scene:
    """What a test says about a scene."""

    seconds: float = 2.0
    pictures: Sequence[int] = (0,)
    cuts: Sequence[int] = ()
    chapter: str | None = None
    chapter_number: int = 1
    wav: bytes | None = None
    lines: Sequence[str] = ("안녕하세요.",)


class Studio:
    """A store, and the events of one film in it."""

    def __init__(self, root: Path, **settings: Any) -> None:
        self.root = root
        self.settings = RenderSettings(
            **{"width": WIDTH, "height": HEIGHT, "fps": 24, "visual_style": VisualStyle.BASIC, **settings}
        )
        self.blobs = LocalBlobs(root / "store")
        self.artifacts = ArtifactStore(self.blobs)
        self.pool = ThreadPoolExecutor(2)

    async def drawn(
        self, scenes: Sequence[Scene], *, job: str = "job-1", title: str = "제목"
    ) -> list[SceneDrawn]:
        """Store the parts of a film and return the events that ask to compose it."""
        await self.blobs.open()
        pictures = [
            [
                await self.artifacts.put(
                    Blob(picture(seed, width=self.settings.width, height=self.settings.height), "image/png")
                )
                for seed in scene.pictures
            ]
            for scene in scenes
        ]
        return [
            await self._event(
                index, scene, pictures[index], pictures[index - 1][-1] if index else None, scenes, job, title
            )
            for index, scene in enumerate(scenes)
        ]

    async def _event(
        self,
        index: int,
        scene: Scene,
        pictures: Sequence[ClaimCheck],
        previous: ClaimCheck | None,
        scenes: Sequence[Scene],
        job: str,
        title: str,
    ) -> SceneDrawn:
        sound = scene.wav if scene.wav is not None else speech(scene.seconds, index)
        length = (len(sound) - 44) // 2
        timing = time_scene(length, self.settings.fps)
        count = len(scene.lines)
        edges = [round(length * k / count) for k in range(count + 1)]
        frames = [frame_of_sample(timing.lead_in_samples + edge, self.settings.fps) for edge in edges]
        sentences = tuple(
            SentenceTime(text=text, start=a, end=b)
            for text, a, b in zip(scene.lines, edges[:-1], edges[1:], strict=True)
        )
        cues = tuple(
            Cue(start=a, end=b - 2, lines=(text,))
            for text, a, b in zip(scene.lines, frames[:-1], frames[1:], strict=True)
        )
        context = SceneContext(
            index=index,
            count=len(scenes),
            language="ko",
            title=title,
            chapter=scene.chapter,
            chapter_number=scene.chapter_number,
            chapter_count=max(s.chapter_number for s in scenes),
            index_in_chapter=0,
            scenes_in_chapter=1,
            scene=SpecScene(scene_id=index, narration=" ".join(scene.lines)),
        )
        return SceneDrawn(
            event_id=uuid5(NAMESPACE, f"{job}/{index}"),
            job_id=job,
            attempt=1,
            video_id="video-1",
            settings=self.settings,
            context=context,
            previous=None,
            speech=await self.artifacts.put(Blob(sound, "audio/wav")),
            sentences=sentences,
            timing=timing,
            loudness=Loudness(integrated_lufs=-20, true_peak_dbtp=-3),
            cues=cues,
            layout="statement",
            shots=tuple(
                Shot(picture=claim, first_frame=first)
                for claim, first in zip(pictures, (0, *scene.cuts), strict=True)
            ),
            previous_picture=previous,
        )

    def context(self, event: Event) -> "Hands":
        """Return what the engine gives a handler, with an empty scratch folder."""
        return Hands(self, event)


class Hands:
    """What a handler holds; the engine's part in it is threads and a scratch folder."""

    def __init__(self, studio: Studio, event: Event) -> None:
        self.event = event
        self.artifacts: Artifacts = studio.artifacts
        self.cancel = CancelToken()
        studio.root.mkdir(exist_ok=True)
        self.scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=studio.root))
        self._pool = studio.pool

    def output_id(self, index: int | str = 0) -> UUID:
        return derived_id(self.event.event_id, "composition", index)

    async def run(self, work: Callable[..., T], /, *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)

    async def report(self, share: float) -> None:
        assert 0 <= share <= 1


def decoded_luma(path: Path) -> list[NDArray[np.uint8]]:
    """Decode a film and return every frame's luma."""
    with av.open(str(path)) as container:
        return [
            np.asarray(frame.to_ndarray()[: frame.height], np.uint8) for frame in container.decode(video=0)
        ]
