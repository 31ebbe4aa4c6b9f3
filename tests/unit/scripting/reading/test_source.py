import re
from time import perf_counter

import pytest

from services.scripting.reading.blocks import Block, Heading, Listing, Paragraph, Table
from services.scripting.reading.source import parse_source


def blocks(text: str) -> list[Block]:
    return list(parse_source(text).blocks)


def test_what_cannot_be_said_is_left_out() -> None:
    text = (
        "**공격자**는 [사람](http://a.b/c)을 _먼저_ 노립니다.[^1] 😀 `암호`는 <b>숨깁니다</b>.\n\n"
        "![그림](a.png)\n\n```python\nprint(1)\n```\n\n<div>보이는 글<script>alert(1)</script></div>"
    )
    assert blocks(text) == [
        Paragraph("공격자는 사람을 먼저 노립니다. 암호는 숨깁니다."),
        Paragraph("보이는 글"),
    ]


def test_a_bare_address_is_said_as_its_host() -> None:
    assert blocks("자세한 내용은 https://www.example.com/a/b?c=d 에서 봅니다.") == [
        Paragraph("자세한 내용은 example.com 에서 봅니다.")
    ]


def test_lists_tables_and_headings_are_recognised() -> None:
    lists = "# 제목\n\n- [ ] 하나\n  - 안쪽\n- 둘\n\n① 첫째\n② 둘째\n\n"
    text = f"{lists}| 종류 | 주기 |\n|---|---|\n| 소화기 | 월 1회 |\n"
    assert blocks(text) == [
        Heading(1, "제목"),
        Listing(ordered=False, items=("하나", "둘"), below=((Listing(ordered=False, items=("안쪽",)),), ())),
        Listing(ordered=True, items=("첫째", "둘째"), circled=True),
        Table(("종류", "주기"), (("소화기", "월 1회"),)),
    ]


def test_headings_of_plain_text_are_found() -> None:
    text = "제1장 개요\n이 글은 지게차를 다룹니다.\n\n제2장 점검\n시동 전에 봅니다."
    assert [block for block in blocks(text) if isinstance(block, Heading)] == [
        Heading(2, "개요"),
        Heading(2, "점검"),
    ]


def test_a_numbered_line_before_text_is_a_heading_and_a_numbered_list_is_not() -> None:
    assert blocks("1. 개요\n\n첫 문단입니다.\n\n1. 끄기\n2. 켜기") == [
        Heading(3, "개요"),
        Paragraph("첫 문단입니다."),
        Listing(ordered=True, items=("끄기", "켜기")),
    ]


def test_a_lone_numbered_line_that_says_something_is_told() -> None:
    assert blocks("# 보고\n\n가. 41분마다 창고 점검\n\n팀장이 봅니다.") == [
        Heading(1, "보고"),
        Listing(ordered=False, items=("41분마다 창고 점검",)),
        Paragraph("팀장이 봅니다."),
    ]


def test_several_numbered_lines_before_text_are_headings_however_long() -> None:
    found = blocks("1. 2026년 소방 훈련 계획\n\n5월에 합니다.\n\n2. 예산 3억 원 집행\n\n6월에 씁니다.")
    assert [block.text for block in found if isinstance(block, Heading)] == [
        "2026년 소방 훈련 계획",
        "예산 3억 원 집행",
    ]


@pytest.mark.parametrize(
    "text",
    [
        '> !!! danger "위험"\n>     손을 넣지 않습니다.\n>\n>     전원을 끕니다.',
        "> ::: warning 위험\n> 손을 넣지 않습니다.\n>\n> 전원을 끕니다.\n> :::",
        "> > ::: warning 위험\n> > 손을 넣지 않습니다.\n> >\n> > 전원을 끕니다.\n> > :::",
        "+++ 위험\n손을 넣지 않습니다.\n\n전원을 끕니다.\n+++",
    ],
)
def test_an_admonition_in_a_quotation_is_read_as_one_outside(text: str) -> None:
    told = [
        block.text
        for block in blocks(f"앞말입니다.\n\n{text}\n\n뒷말입니다.")
        if not isinstance(block, Table | Listing)
    ]
    assert told == ["앞말입니다.", "위험", "손을 넣지 않습니다.", "전원을 끕니다.", "뒷말입니다."]


def test_a_word_that_a_page_cut_before_its_last_syllable_is_whole() -> None:
    text = (
        "사업주는 유해인자에 노출되는 근로자의 건강을 보호하기 위하여 작업환경을 측정해\n"
        "야 한다. 측정 결과는 근로자에게 알려야 하며, 기록은 오 년 동안 보존하여\n야 한다."
    )
    [paragraph] = blocks(text)
    assert isinstance(paragraph, Paragraph)
    assert "측정해야 한다" in paragraph.text
    assert "보존하여야 한다" in paragraph.text


