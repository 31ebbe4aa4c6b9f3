import pytest

from services.slides.planning.condense import condensed, point, similarity
from services.slides.planning.noun_form import alike, nominal, without_lead

KOREAN = """
확인합니다. → 확인하기
반드시 안전모를 착용해야 합니다. → 반드시 안전모를 착용하기
메모지에 적어 두지 마세요 → 메모지에 적어 두지 않기
엘리베이터를 타면 안 됩니다. → 엘리베이터를 타지 않기
설명을 들으면 안 됩니다 → 설명을 듣지 않기
오래 보관해서는 안 됩니다 → 오래 보관하지 않기
링크를 눌러서는 안 됩니다 → 링크를 누르지 않기
그냥 버려서도 안 됩니다 → 그냥 버리지 않기
교육을 들어야 합니다. → 교육을 듣기
무릎을 굽혀 들어야 합니다 → 무릎을 굽혀 들기
자리를 비워 주세요 → 자리를 비우기
창문을 엽니다 → 창문을 열기
보고서를 만듭니다 → 보고서를 만들기
안내를 들으세요 → 안내를 듣기
매일 백업하도록 합니다 → 매일 백업하기
신고하시기 바랍니다 → 신고하기
비밀번호를 바꾼다 → 비밀번호를 바꾸기
손을 씻어요 → 손을 씻기
보안은 모두의 책임입니다. → 보안은 모두의 책임
오류가 70% 줄었습니다 → 오류가 70% 줄었음
크게 다칠 수 있습니다 → 크게 다칠 수 있음
감염이 줄어듭니다 → 감염이 줄어듦
이 방법이 가장 쉽습니다 → 이 방법이 가장 쉬움
앞이 보이지 않습니다 → 앞이 보이지 않음
은행은 비밀번호를 요구하지 않습니다 → 은행은 비밀번호를 요구하지 않음
사용 목적을 구체적으로 적습니다 → 사용 목적을 구체적으로 적기
두 사람이 한 조로 작업합니다 → 두 사람이 한 조로 작업하기
먼저 노트북을 받습니다. → 노트북을 받기
주소가 같은지 확인합니다 → 주소가 같은지 확인하기
자주 바꾸는 것이 좋습니다 → 자주 바꾸기
집결지로 모입니다 → 집결지로 모이기
사용 시간을 줄입니다 → 사용 시간을 줄이기
이것은 개인정보입니다 → 이것은 개인정보
담당자에게 물어보세요 → 담당자에게 물어보기
다시 한번 확인해 보세요 → 다시 한번 확인하기
운전자는 3톤 이상 지게차 면허가 있어야 합니다. → 운전자는 3톤 이상 지게차 면허가 있어야 함
경광등이 켜져 있어야 합니다. → 경광등이 켜져 있어야 함
통로에는 물건이 없어야 합니다. → 통로에는 물건이 없어야 함
바닥은 평평하고 단단해야 합니다. → 바닥은 평평하고 단단해야 함
설비는 접지되어야 합니다. → 설비는 접지되어야 함
냉동고는 -18℃ 이하여야 합니다. → 냉동고는 -18℃ 이하여야 함
발판 사이 간격은 25~35cm여야 합니다. → 발판 사이 간격은 25~35cm여야 함
점검은 매주 3회여야 합니다. → 점검은 매주 3회여야 함
조명은 밝아야 합니다. → 조명은 밝아야 함
산소 농도를 측정하지 않으면 안 됩니다. → 산소 농도를 측정하기
담당자가 없으면 안 됩니다. → 담당자가 있어야 함
턱끈이 풀려 있으면 안 됩니다. → 턱끈이 풀려 있으면 안 됨
회사는 근로자를 해고하지 못합니다. → 회사는 근로자를 해고하지 못함
이 약은 위험하지 않습니다. → 이 약은 위험하지 않음
칼이 날카롭습니다. → 칼이 날카로움
어떻게 하시겠습니까? → 어떻게 하시겠습니까?
개인정보 → 개인정보
""".strip().splitlines()

ENGLISH = """
You must wear a helmet. → Wear a helmet
Make sure to lock your screen. → Lock your screen
Employees may not share passwords. → Do not share passwords
Finally, report it. → Report it
Second factor → Second factor
Do not twist. → Do not twist
""".strip().splitlines()


@pytest.mark.parametrize("line", KOREAN + ENGLISH)
def test_sentences_become_what_a_slide_says(line: str) -> None:
    sentence, expected = line.split(" → ")
    assert nominal(sentence) == expected


@pytest.mark.parametrize("line", KOREAN + ENGLISH)
def test_noun_forms_are_left_alone(line: str) -> None:
    expected = line.split(" → ")[1]
    assert nominal(expected) == expected


@pytest.mark.parametrize(
    ("sentences", "points"),
    [
        (
            ("면허가 있어야 합니다.", "교육을 듣습니다.", "짐을 두지 않습니다."),
            ("면허가 있어야 함", "교육을 들음", "짐을 두지 않음"),
        ),
        (("문을 닫습니다.", "불을 끕니다."), ("문을 닫기", "불을 끄기")),
        (("물기를 닦음", "불을 끕니다.", "환기"), ("물기를 닦음", "불을 끔", "환기")),
        (("화재 알림", "불을 끕니다."), ("화재 알림", "불을 끄기")),
    ],
)
def test_one_list_has_one_ending(sentences: tuple[str, ...], points: tuple[str, ...]) -> None:
    assert alike(sentences, tuple(map(nominal, sentences))) == points


def test_a_description_is_not_an_instruction() -> None:
    assert nominal("모든 통신을 암호화합니다", described=True) == "모든 통신을 암호화함"


@pytest.mark.parametrize(
    ("sentence", "rest"),
    [
        ("1. 첫째, 알립니다", "알립니다"),
        ("그다음 119에 신고합니다", "119에 신고합니다"),
        ("또래와 이야기합니다", "또래와 이야기합니다"),
        ("next, call them", "Call them"),
        ("Or call extension 4411", "Call extension 4411"),
    ],
)
def test_lead_words_go_and_words_that_begin_alike_stay(sentence: str, rest: str) -> None:
    assert without_lead(sentence) == rest


def test_a_long_korean_sentence_keeps_its_main_clause() -> None:
    long = "출력한 문서에 고객의 이름과 연락처가 들어 있을 수 있으므로, 퇴근하기 전에 책상 위를 비웁니다."
    assert condensed(long, 20) == "퇴근하기 전에 책상 위를 비웁니다"
    assert point(long, 20) == "퇴근하기 전에 책상 위를 비우기"


def test_a_sentence_without_a_short_clause_is_left_to_the_voice() -> None:
    assert point("가나다라" * 30, 40) is None


def test_similarity_is_symmetric_and_bounded() -> None:
    assert similarity("비밀번호를 바꾸기", "비밀번호를 바꿉니다") == similarity(
        "비밀번호를 바꿉니다", "비밀번호를 바꾸기"
    )
    assert similarity("비밀번호", "비밀번호") == 1
    assert similarity("비밀번호", "안전모 착용") == 0
