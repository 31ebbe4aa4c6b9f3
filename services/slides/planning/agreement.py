"""The last check of a caption against its narration: what the voice forbids, no slide tells to do."""

import re
from collections.abc import Sequence
from dataclasses import replace

from contracts.polarity import MUST_NOT_BUT, Polarity, states_not
from services.slides.planning.cleaning import has_hangul
from services.slides.planning.condense import similarity
from services.slides.planning.items import Caption

_LEAST_SHARED = 0.4
"""Share of an item's character pairs that the sentence must have too: below, another act is meant."""
_LAST_WORD = re.compile(r"([가-힣]{2,12})$")
_NOUN_END = re.compile(r"(?:하기|함|기)$")
_FIRST_VERB = re.compile(r"^([A-Za-z]{2,20})\b")


def agreeing(caption: Caption, sentences: Sequence[str]) -> Caption:
    """Return ``caption`` with the items signed that name, without a negation, an act that a sentence forbids.

    ``비밀번호 공유`` beside ``비밀번호를 공유하지 않습니다.`` is forbidden, whoever wrote the caption.
    """
    if caption.signs or caption.kind in {"numbered", "arrows"}:
        return caption
    # What a second negation takes back is a duty: 걸지 않으면 안 됩니다.
    forbidding = [sentence for sentence in sentences if not MUST_NOT_BUT.search(sentence)]
    bad = [_forbidden(item, forbidding) for item in caption.items]
    signs = tuple(Polarity.FORBIDDEN if forbidden else Polarity.REQUIRED for forbidden in bad)
    return replace(caption, signs=signs) if any(bad) else caption


def _forbidden(item: str, sentences: Sequence[str]) -> bool:
    if states_not(item) or item.endswith("?"):
        return False
    pattern = _refusal_ko(item) if has_hangul(item) else _refusal_en(item)
    return pattern is not None and any(
        pattern.search(sentence) and similarity(item, sentence) >= _LEAST_SHARED for sentence in sentences
    )


def _refusal_ko(item: str) -> re.Pattern[str] | None:
    found = _LAST_WORD.search(item.rstrip(" ."))
    if found is None:
        return None
    stem = re.escape(_NOUN_END.sub("", found[1]))
    return re.compile(
        rf"{stem}(?:하|되)?지(?:는|도)? ?(?:않|말|마|못)|{stem}(?:하면|해서는?|면"
        rf"|서는?) (?:절대 ?로? )?안 ?[되됩된돼]"
        rf"|{stem}(?:하는 (?:것|행위|일))?[은는을를이가]? ?(?:절대 )?(?:금지|허용되지)"
    )


def _refusal_en(item: str) -> re.Pattern[str] | None:
    found = _FIRST_VERB.match(item)
    if found is None:
        return None
    return re.compile(rf"(?:\bnot|\bnever|n['’]t) (?:\w+ )?{re.escape(found[1])}\b", re.IGNORECASE)
