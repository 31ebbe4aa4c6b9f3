import pysubs2
import pytest

from contracts.events import Cue
from services.composition.film.chapters import short_title
from services.composition.film.subtitles import milliseconds, srt, track_samples, vtt

CUES = (
    Cue(start=12, end=60, lines=("안녕하세요.", "둘째 줄")),
    Cue(start=62, end=86_400, lines=("<b>a && b</b> {\\i1} --> C:\\New",)),
)


@pytest.mark.parametrize(("text", "format_"), [(srt(CUES, 24), "srt"), (vtt(CUES, 24), "vtt")])
def test_another_reader_finds_the_same_cues(text: str, format_: str) -> None:
    events = pysubs2.SSAFile.from_string(text, format_=format_)
    assert [(event.start, event.end) for event in events] == [(500, 2500), (2583, 3_600_000)]
    assert events[0].plaintext == "안녕하세요.\n둘째 줄"


def test_files_say_exactly_this() -> None:
    assert srt(CUES[:1], 24) == "1\n00:00:00,500 --> 00:00:02,500\n안녕하세요.\n둘째 줄\n"
    assert vtt(CUES[:1], 24) == "WEBVTT\n\n1\n00:00:00.500 --> 00:00:02.500\n안녕하세요.\n둘째 줄\n"


def test_text_is_kept_and_escaped_only_where_the_format_can() -> None:
    assert "<b>a && b</b> {\\i1} --> C:\\New\n" in srt(CUES, 24)
    assert "&lt;b&gt;a &amp;&amp; b&lt;/b&gt; {\\i1} --&gt; C:\\New\n" in vtt(CUES, 24)


def test_no_cues_are_files_too() -> None:
    assert srt((), 24) == ""
    assert vtt((), 24) == "WEBVTT\n"


def test_track_samples_carry_their_length() -> None:
    (start, length, data), _ = track_samples(CUES, 24)
    assert (start, length) == (500, 2000)
    assert int.from_bytes(data[:2], "big") == len(data) - 2
    assert data[2:].decode() == "안녕하세요.\n둘째 줄"


def test_times_are_rounded_not_cut() -> None:
    assert [milliseconds(frame, 24) for frame in (1, 2, 24)] == [42, 83, 1000]


def test_a_long_title_is_cut_between_characters() -> None:
    assert short_title("가" * 200) == "가" * 85
    assert short_title(" a\n b ") == "a b"
