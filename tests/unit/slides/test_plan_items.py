import pytest

from services.slides.planning.items import split_caption


@pytest.mark.parametrize(
    ("caption", "title", "items"),
    [
        ("화면 잠금 → 서류 정리 -> 퇴근", None, ("화면 잠금", "서류 정리", "퇴근")),
        ("작업 전 점검: 발판, 고무, 잠금장치", "작업 전 점검", ("발판", "고무", "잠금장치")),
        ("1. 접수 2. 확인 3) 통지", None, ("접수", "확인", "통지")),
        ("처리 순서 ① 접수 ② 확인", "처리 순서", ("접수", "확인")),
        ("이름·전화번호·주소", None, ("이름", "전화번호", "주소")),
        ("이름 · 전화번호 · 주소", None, ("이름", "전화번호", "주소")),
        ("준비물\n- 장갑\n- 안전모", "준비물", ("장갑", "안전모")),
        ("장갑\n안전모", None, ("장갑", "안전모")),
        ("Stop; look; listen", None, ("Stop", "look", "listen")),
        ("목적, 항목, 그리고 기간", None, ("목적", "항목", "기간")),
    ],
)
def test_lists_are_found_however_they_are_written(
    caption: str, title: str | None, items: tuple[str, ...]
) -> None:
    found = split_caption(caption)
    assert (found.title, found.items) == (title, items)


@pytest.mark.parametrize(
    "caption",
    [
        "의심스러우면, 먼저 물어보세요",
        "과징금 1,000,000원",
        "추락 사고, 전체 산업재해 사망의 42%",
        "No receipt, no refund",
        "신체적·정신적 고통",
        "오늘 배운 내용 정리",
        "비밀번호: 열두 자 이상",
    ],
)
def test_one_phrase_is_no_list(caption: str) -> None:
    assert split_caption(caption).items == (caption,)


def test_an_empty_caption_has_no_items() -> None:
    assert split_caption("").items == ()
    assert not split_caption("·,→·").listed
