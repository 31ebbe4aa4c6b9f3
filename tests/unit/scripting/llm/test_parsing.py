"""What language models answer: 80 answers of every fault that was seen, each as it came."""

import json
import random
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contracts.script import Script
from services.scripting.llm.parsing import MAX_ANSWER_CHARACTERS, NotJsonError, WrongFormError, read_script
from services.scripting.script_request import Brief

BRIEF = Brief("ko", 3, 5, 6, "friendly_security_training")
GOOD = json.dumps(
    {
        "chapters": [
            {"chapter_id": 1, "title": "문", "scenes": [{"scene_id": 1, "narration": "문을 잠급니다."}]}
        ]
    },
    ensure_ascii=False,
)


@dataclass
class Answer:
    """An answer, and what must come of it."""

    name: str
    text: str
    wanted: dict[str, str] = field(default_factory=dict)


def answers() -> list[Answer]:
    data = (Path(__file__).parents[1] / "data" / "model_answers.txt").read_text(encoding="utf-8")
    found = []
    for part in data.split("=== ")[1:]:
        head, _, text = part.partition("\n---\n")
        name, *lines = head.split("\n")
        found.append(Answer(name, text.removesuffix("\n"), dict(line.split(": ", 1) for line in lines)))
    return found


def told(script: Script) -> tuple[str, str]:
    scenes = [scene for chapter in script.chapters for scene in chapter.scenes]
    return " ".join(scene.narration for scene in scenes), "\n".join(s.on_screen_text or "" for s in scenes)


@pytest.mark.parametrize("answer", answers(), ids=lambda answer: answer.name)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_an_answer_is_read_or_refused_in_words(answer: Answer, ends: str) -> None:
    text = answer.text.replace("\n", ends)
    if refused := answer.wanted.get("refused"):
        with pytest.raises((NotJsonError, WrongFormError), match=refused) as caught:
            read_script(text, BRIEF)
        assert not re.search("잠급|초안|끄고", str(caught.value))
        return
    script = read_script(text, BRIEF)
    said, shown = told(script)
    for part in filter(None, answer.wanted.get("says", "").split(" | ")):
        assert part in said
    for part in filter(None, answer.wanted.get("shows", "").split(" | ")):
        assert part in shown.split("\n")
    for part in filter(None, answer.wanted.get("never", "").split(" | ")):
        assert part not in said + shown
    if once := answer.wanted.get("says once"):
        assert said.count(once) == 1
    assert answer.wanted.get("warns", "") in " ".join(script.warnings)


def test_there_are_many_answers_and_each_asks_for_something() -> None:
    assert len(answers()) >= 60
    assert all(answer.wanted for answer in answers())


@pytest.mark.parametrize(
    "part",
    [
        '{"', '"x', '", b ', '":', "{", "[", '{"a":', "{'a':'", "' '", "\\", '"\\', "{/*", "{//", '"//',
        '" /* ',
        'word {x} "y" ', "```json ", "}", "]", '"}', '"},', '{"chapters":[', "</think>", '{"chapters":"',
        "\\u",
        "C:\\n", '{"narration":"C:\\', '{"a":["b" ', "{a ", "…", ',"a', "<b>", "&lt;", '{"a":1,"a":2}',
        "  \n",
        "0", "-",
        '{"a":"b\\"}', "“", "{“a”:“",
    ],
)  # fmt: skip
def test_the_longest_hostile_answer_is_read_in_time_that_grows_with_it(part: str) -> None:
    """Each of these, repeated, makes some reader of broken JSON look at its text again and again."""
    for before in ("", '{"chapters":[{"title":"a","scenes":[{"narration":"'):
        text = (before + part * MAX_ANSWER_CHARACTERS)[:MAX_ANSWER_CHARACTERS]
        began = time.process_time()
        with pytest.raises((NotJsonError, WrongFormError)):
            read_script(text, BRIEF)
        assert time.process_time() - began < 3


def test_of_a_broken_answer_nothing_is_lost_or_the_whole_is_refused() -> None:
    """One character away, doubled or put in: what is still read says all that was said."""
    scenes = [
        {"scene_id": n, "narration": f"{n}번 문을 잠급니다.", "on_screen_text": f"문 {n}"}
        for n in range(1, 5)
    ]
    chapters = [
        {"chapter_id": 1, "title": "문", "scenes": scenes[:2]},
        {"chapter_id": 2, "title": "창", "scenes": scenes[2:]},
    ]
    whole = json.dumps({"chapters": chapters}, ensure_ascii=False)
    marks = [n for n, sign in enumerate(whole) if sign in '{}[]",:']
    chance = random.Random(15)
    read = 0
    for at in marks:
        broken = chance.choice(
            [whole[:at] + whole[at + 1 :], whole[:at] + whole[at] + whole[at:], whole[:at] + '"' + whole[at:]]
        )
        try:
            said, _ = told(read_script(broken, BRIEF))
        except (NotJsonError, WrongFormError):
            continue
        read += 1
        assert all(f"{n}번 문을" in said for n in range(1, 5)), broken
    assert read >= len(marks) / 3


@pytest.mark.parametrize("at", range(20, 400, 19))
def test_an_answer_that_was_cut_off_is_never_taken_for_a_whole_one(at: int) -> None:
    scenes = [{"scene_id": n, "narration": f"{n}번 문을 잠급니다."} for n in range(1, 9)]
    whole = json.dumps({"chapters": [{"chapter_id": 1, "title": "문", "scenes": scenes}]}, ensure_ascii=False)
    with pytest.raises(NotJsonError, match=r"cut off|no name|neither"):
        read_script(whole[:at], BRIEF)
