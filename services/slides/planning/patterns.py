"""Wording that tells one kind of slide from another, Korean and English. Every pattern runs in linear time.

Quantifiers are bounded, and what may start anywhere starts with a literal or behind a look-behind.
"""

import re

from services.slides.planning.verbs_ko import QUALITIES

_I = re.IGNORECASE

ARROW = re.compile(r"(?:(?<!\s)\s+)?(?:→|⇒|➜|➔|▶|->|=>)\s*")
DATE = (
    r"(?:\d{4}|['’]\d{2})\. ?\d{1,2}\.(?: ?\d{1,2}\.?)?|(?<!\d)\d{1,2}\. ?\d{1,2}\.(?!\d| ?\d{1,2}\.)"
    r"|(?<!\d)\d{1,2}\. ?\([월화수목금토일]\)"
)
NUMBERED = re.compile(
    rf"{DATE}|(?:^|(?<=\s))(?:(?P<number>\d{{1,2}})[.)](?!\d)|(?P<circled>[①-⑳]))[^\S\n]?(?=\S)"
)
"""The number of a step, in the groups; a date such as 2026. 5. 11.(월) is passed over in one, without any."""

_NOT_NOT = r"(?<!않으)(?<!없으)(?<!아니하)(?<!못하)"
"""Behind these, 면 안 됩니다 takes a negation back: 없으면 안 됩니다."""

PROHIBITS = re.compile(
    r"지(?:는|도)? ?(?:마세요|마십시오|맙시다|말아|말 것|마라|않습니다|않아야|않도록|않는다|않기|않음)"
    rf"|{_NOT_NOT}면 (?:절대 ?로? )?안 ?(?:됩|돼|된|됨)"
    r"|(?<!않아)(?<!없어)서[는도]? (?:절대 ?로? )?안 ?(?:됩|돼|된|됨)|금지(?!법)|절대|삼가"
    r"|[을를은는] 금[합함한]"
    r"|(?:출입|사용|반입|반출|탑승|접근|촬영|통행|주차|취식|섭취|양도|대여) ?(?:불가|불허)|\bnever\b"
    r"|\bdo not\b|\bdon['’]t\b"
    r"|\bmust not\b|\bmay not\b|\bcannot be\b"
    r"|\bshould not\b|prohibited|forbidden|not allowed",
    _I,
)
STATES_NOT = re.compile(
    r"\bwill (?:never|not)\b|(?:묻|물어보|요구하|요청하|보이|되|있|맞|같|크|작|많|적|좋|쉽|어렵|필요하"
    r"|충분하|안전하|중요하|정확하|가능하|아니|남|끝나"
    r"|일어나|생기|발생하"
    rf"|어지|아지|여지)지(?:는|도)? ?않|{QUALITIES}지(?:는|도)? ?않|(?:으로|로) 보지 ?않"
)
WARNS = re.compile(
    rf"금지(?!법)|위험(?!성)|경고|주의(?:하|사항|$|!)|절대|{_NOT_NOT}면 (?:절대 ?로? )?안 (?:됩|돼|된)"
    r"|(?<!않아)(?<!없어)서[는도]? (?:절대 ?로? )?안 (?:됩|돼|된)"
    r"|\bnever\b|\bmust not\b|\bdanger|\bwarning\b|\bcaution\b|prohibited|forbidden",
    _I,
)
COMMANDS_NOT = re.compile(
    r"지(?:는|도)? ?(?:마세요|마십시오|맙시다|말 것|마라)|금지(?!법)|절대|\bnever\b|\bdo not\b|\bdon['’]t\b",
    _I,
)

_ORDER_KO = (
    r"(?:가장 |제일 )?먼저|우선|첫째|첫 번째(?:로|는)?|둘째|두 번째(?:로|는)?|셋째|세 번째(?:로|는)?"
    r"|넷째|네 번째(?:로"
    r"|는)?|다섯째|다섯 번째(?:로|는)?"
    r"|그 ?다음(?:으로|에는|에)?|다음으로|그런 다음|그러고 나서|이어서|마지막으로|끝으로"
)
_ORDER_EN = r"first(?:ly)?|second(?:ly)?|third(?:ly)?|fourth|next|then|after that|finally|lastly"
ORDER = re.compile(
    rf"(?:^|(?<=[.!?,;]\s)|(?<=고\s))(?:(?:(?:{_ORDER_KO})(?![가-힣])"
    rf"|(?:{_ORDER_EN})\b),?\s*){{1,2}}",
    _I,
)

