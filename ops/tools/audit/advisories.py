"""Known vulnerabilities of pinned packages, from a file of OSV records; nothing is asked of any server.

The file is what osv.dev gives for PyPI (``PyPI/all.zip``), or one record or a list of them as JSON.
"""

import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from ops.tools.lock import Pin, normalized

Record = dict[str, Any]


@dataclass(frozen=True)
class Advisory:
    """A known vulnerability of a pinned package."""

    package: str
    version: str
    id: str
    summary: str
    fixed: tuple[str, ...]


@dataclass(frozen=True)
class Checked:
    """What a file of advisories said.

    Attributes:
        records: how many it holds.
        newest: when the latest of them was changed: what is younger is not known.
        found: those of our pins.
    """

    records: int
    newest: str
    found: tuple[Advisory, ...]


def check(data: Path, pins: Iterable[Pin]) -> Checked:
    """Return which pins the records of a file are about.

    Raises:
        ValueError: the file holds no records, so that nothing would be found in it whatever we pin.
    """
    wanted: dict[str, set[str]] = {}
    for pin in pins:
        wanted.setdefault(pin.name, set()).add(pin.version)
    count, newest = 0, ""
    found: list[Advisory] = []
    for record in _records(data):
        count += 1
        newest = max(newest, record.get("modified", ""))
        if "withdrawn" not in record:
            found += _about(record, wanted)
    if not count:
        raise ValueError(f"{data} holds no OSV records")
    return Checked(count, newest, tuple(found))


def _records(data: Path) -> Iterator[Record]:
    if zipfile.is_zipfile(data):
        with zipfile.ZipFile(data) as archive:
            for name in archive.namelist():
                if name.endswith(".json"):
                    yield json.loads(archive.read(name))
        return
    held = json.loads(data.read_text())
    yield from held if isinstance(held, list) else [held]


def _about(record: Record, wanted: dict[str, set[str]]) -> Iterator[Advisory]:
    for affected in record.get("affected", ()):
        package = affected.get("package", {})
        name = normalized(package.get("name", ""))
        if package.get("ecosystem") != "PyPI":
            continue
        spans = [span.get("events", ()) for span in affected.get("ranges", ()) if span.get("type") != "GIT"]
        fixes = tuple(event["fixed"] for events in spans for event in events if "fixed" in event)
        for version in sorted(wanted.get(name, ())):
            if version in affected.get("versions", ()) or any(
                _in_span(events, Version(version)) for events in spans
            ):
                yield Advisory(name, version, record["id"], record.get("summary", ""), fixes)


def _in_span(events: Iterable[dict[str, str]], version: Version) -> bool:
    """Whether a version is affected by the events of one range (OSV schema, "Evaluation")."""
    inside = False
    for _, kind, bound in sorted(
        (_version(text), kind, text) for event in events for kind, text in event.items()
    ):
        at = _version(bound)
        if kind == "introduced" and version >= at:
            inside = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            inside = False
    return inside


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")  # affected is the careful answer where a bound says nothing
