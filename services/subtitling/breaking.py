"""How much a reader minds a break between two words, after the break rules of the Timed Text Style Guides.

Rules, not a parser: a stage that starts in no time and needs no model. Words are never cut here; a break is
only ever considered where the text has a space, or inside a word that is wider than a line.
"""

import re

from services.subtitling.widths import Word

GOOD = 0.0
"""After the end of a sentence."""
CLAUSE = 0.1
"""After a comma, a semicolon, a colon, a dash."""
CONJUNCTION = 0.25
"""Before a conjunction, after a Korean connective ending."""
PLAIN = 1.0
"""Between two words of which nothing is known."""
POOR = 3.0
"""Inside a phrase: article and noun, modal and verb, determiner and noun, number and unit."""
BAD = 12.0
"""Before a Korean particle that stands alone, or inside a word that had to be cut."""

_SENTENCE_END = re.compile(r"[.?!…。]+[\"'”’)\]」』]*$")
_CLAUSE_END = re.compile(r"[,;:，—–][\"'”’)\]」』]*$")
_TAIL = r"(?:은|는|이|가|을|를|에|의|도|만|로|으로|와|과|이다|입니다|까지|부터|마다|씩|[.,?!…]|$)"

_KO_PARTICLE = re.compile(
    r"^(?:은|는|이|가|을|를|의|에|에서|에게|로|으로|와|과|도|만|까지|부터|보다|처럼|마다|이나|나)[.,?!…]*$"
)
_KO_CONJUNCTION = re.compile(
    r"^(?:그리고|그러나|하지만|그런데|그래서|따라서|그러므로|그러면|또한|또는|혹은|및|즉|다만|반면|먼저|그다음|마지막으로)\b"
)
_KO_CONNECTIVE = re.compile(
    r"(?:[가-힣](?:고|며|면서|지만|는데|은데|면|거나|도록|므로|니까|려고|려면|다가|아서|어서|여서|해서|때))$"
)
_KO_DETERMINER = re.compile(
    r"^(?:이|그|저|한|두|세|네|약|총|단|매|각|모든|어떤|어느|무슨|새|첫|다른|여러|온갖|안|못|더|덜|가장|매우|아주|너무|시속|최대|최소|제)$"
)
_KO_BOUND_NOUN = re.compile(
    rf"^(?:수|것|게|거|때|채|뿐|줄|리|바|데|듯|대로|만큼|동안|전|후|뒤|중|등|명|개|번|가지|곳|분|초|시간|일|월|년|원|배|층|대|이내|이상|이하|미만|정도|때문){_TAIL}"
)
_KO_AUXILIARY = re.compile(
    r"^(?:않|못하|못합|못해|있|없|싶|말[고아]|마[세십]|주[세십시]|두[고세어]|됩|된다|되지|안\b|합니다|한다|해야|하세요)"
)
_KO_AUXILIARY_STEM = re.compile(r"(?:지|지는|지도|고|아|어|여|해|와|워|려|야|수|면|서는|게)$")
_DIGITS = re.compile(r"\d$")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_EN_CONJUNCTIONS = _set(
    "and but or nor so yet because since although though while whereas if unless until when whenever where "
    "which who whose that than as before after"
)
_EN_PREPOSITIONS = _set(
    "of to in on at for with from by about into onto over under through between during without within "
    "against across toward towards upon via per like"
)
_EN_DETERMINERS = _set(
    "a an the this that these those my your our their his her its no every each some any all both either "
    "neither another such what whose one two three four five six seven eight nine ten"
)
_EN_HELPERS = _set(
    "i you he she it we they is are was were be been being am has have had do does did will would can could "
    "shall should may might must not never don't doesn't didn't can't won't isn't aren't very more most too"
)
_EN_TITLES = _set("mr. mrs. ms. dr. prof. st. no. fig. e.g. i.e. vs.")


def break_penalty(before: Word, after: Word, language: str) -> float:
    """Return what a break between two neighbouring words costs, from :data:`GOOD` to :data:`BAD`."""
    if after.glued:
        return BAD
    return _korean(before.text, after.text) if language == "ko" else _english(before.text, after.text)


def ends_sentence(word: str) -> bool:
    """Whether a sentence ends with ``word``; abbreviated titles do not end one."""
    return bool(_SENTENCE_END.search(word)) and word.lower() not in _EN_TITLES


def _korean(before: str, after: str) -> float:
    if _KO_PARTICLE.match(after) and not _KO_DETERMINER.match(after):
        return BAD
    if ends_sentence(before):
        return GOOD
    if _CLAUSE_END.search(before):
        return CLAUSE
    if _KO_AUXILIARY.match(after) and _KO_AUXILIARY_STEM.search(before):
        return POOR
    if _KO_DETERMINER.match(before) or _KO_BOUND_NOUN.match(after) or _DIGITS.search(before):
        return POOR
    if _KO_CONJUNCTION.match(after) or _KO_CONNECTIVE.search(before):
        return CONJUNCTION
    return PLAIN


def _english(before: str, after: str) -> float:
    first, second = before.lower(), after.lower().strip(",.;:!?\"'()")
    if ends_sentence(before):
        return GOOD
    if _CLAUSE_END.search(before):
        return CLAUSE
    if first in _EN_DETERMINERS or first in _EN_HELPERS or first in _EN_TITLES or _DIGITS.search(before):
        return POOR
    if first in _EN_PREPOSITIONS or first in _EN_CONJUNCTIONS:
        return POOR
    if before[:1].isupper() and after[:1].isupper():
        return (PLAIN + POOR) / 2
    if second in _EN_CONJUNCTIONS:
        return CONJUNCTION
    if second in _EN_PREPOSITIONS:
        return (CONJUNCTION + PLAIN) / 2
    return PLAIN
