import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import CanceledError, PermanentError
from contracts.events import Cue, SentenceTime
from contracts.subtitles import LIMITS, SubtitleRule, conformance, longest_frames
from contracts.timeline import SAMPLE_RATE, SceneTiming, nearest_frame, shortest_frames, time_scene
from services.subtitling.cues import make_cues

ALWAYS = {
    SubtitleRule.EMPTY,
    SubtitleRule.ORDER,
    SubtitleRule.TOO_LONG,
    SubtitleRule.LINE_TOO_WIDE,
    SubtitleRule.TOO_MANY_LINES,
}


def spoken(
    sentences: list[str], characters_per_second: float, pause: float = 0.3
) -> tuple[list[SentenceTime], int]:
    at, times = 0, []
    for text in sentences:
        end = at + max(1, int(len(text) / characters_per_second * SAMPLE_RATE))
        times.append(SentenceTime(text=text, start=at, end=end))
        at = end + int(pause * SAMPLE_RATE)
    return times, times[-1].end


def cues_of(
    sentences: list[str],
    characters_per_second: float,
    language: str = "ko",
    fps: int = 24,
    pause: float = 0.3,
) -> tuple[tuple[Cue, ...], SceneTiming, list[SentenceTime]]:
    times, samples = spoken(sentences, characters_per_second, pause)
    timing = time_scene(samples, fps)
    return make_cues(times, timing, language), timing, times


def squeezed(text: str) -> str:
    return "".join(text.split())


def text_of(cues: tuple[Cue, ...]) -> str:
    return squeezed("".join(line for cue in cues for line in cue.lines))


def test_a_lesson_keeps_every_limit_and_starts_with_the_voice() -> None:
    sentences = [
        "먼저 “불이야!” 하고 큰 소리로 알리고 비상벨을 누르세요.",
        "개인정보가 유출된 사실을 알게 되면 72시간 이내에 정보주체에게 알리고 관계 기관에 신고해야 합니다.",
        "들어 올린 포크 아래에 서거나 지나가면 안 됩니다.",
    ]
    cues, timing, times = cues_of(sentences, 5.5)
    assert conformance(cues, 24, "ko") == []
    assert text_of(cues) == squeezed("".join(sentences))
    starts = {cue.start for cue in cues}
    for time in times:
        assert nearest_frame(timing.lead_in_samples + time.start, 24) in starts


def test_english_is_not_broken_after_an_article_or_a_modal() -> None:
    sentences = [
        "Harassment is any unwanted conduct that makes a person feel offended, humiliated or intimidated.",
        "You should report it to the safety department within two days, because the company has to react.",
    ]
    cues, _, _ = cues_of(sentences, 14, "en")
    assert conformance(cues, 24, "en") == []
    last_words = [line.split()[-1].lower() for cue in cues for line in cue.lines]
    assert not set(last_words) & {"a", "an", "the", "to", "is", "should", "has", "any"}


def test_what_fits_one_line_stands_on_one_line() -> None:
    cues, _, _ = cues_of(["문을 꼭 닫으세요."], 5)
    assert [cue.lines for cue in cues] == [("문을 꼭 닫으세요.",)]


def test_a_long_sentence_is_split_by_what_is_said_when() -> None:
    first, second = "가나다라 마바사아 가나다라 마바사아,", "가나다라 마바사아 가나다라 마바사아."
    cues, timing, times = cues_of([f"{first} {second}"], 5)
    assert len(cues) == 2
    middle = timing.lead_in_samples + (times[0].end - times[0].start) / 2
    assert cues[1].start == pytest.approx(nearest_frame(int(middle), 24), abs=8)
    assert text_of(cues[:1]) == squeezed(first)


def test_a_sentence_too_short_to_be_read_shares_a_cue() -> None:
    cues, _, _ = cues_of(["비상벨을 눌렀습니까?", "네.", "그다음 119에 신고합니다."], 5.5, pause=0.1)
    assert conformance(cues, 24, "ko") == []
    assert not any(squeezed("".join(cue.lines)) == "네." for cue in cues)


