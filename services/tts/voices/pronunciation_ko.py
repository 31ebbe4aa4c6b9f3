"""Korean spelling to standard pronunciation, still written in Hangul: 협력 → 혐녁, 같이 → 가치.

The rules are those of the Standard Pronunciation (표준 발음법, National Institute of Korean Language,
2017-14); the article each implements stands beside it. What a rule cannot see without knowing the word
(tensing inside compounds, inserted ㄴ) is in :mod:`services.tts.voices.pronunciation_words_ko`.
"""

import re

from services.tts.reading.ko.hangul import join, split
from services.tts.voices import pronunciation_words_ko as words

Syllable = list[str]
"""Onset, vowel, coda; changed in place as the rules pass over a word."""

_PARTS = {
    "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ",
    "ㄾ": "ㄹㅌ",
    "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ",
}  # fmt: skip
_NEUTRAL = {
    **dict.fromkeys("ㄲㅋㄳㄺ", "ㄱ"), **dict.fromkeys("ㅅㅆㅈㅊㅌㅎ", "ㄷ"), **dict.fromkeys("ㅍㅄㄿ", "ㅂ"),
    **dict.fromkeys("ㄵㄶ", "ㄴ"), **dict.fromkeys("ㄼㄽㄾㅀ", "ㄹ"), "ㄻ": "ㅁ",
}  # fmt: skip
"""Articles 8-11: the seven codas that are heard."""
_ASPIRATED = {"ㄱ": "ㅋ", "ㄷ": "ㅌ", "ㅂ": "ㅍ", "ㅈ": "ㅊ"}
_TENSE = {"ㄱ": "ㄲ", "ㄷ": "ㄸ", "ㅂ": "ㅃ", "ㅅ": "ㅆ", "ㅈ": "ㅉ"}
_NASAL = {"ㄱ": "ㅇ", "ㄷ": "ㄴ", "ㅂ": "ㅁ"}
_FRICATIVE_CODAS = {"ㅎ": "", "ㄶ": "ㄴ", "ㅀ": "ㄹ"}

_WORD = re.compile(r"[가-힣]+")


def pronounce(text: str) -> str:
    """Return ``text`` with every Hangul word respelled as it is spoken; everything else stays.

    Words are the runs between spaces: rules do not reach across a space, except that the consonant after
    the adnominal ending -ㄹ is tensed (article 27: 할 수 → 할 쑤).
    """
    text = words.tense_bound_nouns(text)
    text = words.RESPELLED_PATTERN.sub(lambda match: words.RESPELLED[match.group()], text)
    return _WORD.sub(lambda match: _word(match.group()), text)


def _word(word: str) -> str:
    syllables = [list(split(character)) for character in word]
    _tense_inside_words(word, syllables)
    _simplify_vowels(word, syllables)
    for index, current in enumerate(syllables[:-1]):
        _meet(word, index, current, syllables[index + 1])
    last = syllables[-1]
    last[2] = _NEUTRAL.get(last[2], last[2])
    return "".join(join(*syllable) for syllable in syllables)


def _simplify_vowels(word: str, syllables: list[Syllable]) -> None:
    """Article 5: 져 → 저, 계 → 게, 희 → 히, 주의 → 주이, the particle 의 → 에."""
    for index, (onset, vowel, _) in enumerate(syllables):
        if onset in "ㅈㅉㅊ" and vowel in "ㅑㅕㅛㅠㅖㅒ":
            syllables[index][1] = dict(zip("ㅑㅕㅛㅠㅖㅒ", "ㅏㅓㅗㅜㅔㅐ", strict=True))[vowel]
        elif vowel == "ㅖ" and onset not in "ㅇㄹ":
            syllables[index][1] = "ㅔ"
        elif vowel == "ㅢ" and onset != "ㅇ":
            syllables[index][1] = "ㅣ"
        elif vowel == "ㅢ" and index:
            particle = index == len(word) - 1 and not word.endswith(words.NOUNS_IN_UI)
            syllables[index][1] = "ㅔ" if particle else "ㅣ"


def _tense_inside_words(word: str, syllables: list[Syllable]) -> None:
    """Articles 24, 26 and 28: tensing that depends on what the word is made of."""
    for index in range(1, len(word)):
        onset = syllables[index][0]
        if onset not in _TENSE:
            continue
        before, pair = syllables[index - 1], word[index - 1 : index + 1]
        if before[2] == "ㄹ" and onset in "ㄷㅅㅈ":
            tensed = pair in words.TENSED_AFTER_L or (
                word[index] not in words.ENDINGS_AFTER_L and word[index - 1] != word[index]
            )
        elif index >= 2 and word[index] == "성" and before[2] in ("", "ㄴ", "ㅁ", "ㅇ"):
            tensed = not pair.startswith(words.BEFORE_PLAIN_SEONG)
        elif index == 1:
            tensed = pair in words.TENSED_STEMS
        else:
            tensed = word[index] == "값"
        if tensed:
            syllables[index][0] = _TENSE[onset]


