"""Print what the tests ran, a line for each room: statements and, of the branches, how many were taken.

``python -m ops.tools.cover REPORT`` takes the JSON report of coverage.py; ``make cover`` does both. There is
no threshold: the figures show where nobody has looked, not whether somebody looked well.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass
class Room:
    """What was counted in the modules of one folder."""

    modules: int = 0
    statements: int = 0
    run: int = 0
    branches: int = 0
    taken: int = 0

    def add(self, summary: Mapping[str, Any]) -> None:
        """Add a module's summary, as coverage.py writes it."""
        self.modules += 1
        self.statements += summary["num_statements"]
        self.run += summary["covered_lines"]
        self.branches += summary["num_branches"]
        self.taken += summary["covered_branches"]


def rooms_of(report: Mapping[str, Any]) -> dict[str, Room]:
    """Return the rooms of a report by folder, in order, and their sum as ``all``."""
    rooms: defaultdict[str, Room] = defaultdict(Room)
    for path, module in sorted(report["files"].items()):
        rooms[PurePath(path).parent.as_posix()].add(module["summary"])
        rooms["all"].add(module["summary"])
    whole = rooms.pop("all", Room())
    return {**dict(sorted(rooms.items())), "all": whole}


def share(part: int, whole: int) -> str:
    """Return a share in percent, rounded down so that only everything is 100 %."""
    return f"{100 * part // whole} %" if whole else "-"


def show(rooms: Mapping[str, Room], console: Console) -> None:
    """Print the table."""
    table = Table("room", "modules", "statements", "run", "branches", "taken")
    table.columns[0].overflow = "fold"  # a name cut short is the name of several
    for column in table.columns[1:]:
        column.justify = "right"
    for name, room in rooms.items():
        table.add_row(
            name,
            str(room.modules),
            str(room.statements),
            share(room.run, room.statements),
            str(room.branches),
            share(room.taken, room.branches),
        )
    console.print(table)


def main(arguments: Sequence[str]) -> int:
    """Print the table of the report that is named; return the exit code."""
    try:
        [path] = arguments
        report = json.loads(Path(path).read_bytes())
        rooms = rooms_of(report)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"cover: give the JSON report of coverage.py, with branches: {error!r}", file=sys.stderr)
        return 2
    show(rooms, Console())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
