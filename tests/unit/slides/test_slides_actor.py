# ruff: noqa: E501 - tables of cases read best on few lines
"""The stage: a subtitled scene in, the same scene with its pictures out."""

import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from PIL import Image

from contracts.base import NAMESPACE, ClaimCheck, claim_check
from contracts.cloudevents import parse_event, value_of
from contracts.errors import CanceledError, ErrorCode, PermanentError
from contracts.events import Loudness, SceneContext, SceneDrawn, SceneSubtitled, SentenceTime
from contracts.rendering import RenderSettings, Theme, VisualStyle
from contracts.renderspec import SpecScene
from contracts.steps import Step
from contracts.timeline import CHAPTER_LEAD_IN_SECONDS, LEAD_IN_SECONDS, time_scene
from contracts.topics import SCENE_SUBTITLED
from services.runtime.artifacts import ActionResult, Blob, Remembered
from services.runtime.cancel import CancelToken
from services.slides import actor as stage
from services.slides import pictures
from services.slides.actor import build, draw_scene
from services.slides.drawing.colors import COLOURS
from services.slides.settings import SlidesSettings

SECOND = 48_000


class Shelf:
    """Artifacts in memory: what the stage needs of the store."""

    def __init__(self) -> None:
        self.known: dict[str, Remembered] = {}
        self.blobs: dict[str, bytes] = {}
        self.made = 0

    async def put(self, blob: Blob) -> ClaimCheck:
        assert isinstance(blob.data, bytes)
        claim = claim_check(blob.data, blob.media_type)
        self.blobs[claim.sha256] = blob.data
        return claim

    async def holds(self, claims: Sequence[ClaimCheck]) -> list[bool]:
        return [claim.sha256 in self.blobs for claim in claims]

    async def get(self, claim: ClaimCheck) -> bytes:
        return self.blobs[claim.sha256]

    async def fetch(self, claim: ClaimCheck, folder: Path) -> Path:
        raise NotImplementedError

    async def gather(self, key: str, part: int, parts: int, payload: bytes) -> tuple[bytes, ...] | None:
        raise NotImplementedError

    async def remember(
        self, stage: str, version: int, inputs: Mapping[str, Any], make: Callable[[], Awaitable[ActionResult]]
    ) -> Remembered:
        key = repr((stage, version, sorted(inputs.items())))
        if key not in self.known:
            made = await make()
            self.made += 1
            claims = {name: await self.put(blob) for name, blob in made.blobs.items()}
            self.known[key] = Remembered(claims, made.facts, hit=False)
        return self.known[key]


class Hands:
    """The part of the engine's context that the stage uses."""

    def __init__(self, event: SceneSubtitled, shelf: Shelf) -> None:
        self.event = event
        self.cancel = CancelToken()
        self.artifacts = shelf
        self.scratch = Path()

    def output_id(self, index: int | str = 0) -> UUID:
        return uuid5(NAMESPACE, f"{self.event.event_id}/{index}")

    async def run(self, work: Callable[..., Any], /, *args: Any) -> Any:
        return work(*args)

    async def report(self, share: float) -> None:
        assert 0 <= share <= 1


def place(
    index: int, caption: str | None = "의심스러우면 누르지 말고 먼저 물어보세요", chapter: str | None = "피싱"
) -> SceneContext:
    return SceneContext(
        index=index, count=9, language="ko", title="정보보안", chapter=chapter, chapter_number=1, chapter_count=2,
        index_in_chapter=index, scenes_in_chapter=9,
        scene=SpecScene(scene_id=index + 1, narration="조금이라도 이상하면 링크를 누르지 않습니다. 전화로 확인합니다.",
                        caption=caption),
    )  # fmt: skip


def subtitled(
    context: SceneContext, previous: SceneContext | None = None, *, style: VisualStyle = VisualStyle.ANIMATED
) -> SceneSubtitled:
    lead_in = CHAPTER_LEAD_IN_SECONDS if context.opens_chapter else LEAD_IN_SECONDS
    return SceneSubtitled(
        event_id=uuid5(NAMESPACE, f"subtitled {context.index}"), job_id="job-1", attempt=1, video_id="video-1",
        settings=RenderSettings(visual_style=style, width=320, height=180),
        context=context, previous=previous, speech=claim_check(b"speech", "audio/wav"),
        sentences=(SentenceTime(text="하나.", start=0, end=4 * SECOND),
                   SentenceTime(text="둘.", start=4 * SECOND, end=8 * SECOND)),
        timing=time_scene(8 * SECOND, 24, lead_in_seconds=lead_in),
        loudness=Loudness(integrated_lufs=-20, true_peak_dbtp=-3), cues=(),
    )  # fmt: skip


async def drawn(event: SceneSubtitled, shelf: Shelf) -> SceneDrawn:
    (output,) = await draw_scene(event, Hands(event, shelf))
    assert isinstance(output, SceneDrawn)
    return output


async def test_a_scene_gets_one_picture_from_its_first_frame() -> None:
    shelf = Shelf()
    output = await drawn(subtitled(place(1)), shelf)
    (shot,) = output.shots
    assert shot.first_frame == 0
    picture = Image.open(io.BytesIO(await shelf.get(shot.picture)))
    assert (picture.size, picture.mode, shot.picture.media_type) == ((320, 180), "RGB", "image/png")
    assert output.layout in {"statement", "warning"}
    assert output.previous_picture is None
    assert parse_event(value_of(output)) == output


