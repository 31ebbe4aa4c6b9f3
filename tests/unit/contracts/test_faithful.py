"""A short form says what its sentence says, or is refused."""

import pytest

from contracts.faithful import faithful, whole


@pytest.mark.parametrize(
    ("sentence", "form"),
    [
        ("버튼을 누르면 안 됩니다", "버튼을 누르지 않기"),
        ("비밀번호는 공유하면 안 된다", "비밀번호는 공유하지 않기"),
        ("이것은 규정이 아닙니다", "이것은 규정이 아님"),
        ("쓰레기는 없습니다", "쓰레기는 없음"),
        ("조사에 따르면 사고가 3건 줄었습니다", "사고가 3건 줄었음"),
        ("회의 시간에는 화면을 끕니다", "화면 끄기"),
        ("You must never share it", "Never share it"),
        ("The gate opens at 6, which helps the night shift", "The gate opens at 6"),
        ("어떤 문장이든", "피싱이란?"),
    ],
)
def test_it_passes_what_is_only_shorter(sentence: str, form: str) -> None:
    assert faithful(sentence, form)


@pytest.mark.parametrize(
    ("sentence", "form"),
    [
        ("If the document is public, you can take a photo", "You can take a photo"),
        ("You can share it only with customers", "You can share it"),
        ("Do not reply, and report it", "Report it"),
        ("Report it within 24 hours", "Report it"),
        ("Keep it below 5 degrees", "Keep it below 8 degrees"),
        ("Leave, unless you are trained", "Leave"),
        ("마스트를 3 m 이상 올리면 주행하지 않습니다", "주행하지 않기"),
        ("의심 메일은 열지 말고 신고합니다", "신고하기"),
        ("긴급 상황을 제외하고 비상문을 열지 않습니다", "비상문을 열지 않기"),
        ("대피할 때는 승강기를 쓰지 않습니다", "승강기를 쓰지 않기"),
        ("메일을 열지 않습니다", "메일을 열기"),
        ("유도자가 있는 경우에만 후진합니다", "유도자가 있는 경우 후진하기"),
    ],
)
def test_it_refuses_what_says_something_else(sentence: str, form: str) -> None:
    assert not faithful(sentence, form)


@pytest.mark.parametrize(
    "form",
    [
        "And then leave",
        "But never share it",
        "What you clicked, and",
        "메일을 열고, 문서를",
        "Because it burns",
    ],
)
def test_a_torn_form_is_not_whole(form: str) -> None:
    assert not whole(form)
