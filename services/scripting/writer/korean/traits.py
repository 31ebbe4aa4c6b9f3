"""What a Korean sentence does, read from its wording; sentences are polite, as the narrator says them."""

import re

from services.scripting.writer.language import PLAIN, Trait

_THING = (
    "공격|수법|방법|방식|절차|행위|행동|정보|프로그램|장소|공간|제도|활동|상태|기술|도구|장치|장비|물질"
    "|질병|범죄"
    "|문서|체계|과정|서비스|권리|의무|원칙|단계|서류|지표|현상|증상|법률|법"
)
"""What a definition says that a term is: a kind of thing, never a judgement."""

_NAME = r"[가-힣A-Za-z0-9][가-힣A-Za-z0-9·\- ]{0,18}?"
_DEFINED = (
    re.compile(r"^(?P<name>.{1,24}?)(?:\([^()]{1,40}\))?(?:이란|란),? .{6,}(?:말|뜻|의미)합니다[.]?$"),
    re.compile(r"^(?P<name>.{1,24}?)(?:\([^()]{1,40}\))?(?:이란|란),? .{6,}입니다[.]?$"),
    re.compile(rf"^(?P<name>{_NAME})(?:\([^()]{{1,40}}\))?[은는] .{{8,}}[을를] (?:말|뜻|의미)합니다[.]?$"),
    re.compile(
        rf"^(?P<name>{_NAME})(?:\([^()]{{1,40}}\))?[은는] .{{8,}}[가-힣](?<=[는은을한된인친진난던의])"
        rf" (?:{_THING})입니다[.]?$"
    ),
)
_POINTS = re.compile(
    r"^(?:이|그|저|이것|그것|이들|그들|우리|여러분|누구|무엇|여기|결과|중요한 것|문제|핵심|[가-힣]+ 것"
    r"|[가-힣]+ 점)$"
    r"|[을를에]$|[가-힣][을를에] |때$|경우$|^(?:이|그|저|한|두) "
)

_LINKS = (
    "그리고|그러나|하지만|그런데|그래서|따라서|그러므로|그러면|그러니|또한|또|즉|다만|단|반면|이때|이는"
    "|이것|이런|이러한"
    "|이를|이와|이 경우|그중|그것|그런|그러한|그 결과|예를 들어|예컨대|왜냐하면|실제로|특히|그다음"
    "|그런 다음|그러고 나서"
    "|마지막으로|같은|여기에|이처럼|이렇게|이 밖에|그 밖에|이로|이에"
)
_DEPENDS = re.compile(
    rf"^(?:{_LINKS})(?=[\s,은을도])"
    r"|^(?:이|그) (?!교육|과정|안내서|자료|문서|강의|장|절|단원|글|영상|시간|책)"
    r"(?:[가-힣0-9]+ )?[가-힣]+(?:은|는|이|가|을|를|만|도|에|의|로|만으로)(?:\s|$)"
)
_REASONS = re.compile(r"때문입니다[.]?$|덕분입니다[.]?$|다는 (?:뜻|의미|말)입니다[.]?$|마찬가지입니다[.]?$")

_COUNTERS = r"(?:가지|단계|곳|항목|원칙|수칙|방법|요건|순서)"
_INTRODUCES = re.compile(
    rf"다음(?:의|과|은|을| [가-힣·]{{1,8}}){{0,2}}(?:[을를]|[과와] 같|으로|로 |{_COUNTERS})"
    r"|아래(?:의|와|에| [가-힣]{1,6}[을를])"
    rf"|(?:[두세네]|다섯|여섯|일곱|(?<!\d)\d+)\s?{_COUNTERS}"
    r"|(?:오늘|지금까지) (?:배운|알아본|살펴본)|기억하(?:세요|십시오|시기)|정리하(?:면|세요|겠습니다)|:\s*$"
)
_LESSON = r"(?:이번?|본|오늘)\s?(?:장|시간|과정|교육|강의|단원|절|안내서|자료|문서|글|영상)"
_ANNOUNCES = re.compile(
    r"(?:알아보|살펴보|배워 ?보|배우|설명하|설명드리|설명해 드리|소개하|소개해 드리|안내하|안내해 드리"
    r"|정리하|정리해 보"
    r"|시작하|시작해 보|함께하)겠습니다[.!]?$"
    r"|(?:알아|살펴|배워 ?)(?:봅시다|보도록|볼까요)"
    rf"|^{_LESSON}(?:에서는?|에는|[은는])?,? .{{2,120}}"
    r"(?:알아봅니다|배웁니다|살펴봅니다|다룹니다|설명합니다|소개합니다|안내합니다|만들어졌습니다"
    r"|마련되었습니다)[.!]?$"
    r"|^(?:오늘|지금까지) (?:배운|알아본|살펴본) 내용|축하(?:합니다|드립니다)[.!]?$"
    r"|^(?:꼭|반드시|이것만은?)?\s?기억(?:하세요|합시다|해 주세요)[.!]?$|실천해 주세요[.!]?$"
)
_GREETS = re.compile(
    r"^안녕하(?:세요|십니까)|반갑습니다[.!]?$|환영합니다[.!]?$|^감사합니다[.!]?$|감사드립니다[.!]?$"
    r"|수고하셨습니다"
    r"|마치겠습니다[.!]?$"
)

