"""Reads a limit from the code: its value, and the first sentence of what is written below it."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from itertools import pairwise
from types import ModuleType
from typing import Any

from annotated_types import Le, Lt, MaxLen
from pydantic import BaseModel
from pydantic_settings import BaseSettings

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'`])")
_ROLE = re.compile(r":[a-z]+:`")
_COMPARES = ("Smaller", "Larger", "Shorter", "Longer", "Fewer", "More", "Less", "Lower", "Higher")


class LimitError(ValueError):
    """What is listed is not, or not any more, what the code has."""


@dataclass(frozen=True)
class Limit:
    """One line of the list.

    Attributes:
        place: a constant, ``package.module.NAME``, or a field, ``package.module.Class.field``: of settings
            its default counts, of other models the most that it takes.
        unit: ``bytes``, ``s`` or whatever is counted, in the plural; empty for a share. A setting that has no
            default is told as unset: its docstring says what that means.
        of: what it bounds, where the first sentence of its docstring says that of nothing but the name.
    """

    place: str
    unit: str
    of: str = ""


@dataclass(frozen=True)
class Told:
    """What the table says of a limit."""

    name: str
    value: str
    bounds: str
    place: str


def told(limit: Limit) -> Told:
    """Return what the table says of a limit.

    Raises:
        LimitError: there is none of this name, or nothing says what it bounds.
    """
    module, owner, name = _found(limit.place)
    source = ast.parse(inspect.getsource(module))
    if owner is None:
        value, shown = getattr(module, name), name
        doc = _docs(source).get(name, "")
    else:
        value, shown = _field(owner, name)
        [body] = [
            node for node in source.body if isinstance(node, ast.ClassDef) and node.name == owner.__name__
        ]
        doc = _docs(body).get(name, "")
    where = f"{module.__name__}.{owner.__name__}" if owner is not None else module.__name__
    return Told(shown, _with_unit(value, limit), limit.of or _first_sentence(doc, limit.place), where)


def _found(place: str) -> tuple[ModuleType, type[BaseModel] | None, str]:
    path, _, name = place.rpartition(".")
    owner, within = None, path
    if path.rpartition(".")[2][:1].isupper():
        within, _, owner = path.rpartition(".")
    try:
        module = import_module(within)
    except ModuleNotFoundError:
        raise LimitError(f"{place}: there is no module {within}") from None
    held: Any = getattr(module, owner, None) if owner else module
    there = name in held.model_fields if owner and held is not None else hasattr(held, name)
    if not there:
        raise LimitError(f"{place}: the code has none: was it renamed? see ops/tools/limits/")
    return module, held if owner else None, name


def _field(owner: type[BaseModel], name: str) -> tuple[Any, str]:
    field = owner.model_fields[name]
    if issubclass(owner, BaseSettings):
        variable = field.validation_alias or f"{owner.model_config.get('env_prefix', '')}{name}".upper()
        return field.default, str(variable)
    most = [each for each in field.metadata if isinstance(each, MaxLen | Le | Lt)]
    if not most:
        raise LimitError(f"{owner.__name__}.{name} has no upper bound")
    bound = most[0]
    value = bound.max_length if isinstance(bound, MaxLen) else bound.le if isinstance(bound, Le) else bound.lt
    return value, f"{owner.__name__}.{name}"


def docs_of(module: ModuleType) -> dict[str, str]:
    """Return the docstrings of a module's constants."""
    return _docs(ast.parse(inspect.getsource(module)))


def _docs(body: ast.Module | ast.ClassDef) -> dict[str, str]:
    return dict(_pairs(body.body))


def _pairs(statements: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, after in pairwise(statements):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        target = statement.target if isinstance(statement, ast.AnnAssign) else target
        if (
            isinstance(target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            yield target.id, " ".join(after.value.value.split())


def _first_sentence(doc: str, place: str) -> str:
    if not doc:
        raise LimitError(f"{place} has no docstring: write what it bounds, or say it with of=...")
    if doc.startswith(_COMPARES):
        raise LimitError(f"{place}: its docstring does not begin with what it bounds: say it with of=...")
    first = _SENTENCE.split(doc, maxsplit=1)[0].rstrip(".")
    return _ROLE.sub("`", first).replace("``", "`").replace("|", "\\|")


def _with_unit(value: Any, limit: Limit) -> str:
    if value is None:
        return "unset"
    if isinstance(value, timedelta):
        return _seconds(value.total_seconds())
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LimitError(f"{limit.place} is {value!r}, not a number")
    if limit.unit == "bytes":
        return _bytes(int(value))
    if limit.unit == "s":
        return _seconds(float(value))
    number = f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"
    return f"{number} {limit.unit}".strip()


def _bytes(value: int) -> str:
    for unit, size in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if value >= size and value % size == 0:
            return f"{value // size:,} {unit}"
    return f"{value:,} bytes"


def _seconds(value: float) -> str:
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if value >= 2 * size and value % size == 0:
            return f"{value / size:g} {unit}"
    return f"{value:g} s"
