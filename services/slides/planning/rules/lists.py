"""Rules for what comes in a list or in an order."""

import re

from services.slides.plan import EVENT_LENGTH, MAX_EVENTS, MAX_POINTS, POINT_LENGTH, Plan, TimedPoint
from services.slides.planning.build import heading_of_list, instructs, listed, plan, points_of
from services.slides.planning.cleaning import clipped
from services.slides.planning.condense import SAME, condensed, point, similarity
from services.slides.planning.noun_form import nominal, without_lead
from services.slides.planning.patterns import COUNTS_ITEMS, NAMES_SUMMARY, ORDER, ORDINALS, TIME
from services.slides.planning.scene import Scene, announces
from services.slides.planning.sentences import sentences
from services.slides.planning.verbs_en import commands

SUMMARY_ICON = "clipboard_check"
_FLOW_POINTS, _FLOW_LENGTH, _FLOW_LENGTH_SPOKEN = 5, 22, 18
_STEP_LENGTH = 76
_EVENT_POINT = 48
_LEAST_LIST = 3
_LONGEST_LEAD = 40
_LONGEST_SUMMARY_NAME = 30
_LIST_FROM_WORDS = 60

_TIME_PARTICLE = re.compile(r"(?<=[가-힣])(?:에는|에|까지는)$")
_SINCE = re.compile(r"\d{1,4} ?[~–-] ?$")
_UNTIL = re.compile(r" ?[~–-] ?\d{1,2}:\d{2}")
"""The other end of a span: 2~4주 차, 09:00~18:00."""
_AROUND_TIME = re.compile(r"^(?:에는|에|까지|동안)?[\s,:：·-]+|^(?:에는|에) ?")
_BARE_NOUN = re.compile(r"^[가-힣]{1,5}(?<![은는이가을를에고며면서도의로])$")
_MODIFIER = re.compile(r"^[가-힣 ]{1,10}(?:는|한|된)$")
_ACT = re.compile(
    r"(?:확인|점검|신고|보고|등록|변경|설치|접속|로그인|분리|기록|대피|이동|연락|통보|통지|작성|제출|검토"
    r"|승인|신청|처리|조사|교체|정리"
    r"|측정|착용|환기|차단|중지|복구|보관|파기|검사|교육|평가|공유|선택|입력|저장|전송|발급|배치|수거"
    r"|청소|대응|조치|요청|구조|격리)$"
)
_EDGES = " ,.:：·-–"


def flow(scene: Scene) -> Plan | None:
    """A caption with arrows: its stations."""
    caption = scene.caption
    if caption.kind != "arrows":
        return None
    return _ordered(
        scene, caption.items, heading_of_list(scene, _introduction(scene), caption.items), _FLOW_LENGTH
    )


def steps(scene: Scene) -> Plan | None:
    """A numbered caption, or at least two words of order in the narration."""
    caption = scene.caption
    if caption.kind == "numbered":
        headline = heading_of_list(scene, _introduction(scene), caption.items)
        planned = _ordered(scene, caption.items, headline, _FLOW_LENGTH_SPOKEN)
        return planned if caption.first == 1 and len(caption.items) > 1 else _from(planned, caption.first)
    words = list(ORDER.finditer(scene.narration))
    starts = [word.start() for word in words]
    if not 2 <= len(starts) <= MAX_POINTS:
        return None
    if caption.listed:
        same = len(caption.items) == len(starts)
        planned = _ordered(scene, caption.items, heading_of_list(scene), _FLOW_LENGTH_SPOKEN)
        return _going_on(planned, words[0]) if same else None
    parts = [scene.narration[a:b] for a, b in zip(starts, [*starts[1:], len(scene.narration)], strict=True)]
    points = [step for part in parts if (step := _step(part))]
    if len(points) < 2:
        return None
    introduction = (sentences(scene.narration[: starts[0]]) or ("",))[0]
    return _going_on(
        _ordered(scene, points, heading_of_list(scene, introduction), _FLOW_LENGTH_SPOKEN), words[0]
    )


def _going_on(plan: Plan, order: re.Match[str]) -> Plan:
    """Return ``plan`` counting from its first word of order: ``셋째`` goes on from the scene before."""
    first = next((n for word, n in ORDINALS.items() if order.group().lower().startswith(word)), 1)
    return plan if first == 1 else _from(plan, first)


def _from(plan: Plan, first: int) -> Plan:
    return plan.model_copy(update={"layout": "steps", "first_number": first})


def _step(part: str) -> str:
    first = (sentences(ORDER.sub("", part, count=1)) or ("",))[0].rstrip(" ,")
    return point(first, _STEP_LENGTH) or clipped(nominal(first), POINT_LENGTH)


def _ordered(scene: Scene, points: tuple[str, ...] | list[str], headline: str, longest: int) -> Plan:
    few = len(points) <= _FLOW_POINTS and max(map(len, points)) <= longest
    arrows = scene.caption.kind == "arrows" or any(map(_acts, points))
    return plan(scene, "flow" if few and arrows else "steps", headline, **listed(points))


