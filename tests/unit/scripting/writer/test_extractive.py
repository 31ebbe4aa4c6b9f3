from itertools import pairwise

import pytest

from contracts.errors import CanceledError, ErrorCode, PermanentError
from contracts.renderspec import spec_of_script
from contracts.script import Script, ScriptScene
from services.scripting.polarity import Signed, signed
from services.scripting.reading.blocks import Listing
from services.scripting.reading.unnesting import Stretch, unnested
from services.scripting.script_request import Brief, readable_source
from services.scripting.writer.english.english import English
from services.scripting.writer.extractive import write_extractive
from services.scripting.writer.korean.korean import Korean

PHISHING = """# 피싱 메일 대응 교육

이 교육은 임직원이 피싱 메일을 알아보고 올바르게 대응하도록 돕기 위해 만들어졌다.

## 피싱 메일이란

피싱이란 믿을 만한 사람이나 기관을 사칭하여 비밀번호와 개인정보를 빼내는 공격을 말한다.
최근에는 메일뿐 아니라 문자와 메신저로도 들어온다.
조사에 따르면 보안 사고의 **91%**가 한 통의 메일에서 시작되었다. 공격자는 시스템보다 사람을 먼저 노린다.

## 메일을 열기 전에

메일을 열기 전에 다음 세 가지를 확인합니다:

- 보낸 사람의 주소
- 링크의 실제 주소
- 예상하지 못한 첨부 파일

조금이라도 이상하면 링크를 누르지 말고 보낸 사람에게 전화로 확인해야 합니다.
첨부 파일의 확장자가 exe나 scr이면 절대 실행하지 마세요.
그러나 문서 파일도 매크로를 담고 있을 수 있으므로 안심해서는 안 됩니다.

## 이미 눌렀다면

이미 링크를 눌렀다면 네 단계로 대응한다.

1. 보안팀에 신고하기
2. 네트워크 분리하기
3. 비밀번호 변경하기
4. 백신 검사하기

숨기지 말고 바로 움직이는 것이 가장 중요합니다.
자세한 절차는 [사내 포털](https://portal.example.com)에 있습니다.
"""
STEPS = ["보안팀에 신고합니다.", "네트워크를 분리합니다.", "비밀번호를 변경합니다.", "백신을 검사합니다."]

ENGLISH = """# Password Safety

Passwords protect nearly every account we use at work. Attackers know it.

## Good habits

You should never share your password with anyone, because attackers often pretend to be colleagues.
Employees must lock their screens when they leave their desks.
It is important to change a password after a leak.

## If something happens

1. Change your password
2. Tell the security team
3. Check recent logins

Report every incident within one hour, even if you are not sure.
"""


def brief(
    language: str = "ko", minutes: float = 3, chapters: int = 5, scenes: int = 6, style: str = "plain"
) -> Brief:
    return Brief(language, minutes, chapters, scenes, style)


def write(source: str, order: Brief | None = None) -> Script:
    return write_extractive(readable_source(source.encode()), order or brief(), lambda: None)


def scenes_of(script: Script) -> list[ScriptScene]:
    return [scene for chapter in script.chapters for scene in chapter.scenes]


def said(script: Script) -> str:
    return " ".join(scene.narration for scene in scenes_of(script))


def test_headings_become_title_and_chapters_and_are_not_read_out() -> None:
    script = write(PHISHING)
    assert script.title == "피싱 메일 대응 교육"
    assert [chapter.title for chapter in script.chapters] == [
        "피싱 메일이란",
        "메일을 열기 전에",
        "이미 눌렀다면",
    ]
    assert "메일이란" not in said(script)
    assert script.language == "ko"


def test_numbering_is_one_based_and_scene_ids_are_unique() -> None:
    script = write(PHISHING)
    assert [chapter.chapter_id for chapter in script.chapters] == [1, 2, 3]
    assert [scene.scene_id for scene in scenes_of(script)] == list(range(1, len(scenes_of(script)) + 1))


