"""Whether a text says what to do or what to leave: by the mark before it, by the heading above it.

Part of the contract, since a script's ``on_screen_text`` is text: the writer, a person who edits the script
and a language model all write ``❌ 비밀번호 공유`` for what is forbidden, and the slide draws it so.
"""

import re
from enum import StrEnum


class Polarity(StrEnum):
    """What a passage does with the act that it names."""

    REQUIRED = "required"
    """It is to be done, or may be done."""
    FORBIDDEN = "forbidden"
    """It is to be left."""
    CHOICE = "choice"
    """It is one of the answers to a question: neither told to be done nor told to be so."""


FORBID = "❌"
ALLOW = "✅"
"""The marks that a caption is written with; all of :data:`FORBID_MARKS` and :data:`ALLOW_MARKS` are read."""

NOTE = "※"
"""The mark of a line that says something of a rule below a title that forbids: an exception, a penalty."""

FORBID_MARKS = "❌❎🚫✗✘✖⛔×✕⨯╳🙅👎🛑🈲🚷🚳🚯🚱📵🔞"
ALLOW_MARKS = "✅⭕👍🙆🆗"
CHECK_MARKS = "✔✓☑◯○"
"""Marks that allow only beside one that forbids; alone they are bullets."""
_PAIR_LETTERS = {
    "O": Polarity.REQUIRED,
    "o": Polarity.REQUIRED,
    "X": Polarity.FORBIDDEN,
    "x": Polarity.FORBIDDEN,
}

VARIANTS = "\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff\u2640\u2642"
"""What may follow a mark and belongs to it: how it is drawn, skin, sex."""
_ANY = f"{FORBID_MARKS}{ALLOW_MARKS}{CHECK_MARKS}"
_FRONT = re.compile(rf"^\s*[(\[]?([{_ANY}])[{VARIANTS}]*[)\]]?[\s:：.·-]*(?=\S)")
_BACK = re.compile(rf"(?<=\S)\s*[(\[]?([{FORBID_MARKS}{ALLOW_MARKS}])[{VARIANTS}]*[)\]]?\s?[.!]?$")
_FRONT_LETTER = re.compile(r"^\s*(?:[(\[]([OXox])[)\]]|([OX])(?=[\s:：]))[\s:：]*(?=\S)")
_BACK_LETTER = re.compile(r"(?<=\S)\s*(?:\(([OXox])\)|\s([OX]))$")
_CELL = re.compile(rf"^\s*[(\[]?([{_ANY}])[{VARIANTS}]*[)\]]?\s*$")
_STRAY = re.compile(rf"\s?[{FORBID_MARKS.replace('×', '')}{ALLOW_MARKS}][{VARIANTS}]*")
_LABEL = re.compile(
    r"^\s*(?:[\[(【<](?P<in_no>금지|불가|금지 ?사항|나쁜 ?예|잘못된 ?예|틀린 ?예|don['’]?ts?"
    r"|do not|no|never|bad"
    r"|wrong|forbidden|prohibited|not allowed)[\])】>]\s*[:：]?"
    r"|[\[(【<](?P<in_yes>필수|권장|허용|가능|좋은 ?예|올바른 ?예|do|yes|good|right|required"
    r"|allowed)[\])】>]\s*[:：]?"
    r"|(?P<no>금지|불가|나쁜 예|잘못된 예|틀린 예|don['’]?ts?|bad|wrong|forbidden|prohibited"
    r"|not allowed)\s?[:：]\s"
    r"|(?P<yes>허용|가능|좋은 예|올바른 예|do|good|right|allowed)\s?[:：]\s)\s*(?=\S)",
    re.IGNORECASE,
)


def mark_of(text: str) -> tuple[Polarity | None, str]:
    """Return what the mark at the beginning or the end of ``text`` says, and the text without it.

    Marks that mean something only in pairs (``O`` and ``X``, ``✔`` and ``○``) are left to :func:`marks_of`.
    """
    polarity, rest, weak = _read(text, letters=False)
    return (None, text.strip()) if polarity is None or weak else (polarity, rest)


