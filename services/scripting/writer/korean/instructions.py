"""Whether a Korean declarative tells what to do (확인합니다) or what is and happens (발생합니다)."""

from collections.abc import Sequence

from services.scripting.text import words

_HAPPENINGS = frozenset(
    [
        "발생",
        "증가",
        "감소",
        "존재",
        "급증",
        "시작",
        "종료",
        "의미",
        "해당",
        "포함",
        "작동",
        "변화",
        "성장",
        "위치",
        "차지",
        "유출",
        "노출",
        "전파",
        "확산",
        "폭발",
        "붕괴",
        "사망",
        "부족",
        "속",
        "필요",
        "가능",
        "불가능",
        "중요",
        "위험",
        "안전",
    ]
)
"""Nouns whose 하다 verb tells what happens, not what to do."""

_AUDIENCE = frozenset(
    {
        "작업자",
        "근로자",
        "직원",
        "임직원",
        "사원",
        "운전자",
        "운전원",
        "우리",
        "여러분",
        "모두",
        "모든",
        "누구",
        "전원",
    }
)
"""Who a training speaks to; a duty of anybody else keeps its subject: 회사는 … 조사해야 함."""

_TRANSITIVE = frozenset(
    words(
        """
        읽 열 닫 쓰 누르 만들 바꾸 놓 두 끄 켜 잠그 보내 알리 적 지키 막 버리 나누 옮기 싣 내리 올리 들 잡
        매 신 입 갈아입 벗 씻 닦 치우 채우 고르 챙기 남기 맡기 받 주 보 섞 떼 붙이 꽂 뽑 걸 풀 묶 접 펴 갖추
        모으 없애 지우 찾 살피 살펴보 가리 빌리 빌려주 건네 넣 빼 태우 자르 말리 덮 밀 당기 돌리 세우 비우
        쌓 파 뿌리 적시 헹구 문지르 가져오 가져가
        """
    )
)
"""Verbs that have an object: with no other object, the topic is it (마스크는 코를 … | 위생모는 씁니다)."""

_STATIVE = frozenset(
    words(
        """
        있 없 되 못하 같 맞 크 작 많 좋 나쁘 쉽 어렵 높 낮 남 보이 들리 열리 닫히 잠기 풀리 막히 끝나 떨어지
        일어나 생기 나오 나타나 아니 늦 이르 달하 모르 나 빠지 걸리 다치 죽 숨지 커지 줄 늘
        """
    )
)
"""Verbs whose negation tells how things are, not what to leave undone."""

_SUFFERED = frozenset(
    words("과태료 벌금 벌점 범칙금 과징금 가산금 징계 처벌 제재 불이익 피해 손해 상해 화상 부상 상처 충격")
)
"""What is paid or borne as a consequence: 과태료를 냅니다 tells nobody to do so."""

_SUFFERS = frozenset({"내", "물", "받", "입", "당하", "얻", "끼치", "부담하", "부과하", "초래하"})

_SUBORDINATE = frozenset(
    {"게", "도록", "지", "으면", "면", "ᆫ지", "은지", "는지", "을지", "ᆯ지", "다고", "라고"}
)

_CAN = frozenset({"수"})

_CONDITIONS = frozenset({"면", "으면", "니까", "으니까", "므로", "으므로"})

NOUN_TAGS = frozenset(
    {"NNG", "NNP", "NNB", "NR", "NP", "XPN", "XSN", "SL", "SN", "SH", "JKG", "MM", "SW", "SO"}
)

WHEN = frozenset({"때", "전", "후", "뒤", "경우", "중", "동안"})


