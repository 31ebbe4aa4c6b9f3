"""Korean verb forms, as far as endings alone show them: from a polite form back to the stem."""

_FIRST, _LAST = 0xAC00, 0xD7A3
_NONE, _L, _M, _B = 0, 8, 16, 17
"""Indices of the final consonants: none, ㄹ, ㅁ, ㅂ (Unicode 3.12, conjoining jamo behaviour)."""

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
