"""The language that a text is in, told by what of it will be spoken; one that nobody here speaks is refused.

Part of the contract: the command line, the gateway and the scripting stage tell it alike.
"""

import html
import re
from collections import Counter
from typing import Final

from contracts.errors import ErrorCode, PermanentError
from contracts.languages import DEFAULT_LANGUAGE, LANGUAGES
from contracts.normalization import normalized

HANGUL_SHARE: Final = 0.1
"""Share of Hangul among a line's letters from which the line is Korean: a Korean line on software may be half
Latin, an English one that quotes a Korean word is not."""

SYLLABLE_LETTERS: Final = 2.5
"""Latin letters that take as long to say as one Hangul syllable."""

_HANGUL = re.compile("[가-힣ᄀ-ᇿㄱ-ㆎ]")
_LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]")
_HAN = re.compile("[㐀-䶿一-鿿豈-﫿]")
_KANA = re.compile("[ぁ-ゖァ-ヺㇰ-ㇿｦ-ﾝ]")
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("Russian or another language in Cyrillic letters", re.compile("[Ѐ-ԯ]")),
    ("Arabic or another language in its letters", re.compile("[ء-ۿݐ-ݿﭐ-﷿ﹰ-ﻼ]")),
    ("Hindi or another language in Devanagari", re.compile("[ऀ-ॿ]")),
    ("Thai", re.compile("[ก-๛]")),
    ("Greek", re.compile("[Ͱ-Ͽἀ-῿]")),
    ("Hebrew", re.compile("[א-ת]")),
    ("Khmer", re.compile("[ក-៿]")),
    ("Burmese", re.compile("[က-႟]")),
    ("Lao", re.compile("[ກ-ໝ]")),
    ("Bengali", re.compile("[ঀ-৿]")),
    ("Tamil", re.compile("[஀-௿]")),
    ("Georgian", re.compile("[Ⴀ-ჿ]")),
    ("Armenian", re.compile("[Ա-֏]")),
    ("Amharic", re.compile("[ሀ-፿]")),
    ("Mongolian", re.compile("[᠀-ᢪ]")),
    ("Sinhala", re.compile("[ං-෴]")),
    ("Nepali or another language of South Asia", re.compile("[ਁ-૿ఀ-ൿ]")),
)


def _words(text: str) -> list[str]:
    return text.split()


_ENGLISH = frozenset(
    _words(
        "the and of to is are you your in for with not this that be on or it as if do at by from can will "
        "must should we have all any use when before after never always how what who which was has an"
    )
)
_FOREIGN: dict[str, frozenset[str]] = {
    "German": frozenset(
        _words(
            "das und nicht sie ist ein eine mit auf für den dem des von zu im sich ihr ihre ihren wird "
            "werden oder bei auch nie niemals keine kein bitte wenn sind immer nur vor nach zum zur über "
            "wir ich der"
        )
    ),
    "French": frozenset(
        _words(
            "le les et est une des du que ne pas vous votre vos dans pour sur avec ce cette qui sont aux "
            "jamais toujours il elle nous être au par ou mot passe la de un en"
        )
    ),
    "Spanish": frozenset(
        _words(
            "el los las que es una del por para con su sus nunca siempre se al lo como más pero está son "
            "usted debe la de un en contraseña sin"
        )
    ),
    "Portuguese": frozenset(
        _words(
            "que não uma com para os em dos das seu sua nunca sempre você ao pela pelo são está deve mais "
            "de da um senha sem"
        )
    ),
    "Italian": frozenset(
        _words(
            "il che di non per una con della del gli mai sempre sono nel alla le suo tua essere dei "
            "anche la un si"
        )
    ),
    "Dutch": frozenset(
        _words(
            "het een van niet en uw je met voor zijn dat wordt nooit altijd aan bij ook deze die naar om "
            "geen de "
        )
    ),
    "Polish": frozenset(
        _words("nie się na jest że dla oraz przez nigdy zawsze jak lub od po za hasło hasła ")
    ),
    "Czech": frozenset(_words("ne se na je že pro nebo nikdy vždy při jako své heslo ")),
    "Turkish": frozenset(_words("ve bir bu için ile asla olarak değil şifre şifrenizi lütfen da de")),
    "Swedish": frozenset(
        _words("och att det inte är som på för av med ditt din aldrig alltid en ett du kan")
    ),
    "Danish or Norwegian": frozenset(
        _words("og ikke er det til på som af av med dit din aldri aldrig altid en et du kan")
    ),
    "Finnish": frozenset(_words("ja ei että älä se ole aina koskaan tai jos kun")),
    "Hungarian": frozenset(_words("és nem egy hogy az soha mindig ne meg van")),
    "Romanian": frozenset(_words("și nu în este cu pentru sau niciodată să pe din")),
    "Vietnamese": frozenset(_words("không của và các là cho được với khi bạn một")),
    "Indonesian or Malay": frozenset(
        _words("yang dan di untuk dengan tidak ini itu anda jangan pada atau dari ke adalah akan")
    ),
    "Filipino": frozenset(_words("ang mga ng sa huwag ay hindi inyong iyong para")),
}
"""Function words of languages that are not spoken here, but for those that are English words too."""