def test_the_narration_is_speakable_and_polite() -> None:
    text = said(write(PHISHING))
    assert not set("*[]()#`_|<>") & set(text)
    assert "http" not in text
    assert "사칭하여 비밀번호와 개인정보를 빼내는 공격을 말합니다." in text
    assert "보낸 사람의 주소, 링크의 실제 주소, 예상하지 못한 첨부 파일입니다." in text
    assert all(scene.narration.endswith((".", "?", "!")) for scene in scenes_of(write(PHISHING)))


def test_slides_name_and_do_not_repeat_the_narration() -> None:
    scenes = scenes_of(write(PHISHING))
    shown = [scene.on_screen_text for scene in scenes]
    assert "피싱이란?" in shown
    assert (
        "메일을 열기 전에 확인할 세 가지\n- 보낸 사람의 주소\n- 링크의 실제 주소\n- 예상하지 못한 첨부 파일"
        in shown
    )
    assert (
        "이미 링크를 눌렀다면 네 단계로 대응하기\n"
        "1. 보안팀에 신고하기\n2. 네트워크 분리하기\n3. 비밀번호 변경하기\n4. 백신 검사하기"
    ) in shown
    for scene in scenes:
        assert scene.on_screen_text
        assert scene.on_screen_text != scene.narration
        assert all(len(line) <= 45 for line in scene.on_screen_text.splitlines())
    assert len(set(shown)) == len(shown)


def test_scenes_are_of_a_length_one_listens_to() -> None:
    seconds = [Korean().seconds(scene.narration) for scene in scenes_of(write(PHISHING))]
    assert all(4 <= length <= 28 for length in seconds)
    assert sum(8 <= length <= 21 for length in seconds) >= 0.7 * len(seconds)


@pytest.mark.parametrize("minutes", [0.75, 1, 1.5])
def test_a_shorter_film_keeps_order_and_whole_procedures(minutes: float) -> None:
    full, short = write(PHISHING, brief(minutes=6)), write(PHISHING, brief(minutes=minutes))
    seconds = sum(Korean().seconds(scene.narration) + 1 for scene in scenes_of(short))
    assert 0.5 * minutes * 60 <= seconds <= 1.1 * minutes * 60
    places = [said(full).index(sentence) for sentence in said(short).split(". ") if sentence]
    assert places == sorted(places)
    told = [step for step in STEPS if step in said(short)]
    assert told in ([], STEPS)


def test_a_sentence_that_leans_on_another_is_not_told_without_it() -> None:
    for minutes in (0.5, 0.75, 1.0, 1.25, 1.5, 2.0):
        text = said(write(PHISHING, brief(minutes=minutes)))
        if "그러나 문서 파일도" in text:
            assert "확장자가 exe나 scr이면" in text


def test_bounds_on_chapters_and_scenes_hold() -> None:
    for chapters, scenes in ((1, 1), (1, 3), (2, 1), (2, 2), (5, 6)):
        script = write(PHISHING, brief(chapters=chapters, scenes=scenes))
        assert len(script.chapters) <= chapters
        assert all(len(chapter.scenes) <= scenes for chapter in script.chapters)


def test_styles_greet_each_in_its_way_and_only_once() -> None:
    friendly = said(write(PHISHING, brief(style="friendly_security_training")))
    formal = said(write(PHISHING, brief(style="formal")))
    assert friendly.startswith("안녕하세요. 피싱 메일 대응 교육에 대해 함께 알아보겠습니다.")
    assert formal.startswith("지금부터 피싱 메일 대응 교육에 대해 설명드리겠습니다.")
    assert formal.endswith("이상으로 설명을 마치겠습니다.")
    greeted = said(write(f"안녕하세요. 반갑습니다.\n\n{PHISHING}", brief(style="friendly")))
    assert greeted.count("안녕하세요") == 1


def test_nothing_is_invented() -> None:
    words = set("".join(PHISHING.split()))
    sentences = said(write(PHISHING)).split(". ")
    assert all(
        len(set("".join(s.split())) - words - set("첫둘셋넷째니다입습합을를.,")) <= 1 for s in sentences
    )


