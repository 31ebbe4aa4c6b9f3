"""Whole lessons, Markdown and plain text, short and long: what a customer would notice in any of them.

Each check is a defect that was seen in a script once.
"""

import functools
import re
from pathlib import Path

import pytest

from contracts.renderspec import spec_of_script
from contracts.script import Script
from services.scripting.render_plan import plan_scenes
from services.scripting.script_request import Brief, readable_source
from services.scripting.writer.english.english import English
from services.scripting.writer.extractive import write_extractive
from services.scripting.writer.korean.korean import Korean
from services.scripting.writer.language import Language
from services.slides.plan import Plan
from services.slides.planner import plan_chapter, plan_slides

LESSONS = sorted((Path(__file__).parent / "data" / "lessons").iterdir())
EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("lesson-*.md"))
ALL = [*LESSONS, *EXAMPLES]

_GREETING = re.compile(
    r"안녕하|반갑|알아보|감사합니다|^Welcome$|[Tt]oday.s topic|put them into practice|실천해"
)
_ODD = re.compile(
    r"[을를] 말(?:함|하기)$|안녕하세기|(?:만|상|것|[0-9%])이기$|휩니다|입니다입니다|(?:하기|하지)기$"
)
_TORN = re.compile(
    r"(?:[은는을를와과]|또는|및| an?| the| of| to| and| or| by| with| comes| for| that| which)$"
)


def language_of(lesson: Path) -> Language:
    return English() if "-en" in lesson.name else Korean()


@functools.cache
def script_of(lesson: Path, minutes: float = 3) -> Script:
    source = readable_source(lesson.read_bytes())
    order = Brief(language_of(lesson).code, minutes, 5, 6, "friendly_security_training")
    return write_extractive(source, order, lambda: None)


def captions(script: Script) -> list[str]:
    return [scene.on_screen_text or "" for chapter in script.chapters for scene in chapter.scenes]


@functools.cache
def slides(lesson: Path) -> list[Plan]:
    contexts = plan_scenes(spec_of_script(script_of(lesson)))
    return [plan for context in contexts for plan in plan_slides(context)]


def shown(plan: Plan) -> list[str]:
    columns = [point for column in plan.columns for point in column.points]
    texts = [plan.headline, plan.sub, plan.definition, *plan.points, *columns]
    return [text for text in (*texts, *(event.text for event in plan.events)) if text]


each_lesson = pytest.mark.parametrize("lesson", ALL, ids=[lesson.stem for lesson in ALL])


@each_lesson
def test_greetings_are_on_no_slide(lesson: Path) -> None:
    texts = [*captions(script_of(lesson)), *(text for plan in slides(lesson) for text in shown(plan))]
    assert [text for text in texts if _GREETING.search(text)] == []


@each_lesson
def test_no_caption_is_odd_or_torn(lesson: Path) -> None:
    lines = [line for caption in captions(script_of(lesson)) for line in caption.splitlines()]
    assert [line for line in lines if _ODD.search(line) or _TORN.search(line)] == []


@each_lesson
def test_nothing_on_a_slide_is_odd(lesson: Path) -> None:
    texts = [text for plan in slides(lesson) for text in shown(plan)]
    assert [text for text in texts if _ODD.search(text)] == []
    polite = [text for plan in slides(lesson) for text in (plan.sub, *plan.points) if text]
    assert [text for text in polite if text.endswith(("니다", "세요"))] == []


@each_lesson
def test_no_slide_is_shown_twice(lesson: Path) -> None:
    plans = [(plan.headline, plan.points, plan.columns, plan.number) for plan in slides(lesson)]
    assert len(set(plans)) == len(plans)


@each_lesson
def test_slides_differ_in_layout(lesson: Path) -> None:
    layouts = [plan.layout for plan in slides(lesson)]
    assert len(set(layouts)) >= min(4, len(layouts) // 2)
    assert layouts.count("statement") <= max(2, len(layouts) // 2)


@each_lesson
def test_headlines_are_read_at_a_glance(lesson: Path) -> None:
    widths = [
        len(plan.headline) * (1 if re.search("[가-힣]", plan.headline) else 0.55)
        for plan in slides(lesson)
        if plan.layout not in {"quote", "text"}
    ]
    assert max(widths) <= 62
    assert sum(width > 45 for width in widths) <= 1


@each_lesson
def test_scenes_are_of_a_length_one_listens_to(lesson: Path) -> None:
    language = language_of(lesson)
    for chapter in script_of(lesson).chapters:
        for scene in chapter.scenes:
            assert language.seconds(scene.narration) <= 30.5


@each_lesson
def test_the_film_is_about_as_long_as_wished(lesson: Path) -> None:
    language = language_of(lesson)
    scenes = [scene for chapter in script_of(lesson).chapters for scene in chapter.scenes]
    assert sum(language.seconds(scene.narration) + 1 for scene in scenes) <= 180 * 1.15


@each_lesson
def test_words_of_order_follow_each_other(lesson: Path) -> None:
    text = " ".join(scene.narration for chapter in script_of(lesson).chapters for scene in chapter.scenes)
    assert not re.search(r"\b(\w+), \1,? ", text, re.IGNORECASE)
    assert not re.search(r"째, (?:먼저|다음으로|그다음)", text)


@each_lesson
def test_a_goal_repeats_no_slide(lesson: Path) -> None:
    contexts = plan_scenes(spec_of_script(script_of(lesson)))
    goals = {plan_chapter(context).sub for context in contexts if context.opens_chapter} - {None}
    assert goals.isdisjoint(text for plan in slides(lesson) for text in shown(plan))


@each_lesson
def test_a_list_that_fits_is_on_one_slide(lesson: Path) -> None:
    first_numbers = [plan.first_number for plan in slides(lesson) if plan.layout in {"steps", "flow"}]
    assert set(first_numbers) <= {1}


@pytest.mark.parametrize("lesson", EXAMPLES, ids=[lesson.stem for lesson in EXAMPLES])
def test_the_demo_tells_all_of_the_example(lesson: Path) -> None:
    told = " ".join(scene.narration for chapter in script_of(lesson, 4).chapters for scene in chapter.scenes)
    for words in ("72", "40%", "2단계 인증은" if "-ko" in lesson.name else "Two-factor authentication is"):
        assert words in told


def test_the_example_shows_what_the_slides_can_do() -> None:
    lesson = next(path for path in EXAMPLES if "-ko" in path.name)
    contexts = plan_scenes(spec_of_script(script_of(lesson, 4)))
    layouts = {plan.layout for context in contexts for plan in plan_slides(context)}
    assert layouts >= {
        "term", "number", "quote", "bullets", "comparison", "warning", "steps", "timeline", "summary",
        "statement",
    }  # fmt: skip


def test_what_must_never_be_done_is_told_even_in_a_short_film() -> None:
    lesson = next(path for path in LESSONS if path.stem == "safety-long-ko")
    text = " ".join(scene.narration for chapter in script_of(lesson).chapters for scene in chapter.scenes)
    assert "절대 뛰어들지 마세요." in text
    assert "밀폐공간은 환기가 충분하지 않아" in text


def test_a_text_a_little_too_long_is_told_whole() -> None:
    lesson = next(path for path in LESSONS if path.stem == "forklift-ko")
    full, wished = script_of(lesson, 60), script_of(lesson, 2.5)
    assert [chapter.scenes for chapter in full.chapters] == [chapter.scenes for chapter in wished.chapters]
