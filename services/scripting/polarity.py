"""What of an outline is to be done, is forbidden, or is a choice: by marks, headings, leads and columns.

Works on the blocks of :mod:`services.scripting.reading.source`, behind the reader: a block that says
nothing of the kind stays as it is, the others become :class:`Signed` lists and :class:`Governed`
paragraphs, which the outline tells and the slide draws accordingly.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from contracts.polarity import (
    Polarity,
    cell_mark,
    forbids_things,
    heading_polarity,
    mark_of,
    marks_of,
    states_not,
    without_marks,
)
from services.scripting.reading.blocks import Block, Heading, Listing, Paragraph, Table
from services.scripting.reading.marks import MARK
from services.scripting.reading.unnesting import goes_on
from services.scripting.writer.english.traits import instructs

_SENTENCE = re.compile(r"(?<=[.!?。．])\s+")
_CLOSED = re.compile(r"(?:^|[.!?。:：;,/·—–-])\s*$")
_LONGEST_LEAD = 200
"""Characters at the end of the line in front of a list that are read; in fewer, a long lead has no verb."""
_SAID = re.compile(r"(?:[.!?…]|[가-힣](?:다|요))$")
_LEADS_KO = re.compile(
    r"(?:다음|아래|이런|이러한|이와 같은)(?:[과와] 같은|의| 각 호의)?(?: [가-힣]{1,6})?? (?:행위|행동"
    r"|습관|경우"
    r"|사항|작업|물건|물품|물질|품목|것|일|말|표현|항목)|(?:다음|아래)(?:[을은]|[를는]|[과와] 같)|다음 각"
)
"""Words that point to the list below; 다음 사람 and 다음 날 do not."""
_OBJECT_KO = re.compile(r"[가-힣][을를] ")
_LEAD_NOT_KO = re.compile(
    r"(?:(?:[을를은는] )금(?:합니다|한다|함|하며)|(?:가져[올갈]|들일|들어[올갈]|들여올|넣을|버릴|쓸|탈"
    r"|실을|보낼|부칠|먹을"
    r"|[반사이휴판촬복섭출][가-힣]할|할) 수 ?없(?:습니다|다|음|어요)|금지(?:합니다|한다|됩니다|된다|함"
    r"|됨|이다|입니다)?|(?:면"
    r"|서[는도]?) (?:절대(?:로)? )?(?:안|아니) ?(?:됩니다|된다|되며|됨|돼요)"
    r"|지 ?(?:마세요|마십시오|맙시다|말 ?것|말아야 ?(?:합니다|한다|함)|아니한다|아니합니다|아니함"
    r"|지 ?(?:않습니다|않는다|않음)"
    r"|않도록 합니다|못합니다|못한다)"
    r"|삼갑니다|삼가세요|삼가십시오|삼가야 합니다|허용되지 않습니다|위험(?:합니다|하다|해요)"
    r"|금물(?:입니다|이에요)|큰일 ?[나납](?:요|니다))\s*[.:：!]?\s*$"
)
_EXCEPT_KO = re.compile(r"제외|외에|외의|이외|않으면|예외|한하여|없이")
_LEAD_NOT_EN = re.compile(
    r"\b(?:must not|mustn['’]t|should not|shouldn['’]t|may not|do not|don['’]t|never|cannot|can['’]t|avoid"
    r"|refrain from|not allowed(?: to)?|not permitted(?: to)?|prohibited|forbidden"
    r"|banned)\b(?P<rest>[^.:!?]{0,60})[.:]?\s*$",
    re.IGNORECASE,
)
_CLAUSE_EN = re.compile(
    r"\b(?:if|when|in case|because|since|who|that|which|why|where|whenever)\b", re.IGNORECASE
)
_MOST_WORDS = 6
"""Words between a refusal and the colon behind it: You may not use the service to: …"""
_POINTS_EN = re.compile(
    r"\bfollowing\b|\bthings? (?:listed )?below\b|\b(?:these|this|any of (?:these|this|them)|all of these)"
    r"(?: (?:things|acts|actions|items|mistakes|products|substances|materials|words|steps|practices"
    r"|behaviou?rs))?(?: (?:is|are))?\s*(?:[.!:]?\s*$|(?:strictly |absolutely )?(?:not|never|prohibited"
    r"|forbidden|banned)\b)|^(?:here is |this is )?what (?:you|we|they) [^.]{0,30}\bdo[.:]?$",
    re.IGNORECASE,
)
"""Words that point to the list below. A complete sentence without them forbids what it names itself."""
_EXCEPT_EN = re.compile(
    r"\b(?:except|unless|until|till|before|other than|only|without|apart from|forget|hesitate|worry|panic"
    r"|fail|delay|wait)\b",
    re.IGNORECASE,
)
_STATE_EN = re.compile(r"^(?:cannot|can['’]t|do not|don['’]t|never)$", re.IGNORECASE)
"""Behind "if" or "when" these may say how somebody fares; "must not" never does."""
_INSTEAD = re.compile(r"\binstead\b|대신|그 ?외에는", re.IGNORECASE)
_MOST_LEADS = 3
"""Sentences of a paragraph that may point to the list below it: Never do the following. It is dangerous."""
_ITS_OWN = re.compile(
    r"^(?:※|단[,\s]|다만|예외|참고|위반|적발|어기|이를 위반|이유|처벌|except|exception|note"
    r"|violat|penalt|reason|if you)"
    r"|(?:사항|규정|수칙|지침)을? (?:지킨|지킵|준수|따른|따릅|숙지)"
    r"|위반 ?시|위반하면|적발 ?시|^(?:반드시|꼭|항상) |[어아해]야 (?:한다|합니다|함)$"
    r"|^always\b|\bmust (?!not|never)\b",
    re.IGNORECASE,
)
"""Items that speak of the rule, not of an act that it forbids."""

_ASKS = re.compile(
    r"다음 (?:중|보기|가운데)|[은는] ?것(?:은|을)(?: 무엇| 고르| 모두)?|고르(?:시오|세요"
    r"|십시오)|(?:옳|맞|틀리|알맞|올바르|적절하)[은지]"
    r"|해당하(?:는|지 않는) 것|which (?:of|one|statement|answer|action)|choose|select (?:the"
    r"|all|one)|true or false"
    r"|what (?:should|would|do) you do|pick the",
    re.IGNORECASE,
)
_QUIZ = re.compile(r"퀴즈|문제|문항|평가|테스트|quiz|test|question|check your", re.IGNORECASE)
_QUESTION = re.compile(
    r"\?$|(?:고르시오|고르세요|고르십시오|것은) ?[.:?]?$|^(?:choose|select|pick)\b", re.IGNORECASE
)
_LETTERED = re.compile(r"(?:(?<= )|^)(?:[A-E]|[가나다라마])[.)] ")
_RING_OR_CROSS = re.compile(
    r"^[OX○×⭕❌✕✗](?: ?[/·,|-]? ?[OX○×⭕❌✕✗])?$|^(?:판정|판단"
    r"|여부)$",
    re.IGNORECASE,
)
_ACTS = re.compile(
    r"상황|행동|행위|방법|대처|대응|습관|동작|조치|할 일|사례|수칙|작업|\b(?:acts?|actions?"
    r"|behaviou?rs?|practices?|situations?"
    r"|habits?|what to do)\b",
    re.IGNORECASE,
)
_SEVERAL = 2
_NUMBERS = re.compile(r"[\d.)①-⑳-]{1,6}")
_LONGEST_NAME = 24
"""Characters of an item that names the ones below it: 하지 말아야 할 것."""
_LONGEST_THING = 20
"""Characters of a thing's name in Korean, twice as many in Latin letters; what is longer says something."""
_CIRCLED = re.compile(r"[①②③④⑤⑥⑦⑧⑨⑩]")


