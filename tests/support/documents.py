"""Every construct of CommonMark, of its common extensions and of Korean office papers, filled by a pen."""

from collections.abc import Callable, Iterable
from typing import Final

from tests.support.pen import Pen

Lines = list[str]
Construct = Callable[[Pen], Lines]


def indented(lines: Iterable[str], by: int) -> Lines:
    """Return lines moved to the right."""
    return [f"{' ' * by}{line}" if line else "" for line in lines]


def quoted(lines: Iterable[str]) -> Lines:
    """Return lines as a block quote."""
    return [f"> {line}".rstrip() for line in lines]


def _paragraph(pen: Pen) -> Lines:
    return [f"{pen.any()} {pen.any()}"]


def _wrapped(pen: Pen) -> Lines:
    words = f"{pen.any()} {pen.any()}".split()
    return [" ".join(words[:4]), " ".join(words[4:7]), " ".join(words[7:])]


def _bullets(pen: Pen, mark: str | None = None) -> Lines:
    mark = mark or pen.choose(("-", "*", "+"))
    return [f"{mark} {pen.any()}" for _ in range(3)]


def _phrases(pen: Pen) -> Lines:
    return [f"- {pen.item()}" for _ in range(3)]


def _steps(pen: Pen) -> Lines:
    mark = pen.choose((".", ")"))
    return [f"{number}{mark} {pen.any()}" for number in (1, 2, 3)]


def _nested(pen: Pen) -> Lines:
    inner = pen.choose((_bullets, _phrases, _steps))
    lines = [f"1. {pen.any()}", *indented(inner(pen), 3), f"2. {pen.any()}"]
    return [*lines, *indented([f"- {pen.item()}", *indented([f"- {pen.item()}"], 2)], 3)]


def _item_paragraphs(pen: Pen) -> Lines:
    return [f"- {pen.any()}", "", f"  {pen.any()}", "", f"- {pen.any()}"]


def _item_lines(pen: Pen) -> Lines:
    return [f"- {pen.item()}", f"  {pen.item()}", f"  {pen.item()}", f"- {pen.any()}"]


def in_item(inner: Construct) -> Construct:
    """Return a construct inside an item of a list."""
    return lambda pen: [f"- {pen.any()}", "", *indented(inner(pen), 2), "", f"- {pen.any()}"]


def in_quote(inner: Construct) -> Construct:
    """Return a construct inside a block quote."""
    return lambda pen: quoted(inner(pen))


def _header(pen: Pen) -> Lines:
    return [("| 항목 | 내용 |", "| item | note |")[pen.language == "en"], "|---|---|"]


def _table(pen: Pen) -> Lines:
    return [*_header(pen), f"| {pen.item()} | {pen.item()} |", f"| {pen.item()} | - |"]


def _breaks_in_table(pen: Pen) -> Lines:
    return [*_header(pen), f"| {pen.item()} | {pen.item()}<br>{pen.item()} |"]


def _fence(pen: Pen) -> Lines:
    return [pen.any(), "", "```", pen.item(), "```"]


def _rule_below(pen: Pen) -> Lines:
    return [pen.any(), pen.choose(("---", "===")), "", pen.any()]


def _setext(pen: Pen) -> Lines:
    return [pen.heading(), "------", "", pen.any(), pen.any()]


def _footnote(pen: Pen) -> Lines:
    first, second = pen.any(), pen.any()
    return [f"{first[:-1]}[^n]{first[-1]}", "", f"[^n]: {second}"]


def _struck(pen: Pen) -> Lines:
    return [f"~~{pen.struck()}~~ {pen.any()}", "", f"- ~~{pen.struck()}~~", f"- {pen.any()}"]


def _hidden(pen: Pen) -> Lines:
    return [f"<!-- {pen.struck()} -->", "", pen.any()]


def _tasks(pen: Pen) -> Lines:
    return [f"- [ ] {pen.any()}", f"- [x] {pen.item()}", f"- [X] {pen.any()}"]


def _inline(pen: Pen) -> Lines:
    linked, bold, code = pen.any(), pen.any(), pen.any()
    return [f"[{linked}](https://example.com/a_b?c=1 'x') **{bold}** *{code}*", "", f"`{pen.item()}`"]


def _html(pen: Pen) -> Lines:
    return ["<div class='box'>", f"<p>{pen.any()}</p>", f"<ul><li>{pen.any()}</li></ul>", "</div>"]


def _html_table(pen: Pen) -> Lines:
    return ["<table>", f"<tr><td>{pen.item()}</td><td>{pen.item()}</td></tr>", "</table>"]


def _alert(pen: Pen) -> Lines:
    return quoted([f"[!{pen.choose(('NOTE', 'WARNING', 'CAUTION'))}]", pen.any()])


def _admonition(pen: Pen) -> Lines:
    return [f'!!! {pen.choose(("note", "warning"))} "{pen.heading()}"', *indented([pen.any()], 4)]