_FORBIDS = re.compile(
    r"지(?:는|도)? ?(?:마세요|마십시오|맙시다|말아야|않아야|않도록)"
    r"|(?:(?<!않으)(?<!없으)(?<!아니하)(?<!못하)면"
    r"|(?<!않아)(?<!없어)서[는도]?) (?:절대 ?로? )?안 됩니다|금지(?!법)|절대(?:로)? "
    r"|위험합니다[.]?$"
)
_STRESSED = re.compile(r"절대|반드시|(?<![가-힣])꼭 ")
_CONTRASTS = re.compile(r"^(?:반면(?:에)?|이와 반대로|반대로|[^,.]{1,24}?(?:와|과)(?:는)? 달리),? ")
ORDER = re.compile(
    r"^(?:(?:(?:가장 |제일 )?먼저|우선|(?:첫|둘|셋|넷|다섯|여섯|일곱|여덟|아홉|열)째(?:로)?"
    r"|(?:첫|두|세|네|다섯|여섯) ?번째(?:로|는)?|\d+번째(?:로|는)?|그 ?다음(?:으로|에는|에)?"
    r"|다음으로(?:는)?|그런 다음(?:에)?"
    r"|그러고 나서|이어서|마지막으로(?:는)?|끝으로)(?![가-힣]),?\s*){1,2}"
)
_TIMED = re.compile(
    r"(?<!\d)\d+ ?(?:초|분|시간|일|주|개월|달|년|영업일) ?(?:이내|안에|내에|전에|전까지|후에|뒤에)|즉시|당일"
    r"|다음 날|첫날|첫 주"
    r"|(?:매일|매주|매월|매년) "
)
_COUNTED = re.compile(
    r"(?<!\d)(?<!\d[,.])\d[\d,.]*\s?(?:%|퍼센트|배(?![가-힣]{2})|[만억조]? ?원)|\d+ ?명 (?:중|가운데)"
    r"|[두세네다섯열] ?명 중 |\d[\d,]{2,} ?(?:명|건)"
)
_QUOTED = re.compile(r"“[^”]{1,240}”|\"[^\"]{1,240}\"")
_QUOTES = re.compile(r"^[^“\"]{0,30}[“\"][^”\"]{8,140}[”\"]\s?,?(?:이?라고|라는|하고|고|라며)")


def defined_term(sentence: str) -> str | None:
    """Return the term that a sentence defines, without its other name in parentheses."""
    for pattern in _DEFINED:
        if found := pattern.match(sentence):
            name = str(found["name"]).strip()
            if not _POINTS.search(name):
                return name
    return None


def counted(sentence: str) -> str | None:
    """Return the first figure that makes a point."""
    found = _COUNTED.search(sentence)
    return found[0].strip() if found else None


def traits_of(sentence: str) -> Trait:
    """Return all that the wording shows; whether it instructs is for the morphemes to say."""
    traits = PLAIN
    if defined_term(sentence):
        traits |= Trait.DEFINES
    bare = _QUOTED.sub("", sentence)
    for trait, pattern in _PATTERNS:
        if pattern.search(bare if trait is Trait.FORBIDS else sentence):
            traits |= trait
    if sentence.rstrip("”’\"' ").endswith("?"):
        traits |= Trait.ASKS
    return traits


_PATTERNS = (
    (Trait.DEPENDS, _DEPENDS),
    (Trait.DEPENDS | Trait.REASONS, _REASONS),
    (Trait.INTRODUCES, _INTRODUCES),
    (Trait.FRAMES, _ANNOUNCES),
    (Trait.FRAMES | Trait.GREETS, _GREETS),
    (Trait.FORBIDS, _FORBIDS),
    (Trait.STRESSED, _STRESSED),
    (Trait.CONTRASTS | Trait.DEPENDS, _CONTRASTS),
    (Trait.ORDERED, ORDER),
    (Trait.TIMED, _TIMED),
    (Trait.COUNTED, _COUNTED),
    (Trait.QUOTES, _QUOTES),
)
