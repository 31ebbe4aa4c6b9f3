"""Rules for what someone says, asks or defines."""

import re

from services.slides.plan import DEFINITION_LENGTH, Plan
from services.slides.planning.build import plan
from services.slides.planning.cleaning import clipped, has_hangul
from services.slides.planning.condense import SAME, similarity
from services.slides.planning.emphasis import emphasis
from services.slides.planning.icons import find_icons
from services.slides.planning.patterns import SAID_AFTER, SAYS_AFTER, SAYS_BEFORE
from services.slides.planning.scene import Scene
from services.slides.planning.sentences import quotations
from services.slides.planning.verbs_ko import final_of

_LEAST_QUOTE, _LONGEST_QUOTE = 10, 138
_LONGEST_QUESTION_SCENE = 3
"""Sentences in a scene whose opening question is its point; in a longer one it only leads in."""

_SUBJECT_AFTER = re.compile(r"^(?:이?라고|라는|하고|고) ([가-힣A-Za-z ]{2,20}?)(?:이|가|은|는|께서) ")
_SUBJECT_BEFORE = re.compile(r"([가-힣A-Za-z]{1,12})(?:이|가|께서|은|는),? (?:[^.!?,“\"]{0,24} )?$")
_SAYER_EN = re.compile(
    r"(?:^|[.!?] )([^.!?,“\"]{2,40}?) (?:said|says|asked|asks|told \w+|wrote|replied"
    r"|explained)\b"
)

_SAYER_AFTER_EN = re.compile(
    r",?\s(?:said|says|asked|asks|wrote|replied|explained) ([A-Z][^.!?“\"]{1,60})(?=[.!?]|$)"
)
_SIGNED = re.compile(r"\s?[–—―]\s?([^.!?“”\"–—―]{2,40}?)(?<![다요까])(?:입니다)?(?:[.!?]|$)")
"""Who said it, behind a dash that ends what is told: “…” – 인사팀장 박지우."""

_ASKS_TERM = re.compile(
    r"(?:이?란|[은는이가] 무엇일까요|[은는이가] 무엇인가요|[은는] 뭘까요)\s?\?$"
    r"|^what (?:is|are|does) [^?]{2,60}\?$",
    re.IGNORECASE,
)
_QUOTE_MARKS = "‘’'“”\""
_TERM_NAMED = re.compile(r"^([^()]{1,24}?) ?(?:\(([^()]{1,40})\))?(이란|란),? (.{6,400})$")
_TERM_TOPIC = re.compile(r"^([^()]{1,20}?) ?(?:\(([^()]{1,40})\))?(?:은|는) (.{6,400})$")
_MEANS = re.compile(r"(?:을|를) (?:말|뜻|의미)(?:합니다|해요|한다)$|(?:이라는|라는) (?:뜻|말|의미)입니다$")
_IS = re.compile(r"(?:입니다|이에요|예요|이다)$")
_IS_A_THING = re.compile(
    r"[는은을한된인친진난던의] (?:공격|수법|방법|방식|절차|행위|행동|정보|프로그램|장소|공간|제도|활동"
    r"|상태|기술|도구|장치|장비"
    r"|물질|질병|범죄|문서|체계|과정|서비스|권리|의무|원칙|서류|현상|법률|법)입니다$"
)
_POINTING = re.compile(
    r"^(?:이|그|저|이것|그것|이들|우리|여러분|누구|무엇|여기|결과|문제|핵심)$|(?:것|점|때|경우)$|^(?:이"
    r"|그|저|한|두) |[가-힣][을를에] "
)
_TERM_EN = re.compile(
    r"^(An? |The )?((?:(?<= )[a-z]|[A-Z])[\w’'/ -]{1,34}?)(?: \(([^()]{1,40})\))? "
    r"(?:(?:is|are) (?=(?:an?|any|the (?:act|practice|process|use|art)|one|when|unwanted|information)\b)"
    r"|means |refers to |stands for )(.{12,300})$"
)
_NOT_TERM = re.compile(
    r"^(?:this|these|it|they|there|you|your|we|our|my|that|those|he|she|each|every|most|some|many|if"
    r"|when|what|who|how|why"
    r"|one|another|here|nobody|everyone|only|all|no)\b|^the (?:first|best|most|next|last|only|right"
    r"|safest)\b|^safety first",
    re.IGNORECASE,
)


