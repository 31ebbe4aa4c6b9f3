"""English headlines and points: a duty as an imperative, subordinate clauses left out where it is long."""

import re

from contracts.faithful import faithful, whole, without_aside
from services.scripting.writer.english.traits import DUTY, ORDER, defined_term, traits_of
from services.scripting.writer.language import Trait

HEADLINE_LIMIT = 76
_HEADLINE_AIM = 52
"""A headline longer than this loses its subordinate clauses."""
POINT_LIMIT = 76
_LONGEST_WHOLE = 118
"""A sentence that no shorter form says truly is shown whole up to this length: a plan's longest point."""
_LONGEST_READ = 1_000
"""Longest sentence, in characters, that is shortened, a clause at a time: the rest would be read once for
each of its clauses. Smaller, and honest sentences have no headline; a scene's are three times shorter."""
LINK = re.compile(
    r"^(?:However|Therefore|Also|In addition|For example|For instance|Thus|Moreover|Furthermore|So|And|But"
    r"|As a result|In contrast|By contrast|On the other hand|In particular|Note that),?\s+"
)
_IMPORTANT = re.compile(
    r"^It is (?:important|essential|necessary|vital|best) (?P<not>not )?to\s+(?P<what>.+)$"
)
_TRAILING = re.compile(
    r",?\s+(?:because|so that|while|whenever|unless|since|although|in order to|such as|including|for example"
    r"|even (?:if|when|though)|if|when|before|after|until)\s"
    r"|,\s+(?:which|whichever|who|so|but|and then|not even)\s"
)
_SUBORDINATE = re.compile(r"^(?:If|When|While|Because|Although|Since|Unless|Before|After|Once|Whenever)\b")
_PRONOUN = re.compile(r"^(?:They|It|This|These|That|He|She|Both) ")
_LEAST_HEAD = 16
"""A main clause shorter than this says too little to stand alone."""


def headline(sentence: str) -> str | None:
    """Return what a slide says of a sentence, within :data:`HEADLINE_LIMIT`, else ``None``."""
    if len(sentence) > _LONGEST_READ or Trait.FRAMES in traits_of(sentence):
        return None
    text = without_aside(sentence).strip(" .!…")
    if text.endswith("?"):
        return text if len(text) <= HEADLINE_LIMIT else None
    if defined := defined_term(text):
        article, name, verb = defined
        return f"What {'are' if verb == 'are' else 'is'} {article.lower()}{lowered(name)}?"
    text = _named(text)
    if _PRONOUN.match(text):
        return None
    return _shown(text, _HEADLINE_AIM, HEADLINE_LIMIT)


def point(sentence: str) -> str | None:
    """Return a sentence as an item of a list, without words of order."""
    if len(sentence) > _LONGEST_READ:
        return None
    text = _named(sentence.strip(" .!…"))
    return _shown(text, POINT_LIMIT, POINT_LIMIT)


def _shown(text: str, aim: int, limit: int) -> str | None:
    """Return a sentence shortened towards ``aim`` as far as it stays true, whole where nothing shorter is."""
    short = text
    while len(short) > aim and (shorter := _shorter(short)) and faithful(text, shorter):
        short = shorter
    short = short.strip(" ,;:")
    longest = limit if short != text else max(limit, _LONGEST_WHOLE)
    return short[:1].upper() + short[1:] if 0 < len(short) <= longest and whole(short) else None


def lowered(text: str) -> str:
    """Lower the first letter, unless the word is I, an acronym or has capitals inside."""
    word = text.split(maxsplit=1)[0] if text.strip() else ""
    return text if word[1:].lower() != word[1:] or word.rstrip(",.;") == "I" else text[:1].lower() + text[1:]


def _named(sentence: str) -> str:
    """Return a sentence without words of order and links, a duty as an imperative."""
    text = LINK.sub("", ORDER.sub("", sentence, count=1), count=1)
    if duty := DUTY.match(text) or _IMPORTANT.match(text):
        negative = (duty["not"] or "").strip().lower()
        return f"{'Never ' if negative == 'never' else 'Do not ' if negative else ''}{duty['what']}"
    return text


def _shorter(text: str) -> str | None:
    """Return a sentence without its last subordinate clause, or without the one in front."""
    cuts = [cut.start() for cut in _TRAILING.finditer(text) if cut.start() >= _LEAST_HEAD]
    cuts += [cut.start() for cut in re.finditer(r"[;:—]\s", text) if cut.start() >= _LEAST_HEAD]
    if _SUBORDINATE.match(text):
        if len(text) <= HEADLINE_LIMIT:
            return None  # when to do it belongs to what to do
        clause = re.match(r"^[^,]{3,60}, (?=\w)", text)
        return text[clause.end() :] if clause and len(text) - clause.end() >= _LEAST_HEAD / 2 else None
    return text[: max(cuts)].rstrip(" ,") if cuts else None
