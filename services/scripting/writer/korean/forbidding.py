"""Korean for what is forbidden: an act that a list only names, said as a prohibition."""

import re
from collections.abc import Sequence

from contracts.polarity import states_not
from services.scripting.writer.korean import speech
from services.scripting.writer.korean.analyser import kiwi
from services.scripting.writer.korean.headline import nominal
from services.scripting.writer.korean.instructions import is_instruction
from services.scripting.writer.korean.morphemes import Morphemes, kind
from services.scripting.writer.korean.particles import topic_particle
from services.scripting.writer.language import Item

_LONGEST_LABEL = 21
_IMPERATIVE = re.compile(r"(?:세요|십시오|시오|라)$")
_EDGES = " .,;!"


def forbidden(text: str) -> Item | None:
    """See :meth:`services.scripting.writer.language.Language.forbidden`."""
    name, _, rest = text.partition(": ")
    if rest.strip() and len(name) <= _LONGEST_LABEL:
        return _labelled(name.strip(), rest.strip())
    parts = speech.sentences(text) or [text]
    first = parts[0].strip(_EDGES)
    if states_not(first):
        said, point = speech.spoken(parts[0]), _point(first)
    elif (act := refused(first)) is not None:
        said, point = act
    elif Morphemes.of(first, kiwi()).is_sentence():
        said, point = f"“{first}”, 이렇게 하지 않습니다.", f"“{first}”"
    elif len(parts) > 1:
        said, point = f"{first}{topic_particle(first)} 금지입니다.", first
    else:
        return None
    return Item((said, *map(speech.spoken, parts[1:])), point)


def refused(act: str) -> tuple[str, str] | None:
    """Return an act as what is not done, said and shown: 보내기 → 보내지 않습니다, 보내지 않기.

    ``None`` if it is named by a noun: 공유, 함께 쓰는 행위.
    """
    morphemes = Morphemes.of(act, kiwi())
    polite = morphemes.polite()
    if polite is not None:
        morphemes = Morphemes.of(polite, kiwi())
    if not morphemes.is_sentence():
        return None
    end = len(morphemes.tokens) - 1
    while end and morphemes.tokens[end - 1].tag == "EP":
        end -= 1
    if not end or kind(morphemes.tokens[end - 1]) not in {"VV", "VX", "XSV"}:
        return None
    forms = [token.form for token in morphemes.tokens[:end]]
    tags = ["JKB" if token.form == "서" else kind(token) for token in morphemes.tokens[:end]]  # 혼자서
    if not is_instruction(forms, tags):
        return None  # what is or happens is not left undone: 저는 몰라요
    stem = morphemes.until(end, [("지", "EC")])
    asked = _IMPERATIVE.search(act) is not None
    return f"{stem} {'마세요' if asked else '않습니다'}.", f"{stem} 않기"


def listed(phrases: Sequence[str], subject: str | None) -> str:
    """See :meth:`services.scripting.writer.language.Language.forbidden_list`."""
    named = ", ".join(phrase.strip(_EDGES) for phrase in phrases)
    if subject and states_not(subject):
        return f"{subject}{topic_particle(subject)} {named}입니다."
    said = f"{named}{topic_particle(phrases[-1].strip(_EDGES))} 금지입니다."
    return f"{subject}에서 {said}" if subject and subject.endswith(("장", "실", "곳", "구역")) else said


def _labelled(name: str, rest: str) -> Item:
    """Return ``name: why``, of which the name is forbidden; or ``where: what``, of which the act is."""
    act = refused(rest.strip(_EDGES)) if not states_not(rest) else None
    named = refused(name) if not states_not(name) else None
    if named is not None:
        said = (named[0], *map(speech.spoken, speech.sentences(rest)))
    elif act is not None:
        said = (f"{name}의 경우 {act[0]}",)
    elif states_not(name) or states_not(rest):
        said = (f"{name}입니다.", *map(speech.spoken, speech.sentences(rest)))
        if not Morphemes.of(rest.strip(_EDGES), kiwi()).is_sentence():
            said = (f"{name}{topic_particle(name)} {rest.strip(_EDGES)}입니다.",)
    elif Morphemes.of(rest.strip(_EDGES), kiwi()).is_sentence():
        said = (
            f"{name}{topic_particle(name)} 금지입니다.",
            *map(speech.spoken, speech.sentences(rest)),
        )
    else:
        said = (
            f"금지 사항은 {name}, {rest.strip(_EDGES)}입니다.",
        )  # which of the two it is, nobody can tell
    return Item(said, f"{name}: {rest.strip(_EDGES)}", label=name)


def _point(text: str) -> str:
    return nominal(Morphemes.of(text, kiwi()), kiwi())
