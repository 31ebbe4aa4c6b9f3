"""How many steps a regular expression takes, counted by a matcher that backtracks as the real one does.

The standard library's matcher tells nobody, and it cannot be interrupted: whoever finds a text over which an
expression goes back and forth stops the process. This one walks the same parsed expression in the same order,
and counts each test of a character and each try of a branch.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_ops: Any = re._constants  # type: ignore[attr-defined]
_parse: Callable[[str, int], Any] = re._parser.parse  # type: ignore[attr-defined]

_Next = Callable[[int], bool]
_Node = Callable[[int, _Next], bool]
_PUMPS = " 1가a\n.,-A~:\"'“(<[*#=漢م\t\u0301"
"""Characters that are tried where an expression repeats itself; those of other classes are made from it."""

_RECURSION = 60_000


class TooManyStepsError(Exception):
    """The budget of steps is spent."""


class Stepper:
    """An expression, ready to be counted.

    Args:
        pattern: compiled, of text.
    """

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._ignore_case = bool(pattern.flags & re.IGNORECASE)
        self._dot_all = bool(pattern.flags & re.DOTALL)
        self._multiline = bool(pattern.flags & re.MULTILINE)
        self._tree = _parse(pattern.pattern, pattern.flags)
        self._text = ""
        self._groups: dict[int, str] = {}
        self._budget = 50_000_000
        self.steps = 0
        self._node = self._sequence(list(self._tree))

    def search_all(self, text: str, budget: int = 50_000_000) -> int:
        """Return the steps of finding every match in ``text``, as ``sub`` and ``finditer`` do.

        Raises:
            TooManyStepsError: more than ``budget``.
        """
        self._budget = budget
        self.spans(text)
        return self.steps

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where the matches are."""
        self._text, self.steps = text, 0
        found: list[tuple[int, int]] = []

        def done(at: int) -> bool:
            found.append((start, at))
            return True

        before = sys.getrecursionlimit()
        sys.setrecursionlimit(_RECURSION)
        try:
            start = 0
            while start <= len(text):
                matched = self._node(start, done)
                start = max(start + 1, found[-1][1]) if matched else start + 1
        finally:
            sys.setrecursionlimit(before)
        return found

    def attacks(self, size: int) -> Iterator[str]:
        """Yield texts of about ``size`` characters that make the expression repeat itself, and then fail."""
        for lead, bodies in _repeats(list(self._tree), ""):
            for body in bodies:
                many = body * (size // len(body))
                yield f"{lead}{many}\0"
                if lead:
                    yield (lead + body) * (size // len(lead + body)) + "\0"

    @property
    def longest_bound(self) -> int:
        """The largest number that a bounded repetition names."""
        return max((high for _, high in _bounds(list(self._tree)) if high is not None), default=0)

    @property
    def size(self) -> int:
        """How many places the expression has, in all its branches."""
        return _count(list(self._tree))

    def _step(self, count: int = 1) -> None:
        self.steps += count
        if self.steps > self._budget:
            raise TooManyStepsError

    def _sequence(self, items: Sequence[Any]) -> _Node:
        nodes = [self._compiled(op, argument) for op, argument in items]

        def match(at: int, then: _Next) -> bool:
            def run(index: int, here: int) -> bool:
                if index == len(nodes):
                    return then(here)
                return nodes[index](here, lambda end: run(index + 1, end))

            return run(0, at)

        return nodes[0] if len(nodes) == 1 else match

    def _compiled(self, op: Any, argument: Any) -> _Node:
        if (test := self._character(op, argument)) is not None:
            return self._one(test)
        if op is _ops.AT:
            return self._place(argument)
        if op is _ops.BRANCH:
            return self._branch([self._sequence(list(item)) for item in argument[1]])
        if op is _ops.SUBPATTERN:
            return self._group(argument[0], self._sequence(list(argument[3])))
        if op is _ops.GROUPREF:
            return self._again(argument)
        if op in (_ops.MAX_REPEAT, _ops.MIN_REPEAT):
            low, high, body = argument
            most = None if high is _ops.MAXREPEAT else high
            return self._repeat(low, most, list(body), op is _ops.MAX_REPEAT)
        if op in (_ops.ASSERT, _ops.ASSERT_NOT):
            direction, body = argument
            return self._look(direction, list(body), wanted=op is _ops.ASSERT)
        raise NotImplementedError(f"{op} is not counted")

    def _character(self, op: Any, argument: Any) -> Callable[[str], bool] | None:
        """Return the test of one character, each answer kept: the same few characters come again."""
        known: dict[str, bool] = {}
        if op is _ops.LITERAL:
            wanted = self._cases(chr(argument))
            return lambda char: char in wanted
        if op is _ops.NOT_LITERAL:
            unwanted = self._cases(chr(argument))
            return lambda char: char not in unwanted
        if op is _ops.ANY:
            return (lambda _: True) if self._dot_all else (lambda char: char != "\n")
        if op is not _ops.IN:
            return None

        def test(char: str) -> bool:
            if char not in known:
                known[char] = any(_holds(argument, case) for case in self._cases(char))
                if argument[0][0] is _ops.NEGATE:
                    known[char] = all(_holds(argument, case) for case in self._cases(char))
            return known[char]

        return test

    def _cases(self, char: str) -> str:
        return char + char.lower() + char.upper() if self._ignore_case else char

    def _one(self, test: Callable[[str], bool]) -> _Node:
        def match(at: int, then: _Next) -> bool:
            self._step()
            return at < len(self._text) and test(self._text[at]) and then(at + 1)

        return match

    def _place(self, where: Any) -> _Node:
        def holds(at: int) -> bool:
            text = self._text
            if where is _ops.AT_BEGINNING:
                return at == 0 or (self._multiline and text[at - 1] == "\n")
            if where is _ops.AT_BEGINNING_STRING:
                return at == 0
            if where is _ops.AT_END:
                line = self._multiline or at == len(text) - 1
                return at == len(text) or (line and text[at] == "\n")
            if where is _ops.AT_END_STRING:
                return at == len(text)
            word = [0 <= i < len(text) and (text[i].isalnum() or text[i] == "_") for i in (at - 1, at)]
            return (word[0] != word[1]) == (where is _ops.AT_BOUNDARY)

        def match(at: int, then: _Next) -> bool:
            self._step()
            return holds(at) and then(at)

        return match

    def _group(self, number: int | None, node: _Node) -> _Node:
        if number is None:
            return node

        def match(at: int, then: _Next) -> bool:
            before = self._groups.get(number, "")

            def closed(end: int) -> bool:
                self._groups[number] = self._text[at:end]
                return then(end)

            if node(at, closed):
                return True
            self._groups[number] = before
            return False

        return match

    def _again(self, number: int) -> _Node:
        def match(at: int, then: _Next) -> bool:
            group = self._groups.get(number, "")
            self._step(len(group) + 1)
            return self._text.startswith(group, at) and then(at + len(group))

        return match

    def _branch(self, nodes: Sequence[_Node]) -> _Node:
        def match(at: int, then: _Next) -> bool:
            return any(node(at, then) for node in nodes)

        return match

    def _repeat(self, low: int, high: int | None, body: list[Any], greedy: bool) -> _Node:  # noqa: FBT001
        test = self._character(*body[0]) if len(body) == 1 else None
        if test is not None:
            return self._repeat_one(low, high, test, greedy)
        node = self._sequence(body)

        def match(at: int, then: _Next) -> bool:
            def again(count: int, here: int) -> bool:
                self._step()
                more = high is None or count < high

                def once(end: int) -> bool:
                    return (end > here or count < low) and again(count + 1, end)

                if count < low:
                    return node(here, once)
                if greedy:
                    return (more and node(here, once)) or then(here)
                return then(here) or (more and node(here, once))

            return again(0, at)

        return match

    def _repeat_one(self, low: int, high: int | None, test: Callable[[str], bool], greedy: bool) -> _Node:  # noqa: FBT001
        def match(at: int, then: _Next) -> bool:
            text = self._text
            last = len(text) if high is None else min(len(text), at + high)
            if greedy:
                end = at
                while end < last and test(text[end]):
                    end += 1
                self._step(end - at + 1)
                for stop in range(end, at + low - 1, -1):
                    self._step()
                    if then(stop):
                        return True
                return False
            end = at
            while True:
                self._step()
                if end - at >= low and then(end):
                    return True
                if end >= last or not test(text[end]):
                    return False
                end += 1

        return match

    def _look(self, direction: int, body: list[Any], *, wanted: bool) -> _Node:
        node = self._sequence(body) if body else (lambda at, then: then(at))
        widths = _parse_width(body)

        def match(at: int, then: _Next) -> bool:
            self._step()
            start = at if direction > 0 else at - widths
            found = start >= 0 and node(start, lambda _end: True)
            return found == wanted and then(at)

        return match


def _parse_width(body: Sequence[Any]) -> int:
    """Return the width of what a look behind asks for; it is fixed."""
    width = 0
    for op, argument in body:
        if op is _ops.BRANCH:
            width += _parse_width(list(argument[1][0]))
        elif op is _ops.SUBPATTERN:
            width += _parse_width(list(argument[3]))
        elif op in (_ops.MAX_REPEAT, _ops.MIN_REPEAT):
            width += argument[0] * _parse_width(list(argument[2]))
        elif op not in (_ops.AT, _ops.ASSERT, _ops.ASSERT_NOT):
            width += 1
    return width


_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    _ops.CATEGORY_DIGIT: str.isdecimal,
    _ops.CATEGORY_NOT_DIGIT: lambda char: not char.isdecimal(),
    _ops.CATEGORY_SPACE: str.isspace,
    _ops.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    _ops.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    _ops.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
}


def _holds(items: Sequence[Any], char: str) -> bool:
    negated = items[0][0] is _ops.NEGATE
    for op, argument in items[negated:]:
        held = (
            ord(char) == argument
            if op is _ops.LITERAL
            else argument[0] <= ord(char) <= argument[1]
            if op is _ops.RANGE
            else _CATEGORIES[argument](char)
        )
        if held:
            return not negated
    return negated


def _sample(items: Sequence[Any]) -> str:
    """Return a text that ``items`` match, as far as characters decide."""
    parts = []
    for op, argument in items:
        if op is _ops.LITERAL:
            parts.append(chr(argument))
        elif op is _ops.BRANCH:
            parts.append(_sample(list(argument[1][0])))
        elif op is _ops.SUBPATTERN:
            parts.append(_sample(list(argument[3])))
        elif op in (_ops.MAX_REPEAT, _ops.MIN_REPEAT):
            parts.append(_sample(list(argument[2])) * min(argument[0], 40))
        elif op in (_ops.ANY, _ops.NOT_LITERAL, _ops.IN):
            parts.append(next(iter(_accepted(op, argument)), ""))
    return "".join(parts)


def _accepted(op: Any, argument: Any) -> list[str]:
    """Return characters that one place accepts: of the usual ones, else the first of its own."""
    if op is _ops.LITERAL:
        return [chr(argument)]
    if op is _ops.ANY:
        return list(_PUMPS.replace("\n", ""))
    if op is _ops.NOT_LITERAL:
        return [char for char in _PUMPS if ord(char) != argument]
    own = [
        chr(value if kind is _ops.LITERAL else value[0])
        for kind, value in argument
        if kind in (_ops.LITERAL, _ops.RANGE)
    ]
    negated = argument[0][0] is _ops.NEGATE
    return [char for char in _PUMPS if _holds(argument, char)] or ([] if negated else own[:1])


def _repeats(items: Sequence[Any], lead: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each long repetition of an expression: what leads up to it, and texts of what is repeated."""
    for op, argument in items:
        if op in (_ops.MAX_REPEAT, _ops.MIN_REPEAT):
            _, high, body = argument
            inner = list(body)
            if high is _ops.MAXREPEAT or high > 20:
                single = _accepted(*inner[0])[:3] if len(inner) == 1 and inner[0][0] in _SINGLE else []
                if bodies := single or ([_sample(inner)] if _sample(inner) else []):
                    yield lead, bodies
            yield from _repeats(inner, lead)
        elif op is _ops.BRANCH:
            for branch in argument[1]:
                yield from _repeats(list(branch), lead)
        elif op is _ops.SUBPATTERN:
            yield from _repeats(list(argument[3]), lead)
        lead += _sample([(op, argument)])


_SINGLE = (_ops.IN, _ops.ANY, _ops.LITERAL, _ops.NOT_LITERAL)


def _bounds(items: Sequence[Any]) -> Iterator[tuple[int, int | None]]:
    for op, argument in items:
        if op in (_ops.MAX_REPEAT, _ops.MIN_REPEAT):
            yield argument[0], None if argument[1] is _ops.MAXREPEAT else argument[1]
            yield from _bounds(list(argument[2]))
        elif op is _ops.BRANCH:
            for branch in argument[1]:
                yield from _bounds(list(branch))
        elif op is _ops.SUBPATTERN:
            yield from _bounds(list(argument[3]))


def _count(items: Sequence[Any]) -> int:
    places = 0
    for op, argument in items:
        places += 1
        if op in (_ops.MAX_REPEAT, _ops.MIN_REPEAT):
            places += _count(list(argument[2]))
        elif op is _ops.BRANCH:
            places += sum(_count(list(branch)) for branch in argument[1])
        elif op is _ops.SUBPATTERN:
            places += _count(list(argument[3]))
        elif op in (_ops.ASSERT, _ops.ASSERT_NOT):
            places += _count(list(argument[1]))
    return places
