"""Korean verb forms, as far as endings alone show them: from a polite form back to the stem."""

_FIRST, _LAST = 0xAC00, 0xD7A3
_NONE, _L, _M, _B = 0, 8, 16, 17
"""Indices of the final consonants: none, ㄹ, ㅁ, ㅂ (Unicode 3.12, conjoining jamo behaviour)."""

QUALITIES = (
    r"(?:있|없|좋|많|적|높|낮|같|작|짧|길|넓|좁|크|빠르|느리|다르|이르|늦|굵|얇|얕|깊|밝|맑|옅|짙|젊|싫|옳|아니|모르"
    r"|나쁘|아프|바쁘|고르|가파르|푸르|거칠|가늘|둥글|멀|낡|굳|곧|알맞|맞|걸맞|못지않|괜찮|쉽|어렵|[가-힣](?:겁|갑|깝|럽|롭|둡|맵|춥|덥|곱)"
    r"|켜지|꺼지|닫히|열리|잠기|막히|꺾이|묶이|끼이|쓰이|놓이|쌓이|보이|담기|걸리|매달리"
    r"|(?:위험|안전|중요|필요|충분|부족|불편|편리|가능|불가능|정확|확실|유리|불리|심각|완전|동일|간단|복잡|당연|비슷|적절|유효"
    r"|취약|민감|분명|가득|단단|평평|튼튼|견고|청결|깨끗|투명|선명|강|약|심|급|순|진|연|친절|정중|신속|공정|건조|축축|촉촉|따뜻|시원|서늘"
    r"|조용|상세|명확|뚜렷|꼼꼼|철저|성실|건강|피곤|익숙|능숙|다양|풍부|희박|과도|과다|무관|동등|균일|일정|적합|부적합|적정|타당|합당|온전|무해"
    r"|유해|특수|특별|특이|평범|귀중|소중|유사|상이|무방|곤란|긴급|시급|밀접|활발|저조|우수|양호|불량|미흡|미비|부실|빈번|느슨|팽팽|촘촘"
    r"|절실|엄격|엄중|원활|신중|섬세|정밀|치밀|유연|딱딱|말랑|차분|침착|정당|부당|공평|불공평|상당|막대|거대|사소|미미|현저|유용|무용|투철|해당)하)"
)
"""Stems that say how a thing is, a pattern: none of them is done, and a negation of one forbids nothing."""

_LISTED = """
만드 드 흔드 건드 줄어드 늘어드 스며드 여 거 내거 미 내미 떠미 아 터 도 머무 부 푸 무 깨무 버 조 저
비트 이끄 베푸 매다 다 기우 가느 머 기
"""
# Stems in ㄹ lose it before ㄴ, ㅂ, ㅅ (만듭니다, 만드세요). Only stems without a common ㄹ-less homograph.
_DROPPED_L = {short: short[:-1] + chr(ord(short[-1]) + _L) for short in _LISTED.split()}
# Stems whose -아/-어 form hides them, where the table of vowels below would go wrong.
_FROM_A_FORM = {
    "올라": "오르", "눌러": "누르", "불러": "부르", "흘러": "흐르", "골라": "고르", "몰라": "모르",
    "잘라": "자르", "써": "쓰", "꺼": "끄", "떠": "뜨", "커": "크", "따라": "따르", "모아": "모으",
    "담가": "담그", "잠가": "잠그", "도와": "돕", "물어": "묻", "실어": "싣", "깨달아": "깨닫",
    "이어": "잇", "지어": "짓", "나아": "낫", "두어": "두", "주어": "주", "되어": "되", "쉬어": "쉬",
    "뛰어": "뛰", "바꾸어": "바꾸", "나누어": "나누", "여어": "열",
}  # fmt: skip
_A_VOWELS = {
    "해": "하", "와": "오", "봐": "보", "둬": "두", "줘": "주", "워": "우", "춰": "추", "꿔": "꾸",
    "눠": "누", "려": "리", "겨": "기", "켜": "키", "쳐": "치", "져": "지", "혀": "히", "여": "이",
    "셔": "시", "돼": "되", "쏴": "쏘", "써": "쓰", "꺼": "끄",
}  # fmt: skip
_D_IRREGULAR = {
    "들으": "듣",
    "물으": "묻",
    "걸으": "걷",
    "실으": "싣",
    "깨달으": "깨닫",
    "도우": "돕",
    "누우": "눕",
}
# 들어 is both 듣- and 들-; these are heard, everything else is lifted.
_HEARD = frozenset(
    ("교육을", "강의를", "설명을", "안내를", "말을", "이야기를", "의견을", "소리를", "조언을", "수업을")
)
_NOUN_FORMS = {
    "듣": "들음", "걷": "걸음", "싣": "실음", "깨닫": "깨달음", "돕": "도움", "줍": "주움", "눕": "누움",
    "짓": "지음", "잇": "이음", "붓": "부음", "긋": "그음", "젓": "저음", "낫": "나음",
}  # fmt: skip
"""Noun forms of verbs whose last consonant changes before a vowel."""
# Adjectives in ㅂ: 쉽습니다, but 쉬움.
_B_ADJECTIVES = (
    "쉽",
    "어렵",
    "가깝",
    "무겁",
    "가볍",
    "차갑",
    "뜨겁",
    "두껍",
    "새롭",
    "해롭",
    "까다롭",
    "위태롭",
    "미끄럽",
    "부드럽",
    "더럽",
    "어둡",
    "시끄럽",
    "날카롭",
    "번거롭",
    "자유롭",
    "스럽",
    "맵",
    "춥",
    "덥",
)