def test_a_short_text_stays_into_the_pause_to_be_read() -> None:
    times = [SentenceTime(text="안전모를 반드시 착용해야 합니다.", start=0, end=SAMPLE_RATE // 2)]
    timing = time_scene(SAMPLE_RATE // 2, 24, wished_seconds=3)
    (cue,) = make_cues(times, timing, "ko")
    assert cue.end - cue.start > 12
    assert cue.end <= timing.frames - 2


def test_speech_faster_than_the_limit_loses_no_word_and_is_reported() -> None:
    sentences = ["개인정보가 유출된 사실을 알게 되면 정보주체에게 알리고 관계 기관에 신고해야 합니다."] * 4
    cues, _, _ = cues_of(sentences, 40)
    assert text_of(cues) == squeezed("".join(sentences))
    assert SubtitleRule.TOO_FAST in {violation.rule for violation in conformance(cues, 24, "ko")}


def test_one_word_said_for_ten_seconds_is_shown_for_seven() -> None:
    (cue,), _, _ = cues_of(["하나"], 0.2)
    assert cue.end - cue.start == longest_frames(24)


def test_an_address_wider_than_a_line_is_cut_at_its_signs() -> None:
    address = "https://login.example.com/account/verify?session=8f3a9c1e&redirect=home"
    cues, _, _ = cues_of([f"주소는 {address} 입니다."], 5.5)
    assert conformance(cues, 24, "ko") == []
    assert address in text_of(cues)
    ends = [line[-1] for cue in cues for line in cue.lines]
    assert sum(end in "/.?&=_-" for end in ends) >= 3


def test_a_word_of_family_emoji_is_cut_between_graphemes() -> None:
    family = "👩\u200d👩\u200d👧"
    cues, _, _ = cues_of([family * 20], 5)
    assert all(line.count("👧") * len(family) == len(line) for cue in cues for line in cue.lines)


def test_a_lone_particle_never_opens_a_line() -> None:
    cues, _, _ = cues_of(["보안팀 은 모든 직원 에게 새로운 비밀번호 를 알려 주지 않습니다."], 5)
    assert not {line.split()[0] for cue in cues for line in cue.lines} & {"은", "에게", "를"}


def test_of_more_cues_than_frames_as_many_are_shown_as_can_be_read() -> None:
    times = [SentenceTime(text="가나다라마바사아 " * 60, start=0, end=10)]
    timing = SceneTiming(fps=24, lead_in_samples=0, speech_samples=10, frames=5)
    (cue,) = make_cues(times, timing, "ko")
    assert (cue.start, cue.lines[0]) == (0, "가나다라마바사아")


def test_nobody_says_five_thousand_exclamation_marks_and_their_scene_is_subtitled() -> None:
    times = [SentenceTime(text="네" + "!" * 4_990, start=0, end=19_200)]
    cues = make_cues(times, time_scene(19_200, 24, last_sentence=0), "ko")
    assert {violation.rule for violation in conformance(cues, 24, "ko")} == {SubtitleRule.TOO_FAST}


def test_cancellation_stops_the_work() -> None:
    def dead() -> None:
        raise CanceledError

    times, samples = spoken(["안녕하세요."], 5)
    with pytest.raises(CanceledError):
        make_cues(times, time_scene(samples, 24), "ko", dead)


def test_the_longest_narration_of_single_letters_is_done_in_seconds() -> None:
    text = "a " * 2499 + "a."
    cues, _, _ = cues_of([text], 14, "en")
    assert text_of(cues) == squeezed(text)


korean = st.text("가나다는을를고며지만않습니다수것 ,.!?3aA\t\n", min_size=1, max_size=160)
english = st.text("abcde theandofI ,.!?'-9", min_size=1, max_size=220)
anything = st.text(min_size=1, max_size=60)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[str, list[SentenceTime], SceneTiming]:
    """Any text with any times, honest or hostile: overlapping, backwards, beyond the speech."""
    language = draw(st.sampled_from(["ko", "en"]))
    texts = draw(
        st.lists(korean if language == "ko" else english, min_size=1, max_size=6)
        | st.lists(anything, min_size=1, max_size=4)
    )
    times = [
        SentenceTime(text=text, start=draw(st.integers(0, 2_000_000)), end=draw(st.integers(1, 3_000_000)))
        for text in texts
    ]
    fps = draw(st.sampled_from([5, 10, 24, 25, 30, 60]))
    timing = time_scene(draw(st.integers(1, 3_000_000)), fps)
    return language, times, timing


@settings(max_examples=150, deadline=None)
@given(scenes())
def test_whatever_the_times_order_room_and_text_hold(
    scene: tuple[str, list[SentenceTime], SceneTiming],
) -> None:
    language, times, timing = scene
    needed = len(squeezed("".join(time.text for time in times)))
    if timing.frames < needed:  # perhaps more cues than frames: a typed failure, never anything else
        with contextlib.suppress(PermanentError):
            make_cues(times, timing, language)
        return
    cues = make_cues(times, timing, language)
    broken = {violation.rule for violation in conformance(cues, timing.fps, language)}
    assert not broken & ALWAYS
    assert text_of(cues) == squeezed("".join(time.text for time in times))
    assert all(0 <= cue.start < cue.end <= timing.frames for cue in cues)
    if len(cues) * (shortest_frames(timing.fps) + 2) <= timing.frames:
        assert not broken & {SubtitleRule.TOO_SHORT, SubtitleRule.GAP, SubtitleRule.UNCHAINED_GAP}


@st.composite
def lessons(draw: st.DrawFn) -> tuple[str, list[str], float, float]:
    """Sentences of words such as people write, said at a speed people speak at."""
    language = draw(st.sampled_from(["ko", "en"]))
    letters = "가나다라마은를고며면지" if language == "ko" else "abcdefgh"
    words = st.text(letters, min_size=1, max_size=8)
    count = draw(st.integers(1, 6))
    texts = [
        " ".join(draw(st.lists(words, min_size=2, max_size=14))) + draw(st.sampled_from(".?!"))
        for _ in range(count)
    ]
    speed = draw(st.floats(4, 6) if language == "ko" else st.floats(10, 15))
    return language, texts, speed, draw(st.floats(0.15, 1.5))


@settings(max_examples=150, deadline=None)
@given(lessons())
def test_at_the_speed_of_speech_every_limit_holds(lesson: tuple[str, list[str], float, float]) -> None:
    language, texts, speed, pause = lesson
    cues, _, _ = cues_of(texts, speed, language, pause=pause)
    assert conformance(cues, 24, language) == []
    assert text_of(cues) == squeezed("".join(texts))


@pytest.mark.parametrize(
    ("text", "units"),
    [("안전", 2), ("안전 모", 3.5), ("a, b", 2), ("72시간", 4), ("é", 0.5), ("e\u0301", 0.5)],
)
def test_korean_units(text: str, units: float) -> None:
    assert LIMITS["ko"].units(text) == units


def test_conformance_names_each_rule_broken() -> None:
    cues = [
        Cue(start=0, end=10, lines=("짧다",)),
        Cue(start=11, end=100, lines=("가" * 17,)),
        Cue(start=105, end=300, lines=(" ",)),
        Cue(start=290, end=320, lines=("가" * 16, "나" * 16)),
    ]
    rules = [(violation.rule, violation.cue) for violation in conformance(cues, 24, "ko")]
    assert rules == [
        (SubtitleRule.TOO_SHORT, 0),
        (SubtitleRule.GAP, 0),
        (SubtitleRule.LINE_TOO_WIDE, 1),
        (SubtitleRule.UNCHAINED_GAP, 1),
        (SubtitleRule.EMPTY, 2),
        (SubtitleRule.TOO_LONG, 2),
        (SubtitleRule.ORDER, 2),
        (SubtitleRule.TOO_FAST, 3),
    ]