def marks_of(texts: tuple[str, ...]) -> tuple[tuple[Polarity | None, str], ...]:
    """Return :func:`mark_of` each text of one list, where marks may come in pairs.

    ``O`` and ``X`` speak only where both stand in the list; a tick or a ring before every item is its bullet.
    """
    with_letters = [_read(text, letters=True) for text in texts]
    kinds = {polarity for polarity, _, letter in with_letters if letter and polarity}
    paired = len(kinds) > 1 or any(p is Polarity.FORBIDDEN and not letter for p, _, letter in with_letters)
    read = with_letters if paired else [_read(text, letters=False) for text in texts]
    found: list[tuple[Polarity | None, str]] = []
    for (polarity, rest, weak), text in zip(read, texts, strict=True):
        if polarity is None or (weak and not paired):
            bullet = polarity is not None and weak and rest
            found.append((None, rest if bullet and text.lstrip()[:1] in CHECK_MARKS else text.strip()))
        else:
            found.append((polarity, rest))
    return tuple(found)


def cell_mark(text: str) -> Polarity | None:
    """Return what a table's cell says that holds nothing but a mark."""
    found = _CELL.match(text)
    if found:
        return Polarity.FORBIDDEN if found[1] in FORBID_MARKS else Polarity.REQUIRED
    return _PAIR_LETTERS.get(text.strip())


def without_marks(text: str) -> str:
    """Return ``text`` without marks; for words that say themselves what they mean."""
    return " ".join(_STRAY.sub(" ", text).split())


_REFUSES_KO = re.compile(
    r"(?:지(?:는|도)? ?(?:않기|않음|말기|말 것|못함|마세요)|금지|안 됨|삼가기|불가|[가-힣] 없음)$"
)
_REFUSES_EN = re.compile(
    r"^(?:(?:if|when(?:ever)?|while|before|after|once|unless|until|on|in|at)\b[^,]{2,80}, )?"
    r"(?:please )?(?:do not|don['’]t|never|no\b|nobody|no one|you (?:must|may|should|can) ?not|not allowed)"
    r"|\b(?:must not|may not|(?:is|are) (?:not allowed|not permitted|prohibited|forbidden|banned))\b",
    re.IGNORECASE,
)


def refuses(point: str) -> bool:
    """Whether a point's main act is the forbidden one: ``Walk, never run`` says what to do."""
    bare = point.rstrip(" .!")
    return (_REFUSES_KO if re.search("[가-힣]", bare) else _REFUSES_EN).search(bare) is not None


def _read(text: str, *, letters: bool) -> tuple[Polarity | None, str, bool]:
    """Return polarity, rest, and whether it counts only as one of a pair."""
    if found := _FRONT.match(text) or _BACK.search(text):
        rest = (text[: found.start()] + text[found.end() :]).strip()
        return _of_mark(found[1]), rest.strip(" :："), found[1] in CHECK_MARKS
    if found := _LABEL.match(text):
        no = found["in_no"] or found["no"]
        return Polarity.FORBIDDEN if no else Polarity.REQUIRED, text[found.end() :].strip(), False
    if letters and (found := _FRONT_LETTER.match(text) or _BACK_LETTER.search(text)):
        rest = (text[: found.start()] + text[found.end() :]).strip()
        return _PAIR_LETTERS[found[1] or found[2]], rest, True
    return None, text.strip(), False


def _of_mark(mark: str) -> Polarity:
    return Polarity.FORBIDDEN if mark in FORBID_MARKS else Polarity.REQUIRED


