"""Front matter and heads of letters: a title for the film, and keys for other tools that nobody tells."""

import re

_MATTER = re.compile(r"\A(---|\+\+\+)[ \t]*\n")
_ENDS = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE),
}
_KEY = re.compile(
    r"^(?:[a-z_][A-Za-z0-9_.-]{0,40}(?::(?:\s|$)|\s?=\s?\S)|(?:Title|Author|Date|Tags|Layout):(?:\s|$))"
)
_MORE = re.compile(r"\s+\S|- |#|\s*$|[\[\]}]")
_TITLE = re.compile(r"^[Tt]itle(?::|\s?=)(.+)$", re.MULTILINE)
_QUOTED = re.compile(r"[\"']?(.+?)[\"']?", re.DOTALL)
_SUBJECT = re.compile(r"^\s*(?:제 {0,4}목|건 {0,4}명|subject) ?[:：]\s*(\S.{1,59})$", re.IGNORECASE)
_OF_A_LETTER = re.compile(
    r"^\s*(?:수 {0,4}신|발 {0,4}신|참 {0,4}조|경 {0,4}유|시행|문서 ?번호|from|to|date) ?[:：(]", re.IGNORECASE
)
_HEAD = 8
"""Lines at the beginning of a letter that name its subject; more, and a field of a form would."""
_LONGEST = 200
"""Lines; a longer stretch between two rules is a chapter."""


def front_matter(text: str) -> tuple[str | None, str, str]:
    """Return the title that a front matter names, the front matter, and the text without it.

    Only what reads as keys is one: text between two rules at the start of a lesson belongs to the lesson.
    """
    opening = _MATTER.match(text)
    closing = _ENDS[opening[1]].search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        return None, "", text
    matter = text[opening.end() : closing.start()]
    lines = matter.split("\n")
    keys = [line for line in lines if _KEY.match(line)]
    if not keys or len(lines) > _LONGEST or not all(_KEY.match(line) or _MORE.match(line) for line in lines):
        return None, "", text
    named = _TITLE.search(matter)
    unquoted = _QUOTED.fullmatch(named[1].strip(" \t")) if named else None
    return (unquoted[1] if unquoted else None), matter.strip(), text[closing.end() :]


def subject_line(text: str) -> tuple[str | None, str]:
    """Return the subject that the head of a letter names (제목: 사무실 이전), and the text without it."""
    lines = text.split("\n")
    filled = [index for index, line in enumerate(lines) if line.strip()][:_HEAD]
    named = next((index for index in filled if _SUBJECT.match(lines[index])), None)
    if named is None or not any(_OF_A_LETTER.match(lines[index][:80]) for index in filled):
        return None, text
    found = _SUBJECT.match(lines[named])
    return found and found[1].strip(), "\n".join([*lines[:named], *lines[named + 1 :]])
