"""Reads a lock file, and prints the part of it that one service needs: ``python ops/tools/lock.py tts s3``.

For images: what is printed holds the lock's own hashes, so that ``--require-hashes`` can refuse the rest.
Standard library only: it runs before anything is installed.
"""

import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+?))?\s*\\?")
_HASH = re.compile(r"\s+--hash=(?P<hash>\w+:[0-9a-f]+)")
_VIA = re.compile(r"\s+#\s+(?:via\s*)?(?P<name>[A-Za-z0-9._-]*)")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Pin:
    """One package of a lock.

    Attributes:
        name: normalized (PEP 503).
        version: exactly this one.
        marker: where it is installed; empty for everywhere.
        hashes: of the files that may be installed.
        via: who asks for it.
        lines: as they stand in the lock.
    """

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    via: tuple[str, ...]
    lines: tuple[str, ...]


class LockError(ValueError):
    """A lock does not hold what it should."""


def normalized(name: str) -> str:
    """Return a package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(text: str) -> list[Pin]:
    """Return the pins of a lock.

    Raises:
        LockError: a line is no pin, or a pin has no hash: any file would do for it.
    """
    blocks: list[list[str]] = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            if line[0].isspace():
                blocks[-1].append(line)
            else:
                blocks.append([line])
    return [_pin(block) for block in blocks]


def _pin(lines: Sequence[str]) -> Pin:
    found = _PIN.fullmatch(lines[0])
    if found is None:
        raise LockError(f"{lines[0]!r} pins no version: write the lock with `make lock`")
    hashes = tuple(match["hash"] for line in lines if (match := _HASH.match(line)))
    if not hashes:
        raise LockError(f"{found['name']} has no hash: write the lock with `make lock`")
    via = tuple(normalized(match["name"]) for line in lines if (match := _VIA.match(line)) and match["name"])
    name, marker = normalized(found["name"]), found["marker"] or ""
    return Pin(name, found["version"], marker, hashes, via, tuple(lines))


def part_of(pins: Iterable[Pin], wanted: Iterable[str]) -> list[Pin]:
    """Return the pins of ``wanted`` packages and of what they ask for, in the lock's order.

    A little more than that may come along: the lock does not say which extra of a package asked for another.

    Raises:
        LockError: one of them is not in the lock.
    """
    pins = list(pins)
    asked = defaultdict(set)
    for pin in pins:
        for name in pin.via:
            asked[name].add(pin.name)
    reached, waiting = set(), {normalized(name) for name in wanted}
    if missing := waiting - {pin.name for pin in pins}:
        raise LockError(f"the lock does not hold {', '.join(sorted(missing))}: write it with `make lock`")
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= asked[name] - reached
    return [pin for pin in pins if pin.name in reached]


def asked_by(pyproject: str, extras: Iterable[str]) -> list[str]:
    """Return the names that a ``pyproject.toml`` asks for: of every process, and of these extras.

    ``build`` alone means what builds the package, and nothing of what it needs to run.

    Raises:
        LockError: there is no such extra.
    """
    project = tomllib.loads(pyproject)["project"]
    optional, extras = project["optional-dependencies"], list(extras)
    if unknown := set(extras) - set(optional):
        raise LockError(f"no extra {', '.join(sorted(unknown))}: there are {', '.join(sorted(optional))}")
    lines = [] if extras == ["build"] else list(project["dependencies"])
    for extra in extras:
        lines += optional[extra]
    return [found[0] for line in lines if (found := _NAME.match(line))]


def main(extras: Sequence[str]) -> int:
    """Print the part of ``requirements.lock`` for some extras; return the exit code."""
    try:
        pins = read_lock(Path("requirements.lock").read_text())
        needed = part_of(pins, asked_by(Path("pyproject.toml").read_text(), extras))
    except (OSError, LockError) as error:
        print(f"lock: {error}", file=sys.stderr)
        return 1
    for pin in needed:
        print("\n".join(pin.lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