_THINGS_KO = (
    r"(?:것|물건|물품|물질|품목|음식|식품|쓰레기|폐기물|행동|행위|일|사항|작업|항목|용품|장소"
    r"|구역|곳|동작|표현|말|대상|재료)(?:들)?"
)
_FORBIDS_KO = re.compile(
    r"(?:^|[\s·(])금지 ?(?:행위|사항|행동|품목|물품|물질|항목|동작|작업|대상|목록|어|표현|약물"
    r"|식품|용품|업무|활동|사례|규정"
    r"|수칙)(?:들)?$|^금지$|^절대 ?금지$|(?:반입|반출|사용|취급|휴대|섭취|투입|복용"
    r"|배출) ?금지 ?(?:물품|품목|대상|물질)$"
    r"|(?:지|서는?|면) (?:절대 )?(?:말아야|않아야|안 ?(?:되는|될)) ?(?:할|하는)? ?"
    r"(?:것|것들|일|일들|행동|행위|사항|말|표현|물건|작업|짓)(?:들)?(?: \d+ ?가지)?$"
    r"|(?:지 말|지 않을|지 말아야 할|면 안 되는|서는 안 되는|면 안 될|서는 안 될) (?:것|일|행동|행위|사항)$"
    r"|(?:지 ?말아야 ?할|(?:면|서는?) 안 ?(?:되는|될)) (?:[가-힣]{1,8}|\d+ ?가지"
    r"|[두세네] ?가지|다섯 ?가지)(?: \d+ ?가지)?$"
    r"|(?:^|[은는을를만게요] |행동 |행위 |것 |절대 )하지 ?(?:마세요|마십시오|마시오|말 것"
    r"|말 일|맙시다|말자|말아요|않기|않습니다)$"
    r"|(?:^|[은는만건게] |절대 )(?:금지|금물|삼가세요|삼가십시오|피하세요|피합니다|안 ?(?:돼요|됩니다|된다))$"
    r"|금기(?: ?사항)?$|엄금$|^(?:절대 )?안 ?(?:되는|될) (?:것|일|행동|행위|말)(?:들)?$"
    r"|해선 안 ?(?:될|되는) [가-힣]{1,6}$"
    r"|^(?:이렇게 |이러|절대 |이것만은 )?(?:하|해)?(?:면|서는) 안 ?(?:돼요|됩니다|된다|됨)$"
    r"|(?:삼가야|피해야|삼갈|피할|금해야) ?(?:할)? ?(?:것|일|행동|행위|사항|음식|말|표현|장소|자세)(?:들)?$"
    rf"|(?:허용(?:되지|하지) ?(?:않는|않은|않습니다|않음|않아요)|금지(?:된|되는|하는)|제한(?:된|되는"
    rf"|하는)|불허하는"
    rf"|허락되지 않[는은]|금하는|받지 않는|취급하지 않는) ?(?:{_THINGS_KO})?$"
    rf"|(?<!알 )(?<!볼 )(?<!믿을 )(?:가져[올갈]|들[일고]?|들어[올갈]|들여올|넣을|버릴|쓸|탈|실을|보낼"
    rf"|부칠|먹을|마실|맡길|지닐|찍을|팔"
    rf"|[가-힣]{{2}}할|할) 수 ?없는 (?:{_THINGS_KO})$"
    rf"|(?:^|[가-힣]{{2}} )(?:불가(?:능한)?|불허|제한|금지|엄금) ?(?:{_THINGS_KO})$|^(?:절대 )?(?:불가"
    rf"|불허|엄금)$"
    rf"|(?:^|[은는을를만게] |행동 |절대 )(?:삼가|자제해|피해) ?(?:주세요|주십시오|주시기 바랍니다)$|^삼가$"
    rf"|(?:삼가|자제)(?:야|해야) ?(?:할|하는) (?:{_THINGS_KO})$|^자제(?:할)? ?(?:{_THINGS_KO})$"
    r"|(?:^|이런 |매우 |가장 )위험(?:한|해지는) ?(?:행동|행위|습관|작업|사용|짓)(?:들)?$"
    r"|(?:행동|행위|습관|짓|말|사용|작업)[은는이가] (?:매우 |정말 |아주 )?(?:위험|금물"
    r"|안 ?[돼됩])[가-힣]{0,4}$"
    r"|^이러면 (?:위험|안 ?[돼됩])[가-힣]{0,4}$|^(?:이렇게 )?하면 (?:위험|큰일)[가-힣 ]{0,5}$|^(?:no|ng"
    r"|not ok(?:ay)?)$"
    r"|(?:나쁜|잘못된|틀린|옳지 않은|부적절한|부적합한) (?:예|예시|사례|습관|방법|자세|행동"
    r"|행위|표현|언행|사용)(?: 예시)?$|^불가(?:능)? ?(?:사항|행위|항목)?$"
)
_REQUIRES_KO = re.compile(
    r"(?:해야|지켜야|따라야|써야|확인해야|둬야|갖춰야) ?(?:할|하는) ?(?:것|것들|일|행동|행위"
    r"|사항|일들)?$|준수 ?(?:사항|수칙)?$"
    r"|(?:허용|권장|필수|의무|이행) ?(?:행위|사항|행동|품목|물품|항목|대상)?$|해도 되는 (?:것"
    rf"|일|행동)$|[가-힣] 수 있는 (?:{_THINGS_KO})$|(?:허용|허가|권장)(?:된|되는|하는) (?:{_THINGS_KO})$"
    r"|(?:^|이런 |행동[은이] )안전(?:한 (?:행동|행위|습관)|해요|합니다)$"
    r"|(?:좋은|올바른|옳은|바른) (?:예|예시|사례|습관|방법|자세)$|^이렇게 (?:합니다|하세요|해요)$|^하세요$"
)
_UNKNOWN_KO = re.compile(
    r"(?:이해|확인|설명|예측|신뢰|복구|해결|측정|제어|통제|인식|감지|예방|판단|선택|입증|증명)할 수 ?없는 "
)
"""What somebody is not able to do, rather than not allowed."""
_RELEASES_KO = re.compile(
    r"위반|처벌|징계|제재|벌칙|과태료|예외|신고|대처|대응|조치|방법|절차|이유|배경|목적|근거|대신|대안"
    r"|사유|문의|왜|결과|효과"
)
_NOT_EN = (
    r"(?:must not|mustn['’]t|should not|shouldn['’]t|may not|do not|don['’]t|not|cannot|can['’]t|never|avoid"
    r"|prohibited|forbidden|banned|disallowed|unacceptable)"
)
_FORBIDS_EN = re.compile(
    r"^(?:the )?(?:don['’]?ts?|do[ -]nots?|never(?: do)?(?: this| these)?|not allowed"
    r"|not permitted|off[ -]limits|forbidden|prohibited|banned|no[ -]?gos?"
    r"|(?:\w+ ){0,2}(?!(?:how|ways?|steps?|tips|need|try|order) )\w+ to avoid"
    r"|avoid(?: these| this)?|(?:bad|wrong) (?:practices?|examples?|habits?)|anti-?patterns?"
    r"|wrong|incorrect|ng)$"
    r"|^(?:what|things|actions?|items?|acts|behaviou?rs?|practices|activities|stuff|words|topics)"
    rf"(?: (?!if\b|when\b)\w+['’]?\w*){{0,5}}? {_NOT_EN}(?: \w+){{0,3}}$"
    rf"|^(?:(?:you|we|they|employees|staff|users|workers|visitors|drivers|everyone|please) )?"
    r"(?:must not|mustn['’]t|should not|shouldn['’]t|may not|do not|don['’]t|cannot|can['’]t"
    r"|must never|should never"
    r"|are not allowed to|never)(?: do(?: (?:this|these|the following|any of (?:this|these)))?)?$"
    r"|\b(?:prohibited|forbidden|banned|unacceptable|disallowed|impermissible|restricted)"
    r" (?:acts?|actions?|items?|uses?|behaviou?rs?|practices|substances|activities|conduct"
    r"|objects|materials|topics|words)$",
    re.IGNORECASE,
)
_REQUIRES_EN = re.compile(
    r"^(?:the )?(?:do['’]?s?|allowed|permitted|required|good (?:practices?|examples?)|always)$"
    r"|^(?:what|things|actions?|items?)(?: \w+['’]?\w*){0,4}? (?:must|should|to|can|may"
    r"|allowed|required|permitted)"
    r"(?! not\b)(?: \w+){0,2}$"
    r"|\b(?:allowed|permitted|required|acceptable) (?:acts?|actions?|items?|uses?|behaviou?rs?|practices)$",
    re.IGNORECASE,
)
_RELEASES_EN = re.compile(
    r"\b(?:violations?|penalt(?:y|ies)|consequences?|sanctions?|exceptions?|report(?:ing)?|why|reasons?"
    r"|instead"
    r"|background|purpose|how|alternatives?|contacts?)\b",
    re.IGNORECASE,
)
_EDGES = " \t.:：!·…-–—\"'“”‘’()[]【】<>"
_LONGEST_HEADING = 80
"""A longer text names no section. Smaller, and a heading with its reason in brackets governs nothing."""


