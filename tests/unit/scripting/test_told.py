"""What is said and shown of lists inside lists, outlines and notices."""

import pytest

from contracts.errors import ErrorCode, PermanentError
from contracts.script import Script
from services.scripting.script_request import Brief, readable_source
from services.scripting.writer.extractive import write_extractive


def script_of(source: str, minutes: float = 3) -> Script:
    return write_extractive(
        readable_source(source.encode()), Brief("ko", minutes, 5, 6, "plain"), lambda: None
    )


def said(script: Script) -> str:
    return " ".join(scene.narration for chapter in script.chapters for scene in chapter.scenes)


def shown(script: Script) -> str:
    return "\n".join(scene.on_screen_text or "" for chapter in script.chapters for scene in chapter.scenes)


def test_points_below_a_step_are_told_with_it_and_not_counted() -> None:
    script = script_of(
        "# 대응\n\n1. 현장을 통제한다.\n    - 출입 금지선을 친다.\n    - 목격자를 확인한다.\n"
        "2. 책임자에게 알린다.\n    1. 내선은 1200이다.\n3. 기록을 남긴다.\n"
    )
    assert said(script) == (
        "첫째, 현장을 통제합니다. 출입 금지선을 칩니다. 목격자를 확인합니다. 둘째, 책임자에게 알립니다."
        " 내선은 1200입니다. 셋째, 기록을 남깁니다."
    )
    assert "2. 책임자에게 알리기\n3. 기록을 남기기" in shown(script)
    assert "4." not in shown(script)


def test_a_name_over_entries_is_what_they_are() -> None:
    script = script_of("# 준비\n\n- 준비물\n  안전모\n  보안경\n  절연 장갑\n- 점검표를 씁니다.\n")
    assert said(script) == "준비물은 안전모, 보안경, 절연 장갑입니다. 점검표를 씁니다."


def test_a_notice_shows_what_its_labels_say() -> None:
    script = script_of(
        "# 안내\n\n일시: 2025. 3. 5. 14:00\n장소: 본관 대회의실\n준비물: 필기구, 안전모\n\n늦지 않습니다.\n"
    )
    assert "- 일시: 2025. 3. 5. 14:00\n- 장소: 본관 대회의실\n- 준비물: 필기구, 안전모" in shown(script)


def test_an_outline_of_an_office_is_told_to_its_last_mark() -> None:
    script = script_of(
        "점검 결과\n\n□ 개요\n ㅇ 대상\n  - 본사 12개 부서\n  - 지사 3개소\n\n□ 조치\n"
        " ㅇ 미조치 7건은 6월까지 완료할 것\n   ※ 지연하면 사유서를 낼 것\n"
    )
    assert script.title == "점검 결과"
    assert [chapter.title for chapter in script.chapters] == ["개요", "조치"]
    for part in ("12개 부서", "지사 3개소", "7건", "사유서"):
        assert part in said(script)


def test_a_heading_that_is_a_sentence_is_said() -> None:
    script = script_of("# 안전\n\n## 작업\n\n### 젖은 손으로 만지지 않는다\n\n감전됩니다.\n")
    assert "젖은 손으로 만지지 않습니다" in said(script)


@pytest.mark.parametrize(
    "source", ["Не сообщайте пароль никому. Закрывайте экран.", "パスワードを共有しないでください。"]
)
def test_a_lesson_that_nobody_here_can_speak_is_refused(source: str) -> None:
    with pytest.raises(PermanentError) as caught:
        script_of(source)
    assert caught.value.code is ErrorCode.LANGUAGE_UNSUPPORTED