def is_instruction(forms: Sequence[str], tags: Sequence[str]) -> bool:
    """Whether a declarative tells what to do (확인합니다) rather than what is or happens (발생합니다).

    Args:
        forms: of the morphemes up to the verb, without its ending.
        tags: of the same.
    """
    verb = _main_verb(forms, tags)
    if tags[-1] in {"VA", "XSA", "VCN"} or verb in _STATIVE:
        return False
    if len(forms) > 1 and tags[-1] == "XSV" and (forms[-1] != "하" or forms[-2] in _HAPPENINGS):
        return False
    # Who does it stands in the main clause: 화물이 시야를 가리면 | 후진으로 이동합니다.
    conditions = [
        i
        for i, (form, tag) in enumerate(zip(forms, tags, strict=True))
        if tag == "EC" and form in _CONDITIONS
    ]
    start = conditions[-1] + 1 if conditions else 0
    if _bears(forms, tags):
        return False
    if _CAN & set(forms[start:]) and "ETM" in tags[start:]:
        return False
    topics = [
        i
        for i in range(max(start, 1), len(forms))
        if tags[i] == "JX"
        and forms[i] in {"은", "는"}
        and tags[i - 1] in NOUN_TAGS
        and forms[i - 1] not in WHEN
    ]
    if any(_leads(forms, tags, i) for i in range(max([start, *topics]), len(tags)) if tags[i] == "JKS"):
        return False
    if verb == "보" and len(forms) > 1 and tags[-2] == "JKB":
        return False  # …로 봅니다: is taken for
    # 공격자는 사람을 노립니다: somebody does something; 주소는 끝까지 읽습니다: the topic is the object.
    if not topics or is_audience(forms, topics[-1]):
        return True
    return _is_object(forms, tags, topics[-1])


def is_state(forms: Sequence[str], tags: Sequence[str]) -> bool:
    """Whether a verb tells how things are (면허가 있, 켜져 있, 설치되), rather than what somebody does.

    Args:
        forms: of the morphemes up to the verb, without its ending.
        tags: of the same.
    """
    if tags[-1] in {"VA", "XSA", "VCN", "VCP"} or forms[-1] in {"있", "없", "되"}:
        return True
    if tags[-1] == "XSV" and forms[-1] == "하" and len(forms) > 1:
        return forms[-2] in _HAPPENINGS
    passive = tags[-1] == "VX" and forms[-1] == "지"
    return passive or _main_verb(forms, tags) in _STATIVE


def is_audience(forms: Sequence[str], topic: int) -> bool:
    """Whether the topic is who the training speaks to: 작업자는, 직원들은; not 우리 회사는."""
    return forms[topic - 1] in _AUDIENCE or (forms[topic - 1] == "들" and forms[topic - 2] in _AUDIENCE)


def _bears(forms: Sequence[str], tags: Sequence[str]) -> bool:
    """Whether the verb says that somebody bears a consequence: 화상을 입습니다."""
    objects = [i for i, tag in enumerate(tags) if tag == "JKO" and i]
    verb = "".join(forms[-2:]) if tags[-1] == "XSV" else forms[-1]
    return bool(objects) and verb in _SUFFERS and forms[objects[-1] - 1] in _SUFFERED


def _leads(forms: Sequence[str], tags: Sequence[str], subject: int) -> bool:
    """Whether a subject is the main clause's, not that of a clause inside: 개인정보가 적힌 | 종이를."""
    following = [i for i in range(subject + 1, len(tags)) if tags[i] in {"EC", "ETM", "ETN"}]
    if any(tags[i] == "EC" and forms[i] in _SUBORDINATE for i in following):
        return False
    relative = len(tags) > subject + 2 and tags[subject + 1] == "VV" and tags[subject + 2] == "ETM"
    return not relative


def _is_object(forms: Sequence[str], tags: Sequence[str], topic: int) -> bool:
    """Whether the topic is what the first verb after it is done to: 열쇠는 뽑아서 …, 주소는 읽습니다."""
    inside = False
    for i in range(topic + 1, len(tags)):
        if tags[i] == "JKS" and not _leads(forms, tags, i):
            inside = True  # 위생모는 | 머리카락이 보이지 않게 | 씁니다
        elif inside:
            inside = tags[i] not in {"EC", "ETM"} or (i + 1 < len(tags) and tags[i + 1] == "VX")
        elif tags[i] in {"JKO", "JKS"}:
            return False
        elif tags[i] == "VV":
            return forms[i] in _TRANSITIVE
        elif tags[i] == "XSV":
            return forms[i] == "하" and forms[i - 1] not in _HAPPENINGS
    return False


def _main_verb(forms: Sequence[str], tags: Sequence[str]) -> str:
    """Return the stem of the main verb; of 적어 둡니다 the first."""
    last = len(forms) - 1
    while last > 1 and tags[last] == "VX" and tags[last - 1] == "EC":
        last -= 2
    return forms[last]
