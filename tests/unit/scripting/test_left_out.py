"""What a script leaves out is counted and told: nothing of a source vanishes without a word."""

from typing import Any

import pytest

from contracts.left_out import LONGEST_TOLD, LeftOut
from contracts.script import Chapter, Script, ScriptScene
from services.scripting.left_out import account, numbers_of
from services.scripting.passages import Passage, Section
from services.scripting.reading.blocks import Unread
from services.scripting.script_request import Brief
from services.scripting.writer.extractive import write_extractive
from services.scripting.writer.language import PLAIN, Trait


def script(*said: str, title: str = "장") -> Script:
    scenes = tuple(ScriptScene(scene_id=n, narration=text) for n, text in enumerate(said, 1))
    return Script(chapters=(Chapter(chapter_id=1, title=title, scenes=scenes),))


def passage(text: str, heading: str | None = None, traits: Trait = PLAIN) -> Passage:
    return Passage(text, 1.0, traits=traits, heading=heading)


def test_what_is_not_chosen_is_counted_by_heading() -> None:
    told = passage("마스트를 3 m 올립니다.")
    lost = [
        passage("하중은 25 kg 이하입니다.", "하중"),
        passage("12세 미만은 타지 않습니다.", "하중", Trait.FORBIDS),
    ]
    read = [Section("작업", (told, *lost)), Section("점검", (passage("3m 앞에서 멈춥니다."),))]
    found = account(script(told.text), ["작업", "하중", "점검"], read, [Section("작업", (told,))])
    assert found.sentences == 3
    assert found.numbers == ("25 kg", "12세")
    assert found.prohibitions == ("12세 미만은 타지 않습니다.",)
    assert found.headings == ("작업", "하중", "점검")
    assert [(part.heading, part.whole, part.sentences) for part in found.parts] == [
        ("하중", True, 2),
        ("점검", True, 1),
    ]
    assert found


def test_nothing_left_out_is_told_as_nothing() -> None:
    told = passage("마스트를 3 m 올립니다.")
    found = account(
        script(told.text, title="작업"), ["작업"], [Section("작업", (told,))], [Section("작업", (told,))]
    )
    assert found == LeftOut()
    assert not found


def test_what_could_not_be_read_is_told_by_kind() -> None:
    unread = [
        Unread("code", "설치", "pip install x==2.1"),
        Unread("code", "설치", "x --port 8080"),
        Unread("image", None, "대피로\0 그림"),
    ]
    found = account(script("말."), [], [], [], unread)
    assert found.sentences == 3
    assert [(part.reason, part.heading, part.sentences, part.text) for part in found.parts] == [
        ("code", "설치", 2, "pip install x==2.1"),
        ("image", None, 1, "대피로 그림"),
    ]
    assert found.numbers == ("2.1", "8080")


def test_a_heading_that_is_shown_or_said_in_other_spelling_is_not_left_out() -> None:
    found = account(script("말.", title="1. 작업 전 점검!"), ["작업 전 점검", "Work", "작업 후"], [], [])
    assert found.headings == ("Work", "작업 후")


def test_two_equal_sentences_of_which_one_is_told_count_once() -> None:
    one, other = passage("문을 닫습니다."), passage("문을 닫습니다.")
    found = account(script(one.text), [], [Section("가", (one, other))], [Section("가", (one,))])
    assert found.sentences == 1


def test_an_account_of_a_hostile_source_is_bounded() -> None:
    long = passage("가" * 20_000 + " 7 kg", traits=Trait.FORBIDS)
    many = [passage(f"{n} kg", f"제목 {n}") for n in range(5_000)]
    found = account(script("말."), [f"제목 {n}" for n in range(5_000)], [Section(None, (long, *many))], [])
    assert found.sentences == 5_001
    assert len(found.prohibitions[0]) == LONGEST_TOLD
    assert len(found.parts) == len(found.headings) == len(found.numbers) == 500
    assert LeftOut.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3 m 이내, 25kg, 80 km/h", ["3 m", "25kg", "80 km/h"]),
        ("5천~1만 원과 1,000원", ["5천", "1만 원", "1,000원"]),
        ("-10℃~40℃, ±5%", ["-10℃", "40℃", "±5%"]),
        ("2024.06.10. 09:30~18:00", ["2024.06.10", "09:30~18:00"]),
        ("1 hour, 3 out of 10 people", ["1 hour", "3", "10 people"]),
        ("글자뿐", []),
    ],
)
def test_numbers_are_told_with_their_units(text: str, numbers: list[str]) -> None:
    assert list(numbers_of(text)) == numbers


LESSON = """# 지게차 안전

## 작업 전
지게차를 점검합니다. 타이어 공기압은 700 kPa 입니다. 경고등을 확인합니다. 안전띠를 맵니다.
사람을 태우지 않습니다. 포크 위에 올라타면 안 됩니다.

## 작업 중
시속 10 km 이하로 운전합니다. 마스트를 3 m 이상 올린 채 움직이지 마세요. 경사로에서는 후진합니다.
보행자를 먼저 보냅니다. 짐이 시야를 가리면 후진합니다. 신호수를 봅니다.

## 작업 뒤
포크를 바닥에 내립니다. 열쇠를 뺍니다. 지정된 곳에 세웁니다. 충전기를 연결합니다.
"""


def write(minutes: float, **changes: Any) -> Script:
    wish = {"language": "ko", "max_chapters": 5, "max_scenes_per_chapter": 6, "style": "friendly", **changes}
    return write_extractive(LESSON, Brief(target_minutes=minutes, **wish), lambda: None)


def test_a_lesson_that_fits_leaves_nothing_out() -> None:
    assert write(5).left_out == LeftOut()


def test_each_sentence_of_a_lesson_that_is_too_long_is_said_or_counted() -> None:
    whole = write(5)
    sentences = sum(scene.narration.count(".") for chapter in whole.chapters for scene in chapter.scenes)
    short = write(0.4)
    assert short.left_out is not None
    said = " ".join(scene.narration for chapter in short.chapters for scene in chapter.scenes)
    framing = sum(words in said for words in ("알아보겠습니다", "마치겠습니다", "주세요."))
    assert short.left_out.sentences > 8
    assert abs(sentences - said.count(".") - short.left_out.sentences) <= framing + 3
    for forbidden in ("사람을 태우지 않습니다.", "포크 위에 올라타면 안 됩니다."):
        assert (forbidden in said) != (forbidden in short.left_out.prohibitions)
    for number in ("700 kPa", "10 km", "3 m"):
        assert (number in said) != (number in short.left_out.numbers)
    assert write(0.4) == short


def test_a_text_in_another_language_than_asked_for_is_warned_of() -> None:
    (warning,) = write(5, language="en").warnings
    assert "the text is in Korean, and the script was asked for in English" in warning