@dataclass(frozen=True)
class Signed:
    """A list of which at least one item is forbidden, or whose items are choices.

    Attributes:
        items: each with its polarity; ``None``: told as it is.
        choices: the items are answers to a question.
        goes_on: belongs to the block before it, as what stands below a step does.
    """

    items: tuple[tuple[Polarity | None, str], ...]
    choices: bool = False
    goes_on: bool = False


@dataclass(frozen=True)
class Governed:
    """A paragraph below a heading that forbids: its bare instructions are what is forbidden."""

    text: str


Part = Block | Signed | Governed


def signed(blocks: Sequence[Block]) -> list[Part]:
    """Return the blocks, each list and paragraph with what its marks and what stands above it make of it."""
    found: list[Part] = []
    levels: list[tuple[int, Polarity | None]] = []
    quiz = things = False
    for index, block in enumerate(blocks):
        above = levels[-1][1] if levels else None
        before = blocks[index - 1] if index else None
        match block:
            case Heading():
                while levels and levels[-1][0] >= block.level:
                    levels.pop()
                above = levels[-1][1] if levels else None
                levels.append((block.level, heading_polarity(block.text, above)))
                things = levels[-1][1] is None and forbids_things(block.text)
                quiz = _QUIZ.search(block.text) is not None
                found.append(Heading(block.level, heading_text(block.text)))
            case Paragraph():
                found.extend(_paragraph(block, above, quiz=quiz))
            case Listing():
                above = _led(before, above)
                if above is None and things and all(map(_is_thing, block.items)):
                    above = Polarity.FORBIDDEN
                found.append(_listing(block, above, _asked(before, quiz=quiz)))
            case Table():
                found.append(_table(block, above))
    return found