def _acts(text: str) -> bool:
    """Return whether a point names an act: numbered things lead nowhere."""
    return commands(text) or text.endswith(("기", "하고")) or _ACT.search(text) is not None


def _introduction(scene: Scene) -> str:
    return scene.sentences[0] if scene.sentences else ""


def named_summary(scene: Scene) -> Plan | None:
    """A list that the author calls a summary or checklist."""
    caption = scene.caption
    name = caption.title if caption.listed else caption.text
    if not name or len(name) > _LONGEST_SUMMARY_NAME or not NAMES_SUMMARY.search(name):
        return None
    points = caption.items if caption.listed else points_of(scene.told)
    if len(points) < 2:
        return None
    return plan(scene, "summary", name, icons=(SUMMARY_ICON,), **listed(points, pictured=False), emphasis=())


def closing_summary(scene: Scene) -> Plan | None:
    """The last scene with a list, or a narration that announces a summary."""
    caption = scene.caption
    opening = scene.sentences[0] if scene.sentences else ""
    in_summary = caption.listed and NAMES_SUMMARY.search(scene.chapter) is not None
    if not (scene.last or in_summary or NAMES_SUMMARY.search(opening)):
        return None
    named = caption.title or ""
    if caption.listed and named and not (in_summary or NAMES_SUMMARY.search(named)):
        return None
    points = caption.items if caption.listed else points_of(scene.told, beside=scene.heading or "")
    if len(points) < (2 if caption.listed else _LEAST_LIST):
        return None
    chapter = scene.chapter if NAMES_SUMMARY.search(scene.chapter) else ""
    name = scene.heading or chapter or ("꼭 기억하세요" if scene.korean else "Remember")
    return plan(scene, "summary", name, icons=(SUMMARY_ICON,), **listed(points, pictured=False), emphasis=())


def timeline(scene: Scene) -> Plan | None:
    """At least three different times, each with what happens then."""
    clauses = scene.caption.items if scene.caption.listed else scene.sentences
    events: dict[str, TimedPoint] = {}
    for clause in clauses:
        found = TIME.search(clause)
        event = _event(clause, found) if found else None
        if event:
            events.setdefault(event.time, event)
    if len(events) < _LEAST_LIST or len(events) * 2 < len(clauses):
        return None
    timed = [TIME.search(sentence) is not None for sentence in scene.sentences]
    # The sentence right in front of the first time leads up to all of them: 신고에는 때가 있습니다.
    lead = scene.sentences[timed.index(True) - 1] if True in timed[1:] and not timed[0] else ""
    told = [clause for clause in clauses if TIME.search(clause)]
    headline = heading_of_list(scene, lead, told, led=len(lead) <= _LONGEST_LEAD)
    return plan(scene, "timeline", headline, events=tuple(events.values())[:MAX_EVENTS])


def _event(clause: str, found: re.Match[str]) -> TimedPoint | None:
    since = _SINCE.search(clause[: found.start()])
    until = _UNTIL.match(clause[found.end() :])
    start = since.start() if since else found.start()
    end = found.end() + (until.end() if until else 0)
    time = _TIME_PARTICLE.sub("", clause[start:end].strip())
    before, after = clause[:start].rstrip(" ,"), _AROUND_TIME.sub("", clause[end:])
    if TIME.search(f"{before} {after}"):
        return None  # of several times in a clause, none is when all of it happens
    # 입사 첫날, 의심되는 즉시: the words before such a time are part of it.
    if _BARE_NOUN.match(before) or (time == "즉시" and _MODIFIER.match(before)):
        time, before = f"{before} {time}", ""
    what = without_lead(f"{before} {after}".strip(_EDGES))
    text = point(what, _EVENT_POINT) or clipped(nominal(what), EVENT_LENGTH)
    return TimedPoint(time=clipped(time[:1].upper() + time[1:], 24), text=text) if text else None


def bullets(scene: Scene) -> Plan | None:
    """A list in the caption, or a narration of at least three sentences."""
    caption = scene.caption
    if caption.listed:
        return plan(
            scene,
            "bullets",
            heading_of_list(scene, _introduction(scene), caption.items),
            **listed(caption.items),
        )
    if len(scene.sentences) < _LEAST_LIST:
        return None
    opening = scene.sentences[0]
    counted = COUNTS_ITEMS.search(opening) is not None or announces(opening)
    if len(caption.text + scene.narration) < _LIST_FROM_WORDS and not counted:
        return None
    headline = scene.heading or condensed(opening, 44) or scene.chapter
    if not headline:
        return None
    rest = tuple(s for s in scene.told if similarity(s, headline) < SAME)
    acts = tuple(s for s in rest if instructs(s))
    points = points_of(acts if len(acts) >= 2 and not counted else rest, beside=headline)
    return plan(scene, "bullets", headline, **listed(points)) if len(points) >= 2 else None