def heading_polarity(text: str, inherited: Polarity | None = None) -> Polarity | None:
    """Return what a heading, the name of a list or of a column says of all that stands below it.

    Args:
        text: of the heading.
        inherited: what the heading above it says; a heading of its own subject (penalties, exceptions) ends
        it,
            any other goes on with it.
    """
    if len(text) > _LONGEST_HEADING:
        return inherited
    marked, rest = mark_of(text)
    named = re.sub(r"\s*\([^()]*\)", "", without_marks(rest)).strip(_EDGES)
    if _UNKNOWN_KO.search(named):
        return None
    if _FORBIDS_KO.search(named) or _FORBIDS_EN.search(named):
        return Polarity.FORBIDDEN
    if marked is not None:
        return marked
    if _REQUIRES_KO.search(named) or _REQUIRES_EN.search(named):
        return Polarity.REQUIRED
    if _RELEASES_KO.search(named) or _RELEASES_EN.search(named):
        return None
    return inherited


_FORBIDS_THINGS = re.compile(
    r"(?:반입|반출|사용|취급|휴대|섭취|투입|복용|배출|출입|탑승|접속|공유|게시|촬영|판매|혼합"
    r"|보관|적재|소지|지참|접촉|유출|이용|섭식|수거|접수|위탁|운반|세척|주차) ?(?:금지|불가|불허|엄금|제한)$"
    r"|^(?:please )?(?:do not|don['’]t|never|you (?:must|may|should) not|you must never"
    r"|no) [a-z]+(?: (?:to|with|in|into|on|out))?$",
    re.IGNORECASE,
)


