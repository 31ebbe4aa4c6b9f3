"""A scene is recorded sentence by sentence: the same bytes as at once, in memory that does not grow."""

import math
import subprocess
import sys
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest

from contracts.errors import CanceledError, ErrorCode, PermanentError
from contracts.events import Loudness
from services.runtime.cancel import CancelToken
from services.tts.audio import recording
from services.tts.audio.loudness import measure_loudness
from services.tts.audio.recording import record
from services.tts.audio.samples import Doubler, doubled, to_pcm, wav_bytes
from services.tts.audio.speaking import SentenceVoice
from services.tts.voices.base import Pcm, Samples

TEXT = "비밀번호는 12자리 이상입니다. 매월 바꾸세요! 확인하셨나요?"
SECOND = 48_000


class Noise(SentenceVoice):
    """Speech-like noise: ``seconds`` a sentence, in pieces of at most five seconds."""

    gap_seconds = 0.35

    def __init__(self, seconds: float = 1.5, level: float = 0.2) -> None:
        self.seconds, self.level = seconds, level
        self.pieces = 0

    def say(self, read: str, language: str, cancel: CancelToken) -> Iterator[Samples]:
        random = np.random.default_rng(len(read))
        left = round(self.seconds * SECOND)
        while left:
            cancel.check()
            size = min(left, 5 * SECOND - 7)
            self.pieces += 1
            yield self.level * random.standard_normal(size) * np.sin(np.arange(size) / 9_000)
            left -= size


def recorded(voice: SentenceVoice, folder: Path, text: str = TEXT) -> recording.Recording:
    return record(voice, text, "ko", folder, CancelToken(), lambda _: None)


@pytest.mark.parametrize("level", [0.01, 0.2, 0.9], ids=["faint", "usual", "overshooting"])
def test_the_file_holds_the_very_bytes_that_a_speech_in_memory_has(tmp_path: Path, level: float) -> None:
    made = recorded(Noise(11.3, level), tmp_path)
    whole = Noise(11.3, level).speak(TEXT, "ko", CancelToken(), lambda _: None)
    assert made.wav.read_bytes() == wav_bytes(whole.pcm)
    assert made.sentences == whole.sentences
    assert made.samples == len(whole.pcm)
    assert made.loudness == measure_loudness(whole.pcm)
    assert [path.name for path in tmp_path.iterdir()] == ["speech.wav"]


def test_the_rate_is_doubled_alike_wherever_a_stream_is_cut() -> None:
    samples = np.random.default_rng(1).standard_normal(10_000)
    for cuts in ([1, 2, 3, 50, 95, 96, 97, 5_000], [9_999], [3_000, 3_000, 3_001]):
        doubler = Doubler()
        parts = [doubler.push(part) for part in np.split(samples, cuts)]
        assert np.array_equal(np.concatenate([*parts, doubler.finish()]), doubled(samples))


def at_once(pcm: Pcm) -> Loudness:
    """Return the loudness as it follows from the standard for a signal that is in memory as a whole."""
    samples = pcm.astype(np.float64) / 32768
    size = 1 << (len(samples) + SECOND).bit_length()
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones_like(delay)
    for numerator, denominator in (
        ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
        ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
    ):
        response *= np.polyval(numerator[::-1], delay) / np.polyval(denominator[::-1], delay)
    weighted = np.fft.irfft(np.fft.rfft(samples, size) * response, size)[: len(samples)]
    starts = np.arange(0, len(samples) - 19_200 + 1, 4_800)
    blocks = np.array([np.mean(weighted[at : at + 19_200] ** 2) for at in starts])
    loud = -0.691 + 10 * np.log10(blocks)
    heard = blocks[loud > -70]
    gate = -0.691 + 10 * math.log10(heard.mean()) - 10
    kept = heard[-0.691 + 10 * np.log10(heard) > gate]
    peak = float(np.abs(samples).max())
    for phase in (0.25, 0.5, 0.75):
        distance = np.arange(-12, 12) + phase
        taps = np.sinc(distance) * np.kaiser(24, 6.0)
        between = np.convolve(np.pad(samples, 12), taps / taps.sum(), "valid")
        peak = max(peak, float(np.abs(between).max()))
    return Loudness(
        integrated_lufs=round(-0.691 + 10 * math.log10(kept.mean()), 3),
        true_peak_dbtp=round(20 * math.log10(peak), 3),
    )


@pytest.mark.parametrize("seconds", [0.5, 4.99, 5.0, 5.01, 17.3])
def test_loudness_in_blocks_is_the_loudness_of_the_whole(seconds: float) -> None:
    random = np.random.default_rng(3)
    size = round(seconds * SECOND)
    swell = np.clip(np.sin(np.arange(size) / 20_000), 0, 1)
    pcm = to_pcm(0.3 * swell * random.standard_normal(size))
    assert measure_loudness(pcm) == at_once(pcm)


