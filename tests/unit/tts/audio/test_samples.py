import io
import wave

import numpy as np
import pytest

from services.tts.audio.loudness import measure_loudness
from services.tts.audio.samples import PEAK, doubled, faded, joined, to_pcm, trimmed, wav_bytes
from services.tts.voices.base import Samples


def tone(hertz: float, seconds: float, rate: int, level: float = 0.5) -> Samples:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


@pytest.mark.parametrize("hertz", [100, 1_000, 4_000, 9_000])
def test_doubling_the_rate_keeps_the_wave(hertz: float) -> None:
    inner = slice(500, -500)
    error = doubled(tone(hertz, 0.2, 24_000))[inner] - tone(hertz, 0.2, 48_000)[inner]
    assert np.abs(error).max() < 2e-4


def test_trimming_keeps_the_speech_and_a_breath_of_silence() -> None:
    silence = np.zeros(12_000)
    kept = trimmed(np.concatenate((silence, tone(200, 1, 24_000), silence)), 24_000)
    assert 1.1 * 24_000 < len(kept) < 1.2 * 24_000
    assert kept[0] == pytest.approx(0, abs=1e-6)


def test_trimming_silence_leaves_nothing() -> None:
    assert not trimmed(np.zeros(5_000), 24_000).size


def test_fades_start_and_end_in_silence() -> None:
    out = faded(np.ones(1_000), 100, 200)
    assert out[0] < 0.001
    assert out[-1] < 0.001
    assert (out[100:800] == 1).all()


def test_overshoot_is_scaled_down_and_never_clips() -> None:
    pcm = to_pcm(tone(200, 0.1, 48_000, level=1.7))
    assert np.abs(pcm).max() == pytest.approx(PEAK * 32767, abs=1)
    quiet = to_pcm(tone(200, 0.1, 48_000, level=0.5))
    assert np.abs(quiet).max() == pytest.approx(0.5 * 32767, rel=1e-3)


def test_joined_sentences_are_where_their_times_say() -> None:
    speech = joined([("하나.", np.full(1_000, 0.1)), ("둘.", np.full(500, 0.2))], [0.1])
    first, second = speech.sentences
    assert (first.start, first.end, second.start, second.end) == (0, 1_000, 5_800, 6_300)
    assert len(speech.pcm) == second.end
    assert not speech.pcm[first.end : second.start].any()
    assert speech.pcm[second.start : second.end].all()


def test_the_wav_file_is_48_khz_mono_16_bit() -> None:
    pcm = to_pcm(tone(300, 0.05, 48_000))
    with wave.open(io.BytesIO(wav_bytes(pcm))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 1, 2)
        assert file.readframes(file.getnframes()) == pcm.tobytes()


def test_loudness_of_the_reference_tone() -> None:
    # BS.1770-4: a 0 dBFS 997 Hz sine in one channel reads -3.01 LKFS.
    measured = measure_loudness((tone(997, 3, 48_000, level=1.0) * 32767).astype(np.int16))
    assert measured.integrated_lufs == pytest.approx(-3.01, abs=0.02)
    assert measured.true_peak_dbtp == pytest.approx(0, abs=0.05)


def test_the_gate_leaves_pauses_out() -> None:
    speech = to_pcm(tone(997, 4, 48_000, level=0.1))
    paused = np.concatenate((speech, np.zeros(20 * 48_000, np.int16), speech))
    one, two = measure_loudness(speech).integrated_lufs, measure_loudness(paused).integrated_lufs
    assert one is not None
    assert two == pytest.approx(one, abs=0.3)


def test_true_peaks_lie_between_samples() -> None:
    # A quarter-rate sine sampled 45 degrees off its peaks: samples at -3 dB, the wave at 0 dB.
    wave_ = 0.5 * np.sin(2 * np.pi * np.arange(48_000) / 4 + np.pi / 4)
    wave_ = faded(wave_, 4_800, 4_800)
    measured = measure_loudness((wave_ * 32767).astype(np.int16)).true_peak_dbtp
    assert measured == pytest.approx(-6.02, abs=0.1)


@pytest.mark.parametrize("samples", [0, 10, 48_000])
def test_silence_has_no_loudness(samples: int) -> None:
    measured = measure_loudness(np.zeros(samples, np.int16))
    assert measured.integrated_lufs is None
    assert measured.true_peak_dbtp is None


def test_a_short_word_and_a_whisper_are_measured() -> None:
    short = measure_loudness(to_pcm(tone(500, 0.1, 48_000)))
    assert short.integrated_lufs is not None
    faint = measure_loudness(np.ones(48_000, np.int16))
    assert faint.integrated_lufs is None
    assert faint.true_peak_dbtp is not None
