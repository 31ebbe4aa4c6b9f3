import pytest

from services.tts.voices.phonemes_ko import phonemes
from services.tts.voices.pronunciation_ko import pronounce

RULES = [
    # liaison, silent ㅎ, palatalisation
    ("옷이", "오시"), ("꽃을", "꼬츨"), ("값이", "갑씨"), ("없어요", "업써요"), ("앉아", "안자"), ("않은",
    "아는"), ("싫어", "시러"),
    ("좋아", "조아"), ("굳이", "구지"), ("같이", "가치"), ("닫히다", "다치다"), ("핥이다", "할치다"),
    ("강아지", "강아지"), ("붙여", "부처"), ("닫혀", "다처"),
    ("값있는", "가빈는"), ("값없는", "가범는"),
    # neutral codas
    ("부엌", "부억"), ("밖", "박"), ("꽃", "꼳"), ("앞", "압"), ("넋", "넉"), ("여덟", "여덜"), ("삶", "삼"),
    # aspiration
    ("좋다", "조타"), ("많다", "만타"), ("입학", "이팍"), ("못하다", "모타다"), ("밝히다", "발키다"),
    ("앉히다", "안치다"), ("잡혀", "자펴"),
    # nasals and liquids
    ("국물", "궁물"), ("닫는", "단는"), ("합니다", "함니다"), ("있습니다", "읻씀니다"), ("협력", "혐녁"),
    ("독립", "동닙"), ("법률", "범뉼"),
    ("종료", "종뇨"), ("심리", "심니"), ("신라", "실라"), ("관리", "괄리"), ("권력", "궐력"), ("칼날",
    "칼랄"), ("실내", "실래"),
    ("생산량", "생산냥"), ("추진력", "추진녁"), ("훈련", "훌련"), ("놓는", "논는"), ("않는", "안는"),
    ("뚫는", "뚤른"),
    # tensing
    ("국밥", "국빱"), ("학교", "학꾜"), ("닭과", "닥꽈"), ("읽고", "일꼬"), ("넓다", "널따"), ("밟다",
    "밥따"), ("발전", "발쩐"),
    ("갈등", "갈뜽"), ("절대로", "절때로"), ("알다", "알다"), ("물도", "물도"), ("월드", "월드"), ("할수록",
    "할쑤록"), ("남고", "남꼬"),
    ("위험성이", "위험썽이"), ("가능성", "가능썽"), ("재구성", "재구성"), ("구성", "구성"), ("기본값",
    "기본깝"), ("사건", "사껀"),
    ("신분증을", "신분쯩을"), ("할 수 있다", "할 쑤 읻따"), ("갈 것입니다", "갈 꺼심니다"), ("문을 줄이는",
    "무늘 주리는"),
    # vowels
    ("가져", "가저"), ("계획", "게획"), ("희망", "히망"), ("의사", "의사"), ("회의에서", "회이에서"),
    ("우리의", "우리에"), ("주의", "주이"),
    ("예의", "예이"), ("협의의", "혀비에"),
    # inserted ㄴ, boundaries inside words
    ("십육", "심뉵"), ("꽃잎", "꼰닙"), ("식용유", "시굥뉴"), ("맛없다", "마덥따"), ("할 일", "할 릴"),
    ("온라인", "온나인"),
]  # fmt: skip


@pytest.mark.parametrize(("spelled", "spoken"), RULES)
def test_is_pronounced_by_the_standard(spelled: str, spoken: str) -> None:
    assert pronounce(spelled) == spoken


def test_everything_but_hangul_stays() -> None:
    assert pronounce("옷이, a1! ") == "오시, a1! "


def test_every_pair_of_syllables_that_korean_has_can_be_pronounced() -> None:
    for coda in range(28):
        for onset in range(19):
            for vowel in (0, 6, 18, 19, 20):
                word = chr(0xAC00 + coda) + chr(0xAC00 + onset * 588 + vowel * 28)
                spoken = pronounce(word)
                assert len(spoken) == 2, word
                assert phonemes(word).isascii() or phonemes(word)


def test_the_symbols_of_a_sentence() -> None:
    assert phonemes("안전모를 반드시 착용해야 합니다.") == "anʥɔnmoɾɨl pandɨɕi ʨʰaɡjoŋhɛja hamnida."
