"""What belongs together is told together: bonds inside a paragraph, and scenes that respect them."""

from itertools import count

from services.scripting.passages import Passage, groups
from services.scripting.writer.english.english import English
from services.scripting.writer.grouping import bind
from services.scripting.writer.korean.korean import Korean
from services.scripting.writer.language import Language
from services.scripting.writer.scenes import pack

KOREAN, ENGLISH = Korean(), English()


def paragraph(language: Language, text: str) -> list[Passage]:
    made = [
        Passage(spoken, language.seconds(spoken), language.traits(spoken))
        for spoken in map(language.spoken, language.sentences(text))
    ]
    return bind(made, language, count())


def together(passages: list[Passage]) -> list[list[str]]:
    return [[passages[i].text for i in group] for group in groups(passages)]


def test_steps_in_running_text_are_one_with_what_announces_them() -> None:
    passages = paragraph(
        KOREAN,
        "불이 나면 세 단계로 움직입니다. 먼저 크게 외칩니다. 그다음 비상벨을 누릅니다. 마지막으로 대피합"
        "니다.",
    )
    assert len(together(passages)) == 1
    assert [(passage.number, *passage.points) for passage in passages[1:]] == [
        (1, "크게 외치기"),
        (2, "비상벨을 누르기"),
        (3, "대피하기"),
    ]


def test_a_contrast_is_told_with_both_sides() -> None:
    passages = paragraph(
        KOREAN, "날씨가 좋습니다. 진짜 메일은 이름을 적습니다. 반면 가짜 메일은 서두르게 합니다."
    )
    assert [len(group) for group in together(passages)] == [1, 2]


def test_a_quotation_is_told_with_the_question_about_it() -> None:
    passages = paragraph(
        ENGLISH, 'A supplier said, "Please transfer the money today." What would you do? Think first.'
    )
    assert [len(group) for group in together(passages)] == [2, 1]


def test_deadlines_are_told_with_the_sentence_that_leads_up_to_them() -> None:
    passages = paragraph(
        KOREAN,
        "신고에는 때가 있습니다. 즉시 보안팀에 알립니다. 1시간 이내에 비밀번호를 바꿉니다. "
        "72시간 이내에 기관에 신고합니다.",
    )
    assert len(together(passages)) == 1


def test_short_commands_are_one_procedure() -> None:
    passages = paragraph(
        ENGLISH, "Pull the pin. Aim at the base. Squeeze the handle. Smoke rises quickly in a closed room."
    )
    assert [len(group) for group in together(passages)] == [3, 1]


def test_what_is_named_is_explained_in_full() -> None:
    passages = paragraph(
        KOREAN,
        "보안의 요소는 기밀성, 무결성, 가용성입니다. 기밀성은 아무나 볼 수 없는 것입니다. "
        "무결성은 함부로 바뀌지 않는 것입니다. 가용성은 언제든 쓸 수 있는 것입니다.",
    )
    assert len(together(passages)) == 1


def scene(*seconds: float, bond: int | None = None) -> list[Passage]:
    return [
        Passage(f"{length} {index}", length, points=("점",) if bond else (), bond=bond, opens=index == 0)
        for index, length in enumerate(seconds)
    ]


def test_a_list_of_four_steps_stays_in_one_scene() -> None:
    runs = pack([*scene(8.0), *scene(6.0, 5.0, 6.0, 5.0, bond=1), *scene(9.0)], 6)
    assert [len(run) for run in runs] == [1, 4, 1]


def test_a_list_too_long_for_one_scene_is_parted() -> None:
    assert len(pack(scene(*[6.0] * 8, bond=1), 6)) > 1
