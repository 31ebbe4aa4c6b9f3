"""English for the extractive writer: sentencex for sentences, rules for the rest."""

import re
from collections.abc import Sequence

import sentencex
from typing_extensions import override

from services.scripting.language import Item, Language

_LETTERS_PER_SECOND = 15.5
_SENTENCE_SECONDS = 0.5
_DIGIT_LETTERS = 4.0

_HEADLINE_LIMIT = 60
_HEADLINE_AIM = 40
"""A headline longer than this loses its subordinate clauses."""

_PHRASE_WORDS = 4
"""A list item of more words is said as a sentence of its own, a shorter one inside an enumeration."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STOP = _words(
    "a an the of to in on at for and or but is are was were be been it its this that these those with "
    "as by from we you they he she i our your their not no if then than so can will must should may do "
    "does did have has had more most also into when which who what how all any each before after during "
    "about over very such only other there here them us me my his her would could might one two three "
    "first second third finally never always every some many much make use get new because while "
    "between through under within without until "
)
_LINKS = (
    "However|Therefore|Also|In addition|For example|For instance|Then|Next|Thus|Moreover|Furthermore|So|And|"
    "But|As a result|Finally"
)
_CONNECTIVE = re.compile(rf"^(?:{_LINKS}|First|Second|Third|In particular|Lastly|Remember|Note that),?\s+")
_DEPENDS = re.compile(
    rf"^(?:{_LINKS}|This|That|These|Those|It|They|He|She|Such|Otherwise|Instead|Meanwhile|In this case)\b"
)
_DEFINES = re.compile(
    r"^(?:An?\s+|The\s+)?([A-Za-z][\w' -]{1,40}?)\s+(?:is|are|means|refers to|is defined as)\s+"
    r"(?:any|an?|the)\s.*\b(?:that|which|who|where)\s"
)
_DUTY = re.compile(
    r"^(?P<who>(?:\S+\s+){0,5}?\S+)\s+"
    r"(?:must|should|need to|needs to|have to|has to|shall|(?:is|are) required to)\s+"
    r"(?P<not>not\s+|never\s+)?(?P<what>(?:always\s+)?\w.*)$"
)
_IMPORTANT = re.compile(
    r"^It is (?:important|essential|necessary|vital|best) (?P<not>not )?to\s+(?P<what>.+)$"
)
_TRAILING = re.compile(
    r",?\s+(?:because|so that|so|which|who|when|while|whenever|if|unless|since|although|before|after|until|"
    r"in order to|such as|including|for example|by|and then|but|even)\s"
)
_ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")
_GREETS = re.compile(r"^(?:welcome|hello|good morning|hi)\b|\bthank you\b|\bthanks for\b", re.IGNORECASE)

_OPENINGS = {
    "friendly": "Welcome. Today's topic is: {title}.",
    "formal": "The topic of this training is: {title}.",
}
_CLOSINGS = {
    "friendly": "Keep these points in mind, and put them into practice.",
    "formal": "This concludes the training.",
}


class English(Language):
    """See :class:`services.scripting.language.Language`."""

    code = "en"
    headline_limit = _HEADLINE_LIMIT

    @override
    def sentences(self, text: str) -> list[str]:
        return [stripped for part in sentencex.segment("en", text) if (stripped := part.strip())]

    @override
    def terms(self, sentence: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        before: tuple[int, str] | None = None
        for match in re.finditer(r"[A-Za-z][A-Za-z'-]+", sentence):
            word = match[0].removesuffix("'s")
            if word.lower() in _STOP or len(word) < 3:
                before = None
                continue
            found.append((_stem(word), word))
            if before and sentence[before[0] : match.start()] == " ":
                found.append((f"{_stem(before[1])} {_stem(word)}", f"{before[1]} {word}"))
            before = (match.end(), word)
        return found

    @override
    def spoken(self, sentence: str) -> str:
        text = sentence.strip()
        text = text[:1].upper() + text[1:]
        return text if not text or text.rstrip("\"'”’)")[-1:] in ".?!:…" else f"{text.rstrip(',; ')}."

    @override
    def headline(self, sentence: str) -> str | None:
        text = re.sub(r"\s*\([^()]*\)", "", sentence).strip(" .!…")
        text = _CONNECTIVE.sub("", text)
        if text.endswith("?"):
            return text if len(text) <= _HEADLINE_LIMIT else None
        if defined := _DEFINES.match(text):
            verb = "are" if " are " in f"{defined[0]} " else "is"
            return f"What {verb} {_lowered(defined[1])}?"
        if duty := _DUTY.match(text) or _IMPORTANT.match(text):
            negative = (duty["not"] or "").strip()
            text = f"{'Never ' if negative == 'never' else 'Do not ' if negative else ''}{duty['what']}"
        while len(text) > _HEADLINE_AIM:
            cuts = [cut.start() for cut in _TRAILING.finditer(text) if cut.start() >= 12]
            cuts += [index for index, char in enumerate(text) if char in ";:—" and index >= 12]
            if not cuts:
                break
            text = text[: max(cuts)]
        text = text.strip(" ,;:")
        return text[:1].upper() + text[1:] if 0 < len(text) <= _HEADLINE_LIMIT else None

    @override
    def depends(self, sentence: str) -> bool:
        return bool(_DEPENDS.match(sentence))

    @override
    def defines(self, sentence: str) -> bool:
        return bool(_DEFINES.match(sentence))

    @override
    def introduces(self, sentence: str) -> bool:
        return sentence.rstrip().endswith(":") or bool(
            re.search(r"\b(?:following|these|below|steps|as follows)\b", sentence, re.IGNORECASE)
        )

    @override
    def item(self, text: str, number: int | None, last: int) -> Item | None:
        name, _, rest = text.partition(": ")
        labelled = bool(rest.strip()) and len(name.split()) <= _PHRASE_WORDS
        parts = self.sentences(rest if labelled else text)
        if not parts:
            return None
        phrase = (
            len(parts) == 1
            and not labelled
            and len(parts[0].split()) <= _PHRASE_WORDS
            and parts[0][-1] not in ".?!"
        )
        if phrase and number is None:
            return None
        if labelled and re.match(r"(?:an?|the)\s", parts[0], re.IGNORECASE):
            said = [
                f"{name} is {parts[0][0].lower()}{self.spoken(parts[0])[1:]}",
                *map(self.spoken, parts[1:]),
            ]
        else:
            said = [self.spoken(part) for part in parts]
            if labelled:
                said[0] = f"{name}: {_lowered(said[0])}"
        if number is not None and last > 1:
            ordinal = (
                "Finally"
                if number == last and last > 2
                else _ORDINALS[number - 1]
                if number <= 10
                else "Then"
            )
            said[0] = f"{ordinal}, {_lowered(said[0])}"
        return Item(tuple(said), name if labelled else (self.headline(parts[0]) or parts[0]))

    @override
    def enumeration(self, phrases: Sequence[str], subject: str | None) -> str:
        named = [phrase.strip(" .,;") for phrase in phrases]
        listed = " and ".join(named) if len(named) < 3 else f"{', '.join(named[:-1])}, and {named[-1]}"
        return self.spoken(f"{subject}: {listed}" if subject else listed)

    @override
    def announced(self, subject: str) -> str:
        return f"{subject[:1].upper()}{subject[1:]}:"

    @override
    def row(self, header: Sequence[str], cells: Sequence[str]) -> str:
        pairs = [(head, cell) for head, cell in zip(header[1:], cells[1:], strict=False) if head and cell]
        if not cells[0] or not pairs:
            return self.enumeration([cell for cell in cells if cell], None)
        facts = [f"{_lowered(head)} is {cell.strip(' .')}" for head, cell in pairs]
        return self.spoken(
            f"For {_lowered(cells[0])}, {' and '.join(facts) if len(facts) < 3 else ', '.join(facts)}"
        )

    @override
    def joined(self, phrases: Sequence[str]) -> str:
        return " and ".join(phrase[:1].upper() + phrase[1:] for phrase in phrases[:2])

    @override
    def seconds(self, text: str) -> float:
        said = sum(_DIGIT_LETTERS if char.isdigit() else 1 for char in text)
        rests = len(re.findall(r"[.?!…](?=\s|$)", text)) or 1
        return said / _LETTERS_PER_SECOND + rests * _SENTENCE_SECONDS

    @override
    def opening(self, style: str, title: str) -> str | None:
        line = _OPENINGS.get(style)
        return None if line is None or title.endswith(("?", "!", ".")) else line.format(title=title)

    @override
    def closing(self, style: str) -> str | None:
        return _CLOSINGS.get(style)

    @override
    def greets(self, sentence: str) -> bool:
        return bool(_GREETS.search(sentence))


def _stem(word: str) -> str:
    low = word.lower()
    return re.sub(r"(?:ies|es|s|ing|ed|ly)$", "", low) if len(low) > 4 else low


def _lowered(text: str) -> str:
    """Lower the first letter, unless the word is I, an acronym or has capitals inside."""
    word = text.split(maxsplit=1)[0] if text.strip() else ""
    return text if word[1:].lower() != word[1:] or word.rstrip(",.;") == "I" else text[:1].lower() + text[1:]
