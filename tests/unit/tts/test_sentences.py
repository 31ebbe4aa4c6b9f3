import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tts.reading.reading import spoken_sentences
from services.tts.sentences import split_sentences
from services.tts.voices.base import UnspeakableError


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("안녕하세요. 반갑습니다!", ("안녕하세요.", "반갑습니다!")),
        ("버전은 3.5입니다. 확인하세요.", ("버전은 3.5입니다.", "확인하세요.")),
        ('그는 "안전이 최우선입니다. 꼭 지키세요."라고 말했습니다. 끝입니다.',
         ('그는 "안전이 최우선입니다. 꼭 지키세요."라고 말했습니다.', "끝입니다.")),
        ('접속은 허용됩니다. "암호를 바꾸세요."라고 안내합니다.', ("접속은 허용됩니다.",
        '"암호를 바꾸세요."라고 안내합니다.')),
        ("“멈추세요! 위험합니다.” 하고 외쳤습니다.", ("“멈추세요! 위험합니다.” 하고 외쳤습니다.",)),
        ("첫째 줄\n둘째 줄", ("첫째 줄", "둘째 줄")),
    ],
)  # fmt: skip
def test_korean_sentences(text: str, sentences: tuple[str, ...]) -> None:
    assert split_sentences(text, "ko") == sentences


def test_english_sentences() -> None:
    text = 'Dr. Kim said "Stop. Now." and left. It costs $3.50, e.g. today. Right?'
    expected = ('Dr. Kim said "Stop. Now." and left.', "It costs $3.50, e.g. today.", "Right?")
    assert split_sentences(text, "en") == expected


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(
        alphabet=st.one_of(
            st.sampled_from("가다요니다. ?!\"'“”()\n하고라고 😀a1"), st.characters(exclude_categories=["Cs"])
        ),
        max_size=80,
    ),
    language=st.sampled_from(["ko", "en"]),
)
def test_no_text_is_lost(text: str, language: str) -> None:
    assert squeezed("".join(split_sentences(text, language))) == squeezed(text)


def test_what_cannot_be_said_goes_with_its_neighbour() -> None:
    assert spoken_sentences("😀\n안전 점검.\n***\n🎉\n끝.", "ko") == (
        ("😀 안전 점검. *** 🎉", "안전 점검."),
        ("끝.", "끝."),
    )


@pytest.mark.parametrize("text", ["😀😀", "...", "→ ← ***"])
def test_nothing_to_say_is_an_error(text: str) -> None:
    with pytest.raises(UnspeakableError):
        spoken_sentences(text, "ko")


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's high-water mark")
def test_the_analyser_takes_less_than_300_mb() -> None:
    program = """
def peak():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000

from services.tts import sentences
before = peak()
sentences.warm()
print(peak() - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert float(done.stdout) < 300, f"{done.stdout} MB; with all of its lists it is 450"
