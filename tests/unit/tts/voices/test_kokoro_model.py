import hashlib
import json
import subprocess
import sys
import threading
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.errors import CanceledError, ErrorCode, PermanentError, TransientError
from services.runtime.cancel import CancelToken
from services.tts.voices import kokoro_model
from services.tts.voices.kokoro import KokoroVoice
from services.tts.voices.kokoro_model import KokoroModel, assembled_model
from tests.support.eventually import eventually_sync

PARTS = [b"one", b"two", b"three", b"four"]
WHOLE = hashlib.sha256(b"".join(PARTS)).hexdigest()


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for number, data in enumerate(PARTS, 1):
        folder = tmp_path / f"part_package_{number}"
        folder.mkdir()
        (folder / "__init__.py").write_text("raise ImportError('data packages are read, not imported')")
        (folder / "part.bin").write_bytes(data)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(
        kokoro_model, "_PART_PACKAGES", tuple(f"part_package_{number}" for number in range(1, 5))
    )
    return tmp_path


def test_the_model_is_put_together_once_and_nothing_is_left_over(parts: Path) -> None:
    cache = parts / "deep" / "cache"
    model = assembled_model(cache, WHOLE)
    assert model.read_bytes() == b"onetwothreefour"
    assert list(cache.iterdir()) == [model]
    before = model.stat().st_mtime_ns
    assert assembled_model(cache, WHOLE).stat().st_mtime_ns == before


def test_a_damaged_model_is_made_again(parts: Path) -> None:
    model = assembled_model(parts / "cache", WHOLE)
    model.write_bytes(b"onetwothreefouX")
    assert assembled_model(parts / "cache", WHOLE).read_bytes() == b"onetwothreefour"


def test_damaged_packages_are_an_error_and_leave_nothing(parts: Path) -> None:
    (parts / "part_package_2" / "part.bin").write_bytes(b"2")
    with pytest.raises(PermanentError, match="reinstall") as caught:
        assembled_model(parts / "cache", WHOLE)
    assert caught.value.code is ErrorCode.TTS_FAILED
    assert not list((parts / "cache").iterdir())


def test_missing_packages_say_what_to_install(parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kokoro_model, "_PART_PACKAGES", ("no_such_package",))
    with pytest.raises(PermanentError, match=r"lectern\[tts\]"):
        assembled_model(parts / "cache", WHOLE)


def test_a_cache_that_cannot_be_written_is_worth_another_try(parts: Path) -> None:
    (parts / "file").write_text("in the way")
    with pytest.raises(TransientError) as caught:
        assembled_model(parts / "file", WHOLE)
    assert caught.value.code is ErrorCode.STORAGE_UNAVAILABLE


def test_two_processes_may_come_first_at_once(parts: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from services.tts.voices import kokoro_model as k;"
        "k._PART_PACKAGES = tuple(f'part_package_{n}' for n in range(1, 5));"
        f"print(k.assembled_model(Path(sys.argv[1]), {WHOLE!r}).read_bytes().decode())"
    )
    path = [str(parts), str(Path(__file__).parents[4])]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r};{program}", str(parts / "cache")],
            stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    assert [process.communicate(timeout=60)[0].decode().strip() for process in running] == [
        "onetwothreefour"
    ] * 2
    assert len(list((parts / "cache").iterdir())) == 1


