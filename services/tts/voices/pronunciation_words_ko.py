"""What Korean pronunciation rules cannot see from the spelling: words that tense, insert ㄴ or do not."""

import re

from services.tts.reading.ko.hangul import coda_of, join, split


def _words(text: str) -> list[str]:
    return text.split()


NOUNS_IN_UI = (
    "회의", "주의", "동의", "정의", "강의", "유의", "논의", "문의", "합의", "결의", "편의", "심의", "건의",
    "임의",
    "예의", "이의", "상의", "하의", "호의", "고의", "창의", "협의", "질의", "모의", "명의", "제의", "열의",
    "성의", "숙의", "항의", "경의", "부주의", "무성의", "거의",
)  # fmt: skip
"""Nouns (and 거의) whose last 의 is not the particle."""

NOUNS_IN_LG = "닭흙칡슭삵"
"""Nouns in ㄺ, which lose the ㄹ before ㄱ; verbs keep it (읽고 → 일꼬)."""

SUFFIXES_KEEPING_N = "량력료란론례로"
"""Article 20, note: after a word of two or more syllables ㄴ + ㄹ is ㄴㄴ (생산량, 추진력, 입원료)."""

ENDINGS_AFTER_L = "다도지던더든들데대답듯디자조서스드즈듬"
"""Endings, particles and loan syllables that stay plain after ㄹ, unlike Sino-Korean ones (article 26)."""

TENSED_AFTER_L = frozenset(
    _words("""
    절대 별도 밀도 철도 열도 설도 일자 활자 물자 글자 필자 팔자 질서 찰서 열다 실지 졸지 절도 일조 골조 발대
    물대 결자 밀집 물질 할지 될지 일지 올지 갈지 울대 길동
    """)
)
"""Pairs that are tensed although the second syllable is among :data:`ENDINGS_AFTER_L`."""

TENSED_STEMS = frozenset(
    _words("""
    남고 남다 남지 남게 담고 담다 담지 담게 넘고 넘다 넘지 넘게 참다 참지 숨고 숨다 닮고 닮다 닮지 젊고 젊다
    젊지 굶고 굶다 굶지 신다 신고서 감다 문법 헌법 사건 조건 요건 안건 인권 여권 한자 문자 성격 인격 내과
    성과 대가 평가 물가 단가 장점 단점 시점 초점 관점 요점 이점 강점 공적 인적 외적 내적 동적 개수 건수 점수
    산불 등불 눈빛 손등 발등 물속 안과 외과 치과 판권 증권 이권 특권 주권 정권 상권 교권 사권 공권 기점 정점
    허점 중점 만점 총점 논점 쟁점 맹점 감점 잠자 밤길 손길 눈길 산길 봄비 물병 비법 진법 민법 상법 형법 국법
    용법 산법 병법 화법 어법 필법 창구 손가 발가
    """)
)
"""First two syllables of a word whose second onset is tensed without any sign in the spelling."""

BEFORE_PLAIN_SEONG = tuple("구생완작조형편달결합여남음참찬화")
"""재구성, 자동생성, 미완성: here 성 belongs to a two-syllable noun and stays plain; -성(性) is tensed."""


_BOUND_NOUNS = re.compile(
    r"(?<=[가-힣]) (?P<noun>"
    r"수(?= *(?:있|없))|수(?=[가는도밖] ?[가-힣]* *(?:있|없))"
    r"|(?:것|거|곳|줄|데|적|바|겁)(?=(?:[이은을를도만과와로가는에]|으로|이다|입니다|이라|이며|이고|에서|니다|예요|에요|야)?(?![가-힣])))"
)


def _tense_bound_noun(match: re.Match[str]) -> str:
    noun = match["noun"]
    if coda_of(match.string[match.start() - 1]) != "ㄹ":
        return match.group()
    onset, vowel, coda = split(noun)
    return " " + join({"ㄱ": "ㄲ", "ㄷ": "ㄸ", "ㅂ": "ㅃ", "ㅅ": "ㅆ", "ㅈ": "ㅉ"}[onset], vowel, coda)


def tense_bound_nouns(text: str) -> str:
    """Article 27: 할 수 있다 → 할 쑤 있다, 갈 것 → 갈 껏."""
    return _BOUND_NOUNS.sub(_tense_bound_noun, text)


RESPELLED = {
    # numerals (article 29: ㄴ is inserted, then assimilates)
    "십육": "심뉵", "백육": "뱅뉵", "천육": "천뉵", "만육": "만뉵", "열여섯": "열려섣", "열여덟": "열려덜",
    "스물여섯": "스물려섣", "스물여덟": "스물려덜", "열다섯": "열따섣", "육십육": "육씸뉵", "영육": "영뉵",
    # inserted ㄴ inside words (article 29)
    "꽃잎": "꼰닙", "색연필": "생년필", "식용유": "시굥뉴", "휘발유": "휘발류", "서울역": "서울력",
    "솔잎": "솔립",
    "한여름": "한녀름", "담요": "담뇨", "물약": "물략", "알약": "알략", "눈약": "눈냑", "두통약": "두통냑",
    "안전용품": "안전뇽품", "생활용품": "생활룡품", "학용품": "하굥품",
    "깻잎": "깬닙", "나뭇잎": "나문닙", "헛일": "헌닐", "앞일": "암닐", "막일": "망닐", "집안일": "지반닐",
    "무슨 일": "무슨 닐", "할 일": "할 릴", "옛일": "옌닐", "영업용": "영엄뇽", "직행열차": "지캥녈차",
    # a word boundary inside: the coda is neutral before it moves (article 15)
    "맛없": "마덥", "첫인상": "처딘상", "겉옷": "거돋", "헛웃음": "허두슴", "값어치": "가버치",
    "몇 월": "며 둴",
    "옷안": "오단", "밭아래": "바다래", "첫 인상": "처 딘상", "몇 인": "며 딘", "못 알": "모 달",
    "못 열": "몬 녈", "값있": "가빘", "값없": "가벖",
    # usage
    "온라인": "온나인", "의견란": "의견난", "관건": "관껀", "여덟": "여덜", "넓적": "넙쩍", "넓죽": "넙쭉",
    "결괏값": "결괃깝", "경찰서": "경찰써",
    # document nouns tensed in their last syllable
    "신분증": "신분쯩", "면허증": "면허쯩", "사원증": "사원쯩", "공무원증": "공무원쯩", "소유권": "소유꿘",
    "재산권": "재산꿘", "사용권": "사용꿘", "문제점": "문제쩜", "차이점": "차이쩜", "유의점": "유이쩜",
    "주의점": "주이쩜", "공통점": "공통쩜", "인원수": "인원쑤",
    "일자리": "일짜리", "잠자리": "잠짜리", "볼거리": "볼꺼리", "길거리": "길꺼리",
    "숨소리": "숨쏘리", "불빛": "불삗", "발바닥": "발빠닥", "손바닥": "손빠닥", "술잔": "술짠",
    "물고기": "물꼬기",
    "불길": "불낄", "갈등": "갈뜽", "출근길": "출근낄", "퇴근길": "퇴근낄", "손가락": "손까락",
    "발가락": "발까락", "강가": "강까", "물집": "물찝", "눈동자": "눈똥자", "아침밥": "아침빱",
    "비빔밥": "비빔빱",
}  # fmt: skip
"""Words whose standard pronunciation the rules would miss, already as spoken (rules leave them alone)."""

RESPELLED_PATTERN = re.compile("|".join(sorted(map(re.escape, RESPELLED), key=len, reverse=True)))