def _container(pen: Pen) -> Lines:
    return [f"::: {pen.choose(('tip', 'danger'))}", pen.any(), ":::"]


def _indented_text(pen: Pen) -> Lines:
    return indented([f"{pen.any()} {pen.any()}"], 4)


def _below(*headings: str) -> Construct:
    return lambda pen: [pen.choose(headings), "", *(f"- {pen.item(forbids=True)}" for _ in range(3))]


def _below_deeper(pen: Pen) -> Lines:
    top, deeper = (("## 금지 사항", "### 현장"), ("## What you must not do", "### On site"))[
        pen.language == "en"
    ]
    return [top, "", deeper, "", *(f"- {pen.item(forbids=True)}" for _ in range(2))]


def _crossed(pen: Pen) -> Lines:
    cross = pen.choose(("❌", "🚫", "✗"))
    return [f"- ✅ {pen.item(forbids=False)}", f"- {cross} {pen.item(forbids=True)}"]


def _crossed_table(pen: Pen) -> Lines:
    rows = [f"| {pen.item(forbids=False)} | ✅ |", f"| {pen.item(forbids=True)} | ❌ |"]
    return [*_header(pen), *rows]


def _announced(pen: Pen) -> Lines:
    line = ("다음 행위를 금지한다.", "The following is not allowed:")[pen.language == "en"]
    return [line, "", *(f"{number}. {pen.item(forbids=True)}" for number in (1, 2, 3))]


def _squares(pen: Pen) -> Lines:
    deep = ["   - " + pen.item(), "     · " + pen.item(), "   ※ " + pen.any()]
    return [f"□ {pen.heading()}", f" ㅇ {pen.any()}", *deep, f" ㅇ {pen.item()}"]


def _circles(pen: Pen) -> Lines:
    return [f"○ {pen.heading()}", f" - {pen.any()}", f"   * {pen.item()}", f" - {pen.item()}"]


def _letters(pen: Pen) -> Lines:
    lines = [f"1. {pen.heading()}", f"  가. {pen.any()}", f"    1) {pen.item()}", f"      가) {pen.item()}"]
    return [*lines, f"  나. {pen.any()}", f"2. {pen.heading()}", f"  가. {pen.item()}"]


def _statute(pen: Pen) -> Lines:
    lines = [f"제1조({pen.heading()}) ① {pen.any()}", f"1. {pen.item()}", f"2. {pen.item()}"]
    return [*lines, f"② {pen.any()}", "", f"제2조({pen.heading()}) {pen.any()}"]


def _labels(pen: Pen) -> Lines:
    return [f"일시: {pen.item()}", f"장소: {pen.item()}", f"준비물: {pen.item()}"]


def _arrows(pen: Pen) -> Lines:
    return [f"▶ {pen.heading()}", f" • {pen.any()}", f" • {pen.item()}"]


COMMON_MARK: Final[dict[str, Construct]] = {
    "paragraph": _paragraph,
    "wrapped paragraph": _wrapped,
    "bullets": _bullets,
    "phrases": _phrases,
    "steps": _steps,
    "nested lists": _nested,
    "item of paragraphs": _item_paragraphs,
    "item of lines": _item_lines,
    "quote": in_quote(_paragraph),
    "quote in a quote": in_quote(in_quote(_paragraph)),
    "list in a quote": in_quote(_nested),
    "quote in an item": in_item(in_quote(_bullets)),
    "table in an item": in_item(_table),
    "code in an item": in_item(_fence),
    "table": _table,
    "table in a quote": in_quote(_table),
    "breaks in a table": _breaks_in_table,
    "code": _fence,
    "rule below a paragraph": _rule_below,
    "underlined heading": _setext,
    "footnote": _footnote,
    "struck out": _struck,
    "comment": _hidden,
    "tasks": _tasks,
    "inline": _inline,
    "HTML": _html,
    "HTML table": _html_table,
    "alert": _alert,
    "admonition": _admonition,
    "container": _container,
    "indented text": _indented_text,
    "acts below a heading that forbids": _below(
        "## 금지 행위", "## 하지 말아야 할 것", "**하면 안 되는 일**"
    ),
    "acts two headings below": _below_deeper,
    "crossed items": _crossed,
    "crossed rows": _crossed_table,
    "acts below a sentence that forbids": _announced,
}
"""Constructs of Markdown, in either language."""

GOVERNING: Final = frozenset({"acts below a heading that forbids", "acts two headings below"})
"""What follows one of these needs a heading of its own, or it would be forbidden too."""

OFFICE: Final[dict[str, Construct]] = {
    "squares and circles": _squares,
    "circles and dashes": _circles,
    "numbers and letters": _letters,
    "articles": _statute,
    "labels": _labels,
    "arrows": _arrows,
}
"""Constructs of Korean office papers."""