def test_the_same_source_gives_the_same_script() -> None:
    assert write(PHISHING) == write(PHISHING)


def test_the_estimate_stretches_no_scene() -> None:
    assert all(scene.duration_sec is None for scene in scenes_of(write(PHISHING)))


def test_plain_text_without_headings_is_cut_where_the_subject_changes() -> None:
    forklift = "지게차 운전자는 안전벨트를 매고 경적을 점검합니다. 지게차 포크 아래로 지나가지 않습니다. " * 6
    fire = "화재가 나면 비상벨을 누르고 소화기를 듭니다. 화재 연기를 피해 비상구로 대피합니다. " * 6
    script = write(f"{forklift}\n\n{fire}", brief(minutes=5))
    assert len(script.chapters) >= 2
    assert "지게차" in script.chapters[0].scenes[0].narration
    assert "화재" not in " ".join(scene.narration for scene in script.chapters[0].scenes)
    assert all(a.title != b.title for a, b in pairwise(script.chapters))


def test_english_is_written_the_same_way() -> None:
    script = write(ENGLISH, brief("en", style="friendly_security_training"))
    assert script.title == "Password Safety"
    assert [chapter.title for chapter in script.chapters] == [
        "Introduction",
        "Good habits",
        "If something happens",
    ]
    assert said(script).startswith("Welcome. Today's topic is Password Safety.")
    assert (
        "First, change your password. Second, tell the security team. Finally, check recent logins."
        in said(script)
    )
    assert all(
        len(line) <= 78 for scene in scenes_of(script) for line in (scene.on_screen_text or "").splitlines()
    )
    assert all(English().seconds(scene.narration) <= 24 for scene in scenes_of(script))


def test_a_source_in_another_language_still_makes_a_script() -> None:
    script = write(ENGLISH, brief("ko"))
    assert script.language == "ko"
    assert "change your password" in said(script)


