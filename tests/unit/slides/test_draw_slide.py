# ruff: noqa: E501 - tables of cases read best on few lines
"""Painted slides: size, letterbox, repeatability, colours."""

import hashlib
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from services.slides import slide
from services.slides.drawing.backgrounds import kind_of
from services.slides.drawing.colors import COLOURS, ROLES
from services.slides.drawing.themes import Colour, ThemeName, choose, theme
from services.slides.layouts import AVAILABLE, basic
from services.slides.plan import Plan
from services.slides.slide import draw
from tests.support.slide_samples import ENGLISH, KOREAN, context

SCRIPT = """
import hashlib
from services.slides import slide
from services.slides.layouts import basic
from tests.support.slide_samples import KOREAN, context
digest = hashlib.sha256(basic.draw("가나다", 640, 360))
for plan in KOREAN[::3]:
    digest.update(slide.draw(plan, context(), "plum-dark", 640, 360).png())
print(digest.hexdigest())
"""


def test_every_layout_has_a_sample() -> None:
    assert {plan.layout for plan in (*KOREAN, *ENGLISH)} == AVAILABLE


@pytest.mark.parametrize(
    "size", [(160, 90), (854, 480), (1278, 720), (1080, 1080), (720, 1280), (1920, 1080)]
)
def test_any_size_is_drawn(size: tuple[int, int]) -> None:
    picture = Image.open(io.BytesIO(draw(KOREAN[4], context(), "harbor-light", *size).png()))
    assert picture.size == size
    assert picture.mode == "RGB"
    assert not picture.info


def test_other_aspect_ratios_stand_on_the_background() -> None:
    tall = draw(KOREAN[4], context(), "harbor-light", 720, 1280).image
    ground = theme("harbor-light")["bg"]
    assert tall.crop((0, 0, 720, 430)).getcolors() == [(720 * 430, ground)]
    assert tall.crop((0, 850, 720, 1280)).getcolors() == [(720 * 430, ground)]


def test_the_same_bytes_in_every_process() -> None:
    digest = hashlib.sha256(basic.draw("가나다", 640, 360))
    for plan in KOREAN[::3]:
        digest.update(slide.draw(plan, context(), "plum-dark", 640, 360).png())
    for seed in ("0", "12345"):
        there = subprocess.run(
            [sys.executable, "-c", SCRIPT], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert there.stdout.strip() == digest.hexdigest()


def test_the_same_bytes_from_several_threads() -> None:
    plans = [*KOREAN[::2], *KOREAN[::2]]

    def png(plan: Plan) -> bytes:
        return draw(plan, context(), "grove-light", 480, 270).png()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(png, plans)) == [png(plan) for plan in plans]


def test_a_scaled_slide_is_the_same_slide() -> None:
    """1080p looks like 720p: no line breaks elsewhere, nothing moves."""
    large, small, other = (
        draw(plan, context(), "harbor-light", *size).image.resize((640, 360), Image.Resampling.BOX).tobytes()
        for plan, size in ((KOREAN[8], (1920, 1080)), (KOREAN[8], (1280, 720)), (KOREAN[7], (1280, 720)))
    )
    assert 5 * distance(large, small) < distance(other, small)


def distance(one: bytes, other: bytes) -> float:
    """Mean difference of two pictures, grey levels."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


def test_emphasis_is_painted() -> None:
    plain = KOREAN[0].model_copy(
        update={"layout": "statement", "headline": "절대 금지", "sub": None, "icons": ()}
    )
    picture = draw(plain, context(), "harbor-light").image
    loud = draw(KOREAN[9], context(), "harbor-light").image
    danger = theme("harbor-light")["danger"]
    assert danger not in {colour for _, colour in picture.getcolors(1 << 20) or []}
    assert danger in {colour for _, colour in loud.getcolors(1 << 20) or []}


def test_items_are_the_points_in_order() -> None:
    drawing = draw(KOREAN[8], context(), "harbor-light")
    tops = [item.y for item in drawing.items]
    assert len(tops) == len(KOREAN[8].points)
    assert tops == sorted(tops)


@pytest.mark.parametrize("name", sorted(COLOURS))
def test_text_has_contrast(name: ThemeName) -> None:
    chosen = theme(name)
    assert set(dict(chosen.roles)) == set(ROLES)
    for ink, ground, least in (
        ("ink", "bg", 12), ("ink", "surface", 12), ("ink", "m2", 12), ("ink2", "bg", 7), ("accent", "bg", 4.5),
        ("accent", "surface", 4.5), ("onfill", "fill", 4.5), ("onsoft", "soft", 4.5), ("accent2", "soft2", 4.5),
        ("danger", "dangersoft", 4.5), ("ok", "surface", 4.5), ("pop", "panel", 4.5), ("onpanel2", "panel", 4.5),
    ):  # fmt: skip
        assert contrast(chosen[ink], chosen[ground]) >= least, (ink, ground)


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2 contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Colour) -> float:
    linear = [v / 255 / 12.92 if v / 255 <= 0.03928 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (None, "harbor-light"), ("정보보안 교육", "harbor-light"), ("지게차 안전 교육", "signal-light"),
        ("개인정보 보호 교육", "grove-light"), ("직장 내 괴롭힘 예방", "plum-light"), ("Fire safety", "signal-light"),
        ("Handling personal data", "grove-light"), ("Respect at work", "plum-light"),
    ],
)  # fmt: skip
def test_the_title_chooses_the_theme(title: str | None, expected: str) -> None:
    assert choose("auto", context(title=title)) == expected
    assert choose("plum-dark", context(title=title)) == "plum-dark"


def test_scenes_of_a_film_share_a_theme_and_chapters_differ_in_motif() -> None:
    scenes = [
        context(title="화재 대피", chapter=chapter, index=index)
        for index, chapter in enumerate(("윤리", "개인정보", None))
    ]
    assert {choose("auto", scene) for scene in scenes} == {"signal-light"}
    assert len({kind_of("화재 대피", chapter) for chapter in range(1, 7)}) == 6
