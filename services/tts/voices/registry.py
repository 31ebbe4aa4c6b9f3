"""The table of voices. A new provider is a module with a voice, and one entry here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from contracts.errors import ErrorCode, PermanentError
from contracts.rendering import TtsProvider, unknown_name
from services.tts.settings import TtsSettings
from services.tts.voices import kokoro
from services.tts.voices.base import Voice
from services.tts.voices.silent import MockVoice


@dataclass(frozen=True)
class Provider:
    """A kind of voice.

    Attributes:
        voices: names that a job may ask for.
        default: the one it gets when it asks for none.
        version: part of the cache key; raised whenever the same text would give other samples.
        open: returns a voice by name; may be slow (loads a model, opens a connection), called in a thread.
    """

    voices: frozenset[str]
    default: str
    version: int
    open: Callable[[TtsSettings, str], Voice]


def _open_kokoro(settings: TtsSettings, name: str) -> Voice:
    return kokoro.KokoroVoice(kokoro.load_model(settings.model_folder), name)


def _open_mock(_settings: TtsSettings, _name: str) -> Voice:
    return MockVoice()


PROVIDERS: Mapping[str, Provider] = {
    TtsProvider.KOKORO.value: Provider(
        frozenset(kokoro.VOICES), kokoro.DEFAULT_VOICE, kokoro.VERSION, _open_kokoro
    ),
    TtsProvider.MOCK.value: Provider(frozenset({"silence"}), "silence", 3, _open_mock),
}


@dataclass(frozen=True)
class Choice:
    """The voice a job gets."""

    provider: str
    name: str
    version: int
    open: Callable[[TtsSettings], Voice]


def choose_voice(provider: str, name: str | None) -> Choice:
    """Return the voice that ``provider`` has under ``name``; its default for none.

    Raises:
        PermanentError: ``SETTINGS_INVALID``, there is no such provider or voice.
    """
    entry = PROVIDERS.get(provider)
    if entry is None:
        raise unknown_name("tts_provider", provider, PROVIDERS)
    chosen = name or entry.default
    if chosen not in entry.voices:
        known = ", ".join(sorted(entry.voices))
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID,
            f"the speech provider {provider} has no voice {chosen[:100]!r}; choose one of {known}",
        )
    return Choice(provider, chosen, entry.version, partial(_opened, entry, chosen))


def _opened(entry: Provider, name: str, settings: TtsSettings) -> Voice:
    return entry.open(settings, name)
