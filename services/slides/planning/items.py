"""The list that an author wrote into a caption: lines, arrows, numbers, dots, bullets or commas."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from contracts.polarity import (
    ALLOW_MARKS,
    CHECK_MARKS,
    FORBID_MARKS,
    NOTE,
    Polarity,
    heading_polarity,
    marks_of,
)
from services.slides.planning.cleaning import has_hangul
from services.slides.planning.patterns import ARROW, DATE, NUMBERED
from services.slides.planning.verbs_en import commands

MAX_ITEMS = 24
_LONGEST_COMMA_LIST = 110
_LONGEST_COMMA_ITEM = 30
_LONGEST_DOTTED_ITEM = 16

_TITLE = re.compile(r"^([^:：\n]{2,28}?) ?[:：] (?=\S)")
_SEPARATOR = re.compile(r" +[·•|/;‧ㆍ∙] +|[;•]\s*")
_DOT = re.compile(r"[·ㆍ‧]")
_COMMA = re.compile(r"(?<!\d),\s*|,\s+|、")
_SIGNS = f"{FORBID_MARKS}{ALLOW_MARKS}{CHECK_MARKS}"
_MARK = re.compile(
    rf"^(?:[-*•·–✔✓☑▪■□○●※]\s*|[{_SIGNS}][\ufe0e\ufe0f\u200d]*\s+|(?!{DATE})\d{{1,2}}[.)](?!\d)\s*|[①-⑳]\s*"
    r"|[가-하][.)]\s+)"
)
_STEP = re.compile(rf"([^\n]{{2,60}})\n(?!{DATE})(\d{{1,2}})[.)] ([^\n]{{2,200}})")
"""One step below the name of the list that it belongs to."""
_CONJUNCTION = re.compile(r"^(?:and|or|그리고|및|또는)\s+", re.IGNORECASE)
_ENDS_SENTENCE = re.compile(r"[.!?](?:\s|$)")
_OF_THE_RULE = re.compile(
    r"^(?:예외|단[,\s]|다만|위반|이유|참고|처벌|exceptions?\b|reasons?\b|violat|penalt|note\b)", re.IGNORECASE
)
_CONDITION = re.compile(
    r"^(?:if|unless|when(?:ever)?|while|before|after|once|until|although|because|as)\b"
    r"|^[^,]{2,60}(?:면|때|경우|때는|경우에는?|[은한] 후|기 전에), ",
    re.IGNORECASE,
)
"""Commas behind a condition part clauses: without it, none of them is true."""
_EDGES = " ,;·•|"
_BRACKETS = re.compile(r"\([^()\n]{1,120}\)")
_HELD = "\ue001"
"""Stands for an arrow inside brackets, which belongs to what they say. No caption holds it."""
_CHANGE = re.compile(
    r"\d ?(?:[%℃]p?|[가-힣A-Za-z]{1,3})? ?(?:→|⇒|->|=>) ?['’]?\d[\d,.]* ?(?:[%℃]p?"
    r"|[가-힣]{1,3})?(?![^→⇒\n]{0,80}(?:→|⇒))"
)

_NOUN_OF_VERB = re.compile(r"(?:[을를] [^,]{1,12}(?:기|음)|[하되]기|[함됨임])$|[이가은는] [가-힣 ]{2,}$")

Kind = Literal["single", "list", "lines", "numbered", "arrows"]


@dataclass(frozen=True)
class Caption:
    """A caption taken apart.

    Attributes:
        text: the whole of it on one line.
        title: what stands before the list, if it is named.
        items: the list; one item for a caption that is no list, none for an empty one.
        kind: how the list was written.
        signs: what the mark before each item, or the name of the list, says of it; empty: nothing is
        forbidden. first: the number of its first item; above 1 where it goes on from the scene before.
    """

    text: str
    title: str | None
    items: tuple[str, ...]
    kind: Kind
    first: int = 1
    signs: tuple[Polarity | None, ...] = ()

    @property
    def listed(self) -> bool:
        """Whether the author wrote a list."""
        return len(self.items) > 1 or (self.title is not None and bool(self.items))


def split_caption(caption: str, chapter: str = "") -> Caption:
    """Take ``caption`` (cleaned, line breaks kept) apart; ``chapter`` may forbid what it lists."""
    text = caption.replace("\n", " ").strip()
    title, body = _titled(caption)
    if signed := _signed(title, body, chapter):
        return signed
    if (step := _STEP.fullmatch(caption)) and not _MARK.match(caption):
        return Caption(text, step[1].rstrip(" :："), (_tidy(step[3]),), "numbered", int(step[2]))
    for kind, parts in _attempts(body):
        items = tuple(filter(None, (_tidy(part) for part in parts)))[:MAX_ITEMS]
        if len(items) > 1:
            if kind == "numbered" and title is None:
                title, items = _numbered_title(body, items)
            return Caption(text, title, items, kind, _numbers(body)[0][1] if kind == "numbered" else 1)
    return Caption(text, None, (text,) if text else (), "single")


def _signed(title: str | None, body: str, chapter: str) -> Caption | None:
    """Return a caption of which something is forbidden, by its own mark or by what stands above it."""
    lines = body.split("\n")
    marks = marks_of(tuple(lines))
    if title is None and len(lines) > 1 and marks[0][0] is None and any(sign for sign, _ in marks[1:]):
        title, lines, marks = lines[0].rstrip(" :："), lines[1:], marks[1:]
    governed = marks[0][0] is None and heading_polarity(lines[0]) is Polarity.FORBIDDEN
    if title is None and len(lines) > 1 and governed:
        title, lines, marks = lines[0].rstrip(" :："), lines[1:], marks[1:]
    above = heading_polarity(title or "", heading_polarity(chapter))
    by_mark = any(sign is Polarity.FORBIDDEN for sign, _ in marks)
    listed = title is not None or len(_best_split(body)) > 1
    told_apart = by_mark or any(sign for sign, _ in marks) or any(line.startswith(NOTE) for line in lines)
    if not by_mark and (above is not Polarity.FORBIDDEN or not listed or told_apart):
        return None
    if not by_mark:
        parts = lines if len(lines) > 1 else _best_split(body)
        bare = (_MARK.sub("", part.strip(), count=1) for part in parts)
        marks = tuple((None if _OF_THE_RULE.search(text) else Polarity.FORBIDDEN, text) for text in bare)
    told = [(sign, _tidy(item)) for sign, item in marks][:MAX_ITEMS]
    told = [(sign, item) for sign, item in told if item]
    text = " ".join(([title] if title else []) + [item for _, item in told])
    items, signs = tuple(item for _, item in told), tuple(sign for sign, _ in told)
    return Caption(text, title, items, "lines" if len(items) > 1 else "single", signs=signs)


def _titled(caption: str) -> tuple[str | None, str]:
    """Return title and rest of ``작업 전 점검: a, b`` or of a line followed by marked lines."""
    lines = caption.split("\n")
    if len(lines) > 1 and sum(": " in line for line in lines) > 1:
        return (lines[0].rstrip(" :："), "\n".join(lines[1:])) if _marked_below(lines) else (None, caption)
    if _marked_below(lines):
        return lines[0].rstrip(" :："), "\n".join(lines[1:])
    found = _TITLE.match(caption)
    if found and len(_best_split(caption[found.end() :])) > 1:
        return found.group(1), caption[found.end() :]
    return None, caption


def _marked_below(lines: list[str]) -> bool:
    """Return whether a line without a mark stands over lines with one."""
    return len(lines) > 2 and not _MARK.match(lines[0]) and all(_MARK.match(line) for line in lines[1:])


def _best_split(body: str) -> list[str]:
    return next((parts for _, parts in _attempts(body) if len([p for p in parts if _tidy(p)]) > 1), [body])


def _attempts(body: str) -> list[tuple[Kind, list[str]]]:
    attempts: list[tuple[Kind, list[str]]] = []
    line = body.replace("\n", " ")
    stations = ARROW.split(_BRACKETS.sub(_arrowless, line)) if _leads_on(body) else []
    if len(stations) > 1:
        attempts.append(("arrows", [part.replace(_HELD, "→") for part in stations]))
    if numbers := _numbers(body):
        bounds = [(0, 0), *(found.span() for found, _ in numbers), (len(body), len(body))]
        parts = [body[end:start].replace("\n", " ") for (_, end), (start, _) in pairwise(bounds)]
        attempts.append(("numbered", parts))
    if "\n" in body:
        attempts.append(("lines", body.split("\n")))
    attempts.append(("list", _SEPARATOR.split(line)))
    # Two words around a dot are one expression (신체적·정신적), three are a list.
    dotted = _DOT.split(line)
    if len(dotted) > 2 and all(len(part) <= _LONGEST_DOTTED_ITEM for part in dotted):
        attempts.append(("list", dotted))
    if len(line) <= _LONGEST_COMMA_LIST and not _ENDS_SENTENCE.search(line) and not _CONDITION.search(line):
        parts = [_CONJUNCTION.sub("", part.strip()) for part in _COMMA.split(line)]
        enough = (len(parts) > 2 and not _one_clause(parts)) or (len(parts) == 2 and _pair(parts))
        if enough and all(2 <= len(part) <= _LONGEST_COMMA_ITEM for part in parts):
            attempts.append(("list", parts))
    return attempts


def _leads_on(body: str) -> bool:
    """Return whether arrows may lead from station to station: not inside the items of a list that is marked.

    12% → 9% is a change of one figure.
    """
    lines = body.split("\n")
    if len(lines) > 1 and all(map(_MARK.match, lines)):
        return False
    return ARROW.search(body) is not None and _CHANGE.search(body) is None


def _arrowless(found: re.Match[str]) -> str:
    return ARROW.sub(f" {_HELD} ", found[0])


def _one_clause(parts: list[str]) -> bool:
    """Return whether the commas stand inside a clause, whose verb comes last or, in English, first."""
    if has_hangul(parts[-1]):
        verbs = [_NOUN_OF_VERB.search(part) is not None for part in parts]
        return verbs[-1] and not any(verbs[:-1])
    return commands(parts[0]) and not any(map(commands, parts[1:]))


def _pair(parts: list[str]) -> bool:
    """Return whether two parts around one comma are equals: both short and alike in length."""
    short, long = sorted(map(len, parts))
    clause = parts[0].endswith(("면", "고", "서", "니", "때", "만")) or parts[1].endswith(("다", "요"))
    return has_hangul(parts[0]) and long <= 12 and long <= 2 * short and not clause


def _numbered_title(body: str, items: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Return the words before the first number, if any, as the title."""
    if _numbers(body)[0][0].start() > 1 and len(items) > 2:
        return items[0].rstrip(" :："), items[1:]
    return None, items


def _numbers(body: str) -> list[tuple[re.Match[str], int]]:
    """Return the numbers of steps, in sequence, at the start of their lines where there are several lines.

    Other numbers before a point are of a date, an amount or a version. Empty where not even two are steps.
    """
    found: list[tuple[re.Match[str], int]] = []
    by_line = "\n" in body
    for match in NUMBERED.finditer(body):
        circled = match["circled"]
        value = ord(circled) - ord("①") + 1 if circled else int(match["number"] or 0)
        begins = match.start() == 0 or body[match.start() - 1] == "\n"
        if not value or not (begins or circled or not by_line):
            continue
        if value == found[-1][1] + 1 if found else value == 1 or begins:
            found.append((match, value))
    return found if len(found) > 1 else []


def _tidy(part: str) -> str:
    return _MARK.sub("", part.strip(), count=1).strip(_EDGES).removesuffix(".")