def forbids_things(text: str) -> bool:
    """Whether a heading forbids what a list below it names, if it names things: 반입 금지, Never share.

    Sentences below such a heading speak for themselves: it says already what is not to be done.
    """
    named = without_marks(mark_of(text)[1]).strip(_EDGES) if len(text) <= _LONGEST_HEADING else ""
    return _FORBIDS_THINGS.search(named) is not None


_STATES_KO = re.compile(
    r"금지(?!법)|지 ?(?:는|도)? ?(?:마세요|마십시오|마시|맙시다|말[ 아고것라자]|말$|마라|않"
    r"|아니|못)|(?:면|서[는도]?)"
    r" (?:절대(?:로)? )?안 ?[되돼됩된될]|불가(?!피)|삼가|삼갈|지양|[을를은는] 금[하함한합]"
    r"|허용되지|없[다습음어]|아니 ?[다하한합함되된됩됨]|아닙|자제|엄금"
)
_STATES_EN = re.compile(
    r"\b(?:not|never|no|cannot|can['’]t|don['’]t|doesn['’]t|won['’]t|isn['’]t|aren['’]t|mustn['’]t"
    r"|shouldn['’]t|avoid|refrain"
    r"|prohibited|forbidden|banned|disallowed|nobody|none|neither)\b",
    re.IGNORECASE,
)


