"""Korean sentences in the polite form that a narrator speaks, however the author ended them."""

import re
from typing import Any

from services.scripting.text import words
from services.scripting.writer.korean.analyser import kiwi
from services.scripting.writer.korean.morphemes import ADVERBIAL, Morphemes, apart, kind

ACTIONS = frozenset(
    words(
        """
        가입 감사 검사 검토 격리 결재 교육 교체 구조 기록 납부 대응 대피 등록 로그인 로그아웃 반납 발급 방문
        배치 백업 변경 보고 보관 복구 분리 사용 삭제 선택 설정 설치 수거 수리 승인 신고 신청 암호화 업데이트
        연락 예약 요청 응답 이동 입력 작성 작업 재부팅 저장 전송 전화 점검 접속 접수 정리 제거 제출 조사
        준비 중단 중지 차단 착용 참석 처리 청소 측정 클릭 통보 통제 통지 파기 파쇄 폐기 해제 확인 환기 회수
        """
    )
)
"""Nouns that a list of steps uses as verbs: 비밀번호 변경 is said 비밀번호를 변경합니다."""

CLOSING_MARKS = ".?!…\"'”’)"
_STOPS = ".?!…"
_WIDE_STOPS = str.maketrans("。！？", ".!?")
_WIDE_POINT = re.compile(r"．(?!\d)")
_LOOSE_END = re.compile(r" ?(?:\^_?\^|[~ㅋㅎㅠㅜ]{1,20}|[:;]\)){1,3}(?=[.!?]{0,3}$)")
_LONGEST_LOOSE = 40
"""Characters at the end of a sentence that are looked at for what is no word; laughter is shorter."""
_ASIDE = re.compile(r"^(?P<said>.*\S)\s*(?P<aside>[(\[（][^()\[\]（）]{1,200}[)\]）])[.。]?$")
_WORDLIKE = re.compile(r"[\w%％℃°㎡㎏㎜㎝㎞원\"'”’」』]$")
_ASKED_FOR = re.compile(r"^(?P<what>.{2,60}) (?:요망|요청|필요|요함)$")
_WISHED = re.compile(r"^(?P<what>.{2,200}) 바람$")
_NOTE_END = re.compile(r"(?:함|임|됨|[없있했였었았]음|바람|[할말을] 것)$")
_LONGEST_END = 100
"""Characters at the end of a text that tell whether it is a sentence; a clause is seldom longer."""

_IS_BEHIND_A_SIGN = re.compile(r"(?<=[)\]%℃”’\"'A-Za-z0-9])이다$")
"""95%(5%p)이다: the analyser does not find the verb behind a sign."""

_ANSWERS = frozenset({"네", "넵", "넹", "예", "옙", "응"})
_PLAIN = frozenset({"다", "ᆫ다", "는다"})
_COMMANDS = frozenset({"라", "어라", "아라", "여라", "으라", "거라", "너라", "게"})
_PROPOSALS = frozenset({"자"})
_ASKS = frozenset({"는가", "ᆫ가", "은가", "ᆯ까", "을까", "나", "던가"})
_STEMS_IN_N = frozenset("안신")
"""The verb stems that end in ㄴ, the only ones before which 습니다 stands: 안습니다, 신습니다."""


def spoken(sentence: str) -> str:
    """Return the sentence as a polite narrator says it, with closing punctuation.

    입니다 is put behind nouns only: never behind a bracket, an address, a mark or what is a sentence already.
    """
    text = _WIDE_POINT.sub(".", sentence.strip().translate(_WIDE_STOPS))
    text = f"{text[:-_LONGEST_LOOSE]}{_LOOSE_END.sub('', text[-_LONGEST_LOOSE:])}".strip() or text
    if aside := _ASIDE.match(text):
        return _with_aside(aside["said"], aside["aside"], " " if text[len(aside["said"])] == " " else "")
    bare = _unclosed(text)
    if not bare:
        return text
    made = polite(bare)
    if made is not None:
        return made if made[-1] == "?" else f"{made}."
    if Morphemes.of(bare, kiwi()).is_sentence():
        return text if text[-1] in CLOSING_MARKS else f"{text.rstrip(':;, ')}."
    if text[-1] in _STOPS:
        return text
    return _named(text, bare)


