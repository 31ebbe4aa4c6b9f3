"""When a figure is the picture of a slide, and when it only stands in a sentence."""

import pytest

from services.slides.planning.figures import figure_of

PICTURES = """
작년 유출 사고의 82%는 직원의 실수로 일어났음 → 82 %
1천 명 이상의 정보가 유출되면 72시간 안에 신고하기 → 72 시간
비밀번호는 12자 이상 → 12 자 이상
연차는 1년에 15일 → 15 일
숙박비는 1박에 5~10만 원 → 5~10 만 원
냉동고는 -18℃ 이하로 유지하기 → -18 ℃ 이하
냉동고는 영하 18℃ 이하 → -18 ℃ 이하
통로 폭은 80cm 이상 확보하기 → 80 cm 이상
2m 이상 간격을 두기 → 2 m 이상
조치율은 95%(▲5%p) → 95 %
사고는 전년보다 12% 줄었음 → 12 %
지게차는 시속 10km 이하로 운전하기 → 10 km/h 이하
If a customer asks for deletion, answer within 30 days → 30 days
The fine is $5,000 → $5,000
""".strip().splitlines()

NONE = """
운전자는 3톤 이상 지게차 면허가 있어야 함
입사 5년 이상인 직원
제1항을 위반한 자는 3년 이하의 징역 또는 5천만원 이하의 벌금에 처함
매출은 ▲5% 늘었고 비용은 ▼3% 줄었음
산소 농도가 18% 이상 23.5% 미만이어야 함
제품명은 에탄올 99.9%
비상구 앞 1m는 비워 두기
관리자 1명을 두기
100명 이상 사업장은 위원회를 둠
10-20%의 직원
참가비 $10 또는 $20
2025년 시행
보유기간은 3년을 초과할 수 없습니다. 다만, 법령에 따른 경우에는 5년까지 보관할 수 있습니다.
""".strip().splitlines()


@pytest.mark.parametrize("line", PICTURES)
def test_a_figure_that_says_how_much_is_a_picture(line: str) -> None:
    text, shown = line.split(" → ")
    figure = figure_of(text, strong=False)
    assert figure is not None
    assert f"{figure.digits} {figure.unit}".strip() == shown


@pytest.mark.parametrize("text", NONE)
def test_a_figure_that_only_says_of_what_or_when_is_none(text: str) -> None:
    assert figure_of(text, strong=False) is None


def test_only_a_part_of_a_whole_has_a_ring() -> None:
    share, change = figure_of("응답자의 60%가 답함", strong=True), figure_of("사고는 12% 늘었음", strong=True)
    assert share is not None
    assert change is not None
    assert (share.share, change.share) == (0.6, None)
