"""How an English word is pronounced, in the symbols of the Kokoro voice (American English).

A dictionary of 85,868 words first (``data/README.md`` tells where it comes from), then inflections and
compounds of its words, then letter-to-sound rules. No other engine is needed.
"""

import gzip
import re
from functools import cache
from importlib.resources import files

LETTERS = {
    "a": "ˈA", "b": "bˈi", "c": "sˈi", "d": "dˈi", "e": "ˈi", "f": "ˈɛf", "g": "ʤˈi", "h": "ˈAʧ", "i": "ˈI",
    "j": "ʤˈA", "k": "kˈA", "l": "ˈɛl", "m": "ˈɛm", "n": "ˈɛn", "o": "ˈO", "p": "pˈi", "q": "kjˈu",
    "r": "ˈɑɹ",
    "s": "ˈɛs", "t": "tˈi", "u": "jˈu", "v": "vˈi", "w": "dˈʌbᵊlju", "x": "ˈɛks", "y": "wˈI", "z": "zˈi",
}  # fmt: skip
"""Names of the letters."""

_NEWER = {
    "wifi": "wˈIfˌI", "hertz": "hˈɜɹts", "kilohertz": "kˈɪləhˌɜɹts", "megahertz": "mˈɛɡəhˌɜɹts",
    "gigahertz": "ɡˈɪɡəhˌɜɹts", "smishing": "smˈɪʃɪŋ", "vishing": "vˈɪʃɪŋ", "passkey": "pˈæskˌi",
    "deepfake": "dˈipfˌAk", "kubernetes": "kˌubəɹnˈɛɾiz", "kafka": "kˈɑfkə", "lectern": "lˈɛktəɹn",
}  # fmt: skip
"""Words of our subject that the dictionary lacks."""

_VOICELESS = "ptkfθ"
_SIBILANTS = "szʃʒʧʤ"

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(spelling), sound)
    for spelling, sound in (
        ("tion", "ʃən"), ("ssion", "ʃən"), ("sion", "ʒən"), ("tious", "ʃəs"), ("cious", "ʃəs"), ("ture",
        "ʧəɹ"),
        ("ight", "It"), ("ough", "O"), ("augh", "ɔ"), ("eigh", "A"), ("tch", "ʧ"), ("dge", "ʤ"), ("sch",
        "sk"),
        ("ck", "k"), ("ch", "ʧ"), ("sh", "ʃ"), ("th", "θ"), ("ph", "f"), ("wh", "w"), ("^kn", "n"), ("^wr",
        "ɹ"),
        ("^ps", "s"), ("^x", "z"), ("ng(?=$|s|[bcdfghjklmpqtvwxz])", "ŋ"), ("nk", "ŋk"), ("qu", "kw"),
        ("gh", ""), ("mb$", "m"), ("le$", "ᵊl"), ("es$", "z"), ("ed$", "d"), ("ey$", "i"), ("y$", "i"),
        ("air", "ɛɹ"), ("are(?=$|s|d)", "ɛɹ"), ("ear", "ɪɹ"), ("eer", "ɪɹ"), ("ier", "ɪɹ"), ("our", "ɔɹ"),
        ("oor", "ɔɹ"), ("ore(?=$|s|d)", "ɔɹ"), ("ire(?=$|s|d)", "Iəɹ"), ("ure(?=$|s|d)", "jʊɹ"), ("ar", "ɑɹ"),
        ("er", "əɹ"), ("ir", "ɜɹ"), ("or", "ɔɹ"), ("ur", "ɜɹ"), ("ai|ay", "A"), ("ea|ee", "i"), ("ei", "i"),
        ("eu|ew", "ju"), ("ie$", "i"), ("ie", "i"), ("oa|oe", "O"), ("oi|oy", "Y"), ("oo", "u"), ("ou|ow",
        "W"),
        ("au|aw", "ɔ"), ("ue$", "u"), ("ui", "u"),
        ("a(?=[bcdfghjklmnpqrstvwz]e(?:$|s$|d$|r$))", "A"), ("i(?=[bcdfghjklmnpqrstvwz]e(?:$|s$|d$|r$))",
        "I"),
        ("o(?=[bcdfghjklmnpqrstvwz]e(?:$|s$|d$|r$))", "O"), ("u(?=[bcdfghjklmnpqrstvwz]e(?:$|s$|d$|r$))",
        "u"),
        ("(?<=[aeiouy][bcdfghjklmnpqrstvwxz])e$", ""), ("(?<=[aeiouy][bcdfghjklmnpqrstvwxz]{2})e$", ""),
        ("a$", "ə"), ("a", "æ"), ("e$", "i"), ("e", "ɛ"), ("i$", "i"), ("i", "ɪ"), ("o$", "O"), ("o", "ɑ"),
        ("u$", "u"), ("u", "ʌ"), ("^y", "j"), ("y", "ɪ"), ("cc(?=[eiy])", "ks"), ("c(?=[eiy])", "s"), ("c",
        "k"),
        ("g(?=[eiy])", "ʤ"), ("g", "ɡ"), ("x", "ks"), ("j", "ʤ"), ("q", "k"), ("r", "ɹ"),
    )
)  # fmt: skip
"""Letter-to-sound, first match wins; what none matches is its own symbol."""

