import pytest

from services.scripting.writer.english.english import English
from services.scripting.writer.korean.korean import Korean
from services.scripting.writer.language import Trait

KOREAN, ENGLISH = Korean(), English()


@pytest.mark.parametrize(
    ("sentence", "title"),
    [
        ("메일을 열기 전에 세 가지를 확인합니다.", "메일을 열기 전에 확인할 세 가지"),
        ("운전석에 앉기 전에 다음 항목을 점검합니다.", "운전석에 앉기 전에 점검할 항목"),
        ("의심스러운 메일을 받았을 때는 다음 순서로 대응합니다.", "의심스러운 메일을 받았을 때 대응 순서"),
        ("준비물은 다음과 같습니다.", "준비물"),
        ("오늘 배운 내용을 기억하세요.", None),
    ],
)
def test_a_list_is_named_by_the_sentence_that_announces_it(sentence: str, title: str | None) -> None:
    assert KOREAN.list_title(sentence) == title


@pytest.mark.parametrize(
    ("sentence", "topic"),
    [
        ("대피할 때는 엘리베이터를 절대 타지 마세요.", "대피할 때"),
        ("가스 농도는 작업 중에도 측정합니다.", "가스 농도"),
        ("괴롭힘을 겪었다면 날짜와 장소를 기록합니다.", "괴롭힘을 겪었다면"),
        ("밀폐공간은 환기가 충분하지 않은 장소를 말합니다.", "밀폐공간"),
        ("회사는 신고를 받으면 조사해야 합니다.", "신고를 받으면"),
        ("이는 매우 중요합니다.", None),
        ("고용노동부 조사에 따르면 직장인 10명 중 3명이 겪었습니다.", None),
    ],
)
def test_a_paragraph_without_a_heading_is_named_by_its_opening(sentence: str, topic: str | None) -> None:
    assert KOREAN.topic(sentence) == topic


def test_an_english_paragraph_is_named_the_same_way() -> None:
    assert ENGLISH.topic("If someone falls, do not move them.") == "If someone falls"
    assert ENGLISH.topic("Phishing is an attempt to trick you into something.") == "Phishing"
    assert ENGLISH.topic("Falls kill more than 100 workers every year.") is None


def test_a_table_is_named_by_its_header() -> None:
    assert KOREAN.table_title(["화물 무게", "최고 높이", "최고 속도"]) == "화물 무게별 최고 높이와 최고 속도"
    assert ENGLISH.table_title(["When", "What to do"]) is None


@pytest.mark.parametrize(
    ("header", "row", "said", "point"),
    [
        (
            ["화물", "최고 높이", "최고 속도"],
            ["1톤 이하", "4m", "10km/h"],
            "1톤 이하의 경우 최고 높이는 4m, 최고 속도는 10km/h입니다.",
            "1톤 이하: 최고 높이 4m, 최고 속도 10km/h",
        ),
        (["시점", "할 일"], ["즉시", "비밀번호 변경"], "즉시, 비밀번호를 변경합니다.", "즉시: 비밀번호 변경"),
    ],
)
def test_a_korean_row_keeps_all_its_figures(header: list[str], row: list[str], said: str, point: str) -> None:
    assert KOREAN.row(header, row) == said
    assert KOREAN.row_point(header, row) == point


def test_an_english_row_is_a_sentence() -> None:
    assert ENGLISH.row(["Class", "What burns", "Extinguisher"], ["A", "Paper, wood", "Water"]) == (
        "For class A, what burns is paper, wood, and the extinguisher is water."
    )
    assert ENGLISH.row(["When", "What to do"], ["Within 1 hour", "Report it"]) == "Within 1 hour, report it."


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("안녕하세요. ", None),
        ("안녕하세요. 피싱에 대해 함께 알아보겠습니다.", None),
        ("오늘 알아본 내용을 꼭 기억하고 실천해 주세요.", None),
        ("2단계 인증은 휴대전화로 한 번 더 확인하는 방법을 말합니다.", "2단계 인증이란?"),
        ("피싱(Phishing)은 기관을 사칭하여 정보를 빼내는 공격입니다.", "피싱이란?"),
        ("산소는 18% 이상이어야 합니다.", "산소는 18% 이상이어야 함"),
        ("정상 공기의 산소 농도는 21%입니다.", "정상 공기의 산소 농도는 21%"),
        ("회사는 지체 없이 조사해야 합니다.", "회사는 지체 없이 조사하기"),
        ("불리한 처우를 해서는 절대 안 됩니다.", "불리한 처우를 하지 않기"),
        ("허가 없이 들어가는 것은 절대 금지합니다.", "허가 없이 들어가는 것은 절대 금지"),
        ("예상하지 못한 첨부 파일은 열지 않습니다.", "예상하지 못한 첨부 파일은 열지 않기"),
        ("은행은 비밀번호를 묻지 않습니다.", "은행은 비밀번호를 묻지 않음"),
        (
            "개인정보가 적힌 문서는 잠금장치가 있는 곳에 보관합니다.",
            "개인정보가 적힌 문서는 잠금장치가 있는 곳에 보관하기",
        ),
        ("1초의 확인이 회사 전체를 지킵니다.", "1초의 확인이 회사 전체를 지킴"),
        (
            "업무상 필요한 지시나 정당한 평가는 당사자가 큰 스트레스를 느끼더라도 괴롭힘으로 보지 않습니다.",
            "업무상 필요한 지시나 정당한 평가는 괴롭힘으로 보지 않음",
        ),
        (
            "지게차의 무게는 승용차의 3배가 넘고, 뒷바퀴로 방향을 바꾸기 때문에 뒤쪽이 크게 돕니다.",
            "지게차의 무게는 승용차의 3배가 넘음",
        ),
    ],
)
def test_noun_forms_are_those_a_person_writes(sentence: str, named: str | None) -> None:
    assert KOREAN.headline(sentence) == named