def quote(scene: Scene) -> Plan | None:
    """Someone's words, given as such: ``“…”라고 말합니다``, ``A driver said, "…"``."""
    text = scene.narration
    if scene.caption.listed:
        return None
    for start, end in quotations(text):
        words = text[start + 1 : end].strip()
        before, after = text[max(0, start - 60) : start], text[end + 1 : end + 60]
        says = SAYS_AFTER.match(after) or SAYS_BEFORE.search(before.rstrip()) or SAID_AFTER.match(after)
        said = says or _SIGNED.match(after)
        if _LEAST_QUOTE <= len(words) <= _LONGEST_QUOTE and said:
            heading = scene.heading or ""
            named = heading and heading not in words and words not in heading and heading != scene.chapter
            title = scene.heading if named else None
            speaker = _speaker(before, after) or _question_after(scene, words)
            title = None if title == speaker else title
            return plan(
                scene, "quote", words.rstrip(","), speaker=speaker and clipped(speaker, 90), sub=title
            )
    return None


def _speaker(before: str, after: str) -> str | None:
    for signature in (_SIGNED, _SAYER_AFTER_EN):
        if found := signature.match(after):
            return found.group(1).strip()
    if found := _SUBJECT_AFTER.match(after):
        return found.group(1)
    if found := _SAYER_EN.search(before):
        return found.group(1).strip()
    if has_hangul(before) and (found := _SUBJECT_BEFORE.search(f"{before.rstrip()} ")):
        return found.group(1).strip()
    return None


def _question_after(scene: Scene, words: str) -> str | None:
    return next((s for s in scene.sentences if s.endswith("?") and words[:6] not in s), None)


def question(scene: Scene) -> Plan | None:
    """A question to think about, unless it asks what a term means and the term is explained."""
    text = scene.caption.text
    if scene.caption.listed:
        return None
    if not text and scene.sentences and len(scene.sentences) <= _LONGEST_QUESTION_SCENE:
        text = scene.sentences[0]
    if not text.endswith("?") or (_ASKS_TERM.search(text) and term(scene)):
        return None
    return plan(scene, "question", text)


def term(scene: Scene) -> Plan | None:
    """A term and what it means, in one of the first two sentences that say something."""
    if scene.caption.listed:
        return None
    for sentence in _captioned_first(scene, scene.told[:2]):
        text = sentence.rstrip(" .")
        named = _term_ko(text) if has_hangul(sentence) else _term_en(scene, text)
        if named:
            name, alias, definition = named
            icons = find_icons(name) + find_icons(definition)
            definition = clipped(definition[:1].upper() + definition[1:], DEFINITION_LENGTH)
            return plan(
                scene,
                "term",
                name.strip(_QUOTE_MARKS + " "),
                alias=alias,
                definition=definition,
                icons=tuple(dict.fromkeys(icons)) or scene.icons,
                emphasis=emphasis(definition),
            )
    return None


def _captioned_first(scene: Scene, sentences: tuple[str, ...]) -> list[str]:
    """Return the sentence first whose term the caption asks for: ``피싱이란?``."""
    asked = scene.caption.text if _ASKS_TERM.search(scene.caption.text) else ""
    return sorted(sentences, key=lambda s: not (asked and similarity(asked, s[: len(asked)]) >= SAME))


def _term_ko(text: str) -> tuple[str, str | None, str] | None:
    if found := _TERM_NAMED.match(text):
        name, alias, particle, rest = found.groups()
        consonant = final_of((alias or name).strip(_QUOTE_MARKS + " )")[-1:] or " ")
        fits = consonant < 0 or (consonant > 0) == (particle == "이란")
        definition = _MEANS.sub("", rest) if _MEANS.search(rest) else _IS.sub("", rest)
        if fits and definition != rest:
            return name, alias, definition
    found = _TERM_TOPIC.match(text)
    if found and (_MEANS.search(text) or _IS_A_THING.search(text)):
        name, alias, rest = found.groups()
        if not _POINTING.search(name):
            return name, alias, _IS.sub("", _MEANS.sub("", rest))
    return None


def _term_en(scene: Scene, text: str) -> tuple[str, str | None, str] | None:
    found = _TERM_EN.match(text)
    if not found or _NOT_TERM.match(text):
        return None
    article, name, alias, definition = found.groups()
    name = name if article is None else name[:1].upper() + name[1:]
    caption = scene.caption.text
    if caption and not _ASKS_TERM.search(caption) and name.lower() not in caption.lower():
        return None
    return name, alias, definition