class ToneModel(KokoroModel):
    """The model's interface without the model: a tone of 50 ms a token, in half a second of silence."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    def tokens(self, phonemes: str) -> list[int]:
        return [ord(symbol) for symbol in phonemes]

    def style(self, blend: tuple[tuple[str, float], ...]) -> NDArray[np.float32]:
        return np.zeros((510, 1, 256), np.float32)

    def synthesise(self, tokens: list[int], style: NDArray[np.float32], speed: float) -> NDArray[np.float64]:
        assert style.shape == (510, 1, 256)
        assert speed > 0
        self.calls.append(tokens)
        tone = 0.5 * np.sin(np.arange(1_200 * len(tokens)) / 20)
        return np.concatenate((np.zeros(12_000), tone, np.zeros(12_000)))


def test_sentences_are_spoken_one_by_one_and_timed_exactly() -> None:
    speech = KokoroVoice(ToneModel(), "jf_nezumi").speak(
        "안전이 먼저입니다. 😀 지금 시작합니다.", "ko", CancelToken(), lambda _: None
    )
    for sentence in speech.sentences:
        inside = np.abs(speech.pcm[sentence.start : sentence.end])
        assert inside.max() > 10_000
    first, second = speech.sentences
    assert not speech.pcm[first.end : second.start].any()
    assert second.start - first.end == pytest.approx(0.35 * 48_000, abs=1)
    assert second.end == len(speech.pcm)


def test_a_sentence_longer_than_the_model_takes_is_one_sentence_in_the_times() -> None:
    model = ToneModel()
    text = "안전 수칙을 지키고 " * 80 + "마칩니다"
    speech = KokoroVoice(model, "jf_nezumi").speak(text, "ko", CancelToken(), lambda _: None)
    assert len(model.calls) > len(speech.sentences)
    assert all(len(call) <= 120 for call in model.calls)
    assert speech.sentences[-1].end == len(speech.pcm)


def test_a_long_sentence_is_cancelled_between_its_clauses() -> None:
    cancel = CancelToken()

    class Stopping(ToneModel):
        def synthesise(
            self, tokens: list[int], style: NDArray[np.float32], speed: float
        ) -> NDArray[np.float64]:
            cancel.cancel()
            return super().synthesise(tokens, style, speed)

    model = Stopping()
    with pytest.raises(CanceledError):
        KokoroVoice(model, "jf_nezumi").speak("안전 수칙을 지키고, " * 90, "ko", cancel, lambda _: None)
    assert len(model.calls) == 1


class Session:
    """onnxruntime's, without the model: says who is in it, and stays until it is told to go."""

    def __init__(self) -> None:
        self.inside: list[int] = []
        self.go = threading.Event()

    def run(self, _: None, feeds: dict[str, NDArray[np.int64]], options: Any) -> list[NDArray[np.float32]]:
        size = feeds["tokens"].size - 2
        self.inside.append(size)
        try:
            while not self.go.wait(0.01):
                if options is not None and options.terminate:
                    raise RuntimeError("terminated")
        finally:
            self.inside.remove(size)
        return [np.ones(2_400 * size, np.float32)]


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "vocab.json").write_text(json.dumps({"vocab": {"a": 1}}))
    (tmp_path / "data" / "model.sha256").write_text("0")
    np.savez(tmp_path / "data" / "voices_ja.npz", jf_nezumi=np.zeros((510, 1, 256)))
    session = Session()
    monkeypatch.setattr(kokoro_model, "_package_folder", lambda _: tmp_path)
    monkeypatch.setattr(kokoro_model, "assembled_model", lambda *_: tmp_path)
    monkeypatch.setattr(kokoro_model, "_open_session", lambda _: session)
    return session


def test_of_three_calls_of_60_symbols_two_are_in_the_model_at_once(session: Session, tmp_path: Path) -> None:
    model = KokoroModel(tmp_path)
    style = model.style((("jf_nezumi", 1.0),))
    threads = [
        threading.Thread(target=model.synthesise, args=([1] * 60, style, 1.0), daemon=True) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    eventually_sync(lambda: len(model._room._queue) == 1 and len(session.inside) == 2, 5)
    session.go.set()
    for thread in threads:
        thread.join(5)
    assert session.inside == []


def test_a_cancel_ends_a_call_that_is_under_way(session: Session, tmp_path: Path) -> None:
    cancel, ended = CancelToken(), list[BaseException]()

    def say() -> None:
        try:
            list(KokoroVoice(KokoroModel(tmp_path), "jf_nezumi").say("아", "ko", cancel))
        except CanceledError as error:
            ended.append(error)

    thread = threading.Thread(target=say, daemon=True)
    thread.start()
    eventually_sync(lambda: bool(session.inside), 5)
    cancel.cancel()
    thread.join(5)
    session.go.set()
    thread.join(5)
    assert len(ended) == 1


def test_the_session_keeps_no_second_arena_and_one_thread(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[Any] = []
    fake = types.SimpleNamespace(
        SessionOptions=types.SimpleNamespace, InferenceSession=lambda _, options, **__: opened.append(options)
    )
    monkeypatch.setitem(sys.modules, "onnxruntime", fake)
    kokoro_model._open_session(tmp_path)
    assert vars(opened[0]) == {
        "intra_op_num_threads": 1, "inter_op_num_threads": 1, "enable_mem_pattern": False,
    }  # fmt: skip
