"""English for the extractive writer: sentencex for sentences, rules for the rest."""

import re
from collections.abc import Sequence

import sentencex
from typing_extensions import override

from contracts.faithful import excepts
from contracts.polarity import Polarity, heading_polarity, states_not
from services.scripting.writer.english import forbidding
from services.scripting.writer.english import headline as english_headline
from services.scripting.writer.english.headline import HEADLINE_LIMIT, LINK, POINT_LIMIT, lowered
from services.scripting.writer.english.traits import ORDER, defined_term, instructs, traits_of
from services.scripting.writer.language import Facts, Item, Language, Trait

_LETTERS_PER_SECOND = 16.5
_SENTENCE_SECONDS = 0.35
_DIGIT_LETTERS = 4.0
"""Measured with the offline voice at its speed 0.9: 59-110 letters take 3.4-7.1 s."""

_TITLE_LIMIT = 40

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
_LEADING = re.compile(r"^(?:If|When|While|Before|After|Once|Unless|Whenever) [^,.]{3,38}(?=, )")
_TIME_HEAD = re.compile(r"^(?:when|time|deadline|timing|by when)$", re.IGNORECASE)
_LONGEST_ROW = 72
_ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")
_OPENINGS = {
    "friendly": "Welcome. Today's topic is {title}.",
    "formal": "The topic of this training is {title}.",
}
_CLOSINGS = {
    "friendly": "Keep these points in mind, and put them into practice.",
    "formal": "This concludes the training.",
}


_GOES_ON = re.compile(r" (?:to|of|for|with|by|from|in|on|at|if|when|that|and|or|the|a|an)$")
"""Ends of a line that its list completes: This chapter does not apply to"""


