"""Work on a source grows with its length and hears a cancel, whatever stands in it; counted, never timed."""

import contextlib
import itertools
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from contracts.commands import MAX_SOURCE_CHARACTERS
from contracts.errors import CanceledError, PermanentError
from contracts.renderspec import RenderSpec
from contracts.script import MAX_SCENES, Chapter, Script, ScriptScene
from services.runtime.cancel import CancelToken
from services.scripting.left_out import account
from services.scripting.llm.parsing import MAX_ANSWER_CHARACTERS, read_script
from services.scripting.passages import Passage, Section
from services.scripting.reading.blocks import Unread
from services.scripting.reading.source import parse_source
from services.scripting.render_plan import plan_scenes
from services.scripting.script_request import Brief, readable_source
from services.scripting.writer.chapters import at_most, cut_lexically
from services.scripting.writer.english.english import English
from services.scripting.writer.english.headline import point
from services.scripting.writer.extractive import write_extractive
from services.scripting.writer.grouping import bind
from services.scripting.writer.korean import korean, lists, speech
from services.scripting.writer.korean.analyser import kiwi
from services.scripting.writer.language import PLAIN, Trait
from services.scripting.writer.ranking import rank
from services.scripting.writer.scenes import pack
from services.scripting.writer.selection import select
from services.scripting.writer.splitting import LONGEST_PIECE, split_long
from tests.support.hostile_text import FAMILIES, mixed
from tests.support.operations import counted

Check = Callable[[], None]
GROWTH = 2.3
"""Most that twice the text may cost; more than 2 for what is sorted."""

LINES = 20_000_000
"""Lines that the whole stage may execute for the largest source: some 3 s on one core, by far most of it the
interpreter's. The loop that this bounds took 28 s."""

DEAF = 1_000_000
"""Lines between two looks at the cancel: a tenth of a second."""

SCENE = ScriptScene(scene_id=1, narration="a")


LARGEST = Brief("ko", target_minutes=60, max_chapters=50, max_scenes_per_chapter=50, style="friendly")


def passages(count: int, traits: Trait = PLAIN, seconds: float = 2.0) -> tuple[Passage, ...]:
    return tuple(Passage(f"문장 {number}", seconds, traits=traits, opens=True) for number in range(count))


def _packed(count: int, check: Check) -> object:
    return pack(passages(count), 50, check)


def _merged(count: int, check: Check) -> object:
    sections = [Section(f"{number}", passages(1)) for number in range(count)]
    return at_most(sections, 5, lambda title: title.endswith("7"), check)


def _cut(count: int, check: Check) -> object:
    bags = [frozenset({f"w{number}", f"w{number // 3}"}) for number in range(count)]
    return cut_lexically(Section(None, passages(count)), bags, 20, 100.0, check)


def _chosen(count: int, check: Check) -> object:
    section = Section(None, passages(count, Trait.DEPENDS))
    return select([section], [[1.0] * count], 600.0, 600.0, (), check)


def _ranked(count: int, check: Check) -> object:
    return rank([frozenset({f"w{number // 40}"}) for number in range(count)], check)


def _bound(count: int, check: Check) -> object:
    check()
    named = [Passage(f"가나{number}다라, 가나, 나다.", 2.0) for number in range(count)]
    return bind([Passage("가나, 가나다, 가나라.", 2.0), *named], English(), itertools.count())


def _answered(count: int, check: Check) -> object:
    scenes = [{"narration": f"{number}"} for number in range(count)]
    chapters = [{"title": "a", "scenes": scenes[at : at + MAX_SCENES]} for at in range(0, count, MAX_SCENES)]
    answer = json.dumps({"chapters": chapters})
    assert len(answer) <= MAX_ANSWER_CHARACTERS
    return read_script(answer, Brief("ko", 3, 2, 6, "friendly"), check)


def _planned(count: int, check: Check) -> object:
    scene = {"narration": "가나 " * 300, "caption": "가 " * 100}
    return plan_scenes(RenderSpec.model_validate({"scenes": [{**scene, "scene_id": 1}] * count}), check)


def _accounted(count: int, check: Check) -> object:
    sections = [Section(f"{number}", passages(1)) for number in range(count)]
    unread = [Unread("code", f"{number}", "x 1 kg") for number in range(count)]
    told = Script(chapters=(Chapter(chapter_id=1, title="a", scenes=(SCENE,)),))
    return account(told, [f"{number}" for number in range(count)], sections, [], unread, check)


