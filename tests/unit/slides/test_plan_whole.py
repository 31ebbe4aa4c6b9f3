"""What stands on a slide is whole: spans of time, names of sides, who said it, what a text is about."""

import pytest

from contracts.events import SceneContext
from contracts.renderspec import SpecScene
from services.slides.drawing.sheet import Text
from services.slides.drawing.themes import choose
from services.slides.plan import Column, Plan
from services.slides.planner import plan_scene
from services.slides.slide import compose
from services.slides.typesetting.fitting import LEAST, Room, Style, fit_together
from tests.support import slide_samples as samples


def context(narration: str, caption: str | None = None, **place: object) -> SceneContext:
    scene = SpecScene(scene_id=1, narration=narration, caption=caption)
    return samples.context(title="").model_copy(update={"scene": scene, **place})


def planned(narration: str, caption: str | None = None, **place: object) -> Plan:
    return plan_scene(context(narration, caption, **place))


def test_both_ends_of_a_span_stand_over_the_event() -> None:
    caption = "흐름\n- 1주 차: 계정 만들기\n- 2~4주 차: 업무 따라 하기\n- 09:00~18:00 방문하기"
    plan = planned("흐름은 다음과 같습니다.", caption)
    assert [event.time for event in plan.events] == ["1주 차", "2~4주 차", "09:00~18:00"]
    assert [event.text for event in plan.events] == ["계정 만들기", "업무 따라 하기", "방문하기"]


def test_a_clause_with_several_times_is_no_event() -> None:
    caption = (
        "관리\n- 필터는 4개월마다, 저수조 살균은 2개월마다 진행하기\n- 방문은 09:00~18:00, 토요일은 13:00까지"
        "\n- 고장 접수 후 24시간 이내에 방문하기"
    )
    plan = planned("관리는 다음과 같습니다.", caption)
    assert plan.layout == "bullets"
    assert "필터는 4개월마다, 저수조 살균은 2개월마다 진행하기" in plan.points


def test_no_side_is_named_by_half_a_relative_clause() -> None:
    plan = planned(
        "A press that is serviced on schedule lasts longer. In contrast, skipped oil changes cost a lot.",
        language="en",
    )
    assert plan.layout != "comparison"


@pytest.mark.parametrize(
    ("narration", "words", "speaker"),
    [
        ('"첫 주에는 성과보다 질문이 더 중요합니다." – 인사팀장 박지우',
         "첫 주에는 성과보다 질문이 더 중요합니다.", "인사팀장 박지우"),
        ('점심을 먹습니다. "첫 주에는 성과보다 질문이 더 중요합니다." – 인사팀장 박지우입니다.',
         "첫 주에는 성과보다 질문이 더 중요합니다.", "인사팀장 박지우"),
        ('"Reporting early is never punished," says Maria Lopez, our head of security.',
         "Reporting early is never punished", "Maria Lopez, our head of security"),
    ],
)  # fmt: skip
def test_a_quotation_is_shown_with_who_said_it(narration: str, words: str, speaker: str) -> None:
    for caption in (None, narration):
        plan = planned(narration, caption)
        assert (plan.layout, plan.headline, plan.speaker, plan.sub) == ("quote", words, speaker, None)


def test_a_dash_that_goes_on_signs_nothing() -> None:
    assert planned('"작업 중" 표지 – 노란색 – 를 겁니다. 그다음 시작합니다.').layout != "quote"
    assert planned('"작업을 멈추고 확인하세요" – 표지를 문에 겁니다.').layout != "quote"


def test_an_english_sentence_as_long_as_a_korean_headline_has_a_picture() -> None:
    said = "Confidential files may be sent to partners only if a non-disclosure agreement has been signed"
    assert planned(f"{said}.", said).layout == "statement"
    assert planned(f"{said}. It is kept.", f"{said}. It is kept by us.").layout == "text"


def test_a_summary_has_the_name_of_its_chapter() -> None:
    caption = "- 안전부터 확인하기\n- 119에 신고하기"
    assert planned("기억하세요.", caption, chapter="이것만은 기억하세요").headline == "이것만은 기억하세요"


def test_a_word_is_not_torn_while_a_smaller_size_holds_it() -> None:
    address = "이상한 메일을 받으면 security@example.com으로 전달하기"
    plan = Plan(
        layout="comparison",
        headline="꼭 지켜 주세요",
        do_dont=True,
        columns=(
            Column(title="이렇게 합니다", points=("자리를 비울 때 화면 잠그기", address)),
            Column(
                title="하지 않습니다", points=("비밀번호를 동료에게 알려 주기", "개인 클라우드에 저장하기")
            ),
        ),
    )
    place = context("말")
    texts = [op.block for op in compose(plan, place, choose("auto", place)).ops if isinstance(op, Text)]
    set_in_lines = ["".join(run.text for run in line) for block in texts for line in block.lines]
    assert any("security@example.com으로" in line for line in set_in_lines), set_in_lines


def test_a_block_says_whether_a_word_was_torn() -> None:
    style = Style(600, 1.34)
    room = Room(200, 400, 4)
    (torn,) = fit_together(["security@example.com"], style, room, [LEAST])
    (whole,) = fit_together(["security"], style, room, [LEAST])
    assert (torn.torn, whole.torn) == (True, False)


def test_a_lone_step_is_as_large_as_a_headline() -> None:
    sizes = []
    for points in (("백업을 검증하기",), ("백업을 검증하기", "기록을 남기기")):
        plan = Plan(layout="steps", headline="백업", points=points, point_icons=(None,) * len(points))
        place = context("말")
        boxes = compose(plan, place, choose("auto", place)).boxes
        sizes.append(next(box.size for box in boxes if box.text == "백업을 검증하기"))
    assert sizes[0] > sizes[1]


def test_people_are_drawn_for_people_only() -> None:
    assert planned("Skipped oil changes cause 3 in 5 pump failures.", language="en").people is None
    assert planned("About 1 in 5 employees has seen it happen.", language="en").people == (1, 5)
    assert planned("Of all who saw it, 3 in 5 reported it.", language="en").people == (3, 5)


def test_a_short_text_fills_its_slide() -> None:
    sizes = []
    for said in (
        "처음에는 빈 채로 돌립니다. 덮개를 닫지 않으면 움직이지 않습니다.",
        "안전 덮개를 닫습니다. " * 16,
    ):
        place = context("말")
        boxes = compose(Plan(layout="text", headline=said.strip()), place, choose("auto", place)).boxes
        sizes.append(max(box.size for box in boxes if box.kind == "text"))
    assert sizes[0] > 40 > sizes[1]
