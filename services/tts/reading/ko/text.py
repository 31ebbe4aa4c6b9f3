"""Written Korean as a narrator reads it out: Hangul, spaces and sentence punctuation, nothing else."""

import re

from services.tts.reading.ko.abbreviations import (
    agree_particles,
    read_abbreviations,
    read_lone_units,
    read_powers,
)  # fmt: skip
from services.tts.reading.ko.folding import folded
from services.tts.reading.ko.grammar import read_numbers
from services.tts.reading.ko.hangul import coda_of
from services.tts.reading.ko.hanja import read_hanja
from services.tts.reading.ko.latin import read_addresses, read_latin, read_symbolic

_SPACES = r"(?:(?<!\s)\s+)?"
"""White space in front of a sign, tried where it begins and nowhere inside: else a run of it is read once for
each of its places."""

_MARKUP = (
    (re.compile(r"```[\w-]*"), " "),
    (re.compile(r"!?\[([^\]\n]{0,300})\]\([^)\s]{0,500}\)"), r"\1"),
    (re.compile(r"(?m)^\s{0,3}(?:#{1,6}|[-*+>])\s+"), ""),
    (re.compile(r"(?<!\*)(?:(?<![-0-9])\*\*|\*\*(?![-0-9]))(?!\*)|__|~~|`"), ""),
    (re.compile(r"</?[A-Za-z][^<>]{0,200}>"), " "),
)
_SIGNS = (
    (re.compile(r"(?<=[가-힣A-Za-z])(?:[~∼〜～]| [~∼〜～] )(?=[가-힣A-Za-z])"), "에서 "),
    (re.compile(r"(?<=[가-힣A-Za-z0-9])\s*[-=]+>\s*"), ", "),
    (re.compile(r"(?<=[가-힣A-Za-z0-9)\]%]) [△▲▼] ?(?=[가-힣A-Za-z])"), ", "),
    (re.compile(rf"{_SPACES}&\s*"), " 앤드 "),
    (re.compile(r"[≥≧] ?([가-힣A-Za-z]{1,20})"), r", \1 이상"),
    (re.compile(r"[≤≦] ?([가-힣A-Za-z]{1,20})"), r", \1 이하"),
    (re.compile(r"@(?=\w)"), " 골뱅이 "),
    (re.compile(r"(?<=[가-힣A-Za-z0-9])\s*\+\s*(?=[가-힣A-Za-z0-9])"), " 플러스 "),
    (re.compile(r"(?<=[가-힣A-Za-z])\s*=\s*(?=[가-힣A-Za-z])"), "는 "),
    (re.compile(r"(?<=[가-힣A-Za-z])\s*/\s*(?=[가-힣A-Za-z])"), ", "),
    (re.compile(r"(?<![0-9])%p?"), " 퍼센트 "),
    (re.compile(r"(?<=[A-Za-z가-힣])(?<![다요음함임죠])\.(?=[a-z](?![A-Za-z]))"), " 점 "),
)
_END = (
    (re.compile(rf"{_SPACES}[(\[{{<〈《「『【]\s*"), ", "),
    (re.compile(r"[)\]}>〉》」』】](?=[가-힣])"), ""),
    (re.compile(r"[)\]}>〉》」』】](?=\s*[가-힣])"), " "),
    (re.compile(rf"{_SPACES}[:;、，—–|/\\)\]}}>〉》」』】]\s*"), ", "),
    (re.compile("[。．]"), ". "),
    (re.compile(r"[^가-힣.,?!\s]"), " "),
    (re.compile(r"\s+"), " "),
    (re.compile(r" ?,[ ,]*"), ", "),
    (re.compile(r"(?:(?<![\s,])[\s,]+)?([.?!])[\s.,?!]*"), r"\1 "),
    (re.compile(rf"{_SPACES},[\s,]*"), ", "),
    (re.compile(r"^[\s.,?!]+"), ""),
    (re.compile(r"(?<![\s,])[\s,]+$"), ""),
)


def read_korean(text: str) -> str:
    """Return ``text`` as it is spoken.

    Numbers, units, Latin words, addresses and hanja are written in Hangul; emoji, markup and signs that
    nobody says are dropped. The result holds only Hangul syllables, single spaces and ``. , ? !``; it is
    empty when there is nothing to say.
    """
    text = _CODE_TAG.sub(_tag, folded(text))
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    text = _laughter(text)
    text = read_addresses(text)
    text = read_powers(read_symbolic(read_abbreviations(text)))
    text = read_numbers(read_lone_units(text))
    for pattern, replacement in _SIGNS:
        text = pattern.sub(replacement, text)
    text = read_hanja(text)
    text = _SAID_TWICE.sub(r"\1", read_latin(text))
    text = _particles_after_brackets(agree_particles(text))
    for pattern, replacement in _END:
        text = pattern.sub(replacement, text)
    return text.strip()


_CODE_TAG = re.compile(r"`</?([A-Za-z][A-Za-z0-9-]{0,30})[^<>`\n]{0,200}>`(?:(을|은|이|과|으로)(?![가-힣]))?")
_BEHIND_A_VOWEL = {"을": "를", "은": "는", "이": "가", "과": "와", "으로": "로"}


def _tag(found: re.Match[str]) -> str:
    """Return a tag that a text names in code as it is said: `<br>`을 is br 태그를."""
    return f" {found[1]} 태그{_BEHIND_A_VOWEL.get(found[2] or '', '')}"


_SAID_TWICE = re.compile(r"([가-힣]{1,20}) ?[(\[] ?\1 ?[)\]]")
"""A gloss that sounds like its word: 피싱(Phishing) is read 피싱."""

_PARTICLES = {
    "을": "을를",
    "를": "을를",
    "은": "은는",
    "는": "은는",
    "이": "이가",
    "가": "이가",
    "과": "과와",
    "와": "과와",
}
_AFTER_BRACKET = re.compile(r"(?<=([가-힣])\))([을를은는이가과와])(?![가-힣])")


def _particles_after_brackets(text: str) -> str:
    """Make a particle agree with the word heard before it: 안전모(헬멧)를 is read 안전모, 헬멧을."""
    return _AFTER_BRACKET.sub(lambda m: _PARTICLES[m[2]][0 if coda_of(m[1]) else 1], text)


def _laughter(text: str) -> str:
    text = re.sub("[ㅋᄏ]{2,}", " 크크 ", text)
    text = re.sub("[ㅎᄒ]{2,}", " 흐흐 ", text)
    return re.sub("[ㄱ-ㅣᄀ-ᇿ]+", " ", text)
