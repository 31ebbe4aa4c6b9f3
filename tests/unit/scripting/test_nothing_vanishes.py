"""Random documents of all that CommonMark and Korean offices know: each word is read or counted as unread."""

import random
import re
from collections.abc import Callable

import pytest

from services.scripting.reading.source import parse_source
from tests.support.drawn_blocks import drawn

MARKS = (
    "- * + 1. 2) □ ■ ○ ㅇ · ※ ▶ ✓ ❌ • → 가. 1) 가) (1) (가) ① ② ㉮ Ⅰ. A. 제3조(목적) 제1장".split()  # noqa: SIM905
)
DEEPEST = 2
DATES = ("2023.09.15", "2025. 3. 5.", "3. 5.(수)")


class Author:
    """Writes a document of words that occur once."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._count = 0

    def document(self) -> str:
        return "".join(
            self.block(0) + self._random.choice(["", "\n", "\n"]) for _ in range(self._random.randint(2, 10))
        )

    def word(self) -> str:
        self._count += 1
        return f"낱말{self._count}끝"

    def sentence(self) -> str:
        w = self.word
        kinds: list[Callable[[], str]] = [
            lambda: f"{w()}을 {self._random.randint(1, 99)}번 확인합니다.",
            lambda: f"{w()}은 하지 않는다.",
            lambda: f"{w()} 보관 금지",
            lambda: f"{w()} 3. 5.(수)까지 제출할 것",
            lambda: f"2025. 3. 5. {w()} 시행",
            lambda: f"**{w()}**와 `{w()}`을 봅니다.",
            lambda: f"Check the {w()} now.",
            lambda: f"{w()}: {w()}",
            lambda: f"{w()}(2023.09.15) {w()}",
            lambda: f"~~{w()}~~ {w()}",
            lambda: f"{w()}[^{self._random.randint(1, 3)}]입니다.",
            lambda: f"$x_{self._random.randint(1, 9)}$ {w()}",
            lambda: f"{w()}은 다음과 같다:",
            w,
        ]
        return self._random.choice(kinds)()

    def block(self, depth: int) -> str:
        kinds: list[Callable[[], str]] = [
            self.paragraph,
            self.listing,
            self.listing,
            self.heading,
            self.table,
            self.odd,
            self.mixed,
        ]
        kinds.append(lambda: f"{self.sentence()}\n---\n{self.word()}\n")
        if depth < DEEPEST:
            kinds += [lambda: self.quote(depth), lambda: self.nested(depth)]
        return self._random.choice(kinds)()

    def paragraph(self) -> str:
        indent = self._random.choice(["", "", " ", "  ", "    ", "\t"])
        return "".join(f"{indent}{self.sentence()}\n" for _ in range(self._random.randint(1, 3)))

    def listing(self) -> str:
        chance, found = self._random.random, ""
        indent = self._random.choice(["", "", " ", "  ", "   ", "    ", "\t", "      "])
        for _ in range(self._random.randint(1, 4)):
            found += f"{indent}{self._random.choice(MARKS)} {self.sentence()}\n"
            found += f"{indent}  {self.sentence()}\n" if chance() < 0.3 else ""
            found += f"{indent}    {self._random.choice(MARKS)} {self.sentence()}\n" if chance() < 0.3 else ""
            found += "\n" if chance() < 0.15 else ""
        return found

    def heading(self) -> str:
        number = self._random.choice(["", "1. ", "가. ", "3-2-1 "])
        return f"{'#' * self._random.randint(1, 4)} {number}{self.sentence()}\n"

    def table(self) -> str:
        w = self.word
        return f"| {w()} | {w()} |\n|---|---|\n| {w()}<br>{w()} | - |\n| {w()} | {w()} |\n"

    def odd(self) -> str:
        w = self.word
        kinds: list[Callable[[], str]] = [
            lambda: f"```\n{self.sentence()}\n```\n",
            lambda: f"```\n{self.sentence()}\n\n",
            lambda: f"- 1 -\n{w()}\n",
            lambda: f"$$\n{w()}\n$$\n",
            lambda: f"![{w()}](a.png)\n",
            lambda: f"[^1]: {w()} 각주입니다.\n",
            lambda: f"{w()} ........ 3\n{w()} ....... 4\n",
            lambda: f"---\ntitle: {w()}\n---\n",
            lambda: f"---\n{self.sentence()}\n---\n",
        ]
        return self._random.choice(kinds)()

    def mixed(self) -> str:
        template = self._random.choice(
            [
                '!!! note "%s"\n    %s\n',
                "::: tip %s\n%s\n:::\n",
                "<p>%s</p>\n<ul><li>%s</li></ul>\n",
                "<table><tr><td>%s</td><td>%s</td></tr></table>\n",
                "<details><summary>%s</summary>\n\n%s\n</details>\n",
                "<div>%s <!-- x --> <del>%s</del></div>\n",
                "%s\n: %s\n",
            ]
        )
        return template % (self.word(), self.word())

    def quote(self, depth: int) -> str:
        return "".join(f"> {line}\n" for line in self.block(depth + 1).rstrip("\n").split("\n"))

    def nested(self, depth: int) -> str:
        inner = self.block(depth + 1).rstrip("\n").split("\n")
        indent = self._random.choice(["   ", "    "])
        below = "".join(f"{indent}{line}\n" for line in inner)
        return f"{self._random.choice(MARKS)} {self.sentence()}\n{self._random.choice(['', chr(10)])}{below}"


@pytest.mark.parametrize("decade", range(10))
def test_every_word_and_every_date_of_a_document_is_read_or_counted_as_unread(decade: int) -> None:
    for seed in range(decade * 25, decade * 25 + 25):
        document = Author(seed).document()
        found = drawn(parse_source(document))
        lost = set(re.findall(r"낱말\d+끝", document)) - set(re.findall(r"낱말\d+끝", found))
        lost |= {date for date in DATES if date in document and date not in found}
        assert not lost, f"seed {seed}: {lost}\n{document}\n------\n{found}"