def _with_aside(said: str, aside: str, space: str) -> str:
    """Return a text whose end stands in brackets: behind a sentence, a remark; behind a noun, part of it."""
    if said[-1] in _STOPS or Morphemes.of(said, kiwi()).is_sentence() or (" " in said and polite(said)):
        return f"{spoken(said)} {aside}."
    return f"{said}{space}{aside}."


def stated(noun: str) -> str:
    """Return what ends in a noun as a sentence; what is one already, or ends in one, as it is said."""
    return spoken(noun) if says_itself(noun) else _named(noun, noun)


def says_itself(phrase: str) -> bool:
    """Whether a phrase is a sentence, if in note form, to which nothing may be added: 단독 작업은 금지함."""
    text = phrase.rstrip()
    if aside := _ASIDE.match(text[-_LONGEST_END:]):
        text = aside["said"]
    bare = text.rstrip(".!?… ")
    if _NOTE_END.search(bare):
        return True
    morphemes = Morphemes.of(_end_of(bare), kiwi())
    noted = morphemes.is_nominalised() and not bare.endswith(("기", "것"))
    governs = any(token.tag in {"JKO", "JKS"} for token in morphemes.tokens)
    return morphemes.is_sentence() or (noted and governs)  # 자극을 일으킴


def _end_of(text: str) -> str:
    return text if len(text) <= _LONGEST_END else text[-_LONGEST_END:].partition(" ")[2]


def _named(text: str, bare: str) -> str:
    """Return what ends in a noun, a bracket, an address or a mark, of which only the noun is something."""
    if text[-1] in _STOPS:
        return text
    if (
        text[-1] in ")]"
        or _is_address(bare.rpartition(" ")[2])
        or not _WORDLIKE.search(bare)
        or _exclaims(bare)
    ):
        return f"{text.rstrip(':;, ')}."
    wished = _WISHED.match(bare)
    if wished and _is_act(wished["what"]):
        return f"{wished['what']} 바랍니다."
    if found := _ASKED_FOR.match(bare):
        return f"{found['what']} {'바랍니다' if bare.endswith(('요망', '요청')) else '필요합니다'}."
    return f"{bare}입니다."


def _is_act(phrase: str) -> bool:
    """Whether a phrase ends in a noun of an act, which 하다 makes a verb: 유지, not 강한."""
    tokens = Morphemes.of(f"{_end_of(phrase)}하기", kiwi()).tokens
    return len(tokens) > 2 and tokens[-2].tag == "XSV" and tokens[-3].tag == "NNG"


def polite(bare: str) -> str | None:
    """Return a sentence in polite form; ``None`` if it is polite already, or no sentence."""
    if found := _IS_BEHIND_A_SIGN.search(bare):
        return f"{bare[: found.start()]}입니다"
    morphemes = Morphemes.of(bare, kiwi())
    if len(morphemes.tokens) < 2:
        return None
    last = len(morphemes.tokens) - 1
    token = morphemes.tokens[last]
    made = _plain(morphemes, last, token) or _directed(morphemes, last, token) or _asked(bare, token)
    if made is None and not morphemes.is_sentence():
        made = _noted_act(morphemes)
    if made is None:
        made = morphemes.polite()
    return None if made is None else _mended(made)


def _unclosed(text: str) -> str:
    """Return a text without its closing marks; a bracket that closes one inside it stays."""
    bare = text.rstrip(CLOSING_MARKS + ":;, ")
    lost = text[len(bare) :]
    return bare + ")" if ")" in lost and bare.count("(") > bare.count(")") else bare