def _meet(word: str, index: int, current: Syllable, following: Syllable) -> None:
    """Apply what happens where a coda meets the next syllable's onset."""
    coda, onset = current[2], following[0]
    if not coda:
        return
    if onset == "ㅇ":
        if coda != "ㅇ":
            _carry_over(current, following)
    elif coda in _FRICATIVE_CODAS:
        _after_fricative(current, following)
    elif (onset == "ㅎ" and _NEUTRAL.get(coda, coda) in _ASPIRATED) or (onset == "ㅎ" and coda in "ㅈㄵ"):
        _before_fricative(current, following)
    else:
        _assimilate(word, index, current, following)


def _carry_over(current: Syllable, following: Syllable) -> None:
    """Articles 12.4, 13, 14, 17: the coda moves over; ㄷ, ㅌ soften before ㅣ, ㅕ (붙여 → 부처); ㅎ falls."""
    coda = current[2]
    if coda in "ㄷㅌㄾ" and following[1] in "ㅣㅕ":
        current[2] = "ㄹ" if coda == "ㄾ" else ""
        following[0] = "ㅈ" if coda == "ㄷ" else "ㅊ"
        following[1] = following[1].replace("ㅕ", "ㅓ")
    elif coda == "ㅎ":
        current[2] = ""
    elif coda in ("ㄶ", "ㅀ"):
        current[2], following[0] = "", _PARTS[coda][0]
    elif coda in _PARTS:
        first, second = _PARTS[coda][0], _PARTS[coda][1]
        current[2], following[0] = first, "ㅆ" if second == "ㅅ" else second
    else:
        current[2], following[0] = "", coda


def _after_fricative(current: Syllable, following: Syllable) -> None:
    """Article 12: ㅎ, ㄶ, ㅀ before a consonant."""
    coda, onset = current[2], following[0]
    current[2] = _FRICATIVE_CODAS[coda]
    if onset in _ASPIRATED:
        following[0] = _ASPIRATED[onset]
    elif onset == "ㅅ":
        following[0] = "ㅆ"
    elif onset == "ㄴ" and coda == "ㅀ":
        following[0] = "ㄹ"
    elif coda == "ㅎ":
        current[2] = "ㄴ" if onset in "ㄴㅁ" else "ㄷ"


def _before_fricative(current: Syllable, following: Syllable) -> None:
    """Articles 12.1 and 17: 입학 → 이팍, 닫히다 → 다치다, 앉히다 → 안치다, 밝히다 → 발키다."""
    coda = current[2]
    if coda in "ㅈㄵ" or (coda == "ㄷ" and following[1] in "ㅣㅕ"):
        current[2], following[0] = "ㄴ" if coda == "ㄵ" else "", "ㅊ"
        following[1] = following[1].replace("ㅕ", "ㅓ")
    else:
        current[2] = {"ㄺ": "ㄹ", "ㄼ": "ㄹ"}.get(coda, "")
        following[0] = _ASPIRATED[_NEUTRAL.get(coda, coda)] if coda != "ㄼ" else "ㅍ"


def _assimilate(word: str, index: int, current: Syllable, following: Syllable) -> None:
    """Articles 9-11, 18-20, 23 and 25: neutral codas, tensing, nasals and liquids."""
    coda, onset = current[2], following[0]
    heard = _NEUTRAL.get(coda, coda)
    if coda == "ㄺ" and onset == "ㄱ" and word[index] not in words.NOUNS_IN_LG:
        heard = "ㄹ"
    elif word[index] == "밟":
        heard = "ㅂ"
    if onset in _TENSE and (heard in _NASAL or coda in ("ㄵ", "ㄺ", "ㄼ", "ㄾ")):
        following[0] = _TENSE[onset]
    if onset in "ㄴㅁ" and heard in _NASAL:
        heard = _NASAL[heard]
    elif onset == "ㄹ":
        if heard == "ㄴ" and index >= 1 and word[index + 1] in words.SUFFIXES_KEEPING_N:
            following[0] = "ㄴ"
        elif heard == "ㄴ":
            heard = "ㄹ"
        elif heard != "ㄹ":
            heard, following[0] = _NASAL.get(heard, heard), "ㄴ"
    elif onset == "ㄴ" and heard == "ㄹ":
        following[0] = "ㄹ"
    current[2] = heard
