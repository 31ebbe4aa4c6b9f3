"""JSON as language models write it, found between words and read in one walk.

Forgiven: trailing, doubled and missing commas, comments, unescaped quotation marks, escapes that are none,
single and curly quotation marks, bare names, Python's constants, a closing bracket too many or too few. Never
forgiven: an end inside a list or a text (the rest of the lesson is missing), and one name for two values.

Linear: no character is walked over twice, but for looks ahead that are bounded, and a text that is cut off,
which is looked at anew at most :data:`_MOST_RESTARTS` times.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.scripting.llm.loose_quotes import QUOTES, SPACE, closes

MAX_DEPTH = 30
"""Nesting that is followed. A wrapped script has 8; much more, and Python's own stack ends."""

_MOST_RESTARTS = 4
"""Cut-off texts behind which another is looked for. Fewer: a stray brace in the words before hides the answer
more often. More: each costs a walk over the whole answer."""

_OPENING = re.compile(r"[{\[]")
_NUMBER = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?")
_BARE = re.compile(r"[^\s,{}\[\]\"':]{1,40}")
_NAME = re.compile(
    r'"((?:[^"\\\n]|\\[^\n]){0,60})"|\'([^\'\\\n]{0,60})\'|[“”]([^“”"\n]{0,60})[“”"]|`([^`\n]{0,60})`'
    r"|([^\W\d][\w-]{0,59})"
)
_NAME_INSIDE = re.compile(
    r"[\"'“”](chapters|chapter_id|title|scenes|scene_id|narration|on_screen_text|duration_sec)[\"'“”]\s{0,20}:"
)
"""Names of the form inside a text: so nobody speaks."""
_COLON = re.compile(r":|：|=>?")
_LOW_SURROGATE = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_PATH_BEFORE = re.compile(r"(?<![A-Za-z])[A-Za-z]:(?:\\[^\s\"\\/]{0,80}){0,12}\Z")
_PATH_AHEAD = re.compile(r"\\(?:[tbf][A-Za-z]|[nr][^\s\"\\]{1,40}\\)")
_TRIPLE = '"""'
_CONSTANTS = {
    "true": True, "True": True, "false": False, "False": False,
    "null": None, "None": None, "undefined": None, "NaN": None, "nil": None,
}  # fmt: skip
_ESCAPES = {'"': '"', "'": "'", "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_STOPS = {opening: re.compile(f"[{closings}\\\\]") for opening, closings in QUOTES.items()}


@dataclass(frozen=True)
class Found:
    """What stands somewhere in an answer.

    Attributes:
        value: what was read; ``None`` where there is a problem.
        problem: in words, why it cannot be read.
        names: all names of members that were seen in it.
        first_number: of ``chapter_id``, the first value that was seen; ``None`` if there was none.
    """

    value: Any
    problem: str | None
    names: frozenset[str]
    first_number: int | None = None


def find_values(text: str) -> Iterator[Found]:
    """Yield every JSON object and list in a text, in order, and every one that was begun and went wrong."""
    at, restarts = 0, 0
    place, last_comment_end = _Place(text), text.rfind("*/")
    while opening := _OPENING.search(text, at):
        walk = _Walk(text, opening.start(), last_comment_end)
        try:
            value = walk.value()
        except _BrokenError as broken:
            where = (_Place(text) if broken.cut else place).told(broken.at)
            yield Found(None, f"{broken.what} at {where}", frozenset(walk.names), walk.first_number)
            if not broken.cut:
                at = max(broken.at, opening.end())
            elif restarts < _MOST_RESTARTS:
                restarts += 1
                at = opening.end()
            else:
                return
        else:
            yield Found(value, None, frozenset(walk.names), walk.first_number)
            at = walk.at


class _BrokenError(Exception):
    """What is wrong at a place; ``cut`` when it is the text's end."""

    def __init__(self, at: int, what: str, *, cut: bool = False) -> None:
        super().__init__(what)
        self.at, self.what, self.cut = at, what, cut


class _Place:
    """Tells places of a text, each behind the one before, so that all its lines are counted once."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line, self._begins = text, 0, 1, 0

    def told(self, at: int) -> str:
        """Return line and column, from 1."""
        self._line += self._text.count("\n", self._at, at)
        self._begins = max(self._begins, self._text.rfind("\n", self._at, at) + 1)
        self._at = max(self._at, at)
        return f"line {self._line} column {at - self._begins + 1}"


class _Walk:
    """One walk over one value."""

    def __init__(self, text: str, at: int, last_comment_end: int) -> None:
        self.text, self.at = text, at
        self.names: set[str] = set()
        self.first_number: int | None = None
        self._end = len(text)
        self._open: list[str] = []
        self._path: list[str] = []
        self._last_comment_end = last_comment_end

    def value(self) -> Any:
        """Read the value that stands here."""
        self._skip()
        if self.at >= self._end:
            raise self._cut()
        sign = self.text[self.at]
        if sign in "{[":
            if len(self._open) >= MAX_DEPTH:
                raise _BrokenError(self.at, "lists and objects are nested too deeply")
            self._open.append(sign)
            read = self._object() if sign == "{" else self._list()
            self._open.pop()
            return read
        if sign in QUOTES:
            return self._string(sign)
        return self._bare()

    def _object(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        self.at += 1
        while True:
            self._skip(commas=True)
            sign = self.text[self.at : self.at + 1]
            if not sign:
                if "[" in self._open:
                    raise self._cut()
                return made  # everything in it is closed: only the last braces are missing
            if sign == "}":
                self.at += 1
                return made
            if sign in "]{" and made and "[" in self._open:
                return made  # its own brace was forgotten
            name = self._name()
            self._path.append(name)
            value = self.value()
            self._path.pop()
            if name in made and made[name] != value:
                raise _BrokenError(self.at, f"one object names {name[:40]!r} twice")
            made[name] = value

    def _name(self) -> str:
        found = _NAME.match(self.text, self.at)
        space = SPACE.match(self.text, found.end()) if found else None
        colon = _COLON.match(self.text, space.end()) if space else None
        if not found or not colon:
            if space and space.end() >= self._end:
                raise self._cut()
            raise _BrokenError(self.at, "there is no name in quotation marks with a colon behind it")
        self.at = colon.end()
        name = next(group for group in found.groups() if group is not None)
        self.names.add(name)
        return name

    def _list(self) -> list[Any]:
        made: list[Any] = []
        self.at += 1
        while True:
            self._skip(commas=True)
            sign = self.text[self.at : self.at + 1]
            if not sign:
                raise self._cut()
            if sign == "]":
                self.at += 1
                return made
            if sign == "}" and "{" in self._open:
                return made  # its own bracket was forgotten
            self._path.append(str(len(made)))
            made.append(self.value())
            self._path.pop()

    def _bare(self) -> Any:
        if self.text.startswith(("...", "…"), self.at):
            raise _BrokenError(self.at, "there are three dots where the rest should be written out")
        if number := _NUMBER.match(self.text, self.at):
            self.at = number.end()
            if unit := _BARE.match(self.text, self.at):  # 15s
                self.at = unit.end()
                return f"{number[0]}{unit[0]}"
            read = float(number[0]) if set(number[0]) & set(".eE") else int(number[0])
            if self.first_number is None and self._path and "chapter" in self._path[-1].lower():
                self.first_number = int(read) if abs(read) < 1e9 else None
            return read
        word = _BARE.match(self.text, self.at)
        if word and word[0] in _CONSTANTS:
            self.at = word.end()
            return _CONSTANTS[word[0]]
        if word and word.end() >= self._end:
            raise self._cut()
        raise _BrokenError(self.at, "there is neither a text in quotation marks nor a number, list or object")

    def _string(self, opening: str) -> str:
        """Read a text; a quotation mark closes it only where JSON goes on behind the mark."""
        if self.text.startswith(_TRIPLE, self.at):
            close = self.text.find(_TRIPLE, self.at + 3)
            if close >= 0 and closes(self.text, close + 3, self._open, 0):
                told, self.at = self.text[self.at + 3 : close], close + 3
                return self._unswallowed(told, 1)
        parts: list[str] = []
        self.at += 1
        inner = 0
        while stop := _STOPS[opening].search(self.text, self.at):
            parts.append(self.text[self.at : stop.start()])
            self.at = stop.end()
            if stop[0] == "\\":
                parts.append(self._escape(parts))
            elif closes(self.text, self.at, self._open, inner):
                return self._unswallowed("".join(parts), inner)
            else:
                parts.append(stop[0])
                inner += 1
        self.at = self._end
        raise self._cut()

    def _unswallowed(self, text: str, inner: int) -> str:
        """Return the text, unless it went on over marks that did close it: into the next members."""
        if inner and (name := _NAME_INSIDE.search(text)):
            raise _BrokenError(self.at, f"a text in quotation marks goes on into the next name, {name[1]!r}")
        return text

    def _escape(self, parts: list[str]) -> str:
        """Return what an escape stands for; a backslash that begins none is one."""
        sign = self.text[self.at : self.at + 1]
        begun = "".join(parts[-24:])[-200:]
        in_path = _PATH_BEFORE.search(begun) if ":" in begun else None
        if in_path and sign != "\\" and (len(in_path[0]) > 2 or _PATH_AHEAD.match(self.text, self.at - 1)):
            return "\\"  # C:\temp, C:\Users\new: nobody breaks a line there
        if sign in _ESCAPES:
            self.at += len(sign)
            return _ESCAPES.get(sign, "")
        if sign == "u" and (digits := _HEX.match(self.text, self.at + 1)):
            self.at += 5
            return self._character(int(digits[0], 16))
        return "\\"

    def _character(self, code: int) -> str:
        low = _LOW_SURROGATE.match(self.text, self.at)
        if 0xD800 <= code < 0xDC00 and low:
            self.at = low.end()
            return chr(0x10000 + ((code - 0xD800) << 10) + (int(low[1], 16) - 0xDC00))
        return "" if 0xD800 <= code < 0xE000 else chr(code)

    def _skip(self, *, commas: bool = False) -> None:
        """Go on behind spaces and comments, and behind commas where they only separate."""
        while True:
            space = SPACE.match(self.text, self.at)
            self.at = space.end() if space else self.at
            if self.text.startswith(("//", "#"), self.at):
                line = self.text.find("\n", self.at)
                self.at = line + 1 if line >= 0 else self._end
            elif self.text.startswith("/*", self.at) and self.at < self._last_comment_end:
                self.at = self.text.index("*/", self.at + 1) + 2
            elif commas and self.text.startswith(("，", ",", ";"), self.at):
                self.at += 1
            else:
                return

    def _cut(self) -> _BrokenError:
        """Return what is wrong with an answer that ends here."""
        where = ".".join(self._path) or "its first object"
        return _BrokenError(
            self._end, f"the answer is cut off: it ends in the middle of {where[:100]}", cut=True
        )