def _plain(morphemes: Morphemes, last: int, token: Any) -> str | None:
    """Return a statement whose ending the analyser took for another: 되었다, 전 직원이다, 안전모를 써."""
    before = morphemes.tokens[last - 1]
    if token.form == "다" and token.tag == "MAG" and before.form == "이" and not apart(morphemes.text, token):
        return f"{morphemes.text[: before.start]}입니다"
    if (
        token.tag == "EC"
        and token.form in _PLAIN
        and kind(before) in {"VV", "VA", "VX", "EP", "XSV", "XSA", "VCP"}
    ):
        return morphemes.rejoined(last, "ᆸ니다")
    if before.form == "말" and token.form in {"어", "아"} and token.tag in {"EF", "EC"}:
        return morphemes.rejoined(last, "세요")  # 뛰지 마
    familiar = token.tag in {"EF", "EC"} and token.form in {"어", "아", "여"}
    if familiar and kind(before) in {"VV", "VA", "VX", "EP", "XSV", "XSA"} and len(morphemes.tokens) > 2:
        return morphemes.rejoined(last, "ᆸ니다")
    return None


def _directed(morphemes: Morphemes, last: int, token: Any) -> str | None:
    """Return a command or a proposal politely: 신고하라 → 신고하세요, 씻자 → 씻읍시다."""
    if token.tag != "EF" and not (token.tag == "EC" and token.form in _PROPOSALS):
        return None
    stem = morphemes.tokens[last - 1]
    if token.form in _COMMANDS and kind(stem) in {"VV", "VX", "XSV"}:
        return morphemes.rejoined(last, "세요" if not _closed(stem.form) else "으세요")
    if token.form in _PROPOSALS and kind(stem) in {"VV", "VX", "XSV"}:
        return morphemes.rejoined(last, "ᆸ시다" if not _closed(stem.form) else "읍시다")
    return None


def _asked(bare: str, token: Any) -> str | None:
    """Return a plain question politely: 해야 할까 → 해야 할까요?"""
    if token.tag in {"EF", "EC"} and token.form in _ASKS and (token.tag == "EF" or token.form == "나"):
        return f"{bare}요?"
    return None


def _noted_act(morphemes: Morphemes) -> str | None:
    """Return an act noted behind its time as it is said: 사고 발생 시 즉시 보고 → … 즉시 보고합니다."""
    act, when = morphemes.tokens[-1], morphemes.tokens[-2]
    if act.tag != "NNG" or act.form not in ACTIONS or not apart(morphemes.text, act):
        return None
    links = when.tag == "EC" and when.form in {"고", "어", "아", "며"}
    if when.form not in ADVERBIAL and when.tag not in {"MAG", "JKB", "JKO"} and not links:
        return None
    return Morphemes.of(f"{morphemes.text}하기", kiwi()).polite()


def _closed(form: str) -> bool:
    last = form[-1:]
    return "가" <= last <= "힣" and (ord(last) - ord("가")) % 28 not in {0, 8}


def _mended(made: str) -> str:
    """Return a polite form whose stem was misread put right: 한습니다 is 합니다."""
    if not made.endswith("습니다") or len(made) < 4:
        return made
    stem = made[-4]
    final = (ord(stem) - ord("가")) % 28 if "가" <= stem <= "힣" else -1
    if final == 4 and stem not in _STEMS_IN_N:
        return f"{made[:-4]}{chr(ord(stem) - 4 + 17)}니다"
    if final == 0:
        return f"{made[:-4]}{chr(ord(stem) + 17)}니다"
    return made


def _is_address(word: str) -> bool:
    """Whether a word is an address of the web or of mail: nobody says of it that it is one."""
    host = word.partition("/")[0].rpartition("@")[2]
    labels = host.split(".")
    named = len(labels) > 1 and all(labels) and labels[-1].isalpha() and len(labels[-1]) > 1
    return word.isascii() and (named or "://" in word)


def _exclaims(bare: str) -> bool:
    """Whether a text ends in a sign or a word of answer, of which nothing can be said to be one."""
    tokens = Morphemes.of(bare, kiwi()).tokens
    if not tokens or bare.endswith(("%", "℃", "°")):
        return False
    return tokens[-1].form in _ANSWERS or tokens[-1].tag in {"IC", "SW", "SO", "SS"}
