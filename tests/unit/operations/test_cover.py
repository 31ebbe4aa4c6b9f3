"""Coverage is told by room, and the sum of it."""

import json
from pathlib import Path

import pytest

from ops.tools.cover import Room, main, rooms_of


def module(statements: int, run: int, branches: int, taken: int) -> dict[str, dict[str, int]]:
    return {
        "summary": {
            "num_statements": statements,
            "covered_lines": run,
            "num_branches": branches,
            "covered_branches": taken,
        }
    }


REPORT = {
    "files": {
        "services/tts/sentences.py": module(10, 9, 4, 2),
        "contracts/base.py": module(20, 20, 0, 0),
        "services/tts/actor.py": module(100, 91, 6, 6),
    }
}


def test_the_modules_of_a_folder_are_one_room() -> None:
    assert rooms_of(REPORT) == {
        "contracts": Room(1, 20, 20, 0, 0),
        "services/tts": Room(2, 110, 100, 10, 8),
        "all": Room(3, 130, 120, 10, 8),
    }
    assert list(rooms_of(REPORT)) == ["contracts", "services/tts", "all"]


def test_the_table_rounds_nothing_up_to_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"files": {"contracts/base.py": module(1_000, 999, 1_000, 1_000)}}))
    assert main([str(report)]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "contracts" in line)
    assert row.split("│")[1:-1] == [
        " contracts ",
        "       1 ",
        "       1000 ",
        " 99 % ",
        "     1000 ",
        " 100 % ",
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": {"a.py": {"summary": {}}}}'])
def test_what_is_no_report_with_branches_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    report = tmp_path / "coverage.json"
    report.write_text(text)
    assert main([str(report)]) == 2
    assert "JSON report of coverage.py" in capsys.readouterr().err
