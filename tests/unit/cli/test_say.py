import wave
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from contracts.commands import MAX_SOURCE_CHARACTERS
from services.cli.main import app

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LECTERN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TTS_PROVIDER", "mock")
    monkeypatch.setenv("TERM", "dumb")


def said(*arguments: str, piped: str | bytes | None = None) -> Result:
    return RUNNER.invoke(app, ["say", *arguments], input=piped)


def test_korean_is_shown_as_written_read_and_pronounced() -> None:
    result = said("3개를 확인합니다.", "네.")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:3] == [
        "  1  written     3개를 확인합니다.",
        "     read        세 개를 확인합니다.",
        "     pronounced  세 개를 화긴함니다.",
    ]
    assert "  2  written     네.\n     read        네." in result.stdout
    assert "pronounced" not in result.stdout.split("  2  ")[1]


def test_english_is_told_by_the_text_and_shown_in_the_symbols_of_the_voice() -> None:
    shown = said("Keep", "2", "m", "away.").stdout
    assert "written     Keep 2 m away." in shown
    assert "read        Keep two meters away." in shown
    assert "pronounced  kˈip tˈu mˈiɾəɹz əwˈA." in shown


def test_a_language_that_is_given_wins() -> None:
    assert "read        파이널" in said("final", "--language", "ko-KR").stdout


@pytest.mark.parametrize("text", ["-5 °C", "-5~40 °C", "–40 °C is cold", "-0.5"])
def test_a_text_may_begin_with_a_minus_sign(text: str) -> None:
    result = said("--language", "en", text)
    assert (result.exit_code, "minus" in result.stdout) == (0, True)


@pytest.mark.parametrize("piped", ["Stop 2 pumps.\n", b"\xef\xbb\xbfStop 2 pumps."])
def test_a_dash_reads_standard_input(piped: str | bytes) -> None:
    assert "read        Stop two pumps." in said("-", piped=piped).stdout


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_standard_input_is_read_in_the_encodings_that_lessons_are_stored_in(encoding: str) -> None:
    piped = "펌프 2대를 끕니다.\n밸브는 잠그지 마세요.\n".encode(encoding)
    shown = said("-", piped=piped).stdout
    assert "read        펌프 두 대를 끕니다." in shown
    assert "written     밸브는 잠그지 마세요." in shown


def test_words_that_a_terminal_in_another_encoding_sends_are_read_as_it_meant_them() -> None:
    typed = "펌프 2대를 끕니다.".encode("cp949").decode("utf-8", "surrogateescape")
    assert "read        펌프 두 대를 끕니다." in said(typed).stdout


def test_speaks_to_a_wav_file_and_says_what_came_of_it(tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "out.wav"
    result = said("-o", str(target), "안녕하세요. 2번 펌프를 끕니다.")
    assert result.exit_code == 0, result.stderr
    assert "written" not in result.stdout
    assert f"{target}  0:0" in result.stdout
    assert "2 sentences in ko, said by mock silence" in result.stdout
    with wave.open(str(target)) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (1, 48_000)
        assert sound.getnframes() > 48_000
    assert [path.name for path in target.parent.iterdir()] == ["out.wav"]


def test_shows_and_speaks_when_both_are_asked_for(tmp_path: Path) -> None:
    result = said("--show", "-o", str(tmp_path / "out.wav"), "2 m")
    assert "read        two meters" in result.stdout
    assert "said by mock" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "piped", "what"),
    [
        ((" \t",), None, "the text is empty"),
        (("-",), "", "the text is empty"),
        (("-",), "これは日本語のテキストです。".encode("shift_jis"), "it seems to be Shift_JIS, Japanese"),
        (("-",), b"\x89PNG\r\n\x1a\n", "standard input is a picture, not text"),
        (("\udcff",), None, "the text is not UTF-8 (byte 0), UTF-16 or CP949"),
        (("🎉 ***",), None, "there is nothing to say"),
        (("-", "more"), "text", "give it alone"),
        (("가" * (MAX_SOURCE_CHARACTERS + 1),), None, "20,001 characters"),
        (("-",), b"a" * (4 * MAX_SOURCE_CHARACTERS + 1), "more than 80,000 bytes"),
        (("안녕", "--language", "fr"), None, "LANGUAGE_UNSUPPORTED"),
        (("안녕", "-o", "out.mp3"), None, "must end in .wav"),
        (("안녕", "-o", "out.wav", "--speaker", "nobody"), None, "has no voice 'nobody'"),
        (("안녕", "-o", "/proc/none/out.wav"), None, "cannot make /proc/none"),
    ],
)
def test_what_cannot_be_said_is_one_line_and_exit_code_two(
    arguments: tuple[str, ...], piped: str | bytes | None, what: str
) -> None:
    result = said(*arguments, piped=piped)
    assert result.exit_code == 2
    assert what in result.stderr
    assert result.stderr.startswith("lectern: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_nothing_is_left_of_a_file_that_could_not_be_spoken(tmp_path: Path) -> None:
    result = said("-o", str(tmp_path / "out.wav"), "word, 7777 " * 1_800)
    assert (result.exit_code, "NARRATION_TOO_LONG" in result.stderr) == (1, True)
    assert [path for path in tmp_path.iterdir() if path.name != "home"] == []


@pytest.mark.parametrize(
    "arguments", [(), ("--langauge", "en", "hi"), ("-x", "hi"), ("--tts", "radio", "hi")]
)
def test_wrong_use_is_exit_code_two(arguments: tuple[str, ...]) -> None:
    assert said(*arguments).exit_code == 2


def test_help_teaches_by_example() -> None:
    shown = said("--help").stdout
    for part in ("lectern say -o notice.wav", "lectern say -", "written", "pronounced", "--language"):
        assert part in shown
