import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from contracts.base import claim_check
from contracts.errors import CanceledError, ErrorCode, PermanentError, TransientError
from contracts.events import Cue, Event, SceneComposed, VideoComposed
from contracts.rendering import VisualStyle
from contracts.steps import Step
from services.composition.actor import build
from services.composition.settings import CompositionSettings
from services.runtime.artifacts import Blob
from tests.support.composition import Scene, Studio, decoded_luma, speech, wav

LESSON = (
    Scene(3.0, (1, 2), (36,), "첫째 장", 1, lines=("메일을 확인합니다.", "주소를 읽습니다.")),
    Scene(2.5, (3,), (), "첫째 장", 1),
    Scene(2.2, (4,), (), "둘째 장", 2),
)
ACTOR = build(CompositionSettings())
SEGMENTS, FOLD = ACTOR.subscriptions


async def segments(studio: Studio, scenes: Sequence[Scene], **names: str) -> list[SceneComposed]:
    composed: list[SceneComposed] = []
    for event in await studio.drawn(scenes, **names):
        (result,) = await SEGMENTS.handle(event, studio.context(event))
        assert isinstance(result, SceneComposed)
        composed.append(result)
    return composed


async def fold(studio: Studio, events: Sequence[SceneComposed]) -> VideoComposed:
    films: list[Event] = []
    for event in events:
        films += await FOLD.handle(event, studio.context(event))
    (film,) = films
    assert isinstance(film, VideoComposed)
    return film


async def film(studio: Studio, scenes: Sequence[Scene] = LESSON, **names: str) -> VideoComposed:
    return await fold(studio, await segments(studio, scenes, **names))


async def saved(studio: Studio, event: VideoComposed) -> Path:
    path = studio.root / "film.mp4"
    path.write_bytes(await studio.artifacts.get(event.files.video))
    return path


async def report_of(studio: Studio, event: VideoComposed) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(await studio.artifacts.get(event.files.report))
    return report


def test_the_stage_takes_drawn_and_composed_scenes() -> None:
    assert ACTOR.name == "composition"
    assert [s.topic.name for s in ACTOR.subscriptions] == [
        "lectern.scene.drawn.v1",
        "lectern.scene.composed.v1",
    ]
    assert (SEGMENTS.concurrency, SEGMENTS.step) == (2, Step.COMPOSE_VIDEO)
    assert (FOLD.concurrency, FOLD.step) == (4, None)  # a short film waits for no long one


@pytest.mark.parametrize("style", list(VisualStyle))
async def test_a_film_is_what_was_planned(tmp_path: Path, style: VisualStyle) -> None:
    studio = Studio(tmp_path, visual_style=style)
    event = await film(studio, title="보안 교육")
    path = await saved(studio, event)
    frames = decoded_luma(path)
    assert len(frames) == event.frames == 96 + 84 + 77
    assert event.duration_sec == pytest.approx(event.frames / 24)
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.profile, video.codec_context.pix_fmt) == ("High", "yuv420p")
        assert (video.codec_context.color_range, video.codec_context.colorspace) == (1, 1)
        assert (audio.codec_context.sample_rate, audio.codec_context.layout.name) == (48_000, "stereo")
        assert audio.codec_context.profile == "LC"
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["첫째 장", "둘째 장"]
        assert [c["start"] * (c["time_base"] or 0) for c in container.chapters()] == [0, (96 + 84) / 24]
        assert container.metadata["title"] == "보안 교육"
        assert {s.metadata["language"] for s in (video, audio, container.streams.subtitles[0])} == {"kor"}
        texts = [
            bytes(p)[2:].decode() for p in container.demux(container.streams.subtitles[0]) if bytes(p)[2:]
        ]
        assert texts == ["메일을 확인합니다.", "주소를 읽습니다.", "안녕하세요.", "안녕하세요."]
    assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")
    report = await report_of(studio, event)
    assert report["passed"]
    assert report["problems"] == []
    assert abs(report["sound"]["loudness"]["integrated_lufs"] + 16) <= 0.5
    assert report["sound"]["loudness"]["true_peak_dbtp"] <= -1.5
    assert report["sound"]["lag_samples"] == 0
    assert report["subtitles"]["in_step"] == report["subtitles"]["sentences"] == 4
    assert bool(report["pictures"]["frozen"]) == (style is VisualStyle.BASIC)
    assert report["sha256"]["video.mp4"] == event.files.video.sha256


