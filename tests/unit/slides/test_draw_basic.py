"""The basic style."""

import io

import pytest
from PIL import Image

from services.slides.layouts.basic import BACKGROUND, caption_block, draw
from tests.support.slide_random import NASTY

CAPTIONS = ("가나", "의심스러우면 누르지 말고 먼저 물어보세요", *NASTY, "가나다라 마바사 " * 60)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def ink_box(picture: Image.Image) -> tuple[int, int, int, int]:
    grey = picture.convert("L").point([0] * 0x1F + [255] * (256 - 0x1F))
    box = grey.getbbox()
    assert box
    return box


@pytest.mark.parametrize("caption", [None, "", "  \n ", "\u200b", "\x00\x07"])
def test_no_caption_gives_the_plain_background(caption: str | None) -> None:
    picture = opened(draw(caption, 1280, 720))
    assert picture.getcolors() == [(1280 * 720, BACKGROUND)]


@pytest.mark.parametrize("caption", CAPTIONS, ids=range(len(CAPTIONS)))
@pytest.mark.parametrize("size", [(1280, 720), (160, 90), (720, 1280)])
def test_a_caption_stands_inside_and_in_the_middle(caption: str, size: tuple[int, int]) -> None:
    picture = opened(draw(caption, *size))
    assert picture.size == size
    left, top, right, bottom = ink_box(picture)
    width, height = size
    assert left >= 0.06 * width
    assert right <= 0.94 * width
    assert top >= 0.06 * height
    assert bottom <= 0.86 * height
    assert abs(left - (width - right)) <= 0.03 * width


@pytest.mark.parametrize("length", [1, 30, 120, 500, 1000, 2000])
def test_any_caption_is_shown_in_full(length: int) -> None:
    caption = ("작업 전에 반드시 안전모를 점검하고 관리자에게 보고합니다. " * 80)[:length].strip()
    block = caption_block(caption)
    shown = " ".join("".join(run.text for run in line) for line in block.lines)
    assert block.whole
    assert shown == caption


def test_a_short_caption_is_large() -> None:
    assert caption_block("먼저 물어보세요").size == 60
