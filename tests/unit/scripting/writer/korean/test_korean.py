from concurrent.futures import ThreadPoolExecutor

import pytest

from services.scripting.writer.korean.analyser import kiwi
from services.scripting.writer.korean.korean import Korean

KOREAN = Korean()


@pytest.mark.parametrize(
    ("sentence", "headline"),
    [
        ("작업자는 반드시 안전모를 착용해야 합니다.", "반드시 안전모를 착용하기"),
        ("피싱은 공격 대상입니다.", "피싱은 공격 대상"),
        ("고객 명단을 메신저로 보내지 마세요.", "고객 명단을 메신저로 보내지 않기"),
        ("링크를 누르면 안 됩니다.", "링크를 누르지 않기"),
        ("위험 구역에 들어가서는 안 됩니다.", "위험 구역에 들어가지 않기"),
        ("따라서 비상벨을 누르고 119에 신고합니다.", "비상벨을 누르고 119에 신고하기"),
        ("의심되면 바로 신고해 주세요.", "의심되면 바로 신고하기"),
        ("위험성이 높습니다.", "위험성이 높음"),
        ("개인정보를 수집할 수 있습니다.", "개인정보를 수집할 수 있음"),
        ("보안 사고가 메일에서 시작되었습니다.", "보안 사고가 메일에서 시작되었음"),
        ("공격자는 사람을 먼저 노립니다.", "공격자는 사람을 먼저 노림"),
        ("화물이 시야를 가리면 후진으로 이동합니다.", "화물이 시야를 가리면 후진으로 이동하기"),
        ("화재가 발생합니다.", "화재가 발생함"),
        ("피싱이란 사람을 속여 정보를 빼내는 공격을 말합니다.", "피싱이란?"),
        ("무엇을 해야 할까요?", "무엇을 해야 할까요?"),
    ],
)
def test_a_headline_is_in_noun_form(sentence: str, headline: str) -> None:
    assert KOREAN.headline(sentence) == headline


def test_a_long_sentence_is_named_by_its_main_clause_and_never_cut_off() -> None:
    sentence = (
        "고객의 이름과 연락처가 외부로 알려진 사실을 확인했으므로 정보주체에게 알리고 관계 기관에 "
        "신고해야 합니다."
    )
    headline = KOREAN.headline(sentence)
    assert headline == "정보주체에게 알리고 관계 기관에 신고하기"
    assert len(headline) <= KOREAN.headline_limit


def test_a_headline_keeps_the_condition_of_its_sentence() -> None:
    sentence = (
        "개인정보가 유출된 사실을 알게 되면 72시간 이내에 정보주체에게 알리고 관계 기관에 신고해야 합니다."
    )
    assert KOREAN.headline(sentence) == (
        "개인정보가 유출된 사실을 알게 되면 72시간 이내에 정보주체에게 알리고 관계 기관에 신고하기"
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("화재가 발생한다.", "화재가 발생합니다."),
        ("손을 씻는다.", "손을 씻습니다."),
        ("기계를 만든다.", "기계를 만듭니다."),
        ("사고가 급증했다.", "사고가 급증했습니다."),
        ("사고가 시작되었다.", "사고가 시작되었습니다."),
        ("이 방법은 안전하지 않다.", "이 방법은 안전하지 않습니다."),
        ("비밀번호를 공유하지 말 것", "비밀번호를 공유하지 마세요."),
        ("즉시 신고할 것", "즉시 신고합니다."),
        ("네트워크 분리하기", "네트워크를 분리합니다."),
        ("정보가 유출됨", "정보가 유출됩니다."),
        ("안전모 착용", "안전모 착용입니다."),
        ("문을 꼭 닫으세요.", "문을 꼭 닫으세요."),
        ("무엇을 할까요?", "무엇을 할까요?"),
    ],
)
def test_the_narrator_is_polite(written: str, said: str) -> None:
    assert KOREAN.spoken(written) == said


def test_a_described_item_becomes_a_sentence_and_keeps_its_name_on_the_slide() -> None:
    item = KOREAN.item("피싱: 사칭 메일로 정보를 빼내는 공격", None, 3)
    assert item is not None
    assert item.sentences == ("피싱은 사칭 메일로 정보를 빼내는 공격입니다.",)
    assert (item.point, item.label) == ("피싱: 사칭 메일로 정보를 빼내는 공격", "피싱")


def test_particles_follow_the_last_sound() -> None:
    assert KOREAN.enumeration(["안전모", "장갑"], "준비물") == "준비물은 안전모, 장갑입니다."
    assert KOREAN.row(["종류", "점검 주기"], ["소화기", "월 1회"]) == "소화기의 점검 주기는 월 1회입니다."
    assert KOREAN.joined(["지게차", "포크"]) == "지게차와 포크"
    assert KOREAN.joined(["화물", "포크"]) == "화물과 포크"


def test_the_estimate_agrees_with_the_voice_that_was_measured() -> None:
    measured = {
        (
            "피싱(Phishing)이란 믿을 만한 사람이나 기관을 사칭하여 비밀번호와 돈을 빼내는 공격을 말합니다."
        ): 10.16,
        "예전에는 메일로만 들어왔지만 요즘은 문자와 메신저, 전화로도 찾아옵니다.": 7.45,
        (
            "1시간 이내에 비밀번호를 모두 바꿉니다. "
            "개인정보가 유출되었다면 72시간 이내에 관계 기관에 신고합니다."
        ): 11.11,
        (
            "첫째, 랜선을 뽑고 와이파이를 꺼서 네트워크를 분리합니다. 둘째, 보안팀에 전화로 신고합니다. "
            "셋째, 다른 기기에서 비밀번호를 변경합니다. 넷째, 언제 무엇을 눌렀는지 기록합니다."
        ): 17.75,
    }
    for text, seconds in measured.items():
        assert KOREAN.seconds(text) == pytest.approx(seconds, rel=0.15)


def test_the_analyser_is_one_for_all_threads_and_gives_each_the_same() -> None:
    sentences = [
        "작업자는 반드시 안전모를 착용해야 합니다.",
        "링크를 누르면 안 됩니다.",
        "위험성이 높다.",
    ] * 20
    alone = [(KOREAN.headline(text), KOREAN.spoken(text)) for text in sentences]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: (KOREAN.headline(text), KOREAN.spoken(text)), sentences))
        assert len(set(pool.map(lambda _: id(kiwi()), range(8)))) == 1
    assert together == alone
