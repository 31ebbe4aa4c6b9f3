import pytest

from services.slides.planning.items import split_caption


@pytest.mark.parametrize(
    ("caption", "title", "items"),
    [
        ("화면 잠금 → 서류 정리 -> 퇴근", None, ("화면 잠금", "서류 정리", "퇴근")),
        (
            "배경\n- 이직률 감소(12% → 9%, ▼3%p)\n- 비용 절감",
            "배경",
            ("이직률 감소(12% → 9%, ▼3%p)", "비용 절감"),
        ),
        ("이직률 12% → 9%", None, ("이직률 12% → 9%",)),
        ("신고(112 → 119) → 대피", None, ("신고(112 → 119)", "대피")),
        ("작업 전 점검: 발판, 고무, 잠금장치", "작업 전 점검", ("발판", "고무", "잠금장치")),
        ("1. 접수 2. 확인 3) 통지", None, ("접수", "확인", "통지")),
        ("2. 4월 1일 접수\n3. 통지", None, ("4월 1일 접수", "통지")),
        ("1. 2026. 5. 11. 접수\n2. 5. 12.(화) 심사", None, ("2026. 5. 11. 접수", "5. 12.(화) 심사")),
        ("설정\n1. 2.4 GHz 고르기\n2. 암호 넣기", "설정", ("2.4 GHz 고르기", "암호 넣기")),
        (
            "교육\n- 기간: 2026. 5. 11.(월)~5. 13.(수)\n- 장소: 본관",
            "교육",
            ("기간: 2026. 5. 11.(월)~5. 13.(수)", "장소: 본관"),
        ),
        ("시행일: 2026. 6. 7.(일)\n출입문: 정문", None, ("시행일: 2026. 6. 7.(일)", "출입문: 정문")),
        ("마감: 3. 4. 접수\n문의: 5. 6. 이후", None, ("마감: 3. 4. 접수", "문의: 5. 6. 이후")),
        ("조치 순서\n1. 현장을 통제하기", "조치 순서", ("현장을 통제하기",)),
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
        "기간: 2026. 5. 11.(월)~5. 13.(수)",
        "'26. 5. 1. ~ 5. 3. 시행",
        "버전 2. 1. 0 배포",
        "총 3. 분기 9. 결과",
    ],
)
def test_one_phrase_is_no_list(caption: str) -> None:
    assert split_caption(caption).items == (caption,)


def test_an_empty_caption_has_no_items() -> None:
    assert split_caption("").items == ()
    assert not split_caption("·,→·").listed
