"""Rules for a list whose items have a polarity: what is forbidden, what is allowed beside it, and choices."""

import re

from contracts.polarity import Polarity, states_not
from services.slides.plan import MAX_COLUMN_POINTS, MAX_POINTS, POINT_LENGTH, Column, Plan
from services.slides.planning.build import heading_of_list, headline_of, listed, plan
from services.slides.planning.cleaning import clipped, has_hangul
from services.slides.planning.crosses import act, crossed
from services.slides.planning.icons import find_icons, last_icon, shared_icons, warning_hero
from services.slides.planning.noun_form import nominal
from services.slides.planning.scene import Scene
from services.slides.planning.verbs_en import commands

TITLES = {True: ("이렇게 합니다", "하지 않습니다"), False: ("Do", "Don't")}
"""What the two sides of a do/don't pair are called, in Korean and in English."""

_ACT = re.compile(r"(?<=[가-힣])기$")
_FINITE = re.compile(r"[다요오]$")
_QUESTION = re.compile(
    r"\?$|(?:고르시오|고르세요|고르십시오|것은)[.:?]?$|^(?:choose|select|pick)\b", re.IGNORECASE
)


def choices(scene: Scene) -> Plan | None:
    """A question and its numbered answers: nothing to be done in order, nothing that is so."""
    caption = scene.caption
    if caption.kind != "numbered" or not _QUESTION.search((caption.title or "").strip()):
        return None
    return plan(scene, "bullets", caption.title or "", **listed(caption.items, pictured=False, named=False))


def prohibitions(scene: Scene) -> Plan | None:
    """A caption of which something is forbidden: crosses, never ticks or numbers."""
    caption = scene.caption
    signed = list(zip(caption.items, caption.signs, strict=True)) if caption.signs else []
    bad = tuple(item for item, sign in signed if sign is Polarity.FORBIDDEN)
    good = tuple(item for item, sign in signed if sign is Polarity.REQUIRED)
    rest = [item for item, sign in signed if sign is None]  # of the rule itself: exceptions, reasons
    if not bad:
        return None
    if len(signed) == 1 and caption.title is None:
        return _warned(scene, refused(bad[0]), ())
    headline = caption.title or scene.chapter or headline_of(scene)
    if good and not rest and max(len(good), len(bad)) <= MAX_COLUMN_POINTS:
        do, dont = TITLES[scene.korean]
        columns = (
            Column(title=do, icon="check_circle", points=_shown(good)),
            Column(title=dont, icon="close_circle", points=tuple(map(act, _shown(bad)))),
        )
        return plan(scene, "comparison", headline, columns=columns, do_dont=True)
    told = [(item, sign) for item, sign in signed if sign is not Polarity.REQUIRED][:MAX_POINTS]
    signs = tuple(sign is Polarity.FORBIDDEN for _, sign in told)
    return _warned(scene, headline, *crossed(_shown(tuple(item for item, _ in told)), signs))


def refused(act: str) -> str:
    """Return a forbidden act in words that forbid it: 보내기 → 보내지 않기, 공유 → 공유 금지."""
    named = nominal(act)
    if states_not(named):
        return named
    if has_hangul(named):
        return _ACT.sub("지 않기", named) if _ACT.search(named) else f"{named} 금지"
    return f"Do not {named[:1].lower()}{named[1:]}" if commands(named) else f"Not allowed: {named}"


def _shown(items: tuple[str, ...]) -> tuple[str, ...]:
    """Return items as points; of one in noun form nothing is left out: 먼저 끊지 않기 is not 끊지 않기."""
    named = (nominal(item) if _FINITE.search(item) else item for item in items)
    return tuple(clipped(text, POINT_LENGTH) for text in named)[:MAX_POINTS]


def _warned(scene: Scene, headline: str, points: tuple[str, ...], signs: tuple[bool, ...] = ()) -> Plan:
    several = len(points) > 1
    forbidden = points[0] if points else headline
    named = shared_icons(points) if several else find_icons(forbidden)
    found = dict.fromkeys((None if several else last_icon(forbidden), *named))
    icons = tuple(icon for icon in found if icon and icon not in {"alert", "cancel"})
    prohibits = bool(icons)
    # Acts without a picture in common stand beside that of their heading, as a warning: 지게차 금지 행위.
    icons = icons or tuple(icon for icon in find_icons(headline) if icon not in {"alert", "cancel"})
    return plan(
        scene,
        "warning",
        headline or heading_of_list(scene),
        points=points,
        point_icons=(None,) * len(points),
        point_signs=signs,
        mark="close",
        icons=icons,
        hero=warning_hero(icons, prohibits=prohibits, act=forbidden),
    )
