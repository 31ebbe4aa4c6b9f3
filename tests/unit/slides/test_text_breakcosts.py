import pytest

from services.slides.typesetting.break_costs import penalty


@pytest.mark.parametrize(
    ("before", "after"),
    [("열두", "자"), ("스물네", "시간"), ("세", "가지"), ("도착한", "지"), ("배운", "지가"), ("먹을", "수"),
     ("하지", "않습니다"), ("10", "분"), ("담당자(내선", "3421)에게"), ("9.", "11."), ("Introduction", "·"),
     ("contracts", "–"), ("4분", "안에")],
)  # fmt: skip
def test_words_that_belong_together_are_dear_to_part(before: str, after: str) -> None:
    assert penalty(before, after) > penalty("메일을", "확인합니다")


@pytest.mark.parametrize(("before", "after"), [("회사에", "지각한"), ("먹는", "사람"), ("열심히", "합니다"),
                                                ("·", "Passwords")])  # fmt: skip
def test_other_words_part_freely(before: str, after: str) -> None:
    assert penalty(before, after) == 0