async def test_a_chapter_opens_with_its_card() -> None:
    shelf = Shelf()
    output = await drawn(subtitled(place(0)), shelf)
    card, scene = output.shots
    assert card.first_frame == 0
    assert scene.first_frame == int((CHAPTER_LEAD_IN_SECONDS - 0.3) * 24)
    assert card.picture != scene.picture
    assert output.layout != "chapter"


async def test_the_next_scene_fades_in_from_the_last_picture() -> None:
    shelf = Shelf()
    first = await drawn(subtitled(place(0)), shelf)
    made = shelf.made
    second = await drawn(subtitled(place(1, "두 번째"), previous=place(0)), shelf)
    assert second.previous_picture == first.shots[-1].picture
    assert shelf.made == made + 1


async def test_the_same_record_twice_gives_the_same_event_and_draws_nothing_new() -> None:
    shelf = Shelf()
    event = subtitled(place(1), previous=place(0))
    first = await drawn(event, shelf)
    made = shelf.made
    assert value_of(await drawn(event, shelf)) == value_of(first)
    assert shelf.made == made
    assert value_of(await drawn(event, Shelf())) == value_of(first)


async def test_the_basic_style_shows_the_caption_alone() -> None:
    shelf = Shelf()
    output = await drawn(subtitled(place(0), style=VisualStyle.BASIC), shelf)
    assert (output.layout, len(output.shots)) == ("basic", 1)
    picture = Image.open(io.BytesIO(await shelf.get(output.shots[0].picture)))
    assert picture.getpixel((0, 0)) == (0x1E, 0x1E, 0x1E)


async def test_a_caption_too_long_for_a_slide_becomes_several_shots() -> None:
    caption = " ".join(
        f"{n}번째 문장은 화면에 그대로 나오는 아주 긴 글의 일부이며 모두 읽을 수 있어야 합니다."
        for n in range(12)
    )
    shelf = Shelf()
    output = await drawn(subtitled(place(1, caption)), shelf)
    frames = [shot.first_frame for shot in output.shots]
    assert len(frames) > 1
    assert frames[0] == 0
    assert frames == sorted(set(frames))
    assert frames[-1] < output.timing.frames
    after = await drawn(subtitled(place(2), previous=place(1, caption)), shelf)
    assert after.previous_picture == output.shots[-1].picture


async def test_what_is_not_on_the_slide_does_not_change_its_key() -> None:
    context = place(1)
    moved = context.model_copy(update={"index": 5, "count": 20})
    settings = RenderSettings(visual_style=VisualStyle.ANIMATED)
    assert [p.inputs for p in pictures.pages_of(context, settings)] == [
        p.inputs for p in pictures.pages_of(moved, settings)
    ]
    other = context.model_copy(update={"scenes_in_chapter": 3})
    assert pictures.pages_of(other, settings)[0].inputs != pictures.pages_of(context, settings)[0].inputs


async def test_a_cancelled_job_draws_nothing() -> None:
    event = subtitled(place(1))
    hands = Hands(event, Shelf())
    hands.cancel.cancel()
    with pytest.raises(CanceledError):
        await draw_scene(event, hands)
    assert hands.artifacts.made == 0


async def test_a_slide_that_cannot_be_drawn_names_its_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(context: SceneContext, settings: RenderSettings) -> tuple[pictures.Picture, ...]:
        raise ValueError(f"no plan for {context.index} at {settings.width}")

    monkeypatch.setattr(stage, "pages_of", broken)
    with pytest.raises(PermanentError, match=r"scene 2 \(number 2 of 9\)") as failure:
        await drawn(subtitled(place(1)), Shelf())
    assert failure.value.code is ErrorCode.SLIDE_FAILED


def test_the_stage_declares_its_topic_and_step() -> None:
    (subscription,) = build(SlidesSettings(concurrency=3)).subscriptions
    assert (subscription.topic, subscription.concurrency) == (SCENE_SUBTITLED, 3)
    assert subscription.step is Step.RENDER_SLIDES


@pytest.mark.parametrize(
    ("settings", "there_are"),
    [
        ({"visual_style": "animated", "theme": "dusk"}, "harbor-light"),
        ({"visual_style": "origami"}, "basic, animated"),
    ],
)
async def test_a_name_that_this_release_does_not_know_is_refused_by_the_stage_and_not_by_the_schema(
    settings: dict[str, str], there_are: str
) -> None:
    known = subtitled(place(1))
    event = parse_event(value_of(known.model_copy(update={"settings": RenderSettings(**settings)})))
    assert isinstance(event, SceneSubtitled)
    with pytest.raises(PermanentError, match=there_are) as caught:
        await drawn(event, Shelf())
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


async def test_a_provider_is_nothing_to_the_slides() -> None:
    event = subtitled(place(1))
    settings = event.settings.model_copy(update={"tts_provider": "studio-9"})
    output = await drawn(event.model_copy(update={"settings": settings}), Shelf())
    assert output.settings.tts_provider == "studio-9"


def test_every_theme_of_the_contract_has_colors() -> None:
    assert {name.value for name in Theme} == {"auto", *COLOURS}
