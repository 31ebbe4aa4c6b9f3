"""The offline voice, really speaking, judged by a recogniser that never saw the text."""

import hashlib
import subprocess
import sys
import threading
from pathlib import Path
from statistics import mean

import pytest

from contracts.errors import CanceledError
from contracts.rendering import TtsProvider
from services.runtime.cancel import CancelToken
from services.tts.audio.loudness import measure_loudness
from services.tts.audio.samples import wav_bytes
from services.tts.settings import TtsSettings
from services.tts.voices.base import Speech, Voice
from services.tts.voices.registry import choose_voice
from tests.support.speech import character_error_rate, recognise_korean, same_writing

pytestmark = pytest.mark.speech

HELD_OUT = {
    "신입 사원은 입사한 날부터 30일 안에 보안 교육을 이수해야 합니다.":
        "신입 사원은 입사한 날부터 삼십 일 안에 보안 교육을 이수해야 합니다.",
    "무게가 25kg을 넘는 상자는 반드시 두 사람이 함께 듭니다.":
        "무게가 이십오 킬로그램을 넘는 상자는 반드시 두 사람이 함께 듭니다.",
    "전화번호를 묻는 이메일은 링크를 누르지 말고 바로 신고하세요.":
        "전화번호를 묻는 이메일은 링크를 누르지 말고 바로 신고하세요.",
    "고객의 문의에는 24시간 안에 답변하고 처리 결과를 기록으로 남깁니다.":
        "고객의 문의에는 이십사 시간 안에 답변하고 처리 결과를 기록으로 남깁니다.",
}  # fmt: skip
"""Sentences that had no part in choosing voice, speed and symbols, and how they are read out."""


@pytest.fixture(scope="module")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kokoro")


@pytest.fixture(scope="module")
def voice(model_cache: Path) -> Voice:
    return choose_voice(TtsProvider.KOKORO, None).open(TtsSettings(kokoro_ja_cache=model_cache))


def say(voice: Voice, text: str) -> Speech:
    return voice.speak(text, "ko", CancelToken(), lambda _: None)


def test_a_recogniser_understands_korean_narration(voice: Voice) -> None:
    rates = {}
    for written, read in HELD_OUT.items():
        speech = say(voice, written)
        heard = same_writing(recognise_korean(speech.pcm, 48_000), "ko")
        rates[written] = character_error_rate(read, heard)
        sys.stdout.write(f"{rates[written]:.3f} {len(speech.pcm) / 48_000:.1f} s {read} | {heard}\n")
    assert mean(rates.values()) <= 0.35, rates
    wrong = list(HELD_OUT.values())[1:]
    assert character_error_rate(wrong[0], wrong[1]) > 0.7, "the measure must tell sentences apart"


def test_speech_is_audible_and_does_not_clip(voice: Voice) -> None:
    loudness = measure_loudness(say(voice, "안전이 먼저입니다.").pcm)
    assert loudness.integrated_lufs is not None
    assert -35 < loudness.integrated_lufs < -10
    assert loudness.true_peak_dbtp is not None
    assert loudness.true_peak_dbtp <= 0


def test_another_process_speaks_the_same_bytes(voice: Voice, model_cache: Path) -> None:
    text = "화면을 잠급니다. USB 3개를 뽑습니다."
    program = (
        "import sys, hashlib; from pathlib import Path\n"
        "from contracts.rendering import TtsProvider\n"
        "from services.runtime.cancel import CancelToken\n"
        "from services.tts.audio.samples import wav_bytes\n"
        "from services.tts.voices.registry import choose_voice\n"
        "from services.tts.settings import TtsSettings\n"
        "settings = TtsSettings(kokoro_ja_cache=Path(sys.argv[1]))\n"
        "voice = choose_voice(TtsProvider.KOKORO, None).open(settings)\n"
        "speech = voice.speak(sys.argv[2], 'ko', CancelToken(), lambda _: None)\n"
        "print(hashlib.sha256(wav_bytes(speech.pcm)).hexdigest())\n"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, str(model_cache), text],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2], timeout=120,
    )  # fmt: skip
    assert other.stdout.strip() == hashlib.sha256(wav_bytes(say(voice, text).pcm)).hexdigest()


def test_a_cancel_ends_the_model_in_the_middle_of_a_sentence(voice: Voice) -> None:
    cancel = CancelToken()
    timer = threading.Timer(0.3, cancel.cancel)
    sentence = "안전 수칙을 지키고 장비를 점검한 다음에 작업을 시작하고 마치면 반드시 보고합니다."
    timer.start()
    try:
        with pytest.raises(CanceledError):  # seconds of computing, in one call of the model
            next(voice.say(sentence, "ko", cancel))
    finally:
        timer.cancel()
    assert len(next(voice.say("네.", "ko", CancelToken()))) > 0