_VOWELS = "AIOWYæɑɔəɛɜɪiuʊʌ"


@cache
def _dictionary() -> dict[str, str]:
    packed = files("services.tts").joinpath("data/english_us.tsv.gz").read_bytes()
    lines = gzip.decompress(packed).decode().splitlines()
    return {**dict(line.split("\t") for line in lines), **_NEWER}


def is_known(word: str) -> bool:
    """Return whether the dictionary has ``word`` or the word it is an inflection of."""
    return _known(word.lower()) is not None


@cache
def pronounce_word(word: str) -> str:
    """Return the symbols of one English word (letters and at most one apostrophe), stress marked."""
    word = word.lower()
    return _known(word) or _compound(word) or _by_letter(word)


def spell_out(letters: str) -> str:
    """Return the symbols of an acronym, letter by letter: the last one carries the stress."""
    names = [LETTERS[letter] for letter in letters.lower() if letter in LETTERS]
    weak = [name.replace("ˈ", "ˌ") for name in names[:-1]]
    return "".join([*weak, *names[-1:]])


def _known(word: str) -> str | None:
    dictionary = _dictionary()
    if found := dictionary.get(word):
        return found
    stem = word.removesuffix("'s") if word.endswith("'s") else word
    if word.endswith(("'s", "s'")) and (base := dictionary.get(stem.removesuffix("s'"))):
        return base + _plural(base)
    for suffix, endings, sound in (
        ("s", ("",), _plural), ("es", ("", "e"), _plural), ("ies", ("y",), _plural),
        ("ed", ("", "e"), _past), ("ied", ("y",), _past), ("ing", ("", "e"), lambda _: "ɪŋ"),
        ("er", ("", "e"), lambda _: "əɹ"), ("ly", ("",), lambda _: "li"), ("less", ("",), lambda _: "ləs"),
        ("ness", ("",), lambda _: "nəs"),
    ):  # fmt: skip
        if not word.endswith(suffix) or len(word) - len(suffix) < 2:
            continue
        root = word[: -len(suffix)]
        doubled = (
            root[:-1] if len(root) > 3 and root[-1] == root[-2] and suffix in ("ed", "ing", "er") else None
        )
        for candidate in (*(root + ending for ending in endings), doubled):
            if candidate and (base := dictionary.get(candidate)):
                return base + sound(base)
    return None


def _plural(base: str) -> str:
    if base[-1] in _SIBILANTS:
        return "ᵻz"
    return "s" if base[-1] in _VOICELESS else "z"


def _past(base: str) -> str:
    if base[-1] in "td":
        return "ᵻd"
    return "t" if base[-1] in _VOICELESS + "sʃʧ" else "d"


def _compound(word: str) -> str | None:
    """Return two known words side by side (cybersecurity, webhook); the longest first part wins."""
    for cut in range(len(word) - 3, 2, -1):
        first, second = _dictionary().get(word[:cut]), _known(word[cut:])
        if first and second:
            return first + second.replace("ˈ", "ˌ")
    return None


def _by_letter(word: str) -> str:
    word = word.replace("'", "")
    if not re.search(r"[aeiouy]", word):
        return spell_out(word)
    symbols, at = [], 0
    while at < len(word):
        for spelling, sound in _RULES:
            if match := spelling.match(word, at):
                symbols.append(sound)
                at = match.end()
                break
        else:
            if not (symbols and at and word[at] == word[at - 1]):
                symbols.append(word[at])
            at += 1
    spoken = "".join(symbols)
    first = next((i for i, symbol in enumerate(spoken) if symbol in _VOWELS), None)
    return spoken if first is None else f"{spoken[:first]}ˈ{spoken[first:]}"
