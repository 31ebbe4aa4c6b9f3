"""Names made of Korean sentences: of the list that one announces, of the paragraph that one opens."""

import re
from collections.abc import Sequence
from typing import Any

from contracts.polarity import states_not
from services.scripting.writer.korean.headline import HEADLINE_LIMIT, nominal
from services.scripting.writer.korean.morphemes import Morphemes, kind
from services.scripting.writer.korean.traits import defined_term

_TITLE_LIMIT = 24
"""Longest title made of a sentence, in characters: one line of a chapter card."""

_POINTER = re.compile(r"^(?:다음|아래)(?:의| )\s*")
_COUNT = re.compile(
    r"(?:[두세네]|다섯|여섯|일곱|(?<!\d)\d+)\s?(?:가지|단계|곳|개)|항목|사항|수칙|원칙|요건|방법|것|곳$"
)
_AS_FOLLOWS = re.compile(r"^(.{2,24}?)[은는] (?:다음|아래)과 같습니다$")
_IN_ORDER = re.compile(r"(?:다음|아래)(?:의| )\s?(순서|절차|방법|단계)(?:으로|로|에 따라|를 따라)\s")
_LOOSE_TOPIC = re.compile(r"(?<=[때우])(?:에는|는)(?= |$)|(?<=[전후뒤]에)는(?= |$)")
_BARE_TOPIC = re.compile(r"^([가-힣A-Za-z]{2,12})[은는]$")
_NOUNS = frozenset({"NNG", "NNP", "NNB", "NR", "XPN", "XSN", "SL", "SN", "SH", "MM", "SO", "SP"})
_STARTS_CLAUSE = re.compile(
    r"^(?:[가-힣]{2,6}[은는] )?(?P<clause>[^,.]{2,24}?(?:(?<!따르)면(?! (?:절대(?:로)?,? |결코 )?(?:안"
    r"|아니|못|큰일"
    r"|곤란|위험|되|됩|된|돼|좋))|[가-힣] 때|기 전|[은한난된] (?:뒤|후)))"
    r"(?:에는|에|는|에도|도)?,? "
)
_UNNAMED = re.compile(
    r"^(?:이|그|저|이것|그것|여기|우리|우리 회사|여러분|오늘|지금|최근|요즘|예전|이번|[가-힣]+ (?:것|수"
    r"|점|중|경우|사람)|하나|모두"
    r"|사람|회사|누구|대부분|절반)$|\d|^(?:이|그|저) |년|[을를에] "
)


def list_title(sentence: str, kiwi: Any) -> str | None:
    """Return the name of the list that ``sentence`` announces.

    ``메일을 열기 전에 다음 세 가지를 확인합니다`` → ``메일을 열기 전에 확인할 세 가지``.
    """
    text = sentence.rstrip(" .:!")
    if found := _AS_FOLLOWS.match(text):
        return found[1]
    if found := _IN_ORDER.search(text):
        return _in_order(text, found, kiwi)
    morphemes = Morphemes.of(text, kiwi)
    named = None if states_not(text) else _counted(morphemes)  # 다음 행위를 해서는 안 됩니다: nothing to do
    if named is None and morphemes.is_sentence():
        named = nominal(morphemes, kiwi)
    return named if named and len(named) <= HEADLINE_LIMIT else None


def _in_order(text: str, found: re.Match[str], kiwi: Any) -> str | None:
    """Return ``… 다음 순서로 대응합니다`` as ``… 대응 순서``."""
    before = _LOOSE_TOPIC.sub("", text[: found.start()].rstrip())
    before = _BARE_TOPIC.sub(r"\1", before)
    act = Morphemes.of(text[found.end() :], kiwi)
    if act.tokens and act.tokens[0].tag == "NNG":
        name = f"{act.tokens[0].form} {found[1]}"
    elif act.is_sentence():
        name = f"{act.until(len(act.tokens) - 1, [('는', 'ETM')])} {found[1]}"
    else:
        return None
    title = f"{before} {name}".strip()
    return title if len(title) <= HEADLINE_LIMIT else None


def _counted(sentence: Morphemes) -> str | None:
    """Return ``… 세 가지를 확인합니다`` as ``… 확인할 세 가지``."""
    tokens, text = sentence.tokens, sentence.text
    for index, token in enumerate(tokens):
        if token.tag != "JKO":
            continue
        first = index
        while first and tokens[first - 1].tag in _NOUNS | {"JKG", "JC"}:
            first -= 1
        thing = text[tokens[first].start : token.start]
        torn = first > 0 and tokens[first - 1].tag == "ETM"
        if torn or first == index or not (_POINTER.match(thing) or _COUNT.search(thing)):
            continue
        verb = _verb_after(tokens, index + 1)
        if not verb:
            return None
        # Mutually dependent pieces: the stem's own space stays out, its irregular form is kiwi's to know.
        act = sentence.kiwi.join([*((t.form, t.tag) for t in verb), ("ᆯ", "ETM")])
        before = _LOOSE_TOPIC.sub("", text[: tokens[first].start].rstrip())
        named = _POINTER.sub("", thing).strip()
        return f"{before} {act} {named}".strip() if named else None
    return None


def _verb_after(tokens: Sequence[Any], at: int) -> Sequence[Any]:
    """Return the stem of the first verb from ``at`` on; adverbs in front of it are skipped."""
    while at < len(tokens) and tokens[at].tag in {"MAG", "JX"}:
        at += 1
    end = at
    while end < len(tokens) and kind(tokens[end]) in {"NNG", "XSV", "VV"}:
        end += 1
        if kind(tokens[end - 1]) in {"XSV", "VV"}:
            return tokens[at:end]
    return ()


def topic(sentence: str, kiwi: Any) -> str | None:
    """Return what the opening sentence of a paragraph is about: a term, a situation, or its topic.

    ``대피할 때는 …`` → ``대피할 때``; ``가스 농도는 …`` → ``가스 농도``.
    """
    text = sentence.rstrip(" .!")
    if term := defined_term(sentence):
        return term if len(term) <= _TITLE_LIMIT else None
    if (clause := _STARTS_CLAUSE.match(text)) and len(clause["clause"]) <= _TITLE_LIMIT:
        # The condition of a prohibition names no more than that: 문손잡이가 뜨거우면 열지 않습니다.
        only_if = clause["clause"].endswith("면") and states_not(text)
        return None if only_if else str(clause["clause"])
    tokens = Morphemes.of(text, kiwi).tokens
    end = 0
    while end < len(tokens) and tokens[end].tag in _NOUNS | {"JKG"}:
        end += 1
    if not 0 < end < len(tokens) or tokens[end].tag != "JX" or tokens[end].form not in {"은", "는"}:
        return None
    name = text[: tokens[end].start]
    return name if 2 <= len(name) <= 16 and not _UNNAMED.search(name) else None
