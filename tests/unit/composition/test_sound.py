from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.errors import CanceledError, ErrorCode, PermanentError
from contracts.timeline import SAMPLE_RATE, SceneTiming, time_scene
from services.composition.sound import aac
from services.composition.sound.limiter import BLOCK, limited, true_peaks
from services.composition.sound.loudness import LoudnessMeter, integrated_lufs
from services.composition.sound.mastering import Mastering, blocks_of, master
from services.composition.sound.pcm import open_pcm, place_speech, read_speech, write_pcm
from services.runtime.cancel import CancelToken
from tests.support.composition import speech, wav


def samples_of(data: bytes) -> NDArray[np.int16]:
    return np.frombuffer(data[44:], "<i2")


def tone(dbfs: float, seconds: float = 3.0, hz: float = 997.0) -> NDArray[np.float32]:
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.asarray(10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * t), np.float32)


# --- speech to samples --------------------------------------------------------------------------------------


def test_every_sample_is_where_the_timing_says() -> None:
    spoken = np.arange(1, 1001, dtype=np.int16)
    timing = time_scene(1000, 24)
    scene = place_speech(spoken, timing)
    assert scene.size == timing.samples
    assert np.flatnonzero(scene).tolist() == list(
        range(timing.lead_in_samples, timing.lead_in_samples + 1000)
    )
    assert np.array_equal(scene[timing.lead_in_samples :][:1000], spoken)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF\xff\xff\xff\xffWAVE",
        speech(1.0)[:1000],
        wav(np.zeros(48_000, np.int16), rate=24_000),
        wav(np.zeros(48_000, np.int16), channels=2),
        wav(np.zeros(47_999, np.int16)),
        b"ID3" + bytes(1000),
    ],
    ids=["empty", "head", "truncated", "rate", "stereo", "short", "mp3"],
)
def test_damaged_or_foreign_speech_names_its_scene(data: bytes) -> None:
    timing = SceneTiming(fps=24, lead_in_samples=0, speech_samples=48_000, frames=48)
    with pytest.raises(PermanentError, match="scene 3 of job j") as caught:
        read_speech(data, timing, "scene 3 of job j")
    assert caught.value.code is ErrorCode.COMPOSE_FAILED


def test_scenes_follow_each_other_without_a_gap(tmp_path: Path) -> None:
    parts = []
    for k in range(3):
        data = speech(0.5 + k / 7, k)
        (tmp_path / f"{k}.wav").write_bytes(data)
        parts.append((tmp_path / f"{k}.wav", time_scene(len(samples_of(data)), 24), f"scene {k + 1}"))
    total = write_pcm(tmp_path / "film", parts, CancelToken())
    assert total == sum(timing.samples for _, timing, _ in parts) == open_pcm(tmp_path / "film").size
    second = parts[0][1].samples + parts[1][1].lead_in_samples
    assert np.array_equal(
        open_pcm(tmp_path / "film")[second : second + 1000], samples_of(speech(0.5 + 1 / 7, 1))[:1000]
    )


# --- loudness -----------------------------------------------------------------------------------------------


def test_the_meter_reads_what_the_standard_says() -> None:
    # EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS in both channels measures -23 LUFS.
    stereo = LoudnessMeter(2)
    stereo.push(np.repeat(tone(-23.0, 10)[:, None], 2, axis=1))
    assert stereo.result().integrated_lufs == pytest.approx(-23.0, abs=0.1)
    assert integrated_lufs([tone(-23.0, 10)]) == pytest.approx(-23.0, abs=0.1)


def test_the_meter_finds_peaks_between_samples() -> None:
    # EBU Tech 3341, case 15 ff.: a quarter of the sampling rate, 45 degrees off, is 3 dB above its samples.
    t = np.arange(2 * SAMPLE_RATE)
    swell = np.hanning(t.size)  # a sudden start would ring above the tone
    meter = LoudnessMeter()
    meter.push(np.asarray(0.5 * swell * np.sin(np.pi / 2 * t + np.pi / 4), np.float32))
    assert meter.result().true_peak_dbtp == pytest.approx(-6.02, abs=0.4)


def test_silence_has_no_loudness() -> None:
    meter = LoudnessMeter()
    meter.push(np.zeros(3 * SAMPLE_RATE, np.float32))
    assert meter.result().integrated_lufs is None
    assert LoudnessMeter().result().true_peak_dbtp is None


# --- limiter ------------------------------------------------------------------------------------------------


