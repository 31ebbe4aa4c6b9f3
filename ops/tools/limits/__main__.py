"""Writes the table of limits in SECURITY.md from the code's constants: ``make limits``.

``--check`` writes nothing and fails if the file says something else than the code; ``--unlisted`` prints what
looks like a limit and is not in the list.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from ops.tools.limits.listed import LISTED
from ops.tools.limits.read import LimitError, docs_of, told

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "SECURITY.md"
BEGIN, END = "<!-- limits: written by `make limits` -->", "<!-- end of limits -->"
_LOOKS = re.compile(r"(^|_)(MAX|MOST|LARGEST|LONGEST)(_|$)|_(BYTES|SECONDS|CHARACTERS)$")


def table() -> str:
    """Return the table as the code has it."""
    lines = ["| limit | value | bounds | in |", "| --- | --- | --- | --- |"]
    for title, limits in LISTED.items():
        lines.append(f"| **{title}** | | | |")
        for limit in limits:
            each = told(limit)
            lines.append(f"| `{each.name}` | {each.value} | {each.bounds} | `{each.place}` |")
    return "\n".join(lines)


def page_with(page: str, text: str) -> str:
    """Return a page with ``text`` between its marks.

    Raises:
        LimitError: it has none.
    """
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise LimitError(f"SECURITY.md has lost its marks: {BEGIN} and {END}")
    return f"{head}{BEGIN}\n{text}\n{END}{tail}"


def unlisted() -> Iterator[str]:
    """Yield constants that have a limit's name and a docstring, and are not listed."""
    known = {limit.place for limits in LISTED.values() for limit in limits}
    for top in ("contracts", "services"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[-1].startswith("__") or "migrations" in parts:
                continue
            module = import_module(".".join(parts))
            for name in docs_of(module):
                place = f"{module.__name__}.{name}"
                if (
                    _LOOKS.search(name)
                    and isinstance(getattr(module, name), int | float)
                    and place not in known
                ):
                    yield place


def main(arguments: Sequence[str]) -> int:
    """Write, check or look; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--unlisted", action="store_true")
    options = parser.parse_args(arguments)
    if options.unlisted:
        print("\n".join(unlisted()))
        return 0
    page = PAGE.read_text()
    try:
        wanted = page_with(page, table())
    except LimitError as error:
        print(f"limits: {error}", file=sys.stderr)
        return 1
    if options.check and wanted != page:
        print("limits: SECURITY.md does not say what the code does: run `make limits`", file=sys.stderr)
        return 1
    if not options.check:
        PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