def heading_text(text: str) -> str:
    """Return a heading without its mark, in words where the mark alone says that it forbids."""
    polarity, rest = mark_of(text)
    rest = without_marks(rest)
    if polarity is not Polarity.FORBIDDEN or states_not(rest) or heading_polarity(rest) is not None:
        return rest or text
    return f"{rest} 금지" if re.search("[가-힣]", rest) else f"Not allowed: {rest}"


def _led(before: Block | None, above: Polarity | None) -> Polarity | None:
    """Return what the paragraph in front of a list says of it, else what the heading above says."""
    if not isinstance(before, Paragraph):
        return above
    sentences = _SENTENCE.split(before.text)[-_MOST_LEADS:]
    last = sentences[-1][-_LONGEST_LEAD:]
    named = heading_polarity(last) if last.endswith((":", "：")) or not _SAID.search(last) else None
    if named is not None:
        return named
    if _INSTEAD.search(last):
        return None
    if _forbids_below(last):
        return Polarity.FORBIDDEN
    if instructs(last) or last.endswith((":", "：")):
        return above
    pointing = (text[-_LONGEST_LEAD:] for text in sentences[:-1])
    return Polarity.FORBIDDEN if any(map(_forbids_below, pointing)) else above


def _forbids_below(lead: str) -> bool:
    """Whether a sentence forbids what stands below it, rather than what it names itself."""
    if _LEAD_NOT_KO.search(lead) and not _EXCEPT_KO.search(lead):
        # Behind an object the prohibition is whole: 손을 넣지 마십시오: is no beginning of what follows.
        opens = lead.endswith((":", "：")) and not _OBJECT_KO.search(lead)
        if opens or _LEADS_KO.search(lead):
            return True
    found = _LEAD_NOT_EN.search(lead)
    if found is None or _EXCEPT_EN.search(lead):
        return False
    clause = lead[: found.start()].rpartition(", ")[2]
    refusal = found[0][: found.start("rest") - found.start()]
    if _CLAUSE_EN.search(clause) and (found["rest"].strip() or _STATE_EN.match(refusal)):
        return False  # "When you cannot log in:" forbids nothing
    introduces = lead.endswith(":") and len(found["rest"].split()) <= _MOST_WORDS
    return introduces or _POINTS_EN.search(lead) is not None


