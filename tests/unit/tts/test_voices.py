import pytest

from contracts.errors import CanceledError, ErrorCode, PermanentError
from contracts.rendering import TtsProvider
from services.runtime.cancel import CancelToken
from services.tts.settings import TtsSettings
from services.tts.voices.kokoro import pieces
from services.tts.voices.registry import PROVIDERS, choose_voice

TEXT = "비밀번호는 12자리 이상입니다. 매월 바꾸세요! 확인하셨나요?"


def test_every_provider_of_the_contract_has_a_voice() -> None:
    assert set(PROVIDERS) == set(TtsProvider)
    for provider in TtsProvider:
        assert choose_voice(provider, None).name in PROVIDERS[provider].voices


def test_an_unknown_voice_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PermanentError, match="jf_nezumi") as caught:
        choose_voice(TtsProvider.KOKORO, "Seoyeon")
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


def test_an_unknown_provider_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PermanentError, match="choose one of kokoro, mock") as caught:
        choose_voice("studio-9", None)
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    assert "'studio-9'" in caught.value.message


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_silent_voice_times_its_sentences(language: str) -> None:
    text = TEXT if language == "ko" else "Lock your screen. It takes 3 seconds! Ready?"
    shares: list[float] = []
    voice = choose_voice(TtsProvider.MOCK, None).open(TtsSettings())
    speech = voice.speak(text, language, CancelToken(), shares.append)
    again = voice.speak(text, language, CancelToken(), shares.append)
    assert "".join("".join(s.text for s in speech.sentences).split()) == "".join(text.split())
    assert len(speech.sentences) == 3
    assert shares[:3] == [pytest.approx(1 / 3), pytest.approx(2 / 3), 1.0]
    assert not speech.pcm.any()
    assert 3 < len(speech.pcm) / 48_000 < 10
    ends = 0
    for sentence in speech.sentences:
        assert ends <= sentence.start < sentence.end <= len(speech.pcm)
        ends = sentence.end
    assert (speech.pcm == again.pcm).all()
    assert speech.sentences == again.sentences


def test_a_cancelled_voice_stops_between_sentences() -> None:
    cancel = CancelToken()
    heard: list[float] = []

    def progress(share: float) -> None:
        heard.append(share)
        cancel.cancel()

    voice = choose_voice(TtsProvider.MOCK, None).open(TtsSettings())
    with pytest.raises(CanceledError):
        voice.speak(TEXT, "ko", cancel, progress)
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("phonemes", "longest", "expected"),
    [
        ("abc", 5, ["abc"]), ("ab, cd, ef.", 7, ["ab, cd,", "ef."]), ("aa bb cc", 5, ["aa bb", "cc"]),
        ("aaaaaa", 4, ["aaaa", "aa"]), ("aaaaaa bb, c", 4, ["aaaa", "aa", "bb,", "c"]),
    ],
)  # fmt: skip
def test_long_sentences_are_cut_at_clauses_then_words(
    phonemes: str, longest: int, expected: list[str]
) -> None:
    assert pieces(phonemes, longest) == expected


def test_no_symbol_of_a_long_sentence_is_lost() -> None:
    phonemes = "anʥɔnmoɾɨl, ʨʰaɡjoŋ hamnida. " * 60
    cut = pieces(phonemes, 510)
    assert all(0 < len(piece) <= 510 for piece in cut)
    assert "".join(cut).replace(" ", "") == phonemes.replace(" ", "")
