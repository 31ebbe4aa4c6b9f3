"""Points and sentences that say how things must be, and lists that end in one way."""

from pathlib import Path

import pytest

from services.scripting.writer.korean.korean import Korean

KOREAN = Korean()

HEADLINES = """
운전자는 3톤 이상 지게차 면허가 있어야 합니다. → 운전자는 3톤 이상 지게차 면허가 있어야 함
경광등이 켜져 있어야 합니다. → 경광등이 켜져 있어야 함
병가는 진단서가 있어야 합니다. → 병가는 진단서가 있어야 함
허가서는 현장에 게시되어 있어야 합니다. → 허가서는 현장에 게시되어 있어야 함
밸브는 닫혀야 합니다. → 밸브는 닫혀야 함
보호구는 몸에 맞아야 합니다. → 보호구는 몸에 맞아야 함
연결해 두어야 합니다. → 연결해 두기
계단을 이용하여 주시기 바랍니다. → 계단을 이용하기
문을 열지 마시기 바랍니다. → 문을 열지 않기
과태료를 냅니다. → 과태료를 냄
뜨거운 물에 화상을 입습니다. → 뜨거운 물에 화상을 입음
위반한 사람에게는 과태료를 부과합니다. → 위반한 사람에게는 과태료를 부과함
교육을 받습니다. → 교육을 받기
산소 농도를 측정하지 않으면 안 됩니다. → 산소 농도를 측정하기
담당자가 없으면 안 됩니다. → 담당자가 있어야 함
턱끈이 풀려 있으면 안 됩니다. → 턱끈이 풀려 있으면 안 됨
""".strip().splitlines()

SPOKEN = """
작업 구역 11m 안에 가연물이 없을 것 → 작업 구역 11m 안에 가연물이 없어야 합니다.
화재 감시자가 배치되어 있을 것 → 화재 감시자가 배치되어 있어야 합니다.
산소 농도가 18% 이상일 것 → 산소 농도가 18% 이상이어야 합니다.
조도는 충분할 것 → 조도는 충분해야 합니다.
보호구를 착용할 것 → 보호구를 착용합니다.
뛰지 말 것 → 뛰지 마세요.
조치율은 95%(5%p)이다. → 조치율은 95%(5%p)입니다.
""".strip().splitlines()

LISTS = (Path(__file__).parent / "data" / "endings.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("line", HEADLINES)
def test_what_must_be_so_is_no_act(line: str) -> None:
    sentence, shown = line.split(" → ")
    assert KOREAN.headline(sentence) == shown


@pytest.mark.parametrize("line", SPOKEN)
def test_a_note_of_what_must_be_so_is_said_as_such(line: str) -> None:
    note, said = line.split(" → ")
    assert KOREAN.spoken(note) == said


@pytest.mark.parametrize("line", LISTS)
def test_the_points_of_a_list_end_in_one_way(line: str) -> None:
    points, shown = (part.split(" | ") for part in line.split(" → "))
    assert KOREAN.alike(points) == shown
