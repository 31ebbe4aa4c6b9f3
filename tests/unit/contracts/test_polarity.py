"""What marks, labels and headings say of what stands behind or below them."""

import pytest

from contracts.polarity import Polarity, cell_mark, forbids_things, heading_polarity, mark_of, marks_of

FORBIDDEN, REQUIRED = Polarity.FORBIDDEN, Polarity.REQUIRED


@pytest.mark.parametrize(
    "heading",
    [
        "하지 말아야 할 것", "금지 행위", "금지사항", "작업 중 금지 행위", "반입 금지 물품",
        "하면 안 되는 행동", "해서는 안 되는 일", "절대 하지 말아야 할 행동 3가지",
        "하지 마세요", "이런 행동은 하지 마세요",
        "하지 말 것", "피해야 할 음식", "삼가야 할 표현", "허용되지 않는 행위", "이것만은 금지", "나쁜 예",
        "🚫 금지",
        "반출하면 안 되는 자료", "누르지 말아야 할 링크", "해서는 안 되는 5가지", "이렇게 하면 안 됩니다",
        "What you must not do", "What not to do", "Don'ts", "Don’t", "Never", "Things to avoid",
        "Prohibited acts", "What is not allowed", "You must not:", "Employees must not", "❌ Don't",
        "Common mistakes to avoid",
        "Things you should never do", "Foods to avoid", "Bad habits", "Not permitted",
    ],
)  # fmt: skip
def test_a_heading_that_forbids_governs_what_stands_below(heading: str) -> None:
    assert heading_polarity(heading) is FORBIDDEN


@pytest.mark.parametrize(
    "heading",
    [
        "괴롭힘 금지", "차별 금지 원칙", "위반 시 조치", "금지 사항 위반 시", "주의 사항", "사무실",
        "화재 예방", "Dos and Don'ts", "Do not open attachments", "What to do if you cannot log in",
        "How to avoid injuries", "Why you must not run",
    ],
)  # fmt: skip
def test_a_heading_that_only_speaks_of_it_does_not(heading: str) -> None:
    assert heading_polarity(heading) is None


@pytest.mark.parametrize(
    "heading", ["지켜야 할 것", "준수 사항", "이렇게 합니다", "Do", "What to do", "Do's"]
)
def test_a_heading_that_requires_ends_what_forbids(heading: str) -> None:
    assert heading_polarity(heading, FORBIDDEN) is REQUIRED


def test_a_heading_without_a_word_of_it_goes_on_with_the_one_above() -> None:
    assert heading_polarity("사무실", FORBIDDEN) is FORBIDDEN
    assert heading_polarity("위반 시 조치", FORBIDDEN) is None
    assert heading_polarity("Exceptions", FORBIDDEN) is None


@pytest.mark.parametrize(
    ("text", "polarity", "rest"),
    [
        ("❌ 메일로 보내기", FORBIDDEN, "메일로 보내기"),
        ("🙅‍♂️ 메일", FORBIDDEN, "메일"),
        ("✅ 저장소", REQUIRED, "저장소"),
        ("메일 (❌)", FORBIDDEN, "메일"),
        ("[금지] 메일", FORBIDDEN, "메일"),
        ("Don't: share", FORBIDDEN, "share"),
        ("× 슬리퍼", FORBIDDEN, "슬리퍼"),
        ("3 × 4", None, "3 × 4"),
        ("✔ 점검", None, "✔ 점검"),
        ("X 사진", None, "X 사진"),
    ],
)
def test_a_mark_is_read_in_front_or_behind(text: str, polarity: Polarity | None, rest: str) -> None:
    assert mark_of(text) == (polarity, rest)


def test_rings_letters_and_ticks_speak_in_pairs_only() -> None:
    assert marks_of(("O 승인", "X 메일")) == ((REQUIRED, "승인"), (FORBIDDEN, "메일"))
    assert marks_of(("✓ a", "✗ b")) == ((REQUIRED, "a"), (FORBIDDEN, "b"))
    assert marks_of(("✓ a", "✓ b")) == ((None, "a"), (None, "b"))
    assert marks_of(("X 선", "X 염색체")) == ((None, "X 선"), (None, "X 염색체"))


def test_a_cell_that_is_a_mark_is_read() -> None:
    assert [cell_mark(cell) for cell in ("❌", "⭕", "O", "x", "3", "")] == [
        FORBIDDEN, REQUIRED, REQUIRED, FORBIDDEN, None, None,
    ]  # fmt: skip


def test_an_imperative_heading_forbids_the_things_below_it() -> None:
    assert forbids_things("반입 금지")
    assert forbids_things("Do not bring")
    assert not forbids_things("괴롭힘 금지")
    assert not forbids_things("Do not open attachments from strangers")