async def test_sound_starts_on_the_planned_sample(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    click = np.zeros(48_000, np.int16)
    click[4_800:9_600] = (8000 * np.sin(np.arange(4_800) / 7)).astype(np.int16)
    event = await film(studio, [Scene(wav=wav(click)), Scene(wav=wav(click), pictures=(1,))])
    with av.open(str(await saved(studio, event))) as container:
        sound = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)[0]
    for start in (24_000 + 4_800, 96_000 + 24_000 + 4_800):
        assert np.abs(sound[start - 1200 : start - 300]).max() < 0.05 * np.abs(sound).max()
        first = (
            start - 300 + int(np.argmax(np.abs(sound[start - 300 : start + 300]) > 0.3 * np.abs(sound).max()))
        )
        assert abs(first - start) < 24  # half a millisecond


async def test_repeats_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    one, two = Studio(tmp_path / "1"), Studio(tmp_path / "2")
    first = await film(one)
    second = await fold(two, [(await segments(two, LESSON))[k] for k in (2, 0, 1)])
    assert first == second  # files, and the event's own id


async def test_the_film_comes_only_when_all_scenes_are_there(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    composed = await segments(studio, LESSON)
    for event in (composed[0], composed[2], composed[0]):
        assert await FOLD.handle(event, studio.context(event)) == []
    first = await FOLD.handle(composed[1], studio.context(composed[1]))
    again = await FOLD.handle(composed[0], studio.context(composed[0]))
    assert first == again
    assert len(first) == 1


async def test_editing_a_scene_encodes_it_and_the_next_fade_only(tmp_path: Path) -> None:
    studio = Studio(tmp_path, visual_style=VisualStyle.ANIMATED)
    scenes = [Scene(2, (k,)) for k in range(5)]
    before = await segments(studio, scenes)
    edited = [*scenes]
    edited[1] = Scene(2, (9,))
    after = await segments(studio, edited, job="job-2")
    assert [a.segment == b.segment for a, b in zip(before, after, strict=True)] == [
        True,
        False,
        False,
        True,
        True,
    ]


async def test_a_silent_film_passes(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    silence = wav(np.zeros(48_000, np.int16))
    report = await report_of(
        studio, await film(studio, [Scene(wav=silence), Scene(wav=silence, pictures=(2,))])
    )
    assert report["passed"]
    assert report["sound"]["loudness"]["integrated_lufs"] is None
    assert report["sound"]["sentences"] == 0


@pytest.mark.parametrize("level", [0.004, 0.8])
async def test_loudness_is_right_whatever_the_voice(tmp_path: Path, level: float) -> None:
    studio = Studio(tmp_path)
    scenes = [Scene(wav=speech(3, k, level=level), pictures=(k,)) for k in range(2)]
    loudness = (await report_of(studio, await film(studio, scenes)))["sound"]["loudness"]
    assert abs(loudness["integrated_lufs"] + 16) <= 0.5
    assert loudness["true_peak_dbtp"] <= -1.5


async def test_a_script_without_chapters_has_none(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    with av.open(str(await saved(studio, await film(studio, [Scene(1)])))) as container:
        assert container.chapters() == []


async def test_the_thumbnail_is_the_first_slide_that_is_spoken_to(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    event = await film(studio, [Scene(2, (5, 6), (6,)), Scene(1, (7,))])
    jpeg = await studio.artifacts.get(event.files.thumbnail)
    assert len(jpeg) <= 100_000
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.format == "JPEG"
        assert image.size == (320, 180)
        seen = np.asarray(image.convert("L"), float)
    shots = [
        np.asarray(Image.open(io.BytesIO(await studio.artifacts.get(shot.picture))).convert("L"), float)
        for shot in (await studio.drawn([Scene(2, (5, 6), (6,))]))[0].shots
    ]
    assert np.abs(seen - shots[1]).mean() < 4 < np.abs(seen - shots[0]).mean()


# --- what goes wrong ----------------------------------------------------------------------------------------


async def test_a_damaged_picture_names_its_scene(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    event = (await studio.drawn(LESSON))[1]
    claim = await studio.artifacts.put(Blob(b"\x89PNG\r\n\x1a\n broken", "image/png"))
    broken = event.model_copy(update={"shots": (event.shots[0].model_copy(update={"picture": claim}),)})
    with pytest.raises(PermanentError, match="scene 2 of job job-1") as caught:
        await SEGMENTS.handle(broken, studio.context(broken))
    assert caught.value.code is ErrorCode.COMPOSE_FAILED


async def test_a_missing_picture_is_said_to_be_missing(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    (event,) = await studio.drawn([Scene()])
    gone = event.shots[0].model_copy(update={"picture": claim_check(b"never stored", "image/png")})
    broken = event.model_copy(update={"shots": (gone,)})
    with pytest.raises(PermanentError) as caught:
        await SEGMENTS.handle(broken, studio.context(broken))
    assert caught.value.code is ErrorCode.ARTIFACT_MISSING


async def broken_film(studio: Studio, at: int, **changes: Any) -> PermanentError:
    events = await segments(studio, LESSON)
    events[at] = events[at].model_copy(update=changes)
    with pytest.raises(PermanentError) as caught:
        await fold(studio, events)
    return caught.value


async def test_a_damaged_segment_names_its_scene(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    await studio.blobs.open()
    junk = await studio.artifacts.put(Blob(b"LECTSEG1" + bytes(500), "application/octet-stream"))
    error = await broken_film(studio, 1, segment=junk)
    assert error.code is ErrorCode.ARTIFACT_CORRUPT
    assert "scene 2 of job job-1" in error.message


async def test_damaged_speech_names_its_scene(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    await studio.blobs.open()
    junk = await studio.artifacts.put(Blob(b"RIFFjunk", "audio/wav"))
    error = await broken_film(studio, 2, speech=junk)
    assert error.code is ErrorCode.COMPOSE_FAILED
    assert "scene 3 of job job-1" in error.message


async def test_a_segment_of_another_slide_does_not_pass_as_this_one(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    events = await segments(studio, [Scene(2, (1,)), Scene(3, (2,))])
    wrong = events[0].model_copy(update={"segment": events[1].segment})
    with pytest.raises(PermanentError, match="scene 1 of job job-1 has 96 frames, not 72"):
        await fold(studio, [wrong, events[1]])


async def test_pictures_damaged_inside_a_segment_fail_the_self_check(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    events = await segments(studio, [Scene(2, (1,)), Scene(2, (2,))])
    data = await studio.artifacts.get(events[0].segment)
    length = int.from_bytes(data[8:12], "big")
    header = json.loads(data[12 : 12 + length])
    other = await studio.artifacts.get(events[1].segment)
    header["probes"] = json.loads(other[12 : 12 + int.from_bytes(other[8:12], "big")])["probes"]
    body = json.dumps(header).encode()
    claim = await studio.artifacts.put(
        Blob(data[:8] + len(body).to_bytes(4, "big") + body + data[12 + length :], "application/octet-stream")
    )
    with pytest.raises(PermanentError, match="differs from its slide") as caught:
        await fold(studio, [events[0].model_copy(update={"segment": claim}), events[1]])
    assert caught.value.code is ErrorCode.SELF_CHECK_FAILED


@pytest.mark.parametrize(
    "cues",
    [
        (Cue(start=12, end=40, lines=("a",)), Cue(start=30, end=50, lines=("b",))),
        (Cue(start=12, end=5_000, lines=("a",)),),
        (Cue(start=20, end=20, lines=("a",)),),
    ],
    ids=["overlap", "outside", "empty"],
)
async def test_impossible_subtitles_fail_the_self_check(tmp_path: Path, cues: tuple[Cue, ...]) -> None:
    error = await broken_film(Studio(tmp_path), 0, cues=cues)
    assert error.code is ErrorCode.SELF_CHECK_FAILED
    assert "scene 1 of job job-1" in error.message


async def test_subtitles_out_of_step_fail_the_self_check(tmp_path: Path) -> None:
    late = (
        Cue(start=40, end=60, lines=("메일을 확인합니다.",)),
        Cue(start=70, end=90, lines=("주소를 읽습니다.",)),
    )
    error = await broken_film(Studio(tmp_path), 0, cues=late)
    assert error.code is ErrorCode.SELF_CHECK_FAILED
    assert "1/1, 1/2" in error.message


async def test_scenes_of_two_films_do_not_make_one(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    other = studio.settings.model_copy(update={"fade_duration": 0.1})
    assert "scene 2" in (await broken_film(studio, 1, settings=other)).message


async def test_a_cancelled_film_is_not_made(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    events = await segments(studio, LESSON)
    for event in events[:2]:
        await FOLD.handle(event, studio.context(event))
    hands = studio.context(events[2])
    hands.cancel.cancel()
    with pytest.raises(CanceledError):
        await FOLD.handle(events[2], hands)


async def test_a_full_disk_while_muxing_is_worth_another_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = Studio(tmp_path)
    events = await segments(studio, [Scene(1)])
    hands = studio.context(events[0])
    (hands.scratch / "video.mp4").symlink_to("/dev/full")
    with pytest.raises(TransientError) as caught:
        await FOLD.handle(events[0], hands)
    assert caught.value.code is ErrorCode.STORAGE_FULL


async def test_one_hash_with_one_thread_and_with_three(tmp_path: Path) -> None:
    hashes = set()
    for threads in (1, 3):
        studio = Studio(tmp_path / str(threads))
        events = await segments(studio, LESSON)
        _, folding = build(CompositionSettings(film_threads=threads)).subscriptions
        films: list[Event] = []
        for event in events:
            films += await folding.handle(event, studio.context(event))
        (done,) = films
        assert isinstance(done, VideoComposed)
        hashes.add(hashlib.sha256(await studio.artifacts.get(done.files.report)).hexdigest())
    assert len(hashes) == 1
