"""Transcribe a finished Korean film and compare it with its subtitles: is the speech intelligible?

python -m ops.tools.transcribe out/lesson-ko.mp4

Cuts the sound where no subtitle stands for most of a second (between scenes), recognises each piece with
vosk, and prints the character error rate against what a reader would say for it. Needs the ``dev`` extra.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pysubs2

from services.tts.reading_ko import read_korean
from tests.support.speech import character_error_rate, recognise_korean

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


def main() -> None:
    """Print a line a scene, and a JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("film", type=Path)
    film: Path = parser.parse_args().film
    sound = sound_of(film)
    rates = []
    for start, end, text in pieces_of(film.with_suffix(".srt")):
        expected = read_korean(text.replace("\n", " "))
        heard = recognise_korean(sound[start * RATE // 1000 : (end + 200) * RATE // 1000], RATE)
        rates.append(character_error_rate(expected, heard))
        print(f"{start / 1000:7.1f} s  CER {rates[-1]:.3f}\n    said  {expected}\n    heard {heard}")
    print(json.dumps({"scenes": len(rates), "cer_mean": round(sum(rates) / len(rates), 3)}))


if __name__ == "__main__":
    main()