def test_nothing_passes_the_limiter_and_quiet_parts_pass_unchanged() -> None:
    rng = np.random.default_rng(5)
    pcm = (rng.standard_normal(4 * SAMPLE_RATE) * 2000).astype(np.int16)
    pcm[100_000:100_050] = 30_000
    ceiling = 0.5
    out = np.concatenate([block.samples for block in limited(pcm, 1.0, ceiling)])
    assert true_peaks(out.astype(np.float64)).max() <= ceiling * 1.001
    assert np.abs(out).max() > 0.8 * ceiling
    np.testing.assert_allclose(out[:90_000], pcm[:90_000] / 32768, atol=1e-7)


def test_the_limiter_does_not_know_where_blocks_begin() -> None:
    rng = np.random.default_rng(6)
    pcm = (rng.standard_normal(BLOCK + 60_000) * 9000).clip(-32768, 32767).astype(np.int16)
    shift = 31_000
    whole = np.concatenate([block.samples for block in limited(pcm, 1.5, 0.4)])
    later = np.concatenate([block.samples for block in limited(pcm[shift:], 1.5, 0.4)])
    inside = slice(BLOCK - 2_000, BLOCK + 2_000)
    np.testing.assert_allclose(whole[inside], later[inside.start - shift : inside.stop - shift], atol=1e-6)


@pytest.mark.parametrize("level", [0.003, 0.1, 0.9])
def test_quiet_and_loud_speech_come_out_alike(tmp_path: Path, level: float) -> None:
    pcm = samples_of(speech(8.0, 3, level=level))
    before = integrated_lufs(blocks_of(pcm))
    master(pcm, before, Mastering(), tmp_path / "out", CancelToken())
    out = open_pcm(tmp_path / "out")[:]
    assert integrated_lufs(blocks_of(out)) == pytest.approx(-16.0, abs=0.15)
    assert true_peaks(out.astype(np.float64) / 32768).max() <= 10 ** (-2.1 / 20)


def test_a_silent_film_stays_silent(tmp_path: Path) -> None:
    pcm = np.zeros(SAMPLE_RATE, np.int16)
    master(pcm, integrated_lufs(blocks_of(pcm)), Mastering(), tmp_path / "out", CancelToken())
    assert not open_pcm(tmp_path / "out")[:].any()


# --- AAC ----------------------------------------------------------------------------------------------------


def decoded(stream: aac.AacStream) -> NDArray[np.float32]:
    reference = av.CodecContext.create("aac", "w")
    aac.configure(reference)
    reference.open()
    codec = av.CodecContext.create("aac", "r")
    codec.extradata = reference.extradata
    parts = [frame.to_ndarray() for data in stream.packets() for frame in codec.decode(av.Packet(data))]
    whole = np.concatenate(parts, axis=1).astype(np.float32)
    return np.asarray(whole[:, aac.PRIMING : aac.PRIMING + stream.samples], np.float32)


@pytest.mark.parametrize("samples", [1, 1023, 1024, 1025, 50_000])
def test_no_sample_is_lost(tmp_path: Path, samples: int) -> None:
    stream = aac.encode_aac(np.full(samples, 1000, np.int16), tmp_path / "aac", 1, CancelToken())
    assert decoded(stream).shape == (2, samples)
    assert sum(stream.duration(k) for k in range(len(stream.sizes))) == samples + aac.PRIMING


def test_chunks_join_without_a_seam(tmp_path: Path) -> None:
    pcm = samples_of(speech(8.0, 1, level=0.3))
    sound = decoded(aac.encode_aac(pcm, tmp_path / "aac", 2, CancelToken()))
    assert np.array_equal(sound[0], sound[1])
    error = np.square(sound[0] - pcm / np.float32(32768))
    seam = aac.CHUNK_PACKETS * aac.PACKET_SAMPLES
    assert seam < pcm.size
    at_seam = error[seam - 4800 : seam + 4800].mean()
    elsewhere = [error[k : k + 9600].mean() for k in range(48_000, pcm.size - 9600, 9600)]
    assert at_seam < 2 * max(elsewhere)


def test_sound_does_not_depend_on_the_number_of_threads(tmp_path: Path) -> None:
    pcm = samples_of(speech(8.0, 2))
    one, three = (aac.encode_aac(pcm, tmp_path / str(n), n, CancelToken()) for n in (1, 3))
    assert one.sizes == three.sizes
    assert one.path.read_bytes() == three.path.read_bytes()


def test_encoding_sound_can_be_cancelled(tmp_path: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(CanceledError):
        aac.encode_aac(np.zeros(SAMPLE_RATE, np.int16), tmp_path / "aac", 2, cancel)
