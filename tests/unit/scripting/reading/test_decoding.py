import pytest

from contracts.errors import ErrorCode, PermanentError
from services.scripting.reading.decoding import decoded
from services.scripting.script_request import readable_source

LESSONS = (
    "보안",
    "개인정보 교육",
    "# 안전\n\n안전모를 씁니다.\r\n",
    "제목: 공지\n\n10시에 회의합니다. test@example.com",
    "이 메일은 MFA를 씁니다 · ① 확인 ※ 주의 “인용”",
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp949", "euc-kr"])
@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_is_the_same_in_every_encoding_of_korea(lesson: str, encoding: str) -> None:
    assert decoded(lesson.encode(encoding)) == lesson


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("lesson", LESSONS[1:])
def test_utf_16_is_known_without_its_mark(lesson: str, encoding: str) -> None:
    assert decoded(lesson.encode(encoding)) == lesson


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf_16_is_read_in_either_order(mark: bytes) -> None:
    order = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    assert decoded(mark + "안전 교육".encode(order)) == "안전 교육"


def test_syllables_that_only_windows_has_are_read() -> None:
    assert decoded("똠얌꿍을 펲시와 먹습니다. 설렜습니다. 교육을 마칩니다.".encode("cp949")).startswith(
        "똠얌꿍을"
    )


def test_english_with_the_quotation_marks_of_windows_is_read() -> None:
    assert decoded("Don’t share – “never”.".encode("cp1252")) == "Don’t share – “never”."


def test_decomposed_hangul_is_composed() -> None:
    assert decoded("\u1100\u1161".encode()) == "가"


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        ("パスワードを共有しないでください。", "shift_jis", "Shift_JIS"),
        ("パスワードを共有しないでください。", "euc-jp", "EUC-JP"),
        ("不要告诉任何人密码。离开时锁定屏幕。", "gb18030", "Chinese"),
        ("不要告訴任何人密碼。離開時鎖定螢幕。", "big5", "Chinese"),
        ("Не сообщайте пароль никому. Закрывайте экран.", "cp1251", "Windows-1251"),
        ("Не сообщайте пароль никому. Закрывайте экран.", "koi8-r", "KOI8-R"),
        ("Geben Sie nichts weiter. Schließen Sie die Tür.", "latin-1", "Windows-1252"),
    ],
)
def test_another_encoding_is_refused_by_its_name(text: str, encoding: str, named: str) -> None:
    with pytest.raises(PermanentError, match=named) as caught:
        decoded(text.encode(encoding), "lesson.txt")
    assert caught.value.code is ErrorCode.SOURCE_TEXT_EMPTY
    assert "lesson.txt" in caught.value.message
    assert "save it as UTF-8" in caught.value.message


@pytest.mark.parametrize(
    ("data", "named"),
    [(b"%PDF-1.7 ...", "PDF"), (b"PK\x03\x04....", "HWPX"), (b"\xd0\xcf\x11\xe0....", "HWP")],
)
def test_a_document_of_an_office_program_is_refused_as_what_it_is(data: bytes, named: str) -> None:
    with pytest.raises(PermanentError, match=named):
        decoded(data)


def test_line_ends_of_every_system_are_line_ends() -> None:
    assert readable_source("가.\r\n나.\r다.\n라.\f마.\v바.".encode()) == "가.\n나.\n다.\n라.\n마.\n바."


@pytest.mark.parametrize("size", [10_000, 80_000])
def test_bytes_of_no_text_are_refused_and_never_raise_anything_else(size: int) -> None:
    noise = bytes((number * 7919 + number // 251) % 256 for number in range(size))
    with pytest.raises(PermanentError):
        decoded(noise)