@pytest.mark.parametrize("unit", ["안전 수칙을 지키고 ", "word and ", "가"])
def test_one_giant_sentence_becomes_many_scenes(unit: str) -> None:
    script = write(unit * (20_000 // len(unit)), brief(minutes=2))
    assert 1 < len(scenes_of(script)) <= 30
    assert all(len(scene.narration) < 500 for scene in scenes_of(script))


def test_the_longest_text_is_cut_down_to_the_time_there_is() -> None:
    parts = [f"{PHISHING.replace('교육', f'교육 {n}')}\n" for n in range(30)]
    source = "".join(parts)[:20_000]
    script = write(source, brief(minutes=3))
    seconds = sum(Korean().seconds(scene.narration) + 1 for scene in scenes_of(script))
    assert 120 <= seconds <= 200


def test_thousands_of_tiny_sentences_take_bounded_time() -> None:
    script = write("가나 다라. " * 2_800, brief(minutes=1))
    assert scenes_of(script)


@pytest.mark.parametrize(
    ("language", "unit"),
    [
        ("en", "Go on. "),
        ("ko", "“가나다라”라고 말합니다. "),
        ("ko", "그리고 좋습니다. "),
        ("ko", "- 문을 닫습니다\n"),
        ("ko", "산소, 질소, "),
        ("ko", "먼저 문을 닫습니다. "),
    ],
)
def test_what_never_ends_is_told_in_part(language: str, unit: str) -> None:
    script = write(unit * (18_000 // len(unit)), brief(language, minutes=2))
    assert 1 < len(scenes_of(script)) <= 30
    assert all(len(scene.narration) < 800 for scene in scenes_of(script))


def test_a_script_can_be_rendered() -> None:
    spec = spec_of_script(write(PHISHING))
    assert spec.language == "ko"
    assert len(spec.scenes) == len(scenes_of(write(PHISHING)))


@pytest.mark.parametrize("source", ["# 제목만\n\n## 또 제목", "```\nprint(1)\n```", "![그림](a.png)"])
def test_a_source_without_sentences_is_refused(source: str) -> None:
    with pytest.raises(PermanentError) as caught:
        write(source)
    assert caught.value.code is ErrorCode.SOURCE_TEXT_EMPTY


@pytest.mark.parametrize(
    "data", [b"", b" \n\t ", "\u200b\u202e".encode(), b"!!! ??? *** ->", b"\xff\xfe\x00junk", b"\x00\x01"]
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(PermanentError) as caught:
        readable_source(data)
    assert caught.value.code is ErrorCode.SOURCE_TEXT_EMPTY


def test_a_source_too_long_is_refused_with_both_figures() -> None:
    with pytest.raises(PermanentError, match=r"20,001.*20,000") as caught:
        readable_source(("가" * 20_001).encode())
    assert caught.value.code is ErrorCode.SOURCE_TEXT_TOO_LONG


def test_cancellation_stops_the_writer() -> None:
    def dead() -> None:
        raise CanceledError

    with pytest.raises(CanceledError):
        write_extractive(PHISHING, brief(), dead)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "# 응급조치\n\n- 눈에 들어갔을 때: 물로 15분 이상 씻는다.\n- 먹었을 때: 토하게 하지 않는다.",
            ("눈에 들어갔을 때: 물로 15분 이상 씻기", "먹었을 때: 토하게 하지 않기"),
        ),
        (
            "# 응급조치\n\n- 화재 시: 119에 신고한다. 밖으로 나간다.\n- 누출 시: 모래로 덮는다.",
            ("화재 시: 119에 신고하기, 밖으로 나가기", "누출 시: 모래로 덮기"),
        ),
        (
            "# 일정\n\n- 기간: 2026. 5. 11.(월)~5. 13.(수)\n- 장소: 본관",
            ("기간: 2026. 5. 11.(월)~5. 13.(수)", "장소: 본관"),
        ),
    ],
)
def test_a_list_of_labels_shows_what_they_say(text: str, shown: tuple[str, ...]) -> None:
    script = write_extractive(
        readable_source(text.encode()), Brief("ko", 3, 5, 6, "friendly_security_training"), lambda: None
    )
    captions = "\n".join(
        scene.on_screen_text or "" for chapter in script.chapters for scene in chapter.scenes
    )
    assert all(f"- {point}" in captions for point in shown), captions


def test_a_line_that_its_list_completes_is_shown_as_one_that_goes_on() -> None:
    assert English().list_title("This chapter does not apply to:") == "This chapter does not apply to …"
    assert English().list_title("Check these things:") == "Check these things"


def test_every_step_has_its_number_though_a_scene_tells_only_one() -> None:
    steps = ("의식을 확인한다", "119에 신고한다", "가슴을 압박한다")
    below = "   - 어깨를 두드린다.\n   - 큰 소리로 부른다.\n   - 대답을 기다린다.\n   - 숨을 살핀다.\n"
    text = "# 심폐소생술\n\n## 순서\n\n" + "".join(
        f"{n}. {step}.\n{below}" for n, step in enumerate(steps, 1)
    )
    brief = Brief("ko", 3, 5, 6, "friendly_security_training")
    script = write_extractive(readable_source(text.encode()), brief, lambda: None)
    shown = "\n".join(scene.on_screen_text or "" for chapter in script.chapters for scene in chapter.scenes)
    assert "1. 의식을 확인하기" in shown
    assert "2. 119에 신고하기" in shown
    assert "3. 가슴을 압박하기" in shown


def test_what_is_forbidden_below_a_step_belongs_to_the_step() -> None:
    below = Listing(ordered=False, items=("❌ 젖은 손으로 만지기", "❌ 뚜껑을 열어 두기"))
    steps = Listing(ordered=True, items=("전원을 끈다.", "덮개를 연다."), below=((below,), ()))
    first, forbidden, second = signed(unnested([steps]))
    assert isinstance(first, Stretch)
    assert isinstance(forbidden, Signed)
    assert forbidden.goes_on
    assert isinstance(second, Stretch)
    assert (second.start, second.last, second.goes_on) == (2, 2, True)
