"""Sentences as authors end them, and as a narrator says them; ``data/polite.tsv``, one a line."""

import re
from pathlib import Path

import pytest

from services.scripting.writer.korean.korean import Korean
from services.scripting.writer.korean.speech import sentences, stated

KOREAN = Korean()
ROWS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "data" / "polite.tsv").read_text("utf-8").splitlines()
]
_BROKEN = re.compile(
    r"한습니다|는습니다|다입니다|요입니다|까입니다|[함됨음]입니다|[)\]]입니다|[.．。?!]입니다|/입니다|\.\.$"
)


@pytest.mark.parametrize(("written", "spoken"), ROWS, ids=[row[0] for row in ROWS])
def test_a_sentence_is_made_polite(written: str, spoken: str) -> None:
    assert KOREAN.spoken(written) == spoken
    assert _BROKEN.search(spoken) is None


@pytest.mark.parametrize("spoken", [row[1] for row in ROWS])
def test_what_is_polite_stays_as_it_is(spoken: str) -> None:
    assert KOREAN.spoken(spoken) == spoken


@pytest.mark.parametrize(
    ("named", "spoken"),
    [
        ("주어서는 아니 된다", "주어서는 아니 됩니다."),
        ("설정을 연다(자동 저장 포함)", "설정을 엽니다. (자동 저장 포함)."),
        ("실험복은 반드시 입을 것!", "실험복은 반드시 입습니다."),
        ("문의는 help@example.com", "문의는 help@example.com."),
        ("풍속 0.5 m/s 유지 바람", "풍속 0.5 m/s 유지 바랍니다."),
        ("참석 바람", "참석 바랍니다."),
        ("강한 바람", "강한 바람입니다."),
        ("눈에 심한 자극을 일으킴", "눈에 심한 자극을 일으킵니다."),
        ("담배를 피우지 못한다.", "담배를 피우지 못합니다."),
        ("안전제일!", "안전제일!"),
        ("제출 바랍니다", "제출 바랍니다."),
        ("대상은 전 직원 (협력사 포함)", "대상은 전 직원 (협력사 포함)."),
        ("안전모, 장갑", "안전모, 장갑입니다."),
    ],
)
def test_what_a_list_names_is_stated_only_if_it_is_no_sentence(named: str, spoken: str) -> None:
    assert stated(named) == spoken


@pytest.mark.parametrize(
    ("phrases", "said"),
    [
        (
            ("안전모", "단독 작업을 하여서는 아니 된다", "장갑"),
            "안전모입니다. 단독 작업을 하여서는 아니 됩니다. 장갑입니다.",
        ),
        (("설정 화면", "입을 것!"), "설정 화면입니다. 입습니다."),
    ],
)
def test_a_sentence_among_names_is_said_on_its_own(phrases: tuple[str, ...], said: str) -> None:
    assert KOREAN.enumeration(phrases, None) == said


def test_a_mark_with_a_particle_behind_it_ends_no_sentence() -> None:
    assert sentences("물음표?는 쓰지 않습니다. 정말인가요? 이 점을 봅니다.") == [
        "물음표?는 쓰지 않습니다.",
        "정말인가요?",
        "이 점을 봅니다.",
    ]
