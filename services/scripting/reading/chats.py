"""Chats as messengers export and copy them: what was said, without who said it and when."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.scripting.reading.blocks import Unread
from services.scripting.reading.wording import ends_sentence

_HALF = r"(?:오전|오후|[AaPp]\.?[Mm]\.?)"
_CLOCK = rf"(?:{_HALF} ?)?\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?: ?[AaPp]\.?[Mm]\.?)?"
_NAMED_CLOCK = rf"(?:{_HALF} ?\d{{1,2}}:\d{{2}}(?::\d{{2}})?|\d{{1,2}}:\d{{2}} ?[AaPp]\.?[Mm]\.?)"
_DAY = r"(?:\d{4}년 \d{1,2}월 \d{1,2}일|\d{4}[.-] ?\d{1,2}[.-] ?\d{1,2}\.?|\d{1,2}[./]\d{1,2}[./]\d{2,4})"

_EXPORTED = (
    re.compile(rf"^\[(?P<name>[^\[\]\n]{{1,20}})\] \[(?P<time>{_CLOCK})\] ?"),
    re.compile(
        rf"^(?P<time>\[{_DAY},? {_CLOCK}\]|{_DAY},? {_CLOCK}(?:,| -)) (?P<name>[^:\n,]{{1,20}}?) ?: (?=\S)"
    ),
)
"""[김민수] [오전 9:12] 서버가; 2026년 5월 11일 오전 9:12, 김민수 : 서버가: nothing else looks so."""
_COPIED = (
    re.compile(rf"^\[(?P<time>{_CLOCK})\] ?(?:(?P<name>[^:\[\]\n]{{1,20}}?) ?: )?(?=\S)"),
    re.compile(
        rf"^(?P<name>[^\s\d:\[\]|#>*-][^:\[\]|,.!?\n]{{0,15}}?)(?:, ?| ?\("
        rf"| )(?P<time>{_NAMED_CLOCK})(?:\)?:|\)|,)?(?: |$)"
    ),
)
"""[10:14] Dana: The job failed; 김민수 오전 9:12 서버가 느립니다: a program of a day may look the same."""
_ALONE = re.compile(_NAMED_CLOCK)
_SHORT_NAME = re.compile(r"[^\s\d:\[\]|#>*-][^:\[\]|,.!?\n]{0,15}")
_LEAST_MESSAGES = 2
_ROUND = 10
"""Minutes to which the times of a program are rounded; those of a chat fall anywhere."""

_DATE = re.compile(rf"^[-=─—\s]{{0,40}}{_DAY}(?: ?\(?[월화수목금토일](?:요일)?\)?)?[-=─—\s]{{0,40}}$")
_OF_THE_PROGRAM = re.compile(
    r"^(?:사진(?: \d{1,3}장)?|동영상|이모티콘|음성 ?메시지|삭제된 메시지입니다\.?|<?(?:photo|video"
    r"|sticker|media omitted)>?"
    r"|저장한 날짜 ?: .{1,40}|.{1,40} 카카오톡 대화"
    r"|.{1,40}님이 (?:들어왔습니다|나갔습니다|.{1,40}님을 초대(?:했|하였)습니다)\.?)$",
    re.IGNORECASE,
)
"""What a messenger puts in itself: that a picture was sent, who came and went."""


@dataclass(frozen=True)
class _Stamp:
    """What stands in front of a message.

    Attributes:
        text: all of it, as written.
        time: of the message.
        name: of who says it, ``""`` for nobody.
        end: where the message begins in its line.
        sure: only a messenger writes so.
    """

    text: str
    time: str
    name: str
    end: int
    sure: bool


def without_stamps(lines: Sequence[str], unread: list[Unread]) -> list[str]:
    """Return the lines of a chat as what was said, each message on its own; other texts as they are.

    Args:
        lines: of a text.
        unread: gets who said it and when, and what the messenger itself put in.
    """
    lines = _headed(lines)
    stamps = [_stamp(line[:200]) for line in lines]
    if not _is_chat(lines, stamps):
        return list(lines)
    told: list[str] = []
    for line, stamp in zip(lines, stamps, strict=True):
        message = line[stamp.end :].strip() if stamp else line
        if stamp:
            unread.append(Unread("time", None, stamp.text))
            told.append("")
        bare = message.strip()
        if _DATE.match(bare[:140]):
            unread.append(Unread("time", None, bare))
        elif _OF_THE_PROGRAM.match(bare[:140]):
            unread.append(Unread("chat", None, bare))
        else:
            told.append(_ended(message) if stamp else message)
    return told


def _headed(lines: Sequence[str]) -> Sequence[str]:
    """Return lines with who says a message and when on one line, where they stand on two."""
    times = [_ALONE.fullmatch(line.strip()[:40]) is not None for line in lines]
    names = [
        after and not time and _SHORT_NAME.fullmatch(line.strip()[:40]) is not None
        for line, time, after in zip(lines, times, [*times[1:], False], strict=True)
    ]
    if sum(names) < _LEAST_MESSAGES:
        return lines
    told: list[str] = []
    for index, line in enumerate(lines):
        if index and names[index - 1]:
            told[-1] = f"{told[-1].strip()} {line.strip()}"
        else:
            told.append(line)
    return told


def _ended(message: str) -> str:
    """Return a message with a mark at its end, without which a short one would read like a heading."""
    return f"{message}." if message[-1:].isalnum() else message


def _stamp(line: str) -> _Stamp | None:
    for patterns, sure in ((_EXPORTED, True), (_COPIED, False)):
        for pattern in patterns:
            if found := pattern.match(line):
                text = found[0].strip().rstrip(" :")
                return _Stamp(text, found["time"], (found["name"] or "").strip(), found.end(), sure)
    return None


def _is_chat(lines: Sequence[str], stamps: Sequence[_Stamp | None]) -> bool:
    """Whether lines are messages: what only messengers write, or names with times before whole sentences."""
    found = [stamp for stamp in stamps if stamp]
    if len(found) < _LEAST_MESSAGES:
        return False
    if sum(stamp.sure for stamp in found) >= _LEAST_MESSAGES:
        return True
    said = list(_messages(lines, stamps))
    again = max(Counter(stamp.name for stamp in found if stamp.name).values(), default=0) > 1
    planned = all(_minute(stamp.time) % _ROUND == 0 for stamp in found)
    whole = sum(map(_tells, said))
    return whole * (3 if again else 2) >= len(said) and (again or not planned)


def _messages(lines: Sequence[str], stamps: Sequence[_Stamp | None]) -> Iterator[str]:
    """Yield what stands behind each stamp, or in the line below one that stands alone."""
    for index, stamp in enumerate(stamps):
        if stamp:
            below = lines[index + 1] if index + 1 < len(lines) and not stamps[index + 1] else ""
            yield lines[index][stamp.end :].strip() or below.strip()


def _tells(text: str) -> bool:
    """Whether a message is a sentence, rather than the name of a thing or place."""
    return ends_sentence(text) or text[-1:] in "~^ㅎㅋㅠㅜ!"


def _minute(time: str) -> int:
    return int(time.split(":")[1][:2])