def test_a_page_number_beside_a_running_header_is_no_text() -> None:
    page = "Site Manual                              Page {}\n\n{}\n\n"
    text = page.format(1, "Every worker wears a harness.") + page.format(2, "Gloves are changed daily.")
    found = parse_source(text)
    assert not any("Page" in getattr(block, "text", "") for block in found.blocks)
    assert [unread.text for unread in found.unread if unread.kind == "page"].count("Page 1") == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("[김민수] [오전 9:12] ", "[이지은] [오후 1:13] "),
        ("김민수 오전 9:12 ", "이지은 오후 1:13 "),
        ("김민수, 오전 9:12\n", "이지은, 오후 1:13\n"),
        ("김민수\n오전 9:12\n", "이지은\n오후 1:13\n"),
        ("김민수 (오전 9:12): ", "이지은 (오후 1:13): "),
        ("[09:12] 김민수: ", "[13:13] 이지은: "),
        ("2026년 5월 11일 오전 9:12, 김민수 : ", "2026년 5월 11일 오후 1:13, 이지은 : "),
        ("2026. 5. 11. 오전 9:12, 김민수 : ", "2026. 5. 11. 오후 1:13, 이지은 : "),
        ("Dana Kim  9:12 AM\n", "Ravi  1:13 PM\n"),
        ("11/05/2026, 9:12 AM - Dana: ", "11/05/2026, 1:13 PM - Ravi: "),
    ],
)
def test_a_chat_is_told_without_who_said_it_and_when(first: str, second: str) -> None:
    found = parse_source(f"{first}서버가 느립니다.\n{second}다시 켰습니다. 9:20에 봅니다.")
    assert found.blocks == (Paragraph("서버가 느립니다."), Paragraph("다시 켰습니다. 9:20에 봅니다."))
    stamps = [stamp.strip().rstrip(" :").replace("\n", " ") for stamp in (first, second)]
    assert [unread.text for unread in found.unread if unread.kind == "time"] == stamps


def test_what_a_messenger_puts_in_itself_is_no_message() -> None:
    found = parse_source(
        "홍길동님과 카카오톡 대화\n저장한 날짜 : 2026-05-11 09:12:33\n\n"
        "--------------- 2026년 5월 11일 월요일 ---------------\n"
        "[홍길동] [오전 9:12] 문을 잠그지 마세요.\n열쇠는 3층에 있습니다.\n[나] [오전 9:13] 사진\n"
        "김철수님이 들어왔습니다.\n[홍길동] [오후 12:13] 넵"
    )
    assert found.blocks == (Paragraph("문을 잠그지 마세요. 열쇠는 3층에 있습니다."), Paragraph("넵."))
    assert {"사진", "김철수님이 들어왔습니다."} <= {unread.text for unread in found.unread}


@pytest.mark.parametrize(
    "text",
    [
        "접수 오전 9:00 로비에서 접수합니다.\n\n개회 오전 10:00 강당에서 시작합니다.",
        "A조 오전 9:12 출발\n\nB조 오전 9:27 출발",
        "[09:00] 개회: 강당\n\n[10:00] 강의: 본관",
        "점심시간은 오후 12:35부터입니다.\n\n교육은 오후 1:15에 시작합니다.",
    ],
)
def test_a_program_is_no_chat(text: str) -> None:
    told = repr(blocks(text))
    assert all(time in told for time in re.findall(r"\d+:\d\d", text))


def test_a_schedule_keeps_its_times() -> None:
    told = repr(blocks("2026-05-11 09:00 개회: 강당\n2026-05-11 10:00 강의: 본관"))
    assert "09:00" in told
    assert "10:00" in told


def test_front_matter_names_the_title_and_is_not_told() -> None:
    found = parse_source('---\ntitle: "안전 교육"\nauthor: x\n---\n본문입니다.')
    assert found.title == "안전 교육"
    assert found.blocks == (Paragraph("본문입니다."),)


@pytest.mark.parametrize(
    "junk", ["[" * 20000, "> " * 10000, "*" * 20000, "<" * 20000, "![[" * 6000, "- " * 10000]
)
def test_hostile_markdown_is_parsed_in_bounded_time(junk: str) -> None:
    start = perf_counter()
    parse_source(junk)
    assert perf_counter() - start < 5
