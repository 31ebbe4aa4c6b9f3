"""Writes ``ops/configuration.md``: every environment variable, from the settings that read it.

``python -m ops.tools.configuration`` writes it, ``--check`` only says if it is out of date. A variable is
what a field of a class of settings reads; what it does and what breaks is the text below the field.
"""

import argparse
import ast
import importlib
import inspect
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import AnyHttpUrl, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

ROOT: Final = Path(__file__).parents[2]
TARGET: Final = ROOT / "ops" / "configuration.md"

_OPENING = """# Configuration

Written by `make docs` from the classes of settings; edit those. A variable that is empty counts as left out.
What `lectern` and the processes read beside these: `LECTERN_CRASH_AT` (tests only), the usual
`AWS_*` credentials, and `HTTP_PROXY` and its like where `LECTERN_OUTBOUND_PROXIES=environment`.
"""

_KINDS: Final[dict[object, str]] = {
    str: "text", int: "integer", float: "number", bool: "true or false", Path: "path", SecretStr: "secret",
    AnyHttpUrl: "http or https URL",
}  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """An environment variable.

    Attributes:
        name: as it stands in the environment.
        takes: what may be given.
        default: when it is left out; empty where there is none.
        about: what it does, and what breaks when it is too small or too large.
        declared: the class that declares it.
    """

    name: str
    takes: str
    default: str
    about: str
    declared: type[BaseSettings]


@cache
def settings_classes() -> tuple[type[BaseSettings], ...]:
    """Return every class of settings below ``services``, found by what imports ``pydantic_settings``."""
    for path in sorted((ROOT / "services").rglob("*.py")):
        if "pydantic_settings" in path.read_text():
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    importlib.import_module("services.upload.settings")
    ours = [each for each in _below(BaseSettings) if each.__module__.startswith("services.")]
    return tuple(sorted(set(ours), key=lambda each: (each.__module__, each.__name__)))


def _below(parent: type[BaseSettings]) -> Iterator[type[BaseSettings]]:
    for child in parent.__subclasses__():
        yield child
        yield from _below(child)


def variables(settings: type[BaseSettings]) -> Iterator[Variable]:
    """Yield the variables that a class itself declares, not those of its bases."""
    texts = _texts(settings)
    for name in inspect.get_annotations(settings):
        field = settings.model_fields.get(name)
        if field is None or _is_settings(field.annotation):
            continue
        alias = field.validation_alias
        prefix = settings.model_config.get("env_prefix", "")
        variable = alias if isinstance(alias, str) else f"{prefix}{name}".upper()
        about = texts.get(name) or " ".join((field.description or "").split())
        yield Variable(variable, _takes(field), _default(field), about, settings)


def _is_settings(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseSettings)


def _texts(settings: type[BaseSettings]) -> dict[str, str]:
    """Return the text below each field of a class, by the field's name."""
    tree = ast.parse(inspect.getsource(settings)).body[0]
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match text:
                case ast.Expr(value=ast.Constant(value=str(said))):
                    found[field.target.id] = " ".join(said.split())
    return found


def _takes(field: FieldInfo) -> str:
    kinds = " or ".join(_kind(each) for each in _choices(field.annotation))
    bounds = []
    for limit in field.metadata:
        match limit:
            case annotated_types.Ge(ge=least):
                bounds.append(f"at least {least:,}")
            case annotated_types.Gt(gt=below):
                bounds.append(f"more than {below:,}")
            case annotated_types.Le(le=most):
                bounds.append(f"at most {most:,}")
    return ", ".join([kinds, *bounds])


def _choices(annotation: object) -> list[Any]:
    if get_origin(annotation) in {Union, UnionType}:
        return [each for each in get_args(annotation) if each is not NoneType]
    return [annotation]


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return ", ".join(f"`{value.value}`" for value in annotation)
    return _KINDS[annotation]


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value.value if isinstance(value, StrEnum) else value}`"


def document() -> str:
    """Return the document: a table for each class that declares variables."""
    parts = [_OPENING]
    for settings in settings_classes():
        rows = [_row(each) for each in variables(settings)]
        if rows:
            about = (settings.__doc__ or "").strip().splitlines()[0]
            head = f"## `{settings.__module__}.{settings.__name__}`\n\n{about}\n\n"
            parts.append(
                head
                + "| variable | takes | default | |\n| --- | --- | --- | --- |\n"
                + "\n".join(rows)
                + "\n"
            )
    return "\n".join(parts).replace("``", "`")


def _row(variable: Variable) -> str:
    about = variable.about.replace("|", r"\|")
    return f"| `{variable.name}` | {variable.takes} | {variable.default or '–'} | {about} |"


def main(arguments: Sequence[str], target: Path = TARGET) -> int:
    """Run the command line; return its exit code: 1 when ``--check`` finds the file out of date."""
    parser = argparse.ArgumentParser(prog="python -m ops.tools.configuration", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file is out of date")
    chosen = parser.parse_args(arguments)
    text = document()
    if target.is_file() and target.read_text(encoding="utf-8") == text:
        return 0
    if chosen.check:
        sys.stderr.write(f"{target.name} is out of date: run `make docs` and commit it\n")
        return 1
    target.write_text(text, encoding="utf-8")
    sys.stdout.write(f"wrote {target}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