def test_a_definition_is_not_said_to_be_said() -> None:
    assert KOREAN.point("민감정보는 사생활을 침해할 우려가 있는 정보를 말합니다.") == (
        "민감정보는 사생활을 침해할 우려가 있는 정보"
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "Today it also comes by text message, chat and phone.",
        "They cause 13 deaths and 790 million dollars in property damage.",
        "This is called credential stuffing.",
    ],
)
def test_an_english_headline_is_a_whole_thought(sentence: str) -> None:
    headline = ENGLISH.headline(sentence)
    assert headline is None or headline == sentence.rstrip(".")


def test_an_english_condition_stays_with_what_to_do() -> None:
    sentence = "If the fire is not out after one extinguisher, leave at once."
    assert ENGLISH.headline(sentence) == sentence.rstrip(".")
    assert ENGLISH.headline("Exits must be clear at all times.") == "Exits must be clear at all times"


def test_the_words_of_a_sign_forbid_nothing() -> None:
    assert Trait.FORBIDS not in KOREAN.traits("열쇠를 뽑고 “사용 금지” 표지를 붙입니다.")


def test_sentences_do_not_end_inside_a_quotation() -> None:
    text = (
        "눈치채지 못하게 합니다. “사장님 지시입니다. 지금 송금해 주세요.”라는 메일이 옵니다. "
        "“계정이 정지됩니다.” 같은 문장이 보이면 멈추세요."
    )
    assert KOREAN.sentences(text) == [
        "눈치채지 못하게 합니다.",
        "“사장님 지시입니다. 지금 송금해 주세요.”라는 메일이 옵니다.",
        "“계정이 정지됩니다.” 같은 문장이 보이면 멈추세요.",
    ]


@pytest.mark.parametrize(
    ("text", "number", "said"),
    [
        ("임시 비밀번호를 새 비밀번호로 변경", 2, "둘째, 임시 비밀번호를 새 비밀번호로 변경합니다."),
        ("인증 앱을 설치하고 2단계 인증 등록", 1, "첫째, 인증 앱을 설치하고 2단계 인증을 등록합니다."),
        ("수집·이용 목적", 1, "첫째, 수집·이용 목적입니다."),
        ("동의를 거부할 권리와 불이익", 3, "셋째, 동의를 거부할 권리와 불이익입니다."),
        ("먼저 보안팀에 알립니다.", 1, "첫째, 보안팀에 알립니다."),
    ],
)
def test_steps_are_said_as_a_person_reads_them_out(text: str, number: int, said: str) -> None:
    item = KOREAN.item(text, number, 4)
    assert item is not None
    assert item.sentences == (said,)


def test_words_of_order_are_not_doubled() -> None:
    item = ENGLISH.item("First, check the rails.", 1, 3)
    assert item is not None
    assert item.sentences == ("First, check the rails.",)
    assert item.point == "Check the rails"


def test_what_a_sentence_enumerates_is_a_list() -> None:
    facts = KOREAN.facts("통지에는 유출된 항목, 시점과 경위, 피해를 줄이는 방법, 담당 부서를 적습니다.")
    assert facts is not None
    assert facts.name == "통지에 적을 것"
    assert facts.points == ("유출된 항목", "시점과 경위", "피해를 줄이는 방법", "담당 부서")
    gases = KOREAN.facts("산소는 18% 이상, 황화수소는 10ppm 미만, 일산화탄소는 30ppm 미만이어야 합니다.")
    assert gases is not None
    assert gases.points == ("산소: 18% 이상", "황화수소: 10ppm 미만", "일산화탄소: 30ppm 미만")
    assert KOREAN.facts("비밀번호는 12자 이상이며 영문 대소문자, 숫자, 특수문자를 섞어야 합니다.") is None
