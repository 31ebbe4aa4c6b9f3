import json
import os
import threading
import unicodedata
from pathlib import Path
from typing import Literal

import pytest

from contracts.commands import MAX_SOURCE_CHARACTERS
from contracts.errors import ErrorCode, PermanentError
from contracts.text_language import language_of
from services.cli.lesson import read_lesson


def _file(tmp_path: Path, name: str, data: bytes | str) -> Path:
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_reads_markdown_and_tells_the_language(tmp_path: Path) -> None:
    lesson = read_lesson(_file(tmp_path, "l.md", "\ufeff# 피싱\n\n메일을 조심하세요."), None)
    assert lesson.text == "# 피싱\n\n메일을 조심하세요."
    assert (lesson.language, lesson.spec) == ("ko", None)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Strong passwords protect everybody.", "en"),
        ("The Korean word 보안 means security, and this text is English.", "en"),
        ("GitHub Actions의 workflow는 YAML로 작성합니다.", "ko"),
        ("2026 - 10%", "ko"),
    ],
)
def test_language_of_a_text(text: str, language: str) -> None:
    assert language_of(text) == language


def test_a_language_that_is_given_wins(tmp_path: Path) -> None:
    path = _file(tmp_path, "l.md", "Strong passwords")
    assert read_lesson(path, "ko-KR").language == "ko"
    with pytest.raises(PermanentError) as caught:
        read_lesson(path, "fr")
    assert caught.value.code is ErrorCode.LANGUAGE_UNSUPPORTED


def test_the_same_lesson_is_the_same_video(tmp_path: Path) -> None:
    first = read_lesson(_file(tmp_path, "a.md", "보안"), None)
    second = read_lesson(_file(tmp_path, "b.md", "보안"), None)
    other = read_lesson(_file(tmp_path, "c.md", "보안!"), None)
    assert first.video_id == second.video_id != other.video_id


def test_reads_a_spec(tmp_path: Path) -> None:
    lesson = read_lesson(_file(tmp_path, "s.json", '{"language": "en", "scenes": []}'), None)
    assert (lesson.spec, lesson.text, lesson.language) == ({"language": "en", "scenes": []}, "", "en")


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("l.md", b" \n\t", ErrorCode.SOURCE_TEXT_EMPTY),
        ("l.md", b"\xff\xfe\x00", ErrorCode.SOURCE_TEXT_EMPTY),
        ("l.md", "가" * (MAX_SOURCE_CHARACTERS + 1), ErrorCode.SOURCE_TEXT_TOO_LONG),
        ("l.md", b"a" * ((4 << 20) + 1), ErrorCode.SOURCE_TEXT_TOO_LONG),
        ("s.json", "{", ErrorCode.RENDER_SPEC_INVALID),
        ("s.json", "[" * 100_000, ErrorCode.RENDER_SPEC_INVALID),
        ("s.json", "[1]", ErrorCode.RENDER_SPEC_INVALID),
    ],
)
def test_what_cannot_be_a_lesson(tmp_path: Path, name: str, data: bytes | str, code: ErrorCode) -> None:
    with pytest.raises(PermanentError, match=name) as caught:
        read_lesson(_file(tmp_path, name, data), None)
    assert caught.value.code is code


@pytest.mark.parametrize("name", ["l.md", "s.json"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_korean_is_korean_however_it_is_composed_and_escaped(
    tmp_path: Path, name: str, form: Literal["NFC", "NFD"]
) -> None:
    text = unicodedata.normalize(form, "비밀번호를 나누지 않습니다.")
    spec = json.dumps({"title": "A", "scenes": [{"scene_id": 1, "narration": text}]})
    assert read_lesson(_file(tmp_path, name, spec if name == "s.json" else text), None).language == "ko"


@pytest.mark.parametrize("language", [None, "ko"])
def test_a_lesson_in_a_language_that_is_not_spoken_is_refused(tmp_path: Path, language: str | None) -> None:
    with pytest.raises(PermanentError, match="Russian") as caught:
        read_lesson(_file(tmp_path, "l.md", "Не сообщайте пароль никому."), language)
    assert caught.value.code is ErrorCode.LANGUAGE_UNSUPPORTED


def test_a_lesson_as_windows_saves_it_in_korea_is_read(tmp_path: Path) -> None:
    lesson = read_lesson(
        _file(tmp_path, "l.txt", "개인정보 교육\r\n\r\n나누지 않습니다.".encode("cp949")), None
    )
    assert (lesson.text, lesson.language) == ("개인정보 교육\r\n\r\n나누지 않습니다.", "ko")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_of_a_pipe_no_more_is_read_than_a_file_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.cli.lesson.LARGEST_FILE", 1_000)
    pipe = tmp_path / "lesson.md"
    os.mkfifo(pipe)
    left: list[BaseException] = []

    def write() -> None:
        try:
            pipe.write_bytes("비밀번호는 길게 만듭니다. ".encode() * 100_000)
        except BrokenPipeError as error:
            left.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    with pytest.raises(PermanentError) as caught:
        read_lesson(pipe, None)
    writer.join(10)
    assert caught.value.code is ErrorCode.SOURCE_TEXT_TOO_LONG
    assert len(left) == 1, "the rest was not read"