MUST_NOT_BUT = re.compile(
    r"(?:지(?:는|도)? ?(?:않|아니하|못하)|(?<![가-힣])없|(?<!\S)안 [가-힣]{1,6})"
    r"(?:으면|면|아서는|어서는|여서는|서는)"
    r" ?(?:절대 ?로? ?)?(?:안|아니) ?(?=[되돼됩됨된될])|지(?:는|도)? ?(?:않|아니하)을 수(?:가|는)? ?없"
)
"""A negation that another takes back: 측정하지 않으면 안 됩니다 says what has to be done."""

_WITHIN_KO = re.compile(
    r"(?:지(?:는|도)? ?(?:않|못하|아니하)|(?<!\S)없)(?:고|은 채로?|으며|으면서|며|면서"
    r"|[는은] (?!것[이을은]|게 |편이)) ?(?=[가-힣])"
    r"|지(?:는|도)? ?못한 (?=[가-힣])|(?<!\S)(?:안|못) [가-힣]{1,6}(?:고|[은는한된] 채로?"
    r"|[은는한된]) (?=[가-힣])"
    r"|금지(?:된|되는|한)? (?=[가-힣])(?![합함한됩됨된입이])"
)
_WITHIN_EN = re.compile(
    r"(?<=\w )(?:that|which|who|whom|while|because|where)\b[^,.;:]{1,120}|^not (?=\w+ing\b)", re.IGNORECASE
)
"""Negations inside an act that is itself not negated: 확인되지 않은 파일 열기, files that you do not know."""
_ADVERB_KO = re.compile(r"(?:(?<!\S)(?P<before>\S{1,12}) )?(?<!\S)(?P<adverb>안|못) (?P<after>[가-힣]{1,12})")
_VERBAL = re.compile(
    r"(?:[기음함됨다요고며면는은을던지서도야자돼해아어여워와줘봐니라게네]"
    r"|[한된될할쓴쓸본볼간갈온올탄탈줄준][가-힣]?)$"
)
"""Endings of a verb, which alone can be negated: 안 쓰는, 못 들어감; 안 흡연 is no negation."""
_FINAL_M = 16
"""Where ㅁ stands among the final consonants, of which a syllable's code counts 28."""
_PLACE = re.compile(
    r"(?:물|차|차량|방|실|장|집|관|소|함|상자|가방|주머니|창고|서랍|기|터널|탱크|용기|구역|버스|열차"
    r"|내부|역|병원|학교|회사|공장|냉장고|교실|구내|매장|컨테이너|선|공원|통|박스)의?$"
)
_NAILS = re.compile(r"^(?:박|뽑|빼|뺄|자국|머리|망치|구멍)")
"""What is done with a nail, whose name is the negation's: 벽에 못 박기."""


def _negates(text: str) -> bool:
    """Whether 안 or 못 stands before a verb as its negation, not as "inside" or "nail"."""
    return any(
        (_VERBAL.search(found["after"]) or _is_noun_form(found["after"]))
        and not (_NAILS.match(found["after"]) if found["adverb"] == "못" else _is_place(found["before"]))
        for found in _ADVERB_KO.finditer(text)
    )


def _is_noun_form(word: str) -> bool:
    """Whether a word ends in ㅁ, as the noun forms of verbs do: 들어감, 만짐."""
    return "가" <= word[-1] <= "힣" and (ord(word[-1]) - ord("가")) % 28 == _FINAL_M


def _is_place(word: str | None) -> bool:
    return word is not None and _PLACE.search(word) is not None


def states_not(text: str) -> bool:
    """Whether a text's main act or statement is negated in its own words: not, or not to be."""
    main = _WITHIN_EN.sub("", _WITHIN_KO.sub("", MUST_NOT_BUT.sub("", text)))
    return _STATES_KO.search(main) is not None or _negates(main) or _STATES_EN.search(main) is not None
