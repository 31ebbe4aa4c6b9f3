"""Which picture stands on a sign, and what is crossed out: what the red ring holds is read as forbidden."""

import pytest

from contracts.events import SceneContext
from contracts.renderspec import SpecScene
from services.slides.layouts.parts import forbidding_icon
from services.slides.plan import Plan
from services.slides.planner import plan_chapter, plan_scene
from tests.support import slide_samples as samples


def context(narration: str, caption: str | None = None, chapter: str | None = None) -> SceneContext:
    korean = any("가" <= letter <= "힣" for letter in narration)
    place = samples.context(chapter=chapter, language="ko" if korean else "en", title="")
    return place.model_copy(update={"scene": SpecScene(scene_id=1, narration=narration, caption=caption)})


def planned(narration: str, caption: str | None = None, chapter: str | None = None) -> Plan:
    return plan_scene(context(narration, caption, chapter))


@pytest.mark.parametrize(
    "narration",
    [
        "가슴 압박을 10초 이상 중단하지 마십시오.",
        "작업장에서 안전모를 벗지 마세요.",
        "키 파일을 백업 저장소와 같은 디스크에 두지 마세요.",
        "Do not remove the guard. Do not take off your helmet.",
    ],
)
def test_what_is_to_be_kept_is_not_crossed_out(narration: str) -> None:
    plan = planned(narration)
    assert plan.layout == "warning"
    assert plan.hero == "warn", plan.icons


@pytest.mark.parametrize(
    "narration", ["엘리베이터는 절대 타지 마세요.", "고객 명단을 개인 메신저로 보내지 마세요."]
)
def test_what_is_forbidden_is_crossed_out(narration: str) -> None:
    assert planned(narration).hero == "prohibit"


def test_several_acts_have_no_sign_of_one_of_them() -> None:
    caption = "금지 행위\n❌ 포크 위에 사람을 태우기\n❌ 시동을 켠 채 운전석을 떠나기\n❌ 휴대전화를 쓰기"
    plan = planned("다음 행위는 금지입니다.", caption)
    assert (plan.layout, plan.hero, plan.icons) == ("warning", "warn", ())


def test_several_acts_show_what_all_of_them_name_or_else_their_heading_in_a_triangle() -> None:
    phones = planned("다음은 금지입니다.", "금지 행위\n❌ 휴대전화로 통화하기\n❌ 휴대전화로 촬영하기")
    assert (phones.hero, phones.icons[:1]) == ("prohibit", ("cellphone",))
    trucks = planned("다음은 금지입니다.", "지게차 금지 행위\n❌ 사람을 태우기\n❌ 자리를 비우기")
    assert (trucks.hero, trucks.icons[:1]) == ("warn", ("forklift",))


def test_beside_what_to_do_a_cross_stands_before_the_act_and_never_before_a_negation() -> None:
    plan = planned(
        "화상을 입으면 흐르는 물에 식힙니다. 얼음을 직접 대지 마세요. 물집을 터뜨리지 않습니다.",
        chapter="화상",
    )
    assert plan.layout == "comparison"
    crossed = plan.columns[1].points
    assert crossed == ("얼음을 직접 대기", "물집을 터뜨리기")
    assert {forbidding_icon(point) for point in crossed} == {"close_thick"}
    assert forbidding_icon("Remove the guard, and do not tape down a button") == "exclamation_thick"


def test_the_card_of_what_is_forbidden_shows_none_of_its_acts() -> None:
    card = plan_chapter(context("고객 명단을 보내지 마세요.", chapter="하지 말아야 할 것"))
    assert card.icons == ("cancel",)


def test_a_counter_after_a_digit_is_no_noun() -> None:
    assert "calendar_account" not in planned("분당 100~120회의 속도로 압박합니다.").icons
    assert "calendar_account" in planned("월요일 회의에 참석합니다.").icons


def test_a_greeting_calls_for_no_picture_and_the_film_lends_its_own() -> None:
    greeted = context("Hello. This lesson covers the press.").model_copy(update={"title": "Fire safety"})
    assert plan_scene(greeted).icons[:1] == ("fire",)


def test_to_write_down_a_ban_is_an_act_to_do() -> None:
    caption = (
        "맡길 때\n- 별도의 동의를 받기\n- 계약서에 재위탁 금지 조항을 넣기\n- 출입 금지 구역에 들어가지 않기"
    )
    plan = planned("맡길 때 지킬 것입니다.", caption)
    assert dict(zip(plan.points, plan.point_signs, strict=True)) == {
        "별도의 동의를 받기": False,
        "계약서에 재위탁 금지 조항을 넣기": False,
        "출입 금지 구역에 들어가지 않기": True,
    }


def test_a_step_shows_what_to_do_and_not_what_it_forbids_beside() -> None:
    caption = (
        "1. Write down the time\n2. Call the desk\n3. Wait for instructions; do not try to delete anything"
    )
    plan = planned("These are the steps.", caption)
    assert plan.point_icons == ("pencil", "phone_alert", None)