ORDINALS = {
    "첫째": 1, "첫 번째": 1, "둘째": 2, "두 번째": 2, "셋째": 3, "세 번째": 3, "넷째": 4, "네 번째": 4,
    "다섯째": 5, "다섯 번째": 5, "first": 1, "second": 2, "third": 3, "fourth": 4,
}  # fmt: skip
"""What a word of order counts; others, such as 다음으로, count nothing."""

QUOTED = re.compile(r"[‘“\"「][^’”\"」]{1,60}[’”\"」]|금지 ?[가-힣]{1,8}(?:을|를|에|에는|에서|의|으로|로) ")
"""What is only named: the words of a sign, and a ban that is written down (재위탁 금지 조항을 넣기)."""
NAMES_SUMMARY = re.compile(
    r"^정리(?:$|하|해|:)|^마무리(?:$|하)|^마치며|(?:오늘|배운|내용|핵심|마무리|학습|요점|최종|총)\s?정리|정리하(?:기|면|며|겠)"
    r"|요약|(?:꼭|이것만은?|반드시) ?기억"
    r"|^기억(?:하|할|해)|기억하세요|체크 ?리스트|핵심 (?:포인트|내용)|한눈에|\bremember\b|\bsummary\b"
    r"|\bchecklist\b|\brecap\b|takeaways?\b"
    r"|in short|to sum up|wrap[- ]?up",
    _I,
)
GREETS = re.compile(
    r"^안녕하(?:세요|십니까)|반갑습니다$|환영합니다$|^여러분,? 안녕|^감사합니다$|감사드립니다$"
    r"|수고하셨습니다$"
    r"|축하(?:합니다|드립니다)$|마치겠습니다$"
    r"|^(?:hello|hi|good (?:morning|afternoon)|thank you|thanks for|welcome|congratulations)\b",
    _I,
)
_LESSON = r"(?:이번?|본|오늘)\s?(?:장|시간|과정|교육|강의|단원|절|안내서|자료|영상)"
ANNOUNCES = re.compile(
    rf"{GREETS.pattern}|실천(?:해 주세요|합시다|해 봅시다)$"
    r"|(?:알아보|살펴보|배워 ?보|배우|설명하|설명드리|소개하|소개해 드리|안내하|안내해 드리|정리하"
    r"|정리해 보|시작하|시작해 보"
    r"|함께하|읽어 보)겠습니다$"
    r"|(?:알아|살펴|배워 ?|정리해 |읽어 )(?:봅시다|볼까요|보도록)|순서대로 안내합니다$|다음과 같습니다$"
    rf"|{_LESSON}.{{0,120}}(?:알아봅|배웁|살펴봅|다룹|설명합|소개합|안내합|정리합)니다$"
    r"|^(?:오늘|지금까지) (?:배운|알아본|살펴본) (?:내용|것)|(?:알아봅|배웁)니다$|요약(?:하|해)"
    r"|^(?:꼭 |반드시 |이것만은 )?기억(?:하세요|합시다|해 주세요)$|정리하면"
    r"|in mind\b|into practice|\btoday['’]s topic\b"
    r"|\bin this (?:chapter|lesson|section|module|video)\b|\bwe will (?:look|learn|see)\b|\blet['’]s\b"
    r"|^this (?:lesson|training|course|module|chapter|section|guide|video) "
    r"(?:shows|explains|covers|describes|introduces|teaches|is about)\b"
    r"|remember:|\bhere (?:is|are)\b|^remember (?:the|these|what)\b|\blet us\b",
    _I,
)
COUNTS_ITEMS = re.compile(
    r"(?<!\d)(?:두|세|네|다섯|여섯|일곱|[2-9]) ?(?:가지|단계|곳|개|원칙|방법|수칙)|\b(?:two|three|four"
    r"|five|six"
    r"|[2-6]) "
    r"(?:quick |simple |basic |key )?(?:\w{3,12} )?(?:things|points|ways|rules|steps|checks|habits"
    r"|reasons|signs|questions)",
    _I,
)

