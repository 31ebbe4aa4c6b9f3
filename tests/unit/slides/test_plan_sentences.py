import pytest

from services.slides.planning.cleaning import clean, clean_lines, clipped
from services.slides.planning.sentences import quotations, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("먼저 “불이야!” 하고 알립니다. 그다음 119에 신고합니다.", 2),
        ("“급합니다. 송금해 주세요.”라고 말하는 동료가 있습니다. 어떻게 할까요?", 2),
        ("그는 “열지 마세요.” 다음 문장입니다.", 2),
        ("“닫히지 않은 인용. 다음 문장. 끝.", 3),
        ("“오늘까지입니다.” 같은 문장이 보이면 멈추세요.", 1),
        ('"Stop!" he said. Then he left.', 2),
        ("Dr. Kim came at 3 p.m. today. See No. 3 now.", 2),
        ("비율이 3.5%로 늘었습니다. 끝", 2),
        ("한 줄\n두 줄", 2),
        ("1. 열람합니다. 2. 확인합니다.", 2),
        ("기간: 2026. 5. 11.(월)~5. 13.(수)", 1),
        ("발표는 2026. 5. 11. 14:00 본관. 그 뒤 회의.", 2),
        ("모두 3개. 다음은 5. 12. 회의.", 2),
        ("", 0),
        ("...!!!", 1),
    ],
)
def test_sentences_are_cut_where_they_end(text: str, expected: int) -> None:
    assert len(sentences(text)) == expected


def test_nothing_but_space_is_lost() -> None:
    text = "“가. 나!” 하고 다. 라? 마… 바 (사.) 아. e.g. this. J. Smith."
    assert "".join(sentences(text)).replace(" ", "") == text.replace(" ", "")


def test_a_stray_quotation_mark_does_not_swallow_the_text() -> None:
    assert quotations("“" + "가" * 500 + "”") == ()
    assert quotations("“가” 나 “다”") == ((0, 2), (6, 8))


def test_cleaning_takes_what_cannot_be_seen_and_markdown() -> None:
    assert (
        clean("**굵게** `코드` [링크](https://example.com)\u200b\x07\u202e 끝\r\n다음")
        == "굵게 코드 링크 끝 다음"
    )
    assert clean_lines("# 제목\n\n\n- 하나") == "제목\n- 하나"
    assert clean("각") == "각"  # conjoining jamo become one syllable
    assert clean(None) == ""
    assert len(clean("e" + "\u0301" * 1000)) < 8


def test_clipping_ends_after_a_word() -> None:
    assert clipped("비밀번호를 누구에게도 알려 주지 않습니다", 14) == "비밀번호를 누구에게도…"
    assert clipped("짧다", 14) == "짧다"
    assert len(clipped("가" * 100, 14)) == 14