GROWTH = """
import sys
from pathlib import Path
from services.runtime.cancel import CancelToken
from services.tts.audio import recording
from services.tts.audio.recording import record
from tests.unit.tts.audio.test_recording import Noise

def peak():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000

def made(seconds):
    folder = Path(sys.argv[1])
    return record(Noise(seconds), "Lock it.", "en", folder, CancelToken(), lambda _: None).samples / 48_000

recording.SECONDS_A_SENTENCE = 3_600.0
assert made(12) == 12
before = peak()
assert made(240) == 240
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's high-water mark")
def test_a_scene_of_four_minutes_takes_no_more_than_10_mb_more_than_one_of_twelve_seconds(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[4], timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 10, f"{float(done.stdout)} MB more; the sound alone is 92 MB as floats"


class Endless(Noise):
    """A voice that never comes to an end."""

    def say(self, read: str, language: str, cancel: CancelToken) -> Iterator[Samples]:
        for piece in repeat(np.full(SECOND, 0.1)):
            self.pieces += 1
            yield piece


class Huge(Noise):
    """A voice whose one piece is an hour."""

    def say(self, read: str, language: str, cancel: CancelToken) -> Iterator[Samples]:
        yield np.broadcast_to(np.float64(0.1), (3_600 * SECOND,))


def test_a_voice_that_does_not_end_is_left_after_15_s_for_five_letters(tmp_path: Path) -> None:
    voice = Endless()
    with pytest.raises(PermanentError, match=r"more than 15 s of sound for 5 letters") as caught:
        recorded(voice, tmp_path, "안녕하세요.")
    assert caught.value.code is ErrorCode.TTS_FAILED
    assert voice.pieces == 16
    with pytest.raises(PermanentError, match="did not come to an end"):
        recorded(Huge(), tmp_path, "안녕하세요.")
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 15 * SECOND * 8


@pytest.mark.parametrize(
    ("sound", "why"),
    [([], "no sound for sentence 1"), ([0.1, float("nan")], "no numbers"), ([-float("inf")], "no numbers")],
)
def test_a_voice_that_says_nothing_or_nonsense_is_an_error(
    tmp_path: Path, sound: list[float], why: str
) -> None:
    class Broken(Noise):
        def say(self, read: str, language: str, cancel: CancelToken) -> Iterator[Samples]:
            yield np.array(sound)

    with pytest.raises(PermanentError, match=why) as caught:
        recorded(Broken(), tmp_path)
    assert caught.value.code is ErrorCode.TTS_FAILED


def test_a_narration_of_more_than_40_minutes_is_refused_before_a_word_of_it_is_said(tmp_path: Path) -> None:
    voice = Noise()
    with pytest.raises(PermanentError, match="split it into several scenes") as caught:
        recorded(voice, tmp_path, "㈜" * 5_000)
    assert caught.value.code is ErrorCode.NARRATION_TOO_LONG
    assert voice.pieces == 0


def test_what_is_recorded_of_a_slow_voice_ends_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MAX_RECORDED_SECONDS", 20.0)
    with pytest.raises(PermanentError) as caught:
        recorded(Noise(12.0), tmp_path)
    assert caught.value.code is ErrorCode.NARRATION_TOO_LONG
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20 * SECOND * 8


class Asked(CancelToken):
    """Counts how often it is asked; set when it is asked for the ``stop_at``-th time."""

    __slots__ = ("asked", "stop_at")

    def __init__(self, stop_at: int = 0) -> None:
        super().__init__()
        self.asked, self.stop_at = 0, stop_at

    def check(self) -> None:
        self.asked += 1
        if self.asked == self.stop_at:
            self.cancel()
        super().check()


def test_a_cancel_is_asked_for_every_five_seconds_of_sound_as_it_is_said_and_as_it_is_measured(
    tmp_path: Path,
) -> None:
    asked = Asked()
    made = record(Noise(12.0), TEXT, "ko", tmp_path, asked, lambda _: None)
    assert asked.asked >= 2 * made.samples // (5 * SECOND)
    made.wav.unlink()
    for stop_at in (1, 5, asked.asked):
        with pytest.raises(CanceledError):
            record(Noise(12.0), TEXT, "ko", tmp_path, Asked(stop_at), lambda _: None)


def test_a_voice_that_never_looks_says_no_sentence_after_a_cancel(tmp_path: Path) -> None:
    cancel = CancelToken()
    said: list[str] = []

    class Deaf(SentenceVoice):
        gap_seconds = 0.35

        def say(self, read: str, language: str, _: CancelToken) -> Iterator[Samples]:
            said.append(read)
            cancel.cancel()
            yield np.ones(SECOND)

    with pytest.raises(CanceledError):
        record(Deaf(), TEXT, "ko", tmp_path, cancel, lambda _: None)
    assert len(said) == 1