TIME = re.compile(
    r"(?<!\d)\d{1,2}:\d{2}(?!\d)|(?<!\d)\d{4}년(?: \d{1,2}월)?|(?<!\d)\d{1,2}월 \d{1,2}일"
    r"|(?<!\d)\d{1,3} ?(?:초|분|시간|일|주일?|개월|달|년|영업일) ?(?:이내에?|안에|내에?|후에?|전에?"
    r"|뒤에?|마다|까지|차)"
    r"|즉시|당일|다음 날|첫날|첫 주|첫 달|매일|매주|매월|매년|작업 (?:전|중|후)|퇴근 전|출근 직후"
    r"|\b(?:(?:on )?day \d{1,3}|week \d{1,2}|(?:within|after|in|by) (?:the (?:first"
    r"|next) )?\d{1,3} (?:seconds?|minutes?|hours?|days?|weeks?|months?)"
    r"|(?:one|two|three|four|five|ten|24) (?:minutes?|hours?|days?|weeks?|months?) later|immediately"
    r"|at once|the next day|every (?:day|week|month|year))\b",
    _I,
)

NUMBER = re.compile(
    r"(?<![\d.,~∼〜～/:A-Za-z])(?<!\d-)(?<!\d–)((?:\d{1,4}(?:\.\d{1,2})?[~∼〜～])?"
    r"(?:\d{1,3}(?:,\d{3}){1,4}|\d{1,12})(?:\.\d{1,4})?) ?"
    r"(%p|%|퍼센트|프로(?![가-힣])|배(?![가-힣]{2})|천만 ?원|백만 ?원|만 ?원|억 ?원|조 ?원|원(?=[^가-힣]"
    r"|[이을은의에도과으]|$)|만 ?명|명|만 ?건|건"
    r"|km/h|km|킬로미터|미터|센티미터|m(?![A-Za-z])|cm|mm|kg|킬로그램|톤|데시벨|dB|℃|도(?![가-힣]{2})"
    r"|개월|시간|분|초|일(?![가-힣]{2})|년|회(?![가-힣])"
    r"|percent\b|per cent\b|times\b|hours?\b|minutes?\b|seconds?\b|days?\b|weeks?\b|months?\b|years?\b"
    r"|people\b|employees\b|(?:million|billion)(?: (?:dollars|euros|pounds|won|people))?\b|metres?\b"
    r"|meters?\b|characters?\b|자(?![가-힣]{2}))"
    r"(?: ?(이내|이상|이하|미만|초과))?",
    _I,
)
STRONG_UNIT = re.compile(
    r"^(?:%p?|퍼센트|프로|배|percent|per cent|times|(?:million|billion).*|.{0,3}원)$", _I
)
"""Units that make a figure the point of a sentence, wherever it stands."""
MONEY_EN = re.compile(
    r"(?<![\w$€£])([$€£])(\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,2})?"
    r"|\d{1,9}(?:\.\d{1,2})?)( (?:million|billion))?"
)

NATIVE_NUMBERS = {
    "한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
    "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
_KO = r"\d{1,2}|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열"
_EN = r"\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten"
PEOPLE = re.compile(
    rf"(?<![\d가-힣])(?P<of_ko>{_KO}) ?(?:명|사람) ?(?:중|가운데)(?:에"
    rf"|에서)?(?: 약)? (?P<ko>{_KO}) ?(?:명|사람)"
    rf"|\b(?P<en>{_EN}) (?:out of|in) (?:every )?(?P<of_en>{_EN})\b(?! (?:minutes|hours|days|seconds"
    rf"|weeks|months|years|percent))",
    _I,
)

VERSUS = re.compile(r"\s+(?:vs\.?|versus|대)\s+", _I)
CONTRASTS = re.compile(
    r"반면|(?:와|과)(?:는)? 달리|이와 반대로|반대로|\bwhereas\b|\binstead of\b|\brather than\b"
    r"|\bunlike\b|\bin contrast\b|\bby contrast\b"
    r"|\bon the other hand\b",
    _I,
)
SAYS_AFTER = re.compile(
    r"\s?,?\s?(?:라고|이라고|라는|하고|고|하며)\s?[^.!?]{0,24}?(?:말|답|했|전화|연락"
    r"|묻|물|이야기|외치|합니다|하네요|주장)"
)
SAYS_BEFORE = re.compile(r"\b(?:said|says|say|asked|asks|told|wrote|replied|explained)\b[^\"“.]{0,20}$", _I)
SAID_AFTER = re.compile(
    r",?\s(?:[A-Z]?[\w' ]{0,30}?\s)?(?:said|says|asked|asks|wrote|replied"
    r"|explained)\b",
    _I,
)
