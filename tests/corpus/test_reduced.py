"""Small inputs that went wrong once, each reduced to the fault; ``reduced.yaml`` says what is right.

Readings are compared by their letters: spacing and punctuation are the reader's business.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.errors import LecternError
from contracts.events import SentenceTime
from contracts.normalization import normalized
from contracts.renderspec import normalise_render_spec
from contracts.subtitles import conformance
from contracts.timeline import LEAD_IN_SECONDS, time_scene
from services.runtime.cancel import CancelToken
from services.scripting.llm.parsing import read_script
from services.scripting.render_plan import plan_scenes
from services.scripting.script_request import Brief
from services.subtitling.cues import make_cues
from services.tts.reading.en.text import read_english
from services.tts.reading.ko.text import read_korean
from services.tts.voices.pronunciation_ko import pronounce
from services.tts.voices.silent import MockVoice
from tests.support.film import STYLE, tight

HERE = Path(__file__).parent
ALL: dict[str, Any] = yaml.safe_load((HERE / "reduced.yaml").read_text(encoding="utf-8"))
READERS: dict[str, Callable[[str], str]] = {
    "korean": read_korean,
    "english": read_english,
    "pronounced": lambda text: pronounce(read_korean(text)),
}
READINGS = {f"{how}: {case['text']}": (how, case) for how, group in ALL["readings"].items() for case in group}
FRAMES_PER_SECOND = 24


def letters(text: str) -> str:
    return "".join(character for character in normalized("NFC", text) if character.isalnum()).casefold()


def holds(alternatives: str | list[str], text: str, form: Callable[[str], str]) -> bool:
    wanted = [alternatives] if isinstance(alternatives, str) else alternatives
    return any(form(each) in form(text) for each in wanted)


@pytest.mark.parametrize("name", READINGS)
def test_a_text_is_read_as_a_person_would(name: str) -> None:
    how, case = READINGS[name]
    read = READERS[how](case["text"])
    accepted = [letters(each) for each in case.get("read", [read])]
    assert letters(read) in accepted, read
    assert all(holds(each, read, letters) for each in case.get("has", ())), read
    assert not any(holds(each, read, letters) for each in case.get("lacks", ())), read
    assert not (case.get("one_sentence") and re.search(r"[.?!](?=.*\S)", read.rstrip(" .?!"))), read


@pytest.mark.parametrize("name", ALL["answers"])
def test_a_models_answer_is_understood_at_once(name: str) -> None:
    case = ALL["answers"][name]
    answer = (HERE / "answers" / name).read_text(encoding="utf-8")
    try:
        script = read_script(answer, Brief("ko", 3, 5, 6, STYLE))
    except Exception as error:
        raise AssertionError(f"refused: {error}") from error
    told = " ".join(
        f"{scene.narration} {scene.on_screen_text or ''}"
        for chapter in script.chapters
        for scene in chapter.scenes
    )
    assert all(holds(each, told, tight) for each in case["say"]), told
    assert not any(holds(each, told, tight) for each in case.get("say_none", ())), told


@pytest.mark.parametrize("name", ALL["specs"])
def test_a_render_spec_is_taken_or_refused(name: str) -> None:
    case = ALL["specs"][name]
    try:
        accepted = bool(plan_scenes(normalise_render_spec(case["spec"])))
    except LecternError:
        accepted = False
    assert accepted is case["accepted"]


@pytest.mark.parametrize("case", ALL["cues"], ids=lambda case: case["text"][:30])
def test_a_line_of_subtitles_keeps_together_what_belongs_together(case: dict[str, Any]) -> None:
    speech = MockVoice().speak(case["text"], case["language"], CancelToken(), lambda _: None)
    timing = time_scene(len(speech.pcm), FRAMES_PER_SECOND, lead_in_seconds=LEAD_IN_SECONDS)
    times = [SentenceTime.model_validate(sentence.model_dump()) for sentence in speech.sentences]
    cues = make_cues(times, timing, case["language"])
    assert conformance(cues, FRAMES_PER_SECOND, case["language"]) == []
    lines = [line for cue in cues for line in cue.lines]
    assert all(any(whole in line for line in lines) for whole in case["whole"]), lines
