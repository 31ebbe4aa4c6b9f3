from itertools import pairwise

import fonticon_mdi7
import pytest

from services.slides.planning import icons, lexicon_en, lexicon_ko
from services.slides.planning.emphasis import emphasis
from services.slides.planning.icons import find_icons, hits, last_icon, point_icons


def test_every_icon_exists_in_the_font() -> None:
    named = {*lexicon_ko.ICONS, *lexicon_en.ICONS, "check_circle", "close_circle"}
    named |= icons.WINDOW | icons.PHONE | icons.SHEET | icons.MANDATORY | icons.SAFE | icons.FIRE
    assert sorted(name for name in named if not hasattr(fonticon_mdi7.MDI7, name)) == []


@pytest.mark.parametrize("lexicon", [lexicon_ko, lexicon_en])
def test_no_stem_stands_twice(lexicon: object) -> None:
    stems = [stem for words in lexicon.ICONS.values() for stem in words]  # type: ignore[attr-defined]
    assert len(stems) == len(set(stems))
    assert set(lexicon.UNCOLOURED) <= set(stems)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "icon"),
    [
        ("의심 메일 신고", "email"),
        ("기프트 카드를 사 달라고", "gift"),
        ("심폐소생술을 시작합니다", "heart_pulse"),
        ("문을 닫습니다", "door_closed"),
        ("a phishing email", "hook"),
        ("Passwords are secret", "form_textbox_password"),
        ("USB를 꽂지 않습니다", "usb_flash_drive"),
    ],
)
def test_a_word_calls_for_its_icon(text: str, icon: str) -> None:
    assert find_icons(text)[0] == icon


@pytest.mark.parametrize(
    "text",
    [
        "문장을 읽습니다", "준비가 중요합니다", "약 3%", "대상자를 정합니다", "범위를 넘어야",
        "전원 대피하세요", "3미터 이상", "업무시간에", "약속을 지킵니다", "The context of a lawn",
        "a cardiac callus", "We got fired",
    ],
)  # fmt: skip
def test_part_of_another_word_calls_for_nothing(text: str) -> None:
    wrong = {
        "door", "weather_pouring", "pill", "package_variant", "slope_downhill", "power", "alert_circle",
        "account_cancel", "drama_masks", "message_text", "scale_balance", "credit_card", "phone_alert",
        "fire",
    }  # fmt: skip
    assert not wrong & set(find_icons(text))


def test_a_prohibition_is_about_the_noun_nearest_the_verb() -> None:
    assert last_icon("고객 명단을 메신저로 보내지 않습니다") == "chat"


def test_points_have_icons_or_all_have_numbers() -> None:
    assert point_icons(("이메일 열기", "링크 누르기", "가나다")) == ("email", "link_variant", None)
    assert point_icons(("이메일 열기", "가나다")) == (None, None)
    icons_of = point_icons(("비밀번호 만들기", "비밀번호 바꾸기", "화면 잠그기"))
    assert len({icon for icon in icons_of if icon}) == len([icon for icon in icons_of if icon])


def test_hits_do_not_overlap() -> None:
    found = hits("개인정보 유출 신고 절차와 비밀번호 변경, phishing email hard hat")
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert found


@pytest.mark.parametrize(
    ("headline", "text", "kind"),
    [
        ("엘리베이터는 절대 타지 않습니다", "절대", "danger"),
        ("포크 아래로 지나가는 것은 금지입니다", "금지", "danger"),
        ("속도보다 시야가 먼저입니다", "시야", "accent"),
        ("유출을 알게 되면 72시간 이내 신고", "72시간 이내", "accent"),
        ("메일을 개인 메일로 ‘자동 전달’하지 마세요", "자동 전달", "accent"),
        ("Never share your one-time code", "Never", "danger"),
        ("개인정보, 필요한 만큼만", "개인정보", "accent"),
        ("응급처치를 하는 순서와 방법", "응급처치", "accent"),
        ("공용 PC 사용 주의", "주의", "danger"),
    ],
)
def test_the_word_that_matters_is_coloured(headline: str, text: str, kind: str) -> None:
    assert (text, kind) in [(e.text, e.kind) for e in emphasis(headline)]


@pytest.mark.parametrize(
    "headline", ["앉아서 기다립니다", "뛰지 말고 걷습니다", "Stop and look", "누르세요", ""]
)
def test_verb_stems_are_never_coloured(headline: str) -> None:
    assert [e for e in emphasis(headline) if e.kind == "accent"] == []


def test_colour_is_scarce() -> None:
    headline = "절대 즉시 반드시 항상 먼저 10% 20% 30% ‘인용’ 금지 위험 금지 세 가지 규칙을 지킵니다"
    chosen = emphasis(headline)
    assert len(chosen) == 2
    assert sum(len(e.text) for e in chosen) < len(headline) / 2
