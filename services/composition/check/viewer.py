"""What a viewer would notice though nothing is broken: warnings in words, each with its scene.

They come from the plan, before any decoding: the same film gives the same warnings.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator

from contracts.languages import LANGUAGES
from contracts.speech import LETTERS_A_SECOND, SENTENCE_SECONDS, estimated_seconds
from contracts.subtitles import LIMITS, SubtitleRule, conformance
from contracts.timeline import SAMPLE_RATE
from contracts.unmet_requests import bounded, capped, stretched
from services.composition.film.plan import FilmPlan, ScenePlace

MOST_OF_A_KIND = 10
"""Warnings of one kind that are named one by one: a film in the wrong language has one for each scene."""

FASTEST, SLOWEST = 2.6, 0.35
"""Times the usual speed of a language. The estimate of a text's length is wrong by up to half or twice
(:data:`contracts.speech.ESTIMATE_ERROR`); beyond these words are missing, or silence was taken for them."""

LEAST_WRONG_SECONDS = 1.0
"""Shorter differences are not heard as wrong: one word, said slowly."""

LEAST_LETTERS = 8
"""Letters from which a scene has an alphabet of its own: a name or a unit has none."""

OWN_SHARE = {"ko": 0.2, "en": 0.5}
"""Share of a language's own letters among a scene's. Korean: a lesson on software is mostly Latin, but its
particles and verbs are not. Smaller lets whole foreign scenes pass; larger warns of honest ones."""

ALPHABETS = {"ko": frozenset({"HANGUL"}), "en": frozenset({"LATIN"})}
"""By the first word of a letter's name in Unicode."""

UNREADABLE = 1.5
"""Times the fastest reading from which a subtitle is gone before it is read; below it, it is only brisk."""


def viewer_warnings(plan: FilmPlan) -> tuple[str, ...]:
    """Return what a viewer of the film would notice, in words."""
    kinds = (_flashing, _paced, _lettered, _wished)
    return tuple(
        warning
        for kind in kinds
        for warning in bounded((found for scene in plan.scenes for found in kind(scene)), MOST_OF_A_KIND)
    )


def _flashing(scene: ScenePlace) -> Iterator[str]:
    """Find subtitles that are gone before anybody has read them."""
    fps = scene.event.timing.fps
    cues = scene.cues()
    for broken in conformance(cues, fps, scene.event.context.language):
        cue = cues[broken.cue]
        seconds = (cue.end - cue.start) / fps
        if broken.rule is SubtitleRule.TOO_SHORT:
            yield (
                f"{_name(scene)}: subtitle {broken.cue + 1} flashes: it is shown for {seconds:.2f} s, "
                f"and at least {broken.limit / fps:.2f} s are needed to see it"
            )
        elif broken.rule is SubtitleRule.TOO_FAST and broken.measured > UNREADABLE * broken.limit:
            units = LIMITS[scene.event.context.language].units("".join(cue.lines))
            yield (
                f"{_name(scene)}: subtitle {broken.cue + 1} cannot be read in time: {units:g} characters in "
                f"{seconds:.2f} s, at most {broken.limit:g} are read in a second"
            )


def _paced(scene: ScenePlace) -> Iterator[str]:
    """Find speech that is far too short or too long for its text."""
    language = scene.event.context.language
    text = " ".join(sentence.text for sentence in scene.event.sentences)
    pauses = SENTENCE_SECONDS * max(0, len(scene.event.sentences) - 1)
    seconds = scene.event.timing.speech_samples / SAMPLE_RATE
    usual = estimated_seconds(text, language)
    speed = LETTERS_A_SECOND[language]
    if abs(usual - seconds) < LEAST_WRONG_SECONDS or not usual or any(_lettered(scene)):
        return  # of a text in another alphabet nobody knows how long it takes
    # Silence between sentences is given to whoever is slow, and not to whoever is fast.
    slow = usual / max(seconds - pauses, 0.1) < SLOWEST
    if usual / seconds > FASTEST or slow:
        fault, letters = "long" if slow else "short", sum(map(str.isalnum, text))
        rate = f"{usual / seconds * speed:.1f} letters a second as they are read out"
        yield (
            f"{_name(scene)}: its speech takes {seconds:.1f} s, too {fault} for its text of "
            f"{letters} letters: {rate}, where {LANGUAGES[language]} has about {speed:g}; listen to it"
        )


def _lettered(scene: ScenePlace) -> Iterator[str]:
    """Find a narration in another alphabet than its language's: the voice cannot read it as it is written."""
    language = scene.event.context.language
    text = "".join(sentence.text for sentence in scene.event.sentences)
    scripts = Counter(_alphabet(letter) for letter in text if letter.isalpha())
    letters = scripts.total()
    own = sum(scripts[alphabet] for alphabet in ALPHABETS[language])
    if letters < LEAST_LETTERS or own >= OWN_SHARE[language] * letters:
        return
    foreign, count = next(item for item in scripts.most_common() if item[0] not in ALPHABETS[language])
    yield (
        f"{_name(scene)}: {count} of its {letters} letters are {foreign.capitalize()}, and its language is "
        f"{LANGUAGES[language]}: the voice reads them as well as it can; set the language, or translate it"
    )


def _wished(scene: ScenePlace) -> Iterator[str]:
    """Find scenes that are shorter or longer than was wished."""
    wished, timing = scene.event.context.scene.duration_sec, scene.event.timing
    if not wished or abs(wished - timing.seconds) <= 1 / timing.fps:
        return
    told = capped if wished > timing.seconds else stretched
    yield told(scene.event.context.scene.scene_id, wished, timing.seconds)


def _name(scene: ScenePlace) -> str:
    return f"scene {scene.event.context.index + 1}"


def _alphabet(letter: str) -> str:
    return unicodedata.name(letter, "UNKNOWN").partition(" ")[0].partition("-")[0]