_LEAST_HITS = 3
"""Function words of a language from which a text may be in it; two stand in names (de la Cruz)."""
_LEAST_SHARE = 0.08
"""Share of function words from which: a third of running text is some, a list of products none."""
_CLEARLY_MORE = 1.5
_ACCENTED_SHARE = 0.12
"""Share of words with accents from which a text without English function words is not English."""
_LEAST_WORDS = 5
_LEAST_ACCENTED = 2
_SHORTEST = 3
"""Letters of a word that counts for its accents; less is a sign or a variable."""
_MOST_WORDS = 4_000

_FENCE = re.compile(r"^[ \t>]{0,12}(`{3,}|~{3,})")
_CODE = re.compile(r"`[^`\n]{1,300}`")
_NOT_SAID = re.compile(
    r"(?:https?|ftp)://[^\s<>()가-힣]+|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}|</?[a-zA-Z][^<>\n]{0,300}>"
    r"|\]\([^()\s]{1,500}\)"
)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def language_of(text: str) -> str:
    """Return the two-letter code of the language a text is in; the default for one without letters.

    Code, addresses, tags and the escapes of JSON do not count: nobody says them.

    Raises:
        PermanentError: ``LANGUAGE_UNSUPPORTED``, where it is clear that it is in a language not spoken here.
    """
    lines = spoken_lines(text)
    korean = others = 0.0
    for line in lines:
        hangul = len(_HANGUL.findall(line))
        letters = sum(map(str.isalpha, line))
        weight = letters + hangul * (SYLLABLE_LETTERS - 1)
        if hangul and hangul >= HANGUL_SHARE * letters:
            korean += weight
        else:
            others += weight
    said = "\n".join(lines)
    counts = {name: len(pattern.findall(said)) for name, pattern in _SCRIPTS}
    kana, han = len(_KANA.findall(said)), len(_HAN.findall(said))
    hangul, latin = len(_HANGUL.findall(said)), len(_LATIN.findall(said))
    counts["Japanese" if kana else "Chinese"] = kana + han
    name, most = max(counts.items(), key=lambda each: each[1])
    if most and most > 2 * hangul and most * 2 > latin:
        raise _unsupported(name)
    if not korean and not others:
        return DEFAULT_LANGUAGE
    if korean * 1.25 >= others:
        return "ko"
    if (foreign := _latin_language(said)) is not None:
        raise _unsupported(foreign)
    return "en"


def spoken_lines(text: str) -> list[str]:
    """Return the lines of a text that are words for people, in NFC: no fenced code, addresses or tags."""
    if "\\u" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    text = normalized("NFC", html.unescape(text) if "&" in text else text)
    kept: list[str] = []
    code: list[str] = []
    fence: str | None = None
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence is None and mark:
            fence = mark[1]
        elif fence is not None and mark and mark[1].startswith(fence) and not line.strip(" \t>`~"):
            fence, code = None, []
        elif fence is not None:
            code.append(line)
        else:
            kept.append(_NOT_SAID.sub(" ", _CODE.sub(" ", line)))
    return kept + [_NOT_SAID.sub(" ", line) for line in code]  # a fence that nobody closed is text


def _latin_language(text: str) -> str | None:
    """Return the language in Latin letters other than English that a text is clearly in."""
    words = [found[0].lower() for found in _WORD.finditer(text)][:_MOST_WORDS]
    times = Counter(words)
    english = sum(times[word] for word in _ENGLISH)
    hits = {name: sum(times[word] for word in stops) for name, stops in _FOREIGN.items()}
    name, most = max(hits.items(), key=lambda each: each[1])
    if most >= max(_LEAST_HITS, _LEAST_SHARE * len(words)) and most > _CLEARLY_MORE * english:
        return name
    different = {word for word in words if len(word) >= _SHORTEST}
    accented = sum(not word.isascii() and _LATIN.match(word) is not None for word in different)
    enough = len(different) >= _LEAST_WORDS and accented >= max(
        _LEAST_ACCENTED, _ACCENTED_SHARE * len(different)
    )
    if english == 0 and enough:
        return "a language other than English in Latin letters"
    return None


def _unsupported(name: str) -> PermanentError:
    known = " and ".join(LANGUAGES.values())
    return PermanentError(
        ErrorCode.LANGUAGE_UNSUPPORTED,
        f"the text is in {name}, as it seems, and only {known} are spoken: send it translated",
    )
