"""Captions of which something is forbidden: crosses, red sides, two slides rather than a prohibition less."""

from typing import Any

import pytest

from contracts.events import SceneContext
from contracts.renderspec import SpecScene
from services.slides.fallbacks import degrade
from services.slides.plan import Plan
from services.slides.planner import plan_slides


def plans(narration: str, caption: str | None, **fields: Any) -> tuple[Plan, ...]:
    known = {
        "index": 4, "count": 10, "language": "ko", "title": None, "chapter": "장 제목",
        "chapter_number": 1, "chapter_count": 2, "index_in_chapter": 1, "scenes_in_chapter": 5,
    }  # fmt: skip
    scene = SpecScene(scene_id=1, narration=narration, caption=caption)
    return plan_slides(SceneContext(**{**known, **fields}, scene=scene))


def test_a_list_with_crosses_is_a_warning_with_crosses() -> None:
    (plan,) = plans("나누지 않습니다.", "하지 않을 일\n❌ 비밀번호 공유\n❌ 메모 부착", index=9)
    assert (plan.layout, plan.mark, plan.point_signs) == ("warning", "close", (True, True))
    assert plan.points == ("비밀번호 공유", "메모 부착")


def test_ticks_and_crosses_stand_on_two_sides() -> None:
    (plan,) = plans("정리합니다.", "❌ 비밀번호 공유\n❌ 메모 부착\n✅ 관리자 문의", index=9)
    assert plan.layout == "comparison"
    assert plan.do_dont
    assert [column.points for column in plan.columns] == [("관리자 문의",), ("비밀번호 공유", "메모 부착")]


def test_more_than_the_sides_hold_is_two_slides() -> None:
    caption = "규칙\n✅ 하나\n✅ 둘\n✅ 셋\n✅ 넷\n❌ 다섯\n❌ 여섯"
    do, dont = plans("규칙을 지킵니다.", caption)
    assert (do.layout, do.points) == ("bullets", ("하나", "둘", "셋", "넷"))
    assert (dont.layout, dont.points, dont.mark) == ("warning", ("다섯", "여섯"), "close")


def test_many_prohibitions_are_shown_to_the_last() -> None:
    acts = [f"{number}번 문을 열기" for number in range(1, 10)]
    pages = plans("문을 열지 않습니다.", "\n".join(["금지 행위", *acts]))
    assert [point for page in pages for point in page.points] == acts
    assert all(page.layout == "warning" for page in pages)


@pytest.mark.parametrize(
    ("caption", "chapter"),
    [
        ("하지 말아야 할 것\n- 계정 공유\n- 문 열어 두기", "보안"),
        ("계정 공유, 문 열어 두기, 촬영", "금지 행위"),
    ],
)
def test_a_title_that_forbids_governs_its_list(caption: str, chapter: str) -> None:
    (plan,) = plans("보안을 지킵니다.", caption, chapter=chapter)
    assert plan.layout == "warning"
    assert all(plan.point_signs)


def test_a_caption_that_names_what_its_narration_forbids_is_signed() -> None:
    (alone,) = plans("비밀번호를 공유하지 않습니다.", "비밀번호 공유")
    assert (alone.layout, alone.headline) == ("warning", "비밀번호 공유 금지")
    (listed,) = plans(
        "비밀번호를 공유하지 않습니다. 메모를 부착하지 않습니다. 관리자에게 문의합니다.",
        "비밀번호 공유, 메모 부착, 관리자 문의",
        index=9,
    )
    assert listed.columns[1].points == ("비밀번호 공유", "메모 부착")


def test_a_caption_about_something_else_is_not() -> None:
    (plan,) = plans("비밀번호를 알려 주지 않습니다.", "비밀번호 보호")
    assert plan.headline == "비밀번호 보호"


def test_a_prohibition_among_steps_has_a_cross_of_its_own() -> None:
    (plan,) = plans("순서대로 합니다.", "1. 전원을 끄기\n2. 문을 열지 않기\n3. 신고하기")
    assert plan.point_signs == (False, True, False)


def test_a_warning_does_not_put_one_mark_before_both() -> None:
    (plan,) = plans("절대 서두르지 않습니다.", "위험 작업 주의사항\n- 안전모 쓰기\n- 장갑을 끼지 않기")
    assert plan.layout != "warning"
    assert plan.point_signs == (False, True)


def test_answers_to_a_question_are_no_steps() -> None:
    (plan,) = plans(
        "1번, 나눈다. 2번, 바꾼다.", "다음 중 옳은 것은?\n① 비밀번호를 나눈다\n② 비밀번호를 바꾼다"
    )
    assert plan.layout == "bullets"
    assert plan.points == ("비밀번호를 나눈다", "비밀번호를 바꾼다")


def test_a_condition_is_no_item_of_a_list() -> None:
    sentence = "If the document is public, you can take a photo, post it, do what you want with it"
    (plan,) = plans(f"{sentence}.", sentence, language="en")
    assert plan.headline == sentence
    assert plan.points == ()


def test_a_narration_alone_keeps_its_condition() -> None:
    (plan,) = plans("마스트를 3 m 이상 올리면 지게차를 시속 5 km 이하로 운행할 수 있습니다.", None)
    assert "3 m 이상 올리면" in plan.headline


def test_what_does_not_fit_becomes_two_slides() -> None:
    (pair,) = plans("지킵니다.", "규칙\n✅ 하나\n✅ 둘\n❌ 셋\n❌ 넷")
    sides = degrade(pair)
    assert sides is not None
    assert [(side.layout, side.points) for side in sides] == [
        ("bullets", ("하나", "둘")),
        ("warning", ("셋", "넷")),
    ]
    halves = degrade(sides[1])
    assert halves is not None
    assert [half.points for half in halves] == [("셋",), ("넷",)]
    assert all(half.point_signs == (True,) for half in halves)


def test_what_a_caption_says_of_the_rule_is_not_crossed_out() -> None:
    (plan,) = plans("촬영하지 않습니다.", "하면 안 되는 행동\n❌ 회의실을 촬영하기\n※ 예외: 승인된 촬영")
    assert (plan.layout, plan.point_signs) == ("warning", (True, False))
    (notes,) = plans(
        "경고합니다. 출입을 막습니다.", "조치 내용\n※ 1차: 경고\n※ 2차: 출입 정지", chapter="금지 행위"
    )
    assert notes.layout != "warning"
    assert notes.points == ("1차: 경고", "2차: 출입 정지")
    (duties,) = plans(
        "알립니다. 적습니다.", "금지 행위\n✅ 보안팀에 알리기\n✅ 시각을 적기", chapter="금지 행위"
    )
    assert (duties.points, duties.mark) == (("보안팀에 알리기", "시각을 적기"), "none")


def test_duties_below_a_warning_are_neither_ticked_nor_crossed() -> None:
    (plan,) = plans("차단기를 내립니다. 장갑을 낍니다.", "감전 위험 주의\n- 차단기를 내리기\n- 장갑을 끼기")
    assert (plan.layout, plan.mark, plan.point_signs) == ("warning", "none", ())
