"""Transcribe a finished film and compare it with its subtitles: is the speech intelligible?

python -m ops.tools.transcribe out/lesson-ko.mp4

Cuts the sound where no subtitle stands for most of a second (between scenes), recognises each piece (Korean:
vosk of the ``dev`` extra; English: ``moonshine-voice``, installed by hand) and prints how much of what a
reader would say is heard wrong:

- ``cer``, ``wer``: share of characters or words, over the whole film. On both sides numerals are read out by
  the reading grammar; capitals, punctuation and spaces between characters do not count. Nothing else is made
  equal.
- ``cer_mean``: the mean of the scenes' shares, long and short ones alike.
- ``cer_as_recognised``: the same with the recogniser's digits as it wrote them: what numerals in digits cost.
- ``sounds_wrong``: share of single sounds, both sides as they are pronounced (Standard Pronunciation, merged
  vowels as one): homophones are equal, and a syllable with one wrong vowel is not wholly wrong.
- ``cer_with_figures``, ``cer_without``: pieces in which the subtitles have a digit, and the others.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pysubs2

from services.slides.planning.cleaning import has_hangul
from services.tts.reading.reading import read_out
from tests.support.speech import (
    RECOGNISERS,
    distance,
    letters,
    same_writing,
    sounds,
    words,
)

GAP_MS = 800
"""A pause between subtitles that only the change of scene makes."""

RATE = 16_000


def sound_of(film: Path) -> npt.NDArray[np.int16]:
    """Return the film's sound, mono, 16 kHz."""
    with av.open(str(film), "r") as container:
        resampler = av.AudioResampler("s16", "mono", RATE)
        chunks = [
            part.to_ndarray().reshape(-1)
            for frame in container.decode(container.streams.audio[0])
            for part in resampler.resample(frame)
        ]
    return np.concatenate(chunks).astype(np.int16)


def pieces_of(subtitles: Path) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, text) of each run of subtitles, milliseconds."""
    run: list[pysubs2.SSAEvent] = []
    for cue in pysubs2.load(str(subtitles)):
        if run and cue.start - run[-1].end >= GAP_MS:
            yield run[0].start, run[-1].end, " ".join(one.plaintext for one in run)
            run = []
        run.append(cue)
    if run:
        yield run[0].start, run[-1].end, " ".join(one.plaintext for one in run)


@dataclass(frozen=True)
class Heard:
    """A piece of a film.

    Attributes:
        written: its subtitles.
        expected: what a reader says for them.
        heard: what the recogniser wrote.
    """

    written: str
    expected: str
    heard: str


def rate(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> float | None:
    """Return the edits over the units of what was expected, of all (expected, heard); ``None`` for none."""
    wrong = units = 0
    for expected, heard in pairs:
        wrong += distance(expected, heard)
        units += len(expected)
    return round(wrong / units, 3) if units else None


def figures_of(pieces: Sequence[Heard], language: str) -> dict[str, float | int | None]:
    """Return the error rates of a film, as the module says."""
    alike = [(same_writing(one.expected, language), same_writing(one.heard, language)) for one in pieces]
    told: dict[str, float | int | None] = {"scenes": len(pieces)}
    if language != "ko":
        told["wer"] = rate((words(want), words(got)) for want, got in alike)
    told["cer"] = rate((letters(want), letters(got)) for want, got in alike)
    shares = [rate([(letters(want), letters(got))]) or 0.0 for want, got in alike]
    told["cer_mean"] = round(sum(shares) / len(shares), 3) if shares else None
    told["cer_as_recognised"] = rate((letters(one.expected), letters(one.heard)) for one in pieces)
    if language == "ko":
        told["sounds_wrong"] = rate((sounds(want), sounds(got)) for want, got in alike)
    for name, wanted in (("cer_with_figures", True), ("cer_without", False)):
        told[name] = rate(
            (letters(want), letters(got))
            for one, (want, got) in zip(pieces, alike, strict=True)
            if any(map(str.isdigit, one.written)) is wanted
        )
    return told


def main() -> None:
    """Print what was said and heard in each scene, and a JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("film", type=Path, help="an MP4 with its subtitles, .srt, beside it")
    parser.add_argument("--language", choices=sorted(RECOGNISERS), help="by default that of the subtitles")
    wishes = parser.parse_args()
    film: Path = wishes.film
    cut = [(start, end, text.replace("\n", " ")) for start, end, text in pieces_of(film.with_suffix(".srt"))]
    language = wishes.language or ("ko" if any(map(has_hangul, (text for _, _, text in cut))) else "en")
    sound, pieces = sound_of(film), []
    for start, end, text in cut:
        heard = RECOGNISERS[language](sound[start * RATE // 1000 : (end + 200) * RATE // 1000], RATE)
        pieces.append(Heard(text, read_out(text, language), heard))
        share = figures_of(pieces[-1:], language)["cer"]
        print(f"{start / 1000:7.1f} s  CER {share}\n    said  {pieces[-1].expected}\n    heard {heard}")
    print(json.dumps({"language": language, **figures_of(pieces, language)}))


if __name__ == "__main__":
    main()