def _asked(before: Block | None, *, quiz: bool) -> bool:
    """Whether a list gives the answers to the question in front of it."""
    text = before.text if isinstance(before, Paragraph | Heading) else ""
    last = _SENTENCE.split(text)[-1][-_LONGEST_LEAD:] if text else ""
    return bool(_QUESTION.search(last)) and (quiz or _ASKS.search(last) is not None)


def _listing(block: Listing, above: Polarity | None, asked: bool) -> Part:  # noqa: FBT001
    if asked:
        return Signed(tuple((Polarity.CHOICE, _without(item)) for item in block.items), choices=True)
    marks = marks_of(_expanded(block.items))
    if parted := _parted(marks, above):
        return replace(parted, goes_on=goes_on(block))
    by_mark = any(polarity is Polarity.FORBIDDEN for polarity, _ in marks)
    told: list[tuple[Polarity | None, str]] = []
    for polarity, text in marks:
        own = polarity
        if by_mark or above is not Polarity.FORBIDDEN:
            own = polarity or (Polarity.REQUIRED if by_mark else None)
        elif _ITS_OWN.search(text):
            own = None
        else:
            own = Polarity.FORBIDDEN
        told.append((own, _without(text)))
    if any(polarity is Polarity.FORBIDDEN for polarity, _ in told):
        return Signed(tuple(told), goes_on=goes_on(block))
    return replace(block, items=tuple(text for _, text in told))


def _parted(marks: Sequence[tuple[Polarity | None, str]], above: Polarity | None) -> Signed | None:
    """Return a list whose items "해야 할 것" and "하지 말 것" each stand above the ones behind them."""
    named = [heading_polarity(text) if len(text) <= _LONGEST_NAME else None for _, text in marks]
    if above is not None or not {Polarity.REQUIRED, Polarity.FORBIDDEN} <= set(named):
        return None
    told: list[tuple[Polarity | None, str]] = []
    side: Polarity | None = None
    for own, (polarity, text) in zip(named, marks, strict=True):
        side = own or side
        if own is None:
            told.append((polarity or side, _without(text)))
    return Signed(tuple(told)) if any(polarity is Polarity.FORBIDDEN for polarity, _ in told) else None


def _expanded(items: Sequence[str]) -> tuple[str, ...]:
    """Return the items, one that holds several marks as one for each: 🚫 Smoking 🚫 Pets ✅ Gloves."""
    found: list[str] = []
    for item in items:
        marks = list(MARK.finditer(item))
        if len(marks) < _SEVERAL:
            found.append(item)
            continue
        in_front = _CLOSED.search(item[: marks[0].start()]) is not None
        cuts = [mark.start() if in_front else mark.end() for mark in marks]
        bounds = [0, *cuts, len(item)]
        parts = (item[low:high].strip(" ,;/·") for low, high in pairwise(bounds))
        found.extend(part for part in parts if part)
    return tuple(found)


def _is_thing(item: str) -> bool:
    """Whether an item names a thing or a noun, rather than saying something: 라이터, Your password."""
    end = item.rstrip(" .!")
    if re.search("[가-힣]", end):
        return len(end) <= _LONGEST_THING and not end.endswith(
            ("다", "요", "오", "라", "자", "기", "것", "함", "음")
        )
    return not states_not(end) and not instructs(end) and len(end) <= 2 * _LONGEST_THING


def _paragraph(block: Paragraph, above: Polarity | None, *, quiz: bool) -> Iterator[Part]:
    text = block.text
    choice = _CIRCLED if _CIRCLED.search(text) else _LETTERED
    first = choice.search(text)
    asked = text[: first.start()].strip() if first else ""
    if first and _QUESTION.search(asked) and (quiz or _ASKS.search(asked)):
        yield Paragraph(asked)
        answers = [part.strip() for part in choice.split(text[first.start() :]) if part.strip()]
        yield Signed(tuple((Polarity.CHOICE, answer) for answer in answers), choices=True)
        return
    if MARK.search(text) or mark_of(text)[0] is Polarity.FORBIDDEN:
        yield from _marked(text)
    elif above is Polarity.FORBIDDEN:
        yield Governed(text)
    else:
        yield block


