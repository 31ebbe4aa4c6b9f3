"""Wording that was wrong on slides of real lessons; each test is named after what went wrong."""

from pathlib import Path

import pytest

from contracts.events import SceneContext
from contracts.renderspec import SpecScene
from services.slides.planner import plan_scene, plan_slides
from services.slides.planning.noun_form import nominal


def context(narration: str, caption: str | None = None, **fields: object) -> SceneContext:
    known: dict[str, object] = {
        "index": 4, "count": 10, "language": "ko", "title": None, "chapter": "장 제목", "chapter_number": 1,
        "chapter_count": 2, "index_in_chapter": 1, "scenes_in_chapter": 5,
    }  # fmt: skip
    scene = SpecScene(scene_id=1, narration=narration, caption=caption)
    return SceneContext.model_validate({**known, **fields, "scene": scene.model_dump()})


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("안녕하세요.", "안녕하세요"),
        ("한 번 더 확인하는 방법을 말합니다.", "한 번 더 확인하는 방법"),
        ("흐르는 물에 헹구고 종이 타월로 닦습니다.", "흐르는 물에 헹구고 종이 타월로 닦기"),
        ("3천만 원 이하의 벌금에 처해집니다.", "3천만 원 이하의 벌금에 처해짐"),
        ("회사는 고객의 신뢰까지 잃습니다.", "회사는 고객의 신뢰까지 잃음"),
        ("잠긴 계정은 30분 뒤에 풀립니다.", "잠긴 계정은 30분 뒤에 풀림"),
        ("10분도 지나지 않아 눌렀습니다.", "10분도 지나지 않아 눌렀음"),
        ("허가 없이 들어가는 것은 절대 금지합니다.", "허가 없이 들어가는 것은 절대 금지"),
    ],
)
def test_noun_forms_are_those_a_person_writes(sentence: str, named: str) -> None:
    assert nominal(sentence) == named


class TestFraming:
    def test_a_scene_of_greetings_shows_the_films_title(self) -> None:
        planned = plan_scene(
            context("안녕하세요. 위생관리팀입니다. 오늘은 위생 수칙을 알아보겠습니다.", "식품 공장 위생 교육")
        )
        assert (planned.layout, planned.headline, planned.sub) == ("statement", "식품 공장 위생 교육", None)

    def test_without_a_caption_the_title_stands(self) -> None:
        welcome = context("Welcome. Today's topic is ladders.", title="Ladder Safety", language="en")
        assert plan_scene(welcome).headline == "Ladder Safety"

    def test_welcome_is_no_reason(self) -> None:
        planned = plan_scene(
            context("Welcome. Most accidents happen below three meters.", "Ladder Safety", language="en")
        )
        assert planned.sub == "Most accidents happen below three meters"

    @pytest.mark.parametrize(
        "narration",
        [
            "방문 목적을 묻고 안내 데스크로 안내합니다.",
            "퇴근할 때 책상을 정리합니다.",
            "링크의 실제 주소를 살펴봅니다.",
            "감시인을 배치하고 작업을 시작합니다.",
        ],
    )
    def test_what_sounds_like_an_announcement_may_be_an_instruction(self, narration: str) -> None:
        planned = plan_scene(context(f"먼저 확인합니다. {narration} 마지막으로 적습니다.", "할 일"))
        assert len(planned.points) == 2 or nominal(narration) in planned.points

    def test_there_is_announces_nothing(self) -> None:
        narration = "Walk, do not run. Take the stairs. If there is smoke, stay low."
        planned = plan_scene(context(narration, "Getting out", language="en", chapter="Getting out"))
        assert planned.layout == "bullets"
        assert planned.points[0] == "Walk, do not run"
        assert len(planned.points) == 3


