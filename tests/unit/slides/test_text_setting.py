"""Cleaning, shaping, breaking and fitting of text."""

import pytest

from services.slides.typesetting import fonts
from services.slides.typesetting.fitting import LEAST, Block, Room, Style, fit, fit_together
from services.slides.typesetting.shaping import shape, visual_order
from services.slides.typesetting.text import MAX_CLUSTER, clean, clusters

BOLD = Style(800, 1.3, -0.015)
WIDE = Room(600, 330, 5)
SIZES = (72, 64, 56, 48, 44, 40, 36, 32, LEAST)


def lines(block: Block) -> list[str]:
    return ["".join(run.text for run in line) for line in block.lines]


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("제어\x00문자\x07", "제어문자"),
        ("왼쪽\u202e오른쪽\u2066", "왼쪽오른쪽"),
        ("\u1100\u1161", "가"),
        ("  여러   칸\t탭\u3000전각 ", "여러 칸 탭 전각"),
        ("한 줄\r\n\r\n두 줄", "한 줄\n두 줄"),
        ("e" + "\u0301" * 9, "é\u0301"),
        ("\ud800깨진", "깨진"),
        ("👷\u200d♀\ufe0f", "👷\u200d♀\ufe0f"),
        ("\u200b\ufeff", ""),
    ],
)
def test_clean(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def test_clusters_keep_joined_emoji_flags_and_marks() -> None:
    assert clusters("가👷🏽\u200d♀\ufe0f🇰🇷n\u0303") == ["가", "👷🏽\u200d♀\ufe0f", "🇰🇷", "n\u0303"]


@pytest.mark.parametrize(
    "whole",
    ["👩🏽\u200d❤️\u200d💋\u200d👨🏻", "1️⃣", "क्षि", "นำ", "\u1112\u119e\u11ab", "가\u0301"],
    ids=["couple", "keycap", "conjunct", "vowel", "old Hangul", "tone mark"],
)
def test_a_character_of_any_script_is_one_cluster(whole: str) -> None:
    assert clusters(f"{whole}가{whole}") == [whole, "가", whole]


@pytest.mark.parametrize("part", ["\u1100", "👷\u200d", "\u0915\u094d"], ids=["jamo", "joiners", "conjuncts"])
def test_a_character_without_an_end_is_cut(part: str) -> None:
    text = part * 50
    assert "".join(clusters(text)) == text
    assert max(len(cluster) for cluster in clusters(text)) <= MAX_CLUSTER
    block = fit(clean(text), Style(500, 1.4), WIDE, [32])
    assert len(lines(block)) > 1


def test_every_script_finds_a_face_and_the_unknown_becomes_a_box() -> None:
    assert fonts.face_of("한") == fonts.face_of("漢") == fonts.CJK
    assert fonts.face_of("🔥") == fonts.EMOJI
    assert {fonts.face_of(c) for c in "سสनש"} & {None, fonts.CJK} == set()
    assert fonts.face_of("\ue000") is None
    assert [run.text for run in shape("\ue000", [""], 500, 0)] == ["□"]


def test_lines_are_few_and_balanced() -> None:
    block = fit(
        "조금이라도 이상하면 링크를 누르지 말고 보낸 사람에게 전화로 확인합니다", Style(500, 1.4), WIDE, [32]
    )
    assert lines(block) == ["조금이라도 이상하면 링크를 누르지 말고", "보낸 사람에게 전화로 확인합니다"]


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("누구에게도 알려 주지 않고 안전하게 보관합니다", "알려 주지"),
        ("위험 요인을 모두 찾아낼 수 있도록 점검합니다", "수 있도록"),
        ("작업장에서는 언제나 시속 10킬로미터를 넘지 않습니다", "시속 10킬로미터를"),
    ],
)
def test_words_that_belong_together_stay_on_a_line(text: str, together: str) -> None:
    for width in range(500, 640, 20):
        block = fit(text, Style(600, 1.3), Room(width, 900, 9), [36])
        if len(block.lines) == 2:
            assert any(together in line for line in lines(block)), lines(block)


def test_no_korean_word_is_broken_while_any_size_can_hold_it() -> None:
    text = "산업안전보건위원회 정기회의 개최 여부를 확인하고 관리자에게 보고합니다"
    for width in (260, 300, 420, 700):
        block = fit(text, BOLD, Room(width, 900, 12), SIZES)
        assert " ".join(lines(block)) == text


def test_a_long_token_is_cut_after_its_separators() -> None:
    url = "https://login.example.com/account/verify?session=8f3a9c1e&redirect=home&utm_source=mail"
    block = fit(url, Style(500, 1.5), Room(500, 400, 9), [40, 36, 32, LEAST])
    assert "".join(lines(block)) == url
    assert all(line[-1] in "/.?&=_-" for line in lines(block)[:-1])
    assert block.width <= 500


def test_what_does_not_fit_ends_in_a_clean_ellipsis() -> None:
    block = fit("하나, 둘, " * 100, BOLD, Room(400, 90, 2), [40, LEAST])
    assert not block.whole
    assert len(block.lines) == 2
    assert block.width <= 400
    last = lines(block)[-1]
    assert last.endswith("…")
    assert last[-2] not in " ,."


def test_siblings_share_a_size() -> None:
    blocks = fit_together(
        ["짧다", "이것은 훨씬 더 긴 항목이라서 작게 들어갑니다"], BOLD, Room(300, 120, 3), SIZES
    )
    assert len({block.size for block in blocks}) == 1
    assert all(block.whole for block in blocks)


def test_a_break_in_the_text_is_kept() -> None:
    assert lines(fit("첫째 줄\n둘째 줄", BOLD, WIDE, SIZES)) == ["첫째 줄", "둘째 줄"]


def test_right_to_left_words_are_set_from_the_right() -> None:
    text = "한국 مرحبا بالعالم 끝"
    runs = visual_order(shape(text, [""] * len(text), 500, 0))
    shown = "".join(run.text for run in runs)
    assert shown == "한국 بالعالم مرحبا 끝"


@pytest.mark.parametrize("text", ["", " ", "\n", "\u200b", "\x00"])
def test_nothing_gives_an_empty_block(text: str) -> None:
    block = fit(text, BOLD, WIDE, SIZES)
    assert block.lines == ()
    assert block.height == 0


def test_emphasis_is_found_only_where_a_word_starts() -> None:
    block = fit(
        "이 네 가지는 모두 개인정보입니다", BOLD, WIDE, SIZES, [("두 개", "accent"), ("가지", "danger")]
    )
    coloured = "".join(run.text for line in block.lines for run in line if run.role)
    assert coloured == "가지"


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("이상이 발견되면 운전하지 말고 정비 담당자(내선 3421)에게 즉시 알립니다", "담당자(내선 3421)에게"),
        ("개인 짐은 9. 11. 17:00까지 지정된 상자에 담아 주시기 바람", "9. 11."),
    ],
)
def test_a_headline_is_set_smaller_rather_than_parted_in_a_bracket_or_date(text: str, together: str) -> None:
    block = fit(text, Style(800, 1.3, -0.015), Room(616, 448, 5), (72, 64, 56, 52, 48, 44, 40))
    assert any(together in line for line in lines(block)), lines(block)
    assert block.size >= 48