LOOPS: dict[str, tuple[Callable[[int, Check], object], int]] = {
    "packing": (_packed, 1_500),
    "merging chapters": (_merged, 1_500),
    "cutting chapters": (_cut, 2_000),
    "choosing": (_chosen, 1_500),
    "ranking": (_ranked, 800),
    "binding": (_bound, 1_000),
    "joining what a model wrote": (_answered, MAX_SCENES),
    "planning": (_planned, 60),
    "telling what is left out": (_accounted, 1_500),
}


@pytest.mark.parametrize("name", LOOPS)
def test_twice_as_much_takes_at_most_2_3_times_the_lines_and_hears_a_cancel(name: str) -> None:
    loop, size = LOOPS[name]
    half, whole = (counted(partial(loop, count)) for count in (size // 2, size))
    assert whole.total <= GROWTH * half.total, f"{half.total:,} lines, then {whole.total:,}"
    assert whole.deafest <= DEAF


def test_joining_text_that_nobody_says_looks_at_its_characters_a_bounded_number_of_times() -> None:
    seen = 0

    def seconds(text: str) -> float:
        nonlocal seen
        seen += len(text)
        return 30.0 if text.startswith("가") else 0.0

    text = "가 " + "漢 " * (MAX_SOURCE_CHARACTERS // 2)
    parts = split_long(text, seconds)
    assert max(map(len, parts)) <= 1_000
    assert seen <= 1_000 * len(text)


def test_20_000_characters_of_clauses_are_no_point_and_are_not_read_once_a_clause() -> None:
    text = "Aaa" + ", which bbb" * (MAX_SOURCE_CHARACTERS // 11)
    assert counted(lambda _: point(text)).total <= 100


@pytest.mark.parametrize(
    "family",
    ["one-character sentences", "headings and sentences"],
)
def test_20_000_characters_cost_at_most_20_million_lines_and_hear_a_cancel_every_million(
    family: str,
) -> None:
    text = FAMILIES[family](MAX_SOURCE_CHARACTERS)
    kiwi()
    found = counted(lambda check: write_extractive(readable_source(text.encode()), LARGEST, check))
    assert found.total <= LINES, f"{found.total:,} lines"
    assert found.deafest <= DEAF, f"deaf for {found.deafest:,} lines"


def test_no_call_of_the_analyser_gets_more_than_it_reads_in_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    longest = 0

    class Analyser:
        def __getattr__(self, name: str) -> Any:
            real = getattr(kiwi(), name)

            def call(given: Any, *rest: Any) -> Any:
                nonlocal longest
                longest = max(longest, len(given))
                return real(given, *rest)

            return call

    for module in (korean, speech, lists):
        monkeypatch.setattr(module, "kiwi", Analyser)
    texts = (
        "가" * MAX_SOURCE_CHARACTERS,
        "- " + "가나 " * 6_600,
        "|가|" + "나|" * 9_000 + "\n|" + "-|" * 9_001,
    )
    for text in texts:
        with contextlib.suppress(PermanentError):
            write_extractive(text[:MAX_SOURCE_CHARACTERS], LARGEST, lambda: None)
    assert 0 < longest <= LONGEST_PIECE


@pytest.mark.parametrize("family", FAMILIES)
def test_any_text_makes_a_script_or_a_refusal_in_words(family: str) -> None:
    source = "안전 교육입니다. " + FAMILIES[family](250)
    try:
        script = write_extractive(
            readable_source(source.encode()), Brief("ko", 1, 1, 1, "formal"), lambda: None
        )
    except PermanentError as refusal:
        assert len(refusal.message) < 300  # noqa: PT017 - either is an answer
    else:
        assert Script.model_validate(script.model_dump()) == script


def test_a_little_of_everything_is_parsed() -> None:
    assert parse_source(mixed(MAX_SOURCE_CHARACTERS)).blocks


def test_a_canceled_script_stops_at_the_next_look() -> None:
    cancel, looks = CancelToken(), 0

    def check() -> None:
        nonlocal looks
        looks += 1
        if looks == 500:
            cancel.cancel()
        cancel.check()

    text = FAMILIES["different English sentences"](MAX_SOURCE_CHARACTERS)
    with pytest.raises(CanceledError):
        write_extractive(text, LARGEST, check)
    assert looks == 500
