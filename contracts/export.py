"""Writes what other languages read: a JSON Schema for every command and event, and the AsyncAPI document.

``python -m contracts.export`` writes them into this package (``make schemas``), ``--check`` only says what is
out of date, and ``--freeze 1.0`` keeps the present schemas as those of a release: from then on every change
is checked for compatibility against them, both ways.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contracts.asyncapi import asyncapi_document
from contracts.cloudevents import SCHEMA_BASE
from contracts.commands import COMMANDS
from contracts.compat import incompatibilities
from contracts.events import EVENTS

FOLDER = Path(__file__).parent
RELEASED = Path("schemas") / "released"
_VERSION = re.compile(r"\d+\.\d+(\.\d+)?")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of every command and event by its type."""
    found = {}
    for name, model in {**COMMANDS, **EVENTS}.items():
        schema = model.model_json_schema()
        # An event's type is a class variable; on the wire it stands in the body too.
        schema["properties"]["type"] = {"const": name, "title": "Type", "type": "string"}
        if name in COMMANDS:
            schema["required"] = sorted({*schema.get("required", ()), "type"})
        found[name] = {**schema, "$id": f"{SCHEMA_BASE}{name}.json", "$schema": _DIALECT}
    return found


def documents() -> dict[Path, bytes]:
    """Return every generated file by its path below the package: the same bytes every time."""
    return {
        Path("asyncapi.json"): _bytes(asyncapi_document()),
        **{Path("schemas") / f"{name}.json": _bytes(schema) for name, schema in schemas().items()},
    }


def outdated(folder: Path) -> list[Path]:
    """Return the generated files below ``folder`` that are missing, different, or no longer generated."""
    wanted = documents()
    there = {path.relative_to(folder) for path in (folder / "schemas").glob("*.json")}
    changed = {path for path, data in wanted.items() if _read(folder / path) != data}
    return sorted(changed | (there - wanted.keys()))


def write(folder: Path) -> list[Path]:
    """Bring the generated files below ``folder`` up to date; return those that were not."""
    wanted, stale = documents(), outdated(folder)
    for path in stale:
        target = folder / path
        if path in wanted:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(wanted[path])
        else:
            target.unlink()
    return stale


def released(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the schemas of every release below ``folder``: version to type to schema."""
    versions = (path for path in (folder / RELEASED).glob("*") if path.is_dir())
    return {
        version.name: {
            path.name.removesuffix(".json"): json.loads(path.read_bytes()) for path in version.glob("*.json")
        }
        for version in sorted(versions)
    }


def broken(folder: Path, present: Mapping[str, Mapping[str, Any]] | None = None) -> list[str]:
    """Return what in the present schemas is incompatible with any release below ``folder``.

    A type that a release has must stay until its major version is given up, with an upcaster.
    """
    now = schemas() if present is None else present
    found = []
    for version, types in released(folder).items():
        for name, schema in sorted(types.items()):
            if name not in now:
                found.append(f"{version} {name}: the type is gone")
            else:
                found += [f"{version} {name}: {problem}" for problem in incompatibilities(schema, now[name])]
    return found


def freeze(folder: Path, version: str) -> list[Path]:
    """Keep the present schemas as those of release ``version``; return the files written.

    Raises:
        ValueError: the version is malformed or frozen already, or the schemas break an earlier release.
    """
    if not _VERSION.fullmatch(version):
        raise ValueError(f"{version!r} is not a version; write 1.0 or 1.0.1")
    target = folder / RELEASED / version
    if target.exists():
        raise ValueError(f"release {version} is frozen already: released schemas never change")
    if problems := broken(folder):
        raise ValueError("the schemas break an earlier release:\n" + "\n".join(problems))
    target.mkdir(parents=True)
    paths = []
    for name, schema in sorted(schemas().items()):
        paths.append(target / f"{name}.json")
        paths[-1].write_bytes(_bytes(schema))
    return paths


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Run the command line; return its exit code: 1 when ``--check`` finds something."""
    parser = argparse.ArgumentParser(prog="python -m contracts.export", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is out of date")
    parser.add_argument("--freeze", metavar="VERSION", help="keep the present schemas as a release's")
    chosen = parser.parse_args(arguments)
    if chosen.check:
        problems = [f"out of date: {path}" for path in outdated(folder)] + broken(folder)
        sys.stderr.writelines(f"{problem}\n" for problem in problems)
        return 1 if problems else 0
    try:
        written = [*write(folder), *(freeze(folder, chosen.freeze) if chosen.freeze else ())]
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.writelines(f"wrote {path}\n" for path in written)
    return 0


def _bytes(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
