"""Written English as a narrator reads it out: words, apostrophes and sentence punctuation.

Acronyms stay in capitals, so that :mod:`services.tts.voices.phonemes_en` knows what to spell; Hangul stays,
the voice speaks it. Each kind of thing has one place: what is dictated in
:mod:`services.tts.reading.en.codes`, dates and times in :mod:`services.tts.reading.en.times`, abbreviations,
ordinals, fractions and signs in
:mod:`services.tts.reading.en.words`, and all other numbers, with their signs, currencies and units, in
:mod:`services.tts.reading.en.amounts`.
"""

import re
import unicodedata
from collections.abc import Iterable

from contracts.normalization import normalized
from services.tts.reading.en.amounts import read_amounts
from services.tts.reading.en.codes import ADDRESSES, NUMBERS
from services.tts.reading.en.times import STEPS as TIMES
from services.tts.reading.en.times import Step
from services.tts.reading.en.words import LABELS, RATIOS, SIGNS, WORDS

_SPACES = r"(?:(?<!\s)\s+)?"
"""White space in front of a sign, tried where it begins and nowhere inside: else a run of it is read once for
each of its places."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_BEFORE_FOLDING = str.maketrans({
    "’": "'", "‘": "'",
    "′": "'", "″": '"', "℃": "°C", "℉": "°F", "™": "", "®": "", "©": "", "№": "No. ", "℡": "telephone ",
    "−": "-", "‐": "-", "‑": "-", "‒": "-", "﹣": "-", "∼": "~", "〜": "~", "～": "~", "⋅": "·", "∙": "·",
    "•": " ", "･": " ", "㎡": "m^2", "㎥": "m^3", "㎠": "cm^2", "㎢": "km^2", "µ": "μ", "Ω": "Ω", "…": "... ",
})  # fmt: skip
_ROMAN = re.compile("[Ⅰ-Ⅻⅰ-ⅻ]")
_CIRCLED = re.compile("[①-⓿❶-➓⑴-⒇]")
_VULGAR = re.compile("(?<=[0-9])(?=[¼-¾⅐-⅞])")

_MARKUP: tuple[Step, ...] = (
    (re.compile(r"`</?([A-Za-z][A-Za-z0-9-]{0,30})[^<>`\n]{0,200}>`"), lambda m: f" {m[1]} tag "),
    (re.compile(r"```[\w-]*|(?<!\*)\*\*(?!\*)|(?<!\w)__|__(?!\w)|~~|`"), lambda _: ""),
    (re.compile(r"!?\[([^\]\n]{0,300})\]\([^)\s]{0,500}\)"), lambda m: m[1]),
    (re.compile(r"(?m)^\s{0,3}(?:#{1,6}|[-*+]|>(?! ?[0-9]))\s+"), lambda _: ""),
    (re.compile(r"\+ ?/ ?-|\+-(?=\s?[0-9])"), lambda _: "±"),
    (re.compile(r"</?[A-Za-z][^<>]{0,200}>"), lambda _: " "),
    (re.compile(r"(?m)^(\s{0,3}[0-9]{1,3})[.)]\s"), lambda m: f"{m[1]}. "),
)

_END: tuple[Step, ...] = (
    (re.compile(rf"{_SPACES}&\s*"), lambda _: " and "),
    (re.compile(rf"{_SPACES}\+\s*"), lambda _: " plus "),
    (re.compile(rf"{_SPACES}(?<![-=])=(?![=>])\s*"), lambda _: " equals "),
    (re.compile(r"@"), lambda _: " at "),
    (re.compile(r"%"), lambda _: " percent "),
    (re.compile(rf"{_SPACES}(?:(?<![-=])[-=]+>|[→⇒➔➜>:;–—|]|--+)\s*"), lambda _: ", "),
    (re.compile(rf"{_SPACES}[(\[{{]\s*|{_SPACES}[)\]}}](?=\s)"), lambda _: ", "),
    (re.compile(r"[^A-Za-z가-힣'.,?!\s]"), lambda _: " "),
    (re.compile(r"(?<![A-Za-z])'|'(?![A-Za-z])"), lambda _: " "),
    (re.compile(r"\s+"), lambda _: " "),
    (re.compile(r" ?,[ ,]*"), lambda _: ", "),
    (re.compile(r"(?:(?<![\s,])[\s,]+)?(?<![.?!])([.?!])[\s.,?!]*(?= |$)"), lambda m: f"{m[1]} "),
    (re.compile(r"\.(?=\w)"), lambda _: " dot "),
    (re.compile(rf"{_SPACES},[\s,]*"), lambda _: ", "),
    (re.compile(r"^[\s.,?!]+|(?<![\s,])[\s,]+$"), lambda _: ""),
    (re.compile(r"\s+"), lambda _: " "),
)


def read_english(text: str) -> str:
    """Return ``text`` as it is spoken: Latin letters, Hangul, apostrophes, single spaces and ``. , ? !``.

    Empty when there is nothing to say.
    """
    text = _folded(text)
    for steps in (_MARKUP, WORDS, ADDRESSES, TIMES, NUMBERS, LABELS, RATIOS):
        text = _read(text, steps)
    text = read_amounts(text)
    for steps in (SIGNS, _END):
        text = _read(text, steps)
    return text.strip() if re.search("[A-Za-z가-힣]", text) else ""


def _read(text: str, steps: Iterable[Step]) -> str:
    for pattern, read in steps:
        text = pattern.sub(read, text)
    return text


def _folded(text: str) -> str:
    """Unify spellings of the same character; accents go, since the voice has no use for them."""
    kept = "".join(
        c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    kept = re.sub("[⁰¹²³⁴-⁹⁻]{1,12}", lambda m: f"^{m.group().translate(_SUPERSCRIPTS)}", kept)
    kept = _VULGAR.sub(" ", kept.translate(_BEFORE_FOLDING))
    kept = _ROMAN.sub(lambda m: f" {unicodedata.numeric(m.group()):.0f} ", kept)
    kept = _CIRCLED.sub(_circled, kept)
    folded = normalized("NFKC", kept)
    plain = "".join(c for c in normalized("NFD", folded) if c == "\u0338" or not unicodedata.combining(c))
    text = normalized("NFC", plain).replace("⁄", "/").replace("\u0338", "")
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in text)
    return re.sub(r"[^\S\n]+", " ", re.sub(r"\n\s*", "\n", text))


def _circled(match: re.Match[str]) -> str:
    value = unicodedata.numeric(match.group(), None)
    return f" {match.group()} " if value is None else f" {value:.0f} "
