"""Every regular expression of the repository over texts made to send it back and forth: twice the text, twice
the steps. A match cannot be interrupted, and holds the whole process while it lasts.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

import contracts
import services
from services.scripting.pieces import LONGEST_CHARACTERS
from tests.support.regex_steps import Stepper, TooManyStepsError

ROOT = Path(__file__).parents[3]
STEPS = 60
"""Steps for each character that a linear expression may take, besides its own bounds."""

BOUNDED: Mapping[str, int] = {
    f"services.scripting.{name}": LONGEST_CHARACTERS
    for name in (
        "english", "english_headline", "english_traits",
        "korean", "korean_lists", "korean_headline", "korean_titles", "korean_traits",
    )
}  # fmt: skip
"""Modules whose expressions read sentences only, and of how many characters at most."""

STEPS_OF_A_SENTENCE = 1_500_000
"""Steps over the longest of them: some 10 ms."""


def modules() -> Iterator[ModuleType]:
    for package in (contracts, services):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(("__main__", ".env")):
                yield importlib.import_module(found.name)


def held(value: object, depth: int = 3) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif depth and isinstance(value, tuple | list | frozenset):
        for item in value:
            yield from held(item, depth - 1)
    elif depth and isinstance(value, dict):
        yield from held(list(value.values()), depth - 1)


def written(module: ModuleType) -> Iterator[re.Pattern[str]]:
    """Yield the expressions that stand inside functions: ``re.sub("...", ...)``."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        first, of = node.args[0], node.func.value
        if isinstance(of, ast.Name) and of.id == "re" and isinstance(first, ast.Constant):
            yield re.compile(first.value)


def patterns() -> Mapping[tuple[str, int], str]:
    found: dict[tuple[str, int], str] = {}
    for module in modules():
        for pattern in (*held(list(vars(module).values())), *written(module)):
            found.setdefault((pattern.pattern, pattern.flags), module.__name__)
    return found


PATTERNS = patterns()


def test_all_of_them_are_found() -> None:
    assert len(PATTERNS) > 250


@pytest.mark.parametrize("module", sorted(set(PATTERNS.values())))
def test_twice_the_text_takes_about_twice_the_steps(module: str) -> None:
    for (pattern, flags), place in PATTERNS.items():
        if place == module:
            _measure(Stepper(re.compile(pattern, flags)), pattern, BOUNDED.get(module))


def _measure(stepper: Stepper, pattern: str, bound: int | None) -> None:
    size = 200 + 2 * min(stepper.longest_bound, 1_000)
    small = ""
    try:
        if bound:
            for small in stepper.attacks(bound):
                stepper.search_all(small, budget=STEPS_OF_A_SENTENCE)
            return
        for small, large in zip(stepper.attacks(size), stepper.attacks(2 * size), strict=True):
            first = stepper.search_all(small, budget=4_000_000)
            stepper.search_all(large, budget=max(STEPS * len(large), int(first * 2.3)))
    except TooManyStepsError:
        pytest.fail(f"{pattern!r} takes too many steps over {small[:30]!r}, or over twice as much")
