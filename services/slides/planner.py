"""Scenes to visual plans by rule: pure, deterministic, one to two milliseconds each.

A language model may fill :class:`services.slides.plan.Plan` instead; these rules are its fallback and check.
"""

from collections.abc import Callable
from dataclasses import replace

from contracts.events import SceneContext
from contracts.polarity import Polarity, heading_polarity
from services.slides.plan import HEADLINE_LENGTH, MAX_COLUMN_POINTS, MAX_POINTS, Plan
from services.slides.planning.build import plan
from services.slides.planning.cleaning import clean, clipped
from services.slides.planning.goal import goal_of
from services.slides.planning.icons import find_icons, hero_of
from services.slides.planning.patterns import NAMES_SUMMARY
from services.slides.planning.rules.contrast import do_dont, versus, whereas
from services.slides.planning.rules.facts import number, people, warning
from services.slides.planning.rules.lists import (
    SUMMARY_ICON,
    bullets,
    closing_summary,
    flow,
    named_summary,
    steps,
    timeline,
)
from services.slides.planning.rules.plain import frame, statement, symbols, text
from services.slides.planning.rules.polarity import choices, prohibitions
from services.slides.planning.rules.speech import question, quote, term
from services.slides.planning.scene import Scene, read
from services.slides.planning.sentences import sentences

Rule = Callable[[Scene], Plan | None]

RULES: tuple[Rule, ...] = (
    symbols,
    prohibitions,
    choices,
    frame,
    quote,
    question,
    term,
    flow,
    steps,
    named_summary,
    timeline,
    versus,
    whereas,
    do_dont,
    people,
    number,
    warning,
    closing_summary,
    bullets,
    text,
    statement,
)
"""The first rule that recognises a scene plans it; the last one recognises everything."""

TEXT_PAGE = 230
"""Characters of running text one slide holds at 28 px."""


def plan_scene(context: SceneContext) -> Plan:
    """Return the plan of a scene's slide.

    A caption with more than six items is cut to six here; :func:`plan_slides` gives all of them.
    """
    return _planned(read(context))


def plan_slides(context: SceneContext) -> tuple[Plan, ...]:
    """Return the plans of a scene's slides: one, or several for a caption that one slide cannot hold."""
    scene = read(context)
    if apart := _apart(scene):
        return tuple(page for part in apart for page in _pages(part))
    return _pages(scene)


def _pages(scene: Scene) -> tuple[Plan, ...]:
    items = scene.caption.items
    if len(items) > MAX_POINTS:
        return _pages_of_list(scene)
    if len(items) == 1 and len(scene.caption.text) > TEXT_PAGE:
        return _pages_of_text(scene)
    return (_planned(scene),)


def plan_chapter(context: SceneContext) -> Plan:
    """Return the plan of the card that opens the scene's chapter: its title, its goal, an icon."""
    scene = read(context)
    title = scene.chapter or clean(context.title)
    if not title:
        chapter = context.chapter_number
        title = f"{chapter}장" if context.language == "ko" else f"Chapter {chapter}"
    icons = (SUMMARY_ICON,) if NAMES_SUMMARY.search(title) else find_icons(title) or scene.icons
    if heading_polarity(title) is Polarity.FORBIDDEN:
        icons = ("cancel",)  # below such a title, an icon of its acts would tell to do them
    return Plan(
        layout="chapter",
        headline=clipped(title, 120),
        sub=goal_of(scene, title),
        icons=icons[:1],
        hero=hero_of(icons[:1]),
    )


def _planned(scene: Scene) -> Plan:
    for rule in RULES:
        if planned := rule(scene):
            return planned
    return statement(scene)


def _pages_of_list(scene: Scene) -> tuple[Plan, ...]:
    items = scene.caption.items
    count = -(-len(items) // MAX_POINTS)
    size = -(-len(items) // count)
    pages = []
    for page in range(count):
        some = slice(page * size, (page + 1) * size)
        part = replace(scene.caption, items=items[some], signs=scene.caption.signs[some])
        planned = _planned(replace(scene, caption=part))
        named = clipped(planned.headline, HEADLINE_LENGTH - 8)
        pages.append(
            planned.model_copy(
                update={"headline": f"{named} ({page + 1}/{count})", "first_number": page * size + 1}
            )
        )
    return tuple(pages)


def _apart(scene: Scene) -> tuple[Scene, ...]:
    """Return what is allowed and what is forbidden as two scenes, where one slide cannot hold both."""
    caption = scene.caption
    good = [sign is Polarity.REQUIRED for sign in caption.signs]
    forbids = Polarity.FORBIDDEN in caption.signs
    fits = None not in caption.signs and max(sum(good), len(good) - sum(good)) <= MAX_COLUMN_POINTS
    if not forbids or not any(good) or fits:
        return ()
    title = caption.title or scene.chapter or None
    parts = []
    for side in (True, False):
        kept = [at for at, is_good in enumerate(good) if is_good is side]
        items = tuple(caption.items[at] for at in kept)
        signs = () if side else tuple(caption.signs[at] for at in kept)
        parts.append(replace(scene, caption=replace(caption, title=title, items=items, signs=signs)))
    return tuple(parts)


def _pages_of_text(scene: Scene) -> tuple[Plan, ...]:
    pages: list[str] = []
    for sentence in sentences(scene.caption.text):
        if pages and len(pages[-1]) + 1 + len(sentence) <= TEXT_PAGE:
            pages[-1] += f" {sentence}"
        else:
            pages.append(sentence)
    return tuple(plan(scene, "text", page, hero=None) for page in pages)
