"""How long a narration takes to say, told from its text alone, and how much of that one film may have.

The text as it is written says little: a ㈜ is read out as four syllables, "777" in English as four words. The
speech stage reads everything out in full; this is the estimate that intake and planning can afford, of every
text, before anything is made of it. It is held against the reading by a test, character by character: what is
really said is never more than twice what is told here, so what intake accepts is also spoken.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from contracts.errors import ErrorCode, PermanentError

MAX_SCENE_SECONDS = 1_200
"""Longest narration of one scene, seconds of speech. 5,000 Korean syllables without a space take 13 minutes,
1,250 sentences of one syllable 15: whatever is written in words fits. Smaller: such a scene is refused.
Larger: signs that are read out at length (5,000 ㈜ take 50 minutes) keep a core busy for as long."""

MAX_FILM_SECONDS = 10_800
"""Longest speech of a film, seconds. 500 scenes of the 20 seconds that a scene has at most when we write it
take 2 hours 47 minutes. Smaller: such a course is refused. Larger: one job takes hours of computing, and
gigabytes of the disk, from the others."""

ESTIMATE_ERROR = 2.0
"""How many times longer than estimated a text may turn out to be; a test holds the estimate to it."""

LETTERS_A_SECOND = {"ko": 6.5, "en": 15.0}
"""Letters of a text as read out, spaces not counted, that are said in a second. Korean: syllables, measured
on the Kokoro voice; English: 150 words a minute of six letters."""
SENTENCE_SECONDS = 0.5
"""Silence that a sentence brings along: the gap behind it and the ends that trimming leaves."""

MOST_SECONDS_A_CHARACTER = 2.5
"""No character takes longer; what is short by this measure is not looked at any closer."""

_LETTER_NAMES = dict(zip("abcdefghijklmnopqrstuvwxyz", map(int, "21111213222111112121323222"), strict=True))


def _signs(text: str) -> dict[str, float]:
    return {entry[0]: float(entry[1:]) for entry in text.split()}


_SIGNS_KO = _signs("""
    ㈜4 №2 ℡2 ☎2 ™0 ®0 ©0 ±7 ∞3 √2 %3.5 ‰2 °2 @3 &2 +3 -2 ‐2 ‑2 −4 *2 ×3 ÷3 =1 <2 >2 ≤2 ≥2 ~2 ∼2 〜2 /3 ⁄3 ∕3
    _3 #1 ^2 $2 €2 £2 ¥1 ₩1 ₿4 元2 μ4 µ4 Ω1 .0.5 :1 △4 ▲4 ▽4 ▼4 ↑2 ↓2 ⬆2 ⬇2 ≦2 ≧2 ⩽2 ⩾2 ≒1 ≈1 ✕3 §2
""")
"""Syllables that a sign is read out as, where it is."""
_SIGNS_EN = _signs("""
    %7 °7 &3 +4 -3 –2 —2 =6 @2 ~2 /5 ⁄5 ∕5 _5 ^6 #5 $7 €5 £6 ¥3 ₩3 →0 .1 :1
    ±11 ≥7 ≧7 ⩾7 ≤6 ≦6 ⩽6 ≈5 <8 >8 ≠10 √12 ∞8 ×5 ÷9 ‰8 ¢5 ₹6 №6 §7 ¶9 ℡9 ∆5 Ω5 Ω5 μ6 µ6
    α5 β4 γ5 δ5 Δ5 ε7 η3 θ5 λ6 π2 ρ3 σ5 Σ5 τ3 φ3 ω5