class TestHeadlines:
    def test_a_timeline_is_not_named_after_one_of_its_events(self) -> None:
        narration = (
            "신고에는 때가 있습니다. 의심되는 즉시 알립니다. 1시간 이내에 비밀번호를 바꿉니다. "
            "72시간 이내에 기관에 신고합니다."
        )
        planned = plan_scene(context(narration, "1시간 이내에 비밀번호를 바꾸기"))
        assert (planned.layout, planned.headline) == ("timeline", "신고에는 때가 있음")

    def test_a_contrast_is_named_after_both_sides(self) -> None:
        narration = (
            "진짜 메일은 이름을 정확히 적습니다. 반면 피싱 메일은 누구에게나 통하는 말로 서두르게 합니다."
        )
        planned = plan_scene(context(narration, "진짜 메일은 이름을 정확히 적음"))
        assert planned.headline == "진짜 메일과 피싱 메일"

    def test_english_sides_have_short_names(self) -> None:
        narration = (
            "A short password with symbols can be cracked in hours. "
            "In contrast, a passphrase of four random words takes centuries."
        )
        planned = plan_scene(context(narration, language="en"))
        assert [column.title for column in planned.columns] == ["A short password", "A passphrase"]
        assert planned.columns[1].points == ("Takes centuries",)

    def test_facts_are_no_instructions_to_the_viewer(self) -> None:
        narration = "반면 정당한 평가는 괴롭힘으로 보지 않습니다. 조사에 따르면 10명 중 3명이 겪었습니다."
        assert not plan_scene(context(narration)).do_dont

    def test_steps_are_not_named_after_the_sentence_in_front(self) -> None:
        narration = "Anyone can make a mistake. First, unplug the cable. Second, call security."
        planned = plan_scene(
            context(
                narration, "1. Unplug the cable\n2. Call security", language="en", chapter="If you clicked"
            )
        )
        assert planned.headline == "If you clicked"

    def test_a_caption_that_repeats_the_chapter_gives_way_to_what_is_said(self) -> None:
        planned = plan_scene(context("회사는 신고를 받으면 바로 조사합니다.", "장 제목"))
        assert planned.headline != "장 제목"

    def test_a_warning_asserts_what_is_forbidden(self) -> None:
        narration = "정전이 되면 갇힐 수 있습니다. 엘리베이터를 절대 타지 마세요."
        planned = plan_scene(context(narration, "정전이 되면 갇힐 수 있음"))
        assert (planned.layout, planned.headline) == ("warning", "엘리베이터를 절대 타지 않기")

    def test_the_words_of_a_sign_forbid_nothing(self) -> None:
        narration = '이상이 있으면 관리자에게 보고합니다. 열쇠는 뽑고 "사용 금지" 표지를 붙입니다.'
        assert plan_scene(context(narration, '열쇠는 뽑고 "사용 금지" 표지를 붙이기')).layout != "warning"

    def test_a_promise_is_no_warning(self) -> None:
        narration = "You will never be punished for reporting a mistake."
        assert plan_scene(context(narration, narration.rstrip("."), language="en")).layout != "warning"

    def test_the_sign_shows_only_what_is_forbidden(self) -> None:
        narration = "Do not go back inside. Your warden reports missing people to the fire service."
        planned = plan_scene(context(narration, "Do not go back inside", language="en"))
        assert "megaphone" not in planned.icons
        assert "bullhorn" not in planned.icons