def final_of(syllable: str) -> int:
    """Return the index of the final consonant of a Hangul syllable (0: none), -1 for any other character."""
    return (ord(syllable) - _FIRST) % 28 if _FIRST <= ord(syllable) <= _LAST else -1


def without_final(word: str, final: int) -> str | None:
    """Return ``word`` without the final consonant ``final`` at its end, ``None`` if there is another."""
    if not word or final_of(word[-1]) != final:
        return None
    return word[:-1] + chr(ord(word[-1]) - final)


def without_b(word: str) -> str | None:
    """Return the stem in ``합`` of ``합니다``: ``하``; ``엽`` gives ``열``; ``None`` if there is no ㅂ."""
    bare = without_final(word, _B)
    return None if bare is None else with_dropped_l(bare)


def without_n(word: str) -> str | None:
    """Return the stem in ``누른`` of ``누른다``; ``None`` if there is no ㄴ."""
    bare = without_final(word, 4)
    return None if bare is None else with_dropped_l(bare)


def with_dropped_l(phrase: str) -> str:
    """Give the last word of ``phrase`` the ㄹ back that its stem lost: ``창문을 여`` → ``창문을 열``."""
    head, space, word = phrase.rpartition(" ")
    return head + space + _DROPPED_L.get(word, word)


def before_u(phrase: str) -> str:
    """Return the stem of a form in ``-(으)면``, ``-(으)세요``: ``읽으`` → ``읽``, ``들으`` → ``듣``."""
    head, space, word = phrase.rpartition(" ")
    if word in _D_IRREGULAR:
        return head + space + _D_IRREGULAR[word]
    if len(word) > 1 and word.endswith("으") and final_of(word[-2]) > 0:
        return head + space + word[:-1]
    return with_dropped_l(phrase)


def before_a(phrase: str) -> str | None:
    """Return the stem of a form in ``-아/-어``: ``비워`` → ``비우``, ``받아`` → ``받``; else ``None``."""
    head, space, word = phrase.rpartition(" ")
    if word == "들어" and head.rpartition(" ")[2] in _HEARD:
        return f"{head} 듣"
    if word == "걸어" and head[-1:] not in ("을", "를"):
        return f"{head}{space}걷"
    stem = _stem_before_a(word)
    return None if stem is None else head + space + stem


def _stem_before_a(word: str) -> str | None:
    if word.endswith("하여"):
        return word[:-1]
    if word in _FROM_A_FORM:
        return _FROM_A_FORM[word]
    if len(word) > 1 and word[-1] in "아어" and final_of(word[-2]) > 0:
        return word[:-1]
    if word and word[-1] in _A_VOWELS:
        return word[:-1] + _A_VOWELS[word[-1]]
    # 가, 서, 보내, 세: the stem's own vowel has swallowed the ending.
    return word if word and word[-1] in "가서내세나자사대매개재" else None


def noun_of_quality(stem: str) -> str:
    """Return the noun form in ``-(으)ㅁ``: ``줄어들`` → ``줄어듦``, ``있`` → ``있음``, ``쉽`` → ``쉬움``."""
    if (found := _NOUN_FORMS.get(stem.rpartition(" ")[2])) is not None:
        return f"{stem.rpartition(' ')[0]} {found}".lstrip()
    for adjective in _B_ADJECTIVES:
        if stem.endswith(adjective):
            bare = without_final(stem, _B)
            return f"{bare}움"
    final = final_of(stem[-1]) if stem else -1
    if final == _NONE:
        return stem[:-1] + chr(ord(stem[-1]) + _M)
    if final == _L:
        return stem[:-1] + chr(ord(stem[-1]) - _L + 10)
    return f"{stem}음"