""")
"""Letters that a sign is read out as."""

_UNITS_KO = dict.fromkeys(("KB", "MB", "GB", "TB"), 5.0)
"""Syllables of units that stand alone and are longer than their letters."""

_WORD = re.compile("[A-Za-z]+")
_PARTS = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]")
_VOWEL = re.compile("[aeiouyAEIOUY]")
_END = re.compile(r"[.?!…。]+(?![0-9])")
_SPELLED_WORD = 4
"""Letters up to which a Latin word in Korean text is counted as spelled: API, www, kWh."""
_SPELLED_CAPITALS = 6
_CACHED_LETTERS = 30


def estimated_seconds(text: str, language: str) -> float:
    """Return about how long ``text`` takes to say, in seconds; linear in its length.

    Args:
        text: a narration as it is written.
        language: two-letter code.
    """
    composed = unicodedata.normalize("NFC", text)
    weight = _weight_ko if language == "ko" else _weight_en
    word = _word_ko if language == "ko" else _word_en
    cached = _cached_ko if language == "ko" else _cached_en
    said = sum(weight(character) * times for character, times in Counter(composed).items())
    said += sum(
        cached(each) if len(each) <= _CACHED_LETTERS else word(each) for each in _WORD.findall(composed)
    )
    return said / LETTERS_A_SECOND[language] + SENTENCE_SECONDS * len(_END.findall(composed))


def check_length(narrations: Iterable[tuple[int, str]], language: str) -> None:
    """Refuse a film that nobody could say in the time there is.

    Args:
        narrations: id and narration of each scene, in order.
        language: two-letter code.

    Raises:
        PermanentError: ``NARRATION_TOO_LONG``: which scene, or the film; how long it is, and what to do.
    """
    scenes = list(narrations)
    most = max((len(text) for _, text in scenes), default=0)
    total = sum(len(text) for _, text in scenes)
    if (
        most * MOST_SECONDS_A_CHARACTER <= MAX_SCENE_SECONDS
        and total * MOST_SECONDS_A_CHARACTER <= MAX_FILM_SECONDS
    ):
        return
    said = 0.0
    for number, (scene_id, text) in enumerate(scenes, start=1):
        seconds = estimated_seconds(text, language)
        if seconds > MAX_SCENE_SECONDS:
            raise PermanentError(
                ErrorCode.NARRATION_TOO_LONG,
                f"scene {_short(scene_id)} (number {number} of the film) takes about {_minutes(seconds)} to "
                f"say; a scene may take {_minutes(MAX_SCENE_SECONDS)}. Numbers, units and signs are read out "
                "in full: write it shorter, or split it into several scenes",
            )
        said += seconds
        if said > MAX_FILM_SECONDS:  # nothing of what follows is looked at
            raise PermanentError(
                ErrorCode.NARRATION_TOO_LONG,
                f"the first {number} of {len(scenes)} scenes take about {_minutes(said)} to say; a film may "
                f"take {_minutes(MAX_FILM_SECONDS)}: write it shorter, or make several films of it",
            )


def _minutes(seconds: float) -> str:
    return f"{round(seconds / 60):,} minutes"


def _short(scene_id: int) -> str:
    """Return an id as it is told; nothing bounds how many digits a caller gives it."""
    return str(scene_id) if abs(scene_id) < 10**18 else "…"


@lru_cache(4096)
def _weight_ko(character: str) -> float:
    """Return the syllables of a character that is not an ASCII letter; those are weighed as words."""
    if character in _SIGNS_KO:
        return _SIGNS_KO[character]
    if character.isascii() and character.isalpha():
        return 0.0
    folded = unicodedata.normalize("NFKC", character)
    if folded != character:
        return sum(
            _LETTER_NAMES[c.lower()] + 1.0 if c.isascii() and c.isalpha() else _weight_ko(c) for c in folded
        )
    if "가" <= character <= "힣" or "一" <= character <= "鿿" or "㐀" <= character <= "䶿":
        return 1.0
    if character.isdecimal() or unicodedata.category(character) == "No":
        return 2.0
    plain = unicodedata.normalize("NFD", character)[0]
    if plain != character and plain.isascii() and plain.isalpha():
        return _LETTER_NAMES[plain.lower()] + 0.5
    return 3.0 if "ㄱ" <= character <= "ㆎ" or "ᄀ" <= character <= "ᇿ" else 0.0


@lru_cache(4096)
def _weight_en(character: str) -> float:
    """Return the letters, as read out, of a character that is not an ASCII letter."""
    if character in _SIGNS_EN:
        return _SIGNS_EN[character]
    if character.isascii() and character.isalpha():
        return 0.0
    folded = unicodedata.normalize("NFKC", character)
    if folded != character:
        return sum(4.0 if c.isascii() and c.isalpha() else _weight_en(c) for c in folded)
    if "가" <= character <= "힣":
        return LETTERS_A_SECOND["en"] / LETTERS_A_SECOND["ko"]
    if character.isdecimal() or unicodedata.category(character) == "No":
        return 9.0
    plain = unicodedata.normalize("NFD", character)[0]
    if plain == character:
        return 0.0
    return 4.0 if plain.isascii() and plain.isalpha() else _weight_en(plain)


def _word_ko(word: str) -> float:
    parts = [word] if word.isupper() or word.islower() else _PARTS.findall(word)
    return sum(_part_ko(part) for part in parts)


def _part_ko(part: str) -> float:
    if part in _UNITS_KO:
        return _UNITS_KO[part]
    spelled = (
        len(part) <= _SPELLED_WORD
        or (part.isupper() and len(part) <= _SPELLED_CAPITALS)
        or not _VOWEL.search(part)
    )
    return sum(_LETTER_NAMES[c] + 0.5 for c in part.lower()) if spelled else float(len(part))


def _word_en(word: str) -> float:
    spelled = word.isupper() or not _VOWEL.search(word)
    return 4.0 * len(word) if spelled else float(len(word))


_cached_ko = lru_cache(4096)(_word_ko)
_cached_en = lru_cache(4096)(_word_en)