class English(Language):
    """See :class:`services.scripting.writer.language.Language`."""

    code = "en"
    headline_limit = HEADLINE_LIMIT
    point_limit = POINT_LIMIT

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
        return english_headline.headline(sentence)

    @override
    def point(self, sentence: str) -> str | None:
        return english_headline.point(sentence)

    @override
    def facts(self, sentence: str) -> Facts | None:
        return None

    @override
    def traits(self, sentence: str) -> Trait:
        return traits_of(sentence)

    @override
    def item(self, text: str, number: int | None, last: int) -> Item | None:
        if number is not None:
            text = ORDER.sub("", text, count=1)
            text = text[:1].upper() + text[1:]
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
                said[0] = f"{name}: {lowered(said[0])}"
        if number is not None and last > 1:
            ordinal = (
                "Finally"
                if number == last and last > 2
                else _ORDINALS[number - 1]
                if number <= 10
                else "Then"
            )
            said[0] = f"{ordinal}, {lowered(said[0])}"
        if labelled:
            point = text.strip(" .") if len(text) <= POINT_LIMIT else name
        else:
            point = self.point(parts[0]) or parts[0].strip(" .")
        if not labelled and any(map(excepts, parts[1:])):
            point = " ".join(map(self.spoken, parts))  # without its exception, it would not be true
        return Item(tuple(said), point, label=name if labelled else None)

    @override
    def enumeration(self, phrases: Sequence[str], subject: str | None) -> str:
        named = [phrase.strip(" .,;") for phrase in phrases]
        listed = " and ".join(named) if len(named) < 3 else f"{', '.join(named[:-1])}, and {named[-1]}"
        return self.spoken(f"{subject}: {listed}" if subject else listed)

    @override
    def alike(self, points: Sequence[str]) -> list[str]:
        return list(points)

    @override
    def forbidden(self, text: str) -> Item | None:
        spoken = [self.spoken(part) for part in self.sentences(text)]
        return forbidding.forbidden(text, spoken) if spoken else None

    @override
    def forbidden_list(self, phrases: Sequence[str], subject: str | None) -> str:
        return forbidding.listed(phrases, subject)

    @override
    def choice(self, text: str, number: int) -> str:
        return self.spoken(f"Answer {number}: {text.strip(' .')}")

    @override
    def verdict(self, polarity: Polarity, head: str) -> str:
        return "no" if polarity is Polarity.FORBIDDEN else "yes"

    @override
    def announced(self, subject: str) -> str:
        return f"{subject[:1].upper()}{subject[1:]}:"

    @override
    def list_title(self, sentence: str) -> str | None:
        if Trait.FRAMES in traits_of(sentence):
            return None
        text = LINK.sub("", sentence).strip(" .:!")
        text = f"{text} …" if _GOES_ON.search(text) else text
        return text[:1].upper() + text[1:] if len(text) <= HEADLINE_LIMIT else None

    @override
    def row(self, header: Sequence[str], cells: Sequence[str]) -> str:
        pairs = [(head, cell) for head, cell in zip(header[1:], cells[1:], strict=False) if head and cell]
        if not cells[0] or not pairs:
            return self.enumeration([cell for cell in cells if cell], None)
        if len(pairs) == 1 and _TIME_HEAD.match(header[0].strip()):
            return self.spoken(f"{cells[0]}, {lowered(pairs[0][1])}")
        facts = [f"{_subject(head)} is {lowered(cell.strip(' .'))}" for head, cell in pairs]
        named = f"{lowered(header[0])} {cells[0]}" if len(cells[0]) < 3 else lowered(cells[0])
        return self.spoken(f"For {named}, {', and '.join(facts) if len(facts) < 3 else '; '.join(facts)}")

    @override
    def row_point(self, header: Sequence[str], cells: Sequence[str]) -> str:
        pairs = list(zip(header[1:], cells[1:], strict=False))
        # Where a column forbids, or a value is a yes or no, it says nothing without the column's name.
        signed = any(heading_polarity(head) is Polarity.FORBIDDEN for head, _ in pairs)
        values = [
            f"{head}: {cell}" if head and (signed or cell in {"yes", "no"}) else cell
            for head, cell in pairs
            if cell
        ]
        first = f"{header[0]} {cells[0]}" if 0 < len(cells[0]) < 3 else cells[0]
        shown = " – ".join(values)
        if len(first) + 2 + len(shown) > _LONGEST_ROW:
            shown = shown if signed else values[0]
        return f"{first}: {shown}" if first and shown else first or shown

    @override
    def table_title(self, header: Sequence[str]) -> str | None:
        heads = [head for head in header if head]
        if len(heads) != len(header) or not 2 <= len(heads) <= 3 or _TIME_HEAD.match(header[0].strip()):
            return None
        title = f"{' and '.join([heads[1], *map(lowered, heads[2:])])} by {lowered(heads[0])}"
        return title if len(title) <= HEADLINE_LIMIT else None

    @override
    def topic(self, sentence: str) -> str | None:
        if defined := defined_term(sentence):
            name = defined[1]
            return name[:1].upper() + name[1:] if len(name) <= _TITLE_LIMIT else None
        if clause := _LEADING.match(sentence):
            return clause[0] if len(clause[0]) <= _TITLE_LIMIT else None
        text = sentence.strip(" .!")
        return text if instructs(text) and len(text) <= _TITLE_LIMIT else None

    @override
    def introduction(self) -> str:
        return "Introduction"

    @override
    def sums_up(self, title: str) -> bool:
        return (
            re.search(
                r"\b(?:summary|recap|remember|conclusion|takeaways?|checklist|wrap)", title, re.IGNORECASE
            )
            is not None
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
        spoken_about = not title.endswith(("?", "!", ".")) and not instructs(title) and not states_not(title)
        return line.format(title=title) if line is not None and spoken_about else None

    @override
    def closing(self, style: str) -> str | None:
        return _CLOSINGS.get(style)


def _subject(head: str) -> str:
    """Return a column's name as the subject of a sentence: what burns, the extinguisher."""
    bare = lowered(head)
    return bare if re.match(r"(?:what|who|where|when|how|the|your|our)\b", bare) else f"the {bare}"


def _stem(word: str) -> str:
    low = word.lower()
    return re.sub(r"(?:ies|es|s|ing|ed|ly)$", "", low) if len(low) > 4 else low
