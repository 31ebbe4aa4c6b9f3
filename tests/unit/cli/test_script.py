"""``lectern script``: what a film would say, show and leave out, without Kafka, network or rendering."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from contracts.left_out import LeftOut, Missing
from contracts.renderspec import normalise_render_spec
from services.cli.main import app
from services.cli.telling import left_out_lines

RUNNER = CliRunner()
LESSON = """# 비밀번호

## 만들기
비밀번호는 열두 글자 이상으로 만듭니다. 이름이나 생일을 쓰지 않습니다. 90일마다 바꿉니다.

## 지키기
비밀번호를 메모지에 적지 마세요. 동료에게도 알려 주지 않습니다. 화면을 잠그고 자리를 뜹니다.
의심스러우면 바로 바꿉니다. 다른 곳에서 쓴 것을 다시 쓰지 않습니다. 관리 프로그램을 씁니다.
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "AI_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LECTERN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TERM", "dumb")


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "lesson.md"
    path.write_text(LESSON)
    return path


def script(*arguments: object) -> Any:
    return RUNNER.invoke(app, ["script", *map(str, arguments)])


def test_the_script_goes_to_a_file_and_a_summary_to_the_terminal(lesson: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "script.json"
    result = script(lesson, "-o", target, "--minutes", "0.2")
    assert result.exit_code == 0, result.output
    written = json.loads(target.read_text())
    assert written["title"] == "비밀번호"
    assert written["left_out"]["sentences"] > 0
    assert written["warnings"] == []
    assert normalise_render_spec(written).scenes
    assert "left out: " in result.output
    assert written["left_out"]["prohibitions"][0] in result.output
    assert list(target.parent.iterdir()) == [target]
    assert not (tmp_path / "home").exists()


def test_standard_output_is_json_and_nothing_else(lesson: Path) -> None:
    result = script(lesson, "-o", "-")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["chapters"]
    assert "2 scenes" in result.stderr or "scenes, about" in result.stderr


def test_without_a_file_the_script_is_shown(lesson: Path, tmp_path: Path) -> None:
    result = script(lesson)
    assert result.exit_code == 0
    assert "비밀번호는 열두 글자 이상으로 만듭니다." in result.stdout
    assert "left out: nothing" in result.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lesson.md"]


def test_the_plan_says_what_stands_on_each_slide(lesson: Path) -> None:
    result = script(lesson, "--plan", "-o", "-")
    scenes = [scene for chapter in json.loads(result.stdout)["chapters"] for scene in chapter["scenes"]]
    assert all(scene["plan"] and scene["plan"][0]["layout"] for scene in scenes)
    assert "[" in result.stderr


def test_a_written_script_is_read_again_and_keeps_what_it_leaves_out(lesson: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert script(lesson, "-o", first, "--minutes", "0.2", "--plan").exit_code == 0
    assert script(first, "-o", second).exit_code == 0
    before, after = json.loads(first.read_text()), json.loads(second.read_text())
    assert after["left_out"] == before["left_out"]
    assert [c["title"] for c in after["chapters"]] == [c["title"] for c in before["chapters"]]


def test_a_render_spec_is_shown_with_its_plan_and_the_durations_it_will_not_get(tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    scene = {"scene_id": 1, "narration": "안녕하세요.", "caption": "인사", "duration_sec": 900}
    spec.write_text(json.dumps({"language": "ko", "chapters": [], "scenes": [scene]}))
    result = script(spec, "-o", "-", "--plan")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["scenes"][0]["plan"]
    assert "warning: scene 1: duration_sec is 900 s" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told", "code"),
    [
        (["-o", "script.txt"], "must end in .json", 2),
        (["--language", "fr"], "LANGUAGE_UNSUPPORTED", 2),
        (["--minutes", "0"], "--minutes", 2),
        (["-o", "/proc/nowhere/x.json"], "cannot make", 2),
    ],
)
def test_wrong_use_is_told_before_anything_is_written(
    lesson: Path, arguments: list[str], told: str, code: int
) -> None:
    result = script(lesson, *arguments)
    assert result.exit_code == code
    assert told in result.output


@pytest.mark.parametrize("name", ["lesson.md", "lesson.json"])
def test_the_script_never_takes_the_lessons_place(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    text = LESSON if name.endswith(".md") else '{"scenes": [{"scene_id": 1, "narration": "네."}]}'
    path.write_text(text)
    assert script(path, "-o", path).exit_code == 2
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "SOURCE_TEXT_EMPTY"), ("# 제목\n", "SOURCE_TEXT_EMPTY"), ("가" * 20_001, "SOURCE_TEXT_TOO_LONG")],
)
def test_a_lesson_that_makes_no_script_says_why(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "lesson.md"
    path.write_text(text)
    result = script(path, "-o", tmp_path / "script.json")
    assert result.exit_code == 2
    assert code in result.output
    assert not (tmp_path / "script.json").exists()


def test_a_broken_spec_names_the_field_and_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    path.write_text('{"scenes": [{"scene_id": 1, "narration": 5}]}')
    result = script(path)
    assert result.exit_code == 1
    assert "scenes.0.narration" in result.output
    assert "(it is 5)" in result.output


def test_help_teaches() -> None:
    shown = RUNNER.invoke(app, ["script", "--help"]).output
    for part in ("--plan", "--minutes", "left_out", "lectern render script.json", "offline"):
        assert part in " ".join(shown.split())


def test_what_is_left_out_is_told_in_lines_that_stay_short() -> None:
    parts = (
        Missing(heading="하중", sentences=3),
        Missing(heading="설치", reason="code", sentences=2),
        Missing(heading=None, reason="image", sentences=1),
    )
    numbers = tuple(f"{n} kg" for n in range(9))
    prohibitions = tuple(f"{n}번은 하지 않습니다." for n in range(23))
    found = LeftOut(sentences=6, headings=("하중",), numbers=numbers, prohibitions=prohibitions, parts=parts)
    unread = "2 code that cannot be read, 1 image that cannot be read"
    lines = left_out_lines(found)
    assert lines[:3] == [
        f"left out: 3 sentences for length, {unread}, under 하중; 설치",
        "  headings: 하중",
        "  numbers: 0 kg, 1 kg, 2 kg, 3 kg, 4 kg, 5 kg and 3 more",
    ]
    assert lines[3] == "  prohibition: 0번은 하지 않습니다."
    assert lines[-1] == "  and 3 more prohibitions"
    assert left_out_lines(None) == []