def _marked(text: str) -> Iterator[Part]:
    """Yield a paragraph that holds marks: each mark says what the words behind it, or in front of it, are."""
    first = MARK.search(text)
    if first is None:
        yield Signed((mark_of(text),))
        return
    in_front = _CLOSED.search(text[: first.start()]) is not None
    parts = [part.strip(" ,;/·") for part in MARK.split(text)]
    marks = [mark_of(f"{found[0]} x")[0] for found in MARK.finditer(text)]
    lead, items = (parts[0], parts[1:]) if in_front else (parts[-1], parts[:-1])
    told: list[tuple[Polarity | None, str]] = []
    for polarity, part in zip(marks, items, strict=True):
        sentences = _SENTENCE.split(part)
        if not in_front:
            told.extend((None, sentence) for sentence in sentences[:-1])
            sentences = sentences[-1:]
        told.append((polarity, " ".join(sentences)))
    told = [(polarity, part) for polarity, part in told if part]
    if in_front and lead:
        yield Paragraph(lead)
    if any(polarity is Polarity.FORBIDDEN for polarity, _ in told):
        yield Signed(tuple(told))
    elif told:
        yield Paragraph(" ".join(part for _, part in told))
    if lead and not in_front:
        yield Paragraph(lead)


def _table(block: Table, above: Polarity | None) -> Part:
    """Return a table of do's and don'ts, of acts that a heading forbids or of marked lines as a list."""
    heads = [heading_polarity(head) for head in block.header]
    plain = Table(tuple(map(heading_text, block.header)), block.rows)
    if len(heads) > 1 and all(head is not None for head in heads) and Polarity.FORBIDDEN in heads:
        told = [pair for row in block.rows for pair in zip(heads, row, strict=False)]
    elif len(heads) == 2 and all(cell_mark(row[0]) for row in block.rows if row):
        told = [(cell_mark(row[0]), row[1]) for row in block.rows if len(row) > 1]
    elif _judged(block):
        told = [(cell_mark(row[1]), row[0]) for row in block.rows if len(row) > 1]
    elif above is Polarity.FORBIDDEN and not any(heads[1:]):
        told = [pair for row in block.rows for pair in _forbidden_row(plain.header, row)]
    else:
        return plain
    kept = tuple((side, _without(cell)) for side, cell in told if cell.strip(" -–—") and not cell_mark(cell))
    return Signed(kept) if any(side is Polarity.FORBIDDEN for side, _ in kept) else plain


def _judged(block: Table) -> bool:
    """Whether a table judges acts by a ring or a cross behind each; statements of a quiz are no acts."""
    if len(block.header) != 2 or not _RING_OR_CROSS.match(block.header[1].strip()):
        return False
    return _ACTS.search(block.header[0]) is not None and all(
        len(row) == 2 and cell_mark(row[1]) for row in block.rows
    )


def _forbidden_row(header: Sequence[str], row: Sequence[str]) -> Iterator[tuple[Polarity | None, str]]:
    """Yield the act that a row below a heading that forbids names, and what else it says of it."""
    first = 1 if len(row) > 1 and (_NUMBERS.fullmatch(row[0].strip()) or not row[0].strip()) else 0
    yield Polarity.FORBIDDEN, row[first] if row else ""
    for head, cell in zip(header[first + 1 :], row[first + 1 :], strict=False):
        if cell.strip(" -–—"):
            yield None, f"{head}: {cell}" if head else cell


def _without(text: str) -> str:
    return without_marks(mark_of(text)[1]) or text
