"""Whether a short form of a sentence says what the sentence says: conditions, negations, numbers.

The one check behind every headline and point: who shortens a sentence, in the script or on a slide, asks
here, and shows the whole sentence where no shorter form passes. It reads words, not grammar, and errs on
the side of the whole sentence.
"""

import re
from collections import Counter

_I = re.IGNORECASE

_PROHIBITIVE = re.compile(
    r"(?:(?:으)?면|서[는도]?) ?(?:절대(?:로)? ?)?(?:안|아니) ?(?=[되돼됩됨된될])(?:됩니다|된다|돼요"
    r"|되며|되고|됨|되는|될|되[가-힣]*)?"
)
"""누르면 안 됩니다 holds no condition: it is one negation, as 누르지 않기 is."""

_CONDITIONS_KO = (
    re.compile(
        r"(?<=[가-힣])면(?<!화면)(?<!장면)(?<!서면)(?<!표면)(?<!도면)(?<!측면)(?<!정면)(?<!수면)(?<!평면)(?<!반면)(?<!전면)"
        r"(?<!국면)(?<!따르면)(?<!의하면)(?<!양면)(?<!단면)(?=[\s,]|$)|(?:거든|(?<=[가-힣])려면)(?=[\s,]|$)|만약|만일|이라도"
    ),
    re.compile(r"경우|(?<![가-힣])때(?!문)|(?<=[가-힣]) 시(?=[\s,에는]|$)|동안|중에는?(?=\s)"),
    re.compile(
        r"(?<=[가-힣)])만(?<!지만)(?<!하지만)(?<!불만)(?<!비만)(?=[\s,은이을]|$)|에 한(?:해|하|정)"
        r"|한하여|뿐|오직"
    ),
    re.compile(r"제외|이외|(?<=[가-힣]) ?외에|예외|없이|않는 한|말고(?=\s)|빼고"),
    re.compile(
        r"까지|[기은한난된] (?:전|뒤|후|다음)|(?<=[가-힣0-9]) ?(?:전|후|뒤)에|이상|이하|미만|초과"
        r"|이내|안에|최소|최대|미리"
    ),
)
_CONDITIONS_EN = (
    re.compile(r"\bif\b|\bunless\b|\bprovided\b|\bproviding\b|\bas long as\b|\bin case\b|\bwhether\b", _I),
    re.compile(r"\bwhen(?:ever)?\b|\bwhile\b|\bduring\b|\bonce\b|\bwhere\b(?! (?:is|are)\b)", _I),
    re.compile(r"\bonly\b|\bjust\b|\bsolely\b|\bexclusively\b", _I),
    re.compile(
        r"\bexcept\b|\bexcluding\b|\bother than\b|\bapart from\b|\bwithout\b|\bbut not\b"
        r"|\binstead of\b|\brather than\b",
        _I,
    ),
    re.compile(
        r"\buntil\b|\btill\b|\bbefore\b|\bafter\b|\bat least\b|\bat most\b|\b(?:more|less|fewer"
        r"|later) than\b|\bwithin\b|\bup to\b",
        _I,
    ),
)
_NEGATIONS_KO = re.compile(
    r"지(?:는|도|를)? ?(?:않|말|마[세시십라]|못|맙|아니)|(?:^|\s)(?:안|못) (?=[가-힣])"
    r"|금지(?!법)|(?<![가-힣])없|(?<=[이가은는도])? 없|아니[다하한합함라]|아닙|아님|아닌|불가(?!피)"
    r"|삼가|미(?:제출|이수|준수|착용|신고)|허용되지"
)
_NEGATIONS_EN = re.compile(
    r"\b(?:not|never|no|nor|neither|nobody|none|nothing|cannot|without)\b|n['’]t\b|\b(?:prohibited|forbidden|banned|avoid)\b",
    _I,
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")

_LEFT_OVER = re.compile(r"^(?:and|but|so|or|nor|because|which|who|whose|that is|then)\b(?! that\b)", _I)
_ENDS_IN_THE_MIDDLE = re.compile(
    r"(?:\b(?:and|or|but|the|an?|of|because|than|your|their|our|which|if|unless|whose)|[,;:(])$"
)
_ENDS_IN_THE_MIDDLE_KO = re.compile(
    r"(?:[가-힣](?:하고|이고|으며|하며|지만|는데|므로|도록|려고|거나|면서)|[가-힣](?<!마)(?<!가)(?<!노)을|[가-힣]를"
    r"|및|또는|그리고|[,;:(])$"
)
_EXCEPTS = re.compile(
    r"^(?:단|다만|예외적으로|예외는|예외로)[,\s]|^(?:except|unless|the (?:only )?exceptions?|exceptions?"
    r"|(?:but|however),? (?:only|not|never|this|these)|this (?:rule )?does not apply)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\s?\((?=[^()]{1,80}\))[^()]*\)")


def faithful(sentence: str, form: str) -> bool:
    """Return whether ``form``, a shorter wording of ``sentence``, is whole and says the same.

    Same negations, every condition and exception, every number; nothing left over in front or torn off
    behind. A question about the sentence ("피싱이란?") says nothing that could be false.
    """
    if form == sentence or form.endswith("?"):
        return True
    if not whole(form):
        return False
    said, shown = _PROHIBITIVE.sub("지 않", sentence), _PROHIBITIVE.sub("지 않", form)
    for patterns in (_CONDITIONS_KO, _CONDITIONS_EN):
        if any(_count(pattern, shown) < _count(pattern, said) for pattern in patterns):
            return False
    if any(_count(pattern, shown) != _count(pattern, said) for pattern in (_NEGATIONS_KO, _NEGATIONS_EN)):
        return False
    numbers, shown_numbers = Counter(_NUMBER.findall(said)), Counter(_NUMBER.findall(shown))
    return numbers == shown_numbers


def conditional(text: str) -> bool:
    """Return whether a text holds a condition, an exception or a limit."""
    return any(pattern.search(text) for pattern in (*_CONDITIONS_KO, *_CONDITIONS_EN))


def excepts(sentence: str) -> bool:
    """Return whether a sentence takes something out of the one before it, as 단 and Except do."""
    return _EXCEPTS.search(sentence) is not None


def whole(form: str) -> bool:
    """Return whether a headline begins with no word left over and does not end in the middle."""
    bare = form.rstrip(" .!?\"'”’")
    return not (
        _LEFT_OVER.search(form) or _ENDS_IN_THE_MIDDLE.search(bare) or _ENDS_IN_THE_MIDDLE_KO.search(bare)
    )


def without_aside(sentence: str) -> str:
    """Return ``sentence`` without what stands in brackets, where nothing is lost by it."""
    bare = _ASIDE.sub("", sentence)
    return bare if bare != sentence and faithful(sentence, bare) else sentence


def _count(pattern: re.Pattern[str], text: str) -> int:
    return sum(1 for _ in pattern.finditer(text))