class TestFigures:
    def test_a_figure_goes_with_its_own_sentence(self) -> None:
        narration = "전체 사고의 74%에 사람이 관련되어 있습니다. 사고가 나면 회사는 신뢰까지 잃습니다."
        planned = plan_scene(context(narration, "사고가 나면 회사는 신뢰까지 잃음"))
        assert planned.number == "74"
        assert "74%" in planned.headline

    def test_people_are_said_once(self) -> None:
        narration = "지난 훈련에서는 직원 10명 중 3명이 가짜 링크를 눌렀습니다."
        planned = plan_scene(context(narration, "직원 10명 중 3명이 가짜 링크를 눌렀음"))
        assert planned.headline == "가짜 링크를 눌렀음"

    @pytest.mark.parametrize(
        ("caption", "number", "unit"),
        [
            ("최근 5년간 지게차 사고로 178명이 숨졌음", "178", "명"),
            ("포크는 15~20cm 높이로 유지하기", "15~20", "cm"),
            ("구내 제한 속도는 시속 10km", "10", "km/h"),
            ("Fires cost 790 million dollars a year", "790", "million dollars"),
        ],
    )
    def test_figures_keep_their_units(self, caption: str, number: str, unit: str) -> None:
        planned = plan_scene(context("설명입니다.", caption))
        assert (planned.layout, planned.number, planned.unit) == ("number", number, unit)

    def test_a_figure_of_speech_is_no_figure(self) -> None:
        assert (
            plan_scene(context("1초의 확인이 회사를 지킵니다.", "1초의 확인이 회사를 지킴")).layout
            == "statement"
        )


class TestLists:
    def test_rows_of_a_table_are_no_title_and_list(self) -> None:
        planned = plan_scene(context("표입니다.", "1톤 이하: 4m\n1~2톤: 3m\n2톤 초과: 2m"))
        assert planned.points == ("1톤 이하: 4m", "1~2톤: 3m", "2톤 초과: 2m")

    def test_a_table_may_have_a_name(self) -> None:
        planned = plan_scene(context("표입니다.", "무게별 높이\n- 1톤 이하: 4m\n- 1~2톤: 3m"))
        assert (planned.headline, len(planned.points)) == ("무게별 높이", 2)

    @pytest.mark.parametrize(
        "caption",
        [
            "12자 이상이며 영문 대소문자, 숫자, 특수문자를 섞기",
            "주민등록번호, 여권번호, 운전면허번호를 말함",
            "맨홀, 저장 탱크, 정화조가 대표적인 밀폐공간",
            "Look for cracked rails, loose rungs, and missing feet",
        ],
    )
    def test_commas_inside_a_clause_make_no_list(self, caption: str) -> None:
        assert plan_scene(context("설명입니다.", caption)).layout != "bullets"

    def test_a_numbered_list_goes_on(self) -> None:
        planned = plan_scene(context("계속합니다.", "대응\n3. 비밀번호를 바꾸기\n4. 언제 눌렀는지 기록하기"))
        assert (planned.layout, planned.first_number) == ("steps", 3)

    def test_numbered_things_lead_nowhere(self) -> None:
        planned = plan_scene(context("넷입니다.", "알릴 것\n1. 목적\n2. 항목\n3. 기간\n4. 권리"))
        assert planned.layout == "steps"

    def test_a_title_with_a_dot_is_no_list(self) -> None:
        title = "업무 환경 보안 · 사고 대응"
        planned = plan_scene(context("전원을 끄지 마세요.", title, chapter=title))
        assert planned.points == ()


class TestTerms:
    def test_a_term_has_no_article(self) -> None:
        planned = plan_scene(
            context("A passphrase is a password made of several random words.", language="en")
        )
        assert (planned.layout, planned.headline) == ("term", "Passphrase")

    def test_a_definition_may_just_say_what_something_is(self) -> None:
        planned = plan_scene(context("피싱(Phishing)은 기관으로 위장하여 정보를 빼내는 공격입니다."))
        assert (planned.layout, planned.headline, planned.alias) == ("term", "피싱", "Phishing")

    def test_the_caption_chooses_the_term(self) -> None:
        narration = "민감정보는 건강에 관한 정보를 말합니다. 고유식별정보는 여권번호를 말합니다."
        assert plan_scene(context(narration, "고유식별정보란?")).headline == "고유식별정보"


def test_plans_of_real_lessons_repeat() -> None:
    lesson = Path(__file__).parents[3] / "examples" / "lesson-ko.md"
    scene = context(" ".join(lesson.read_text("utf-8").split())[:1500])
    assert plan_slides(scene) == plan_slides(scene)
