"""Backgrounds: a flat colour and a motif of large hard-edged shapes, tone on tone.

No gradients and no texture: they band and they cost bits. A motif of bars would read as a chart. The motif
is chosen by the film's title and the chapter's number, so chapters of a film differ and scenes of a chapter
do not.
"""

import hashlib
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from PIL import Image

from services.slides.drawing import shapes
from services.slides.drawing.painter import Painter
from services.slides.drawing.sheet import Shape, Sheet
from services.slides.drawing.themes import Colour, Theme, mix

Mood = Literal["plain", "panel", "danger"]
"""``panel`` for chapter cards, ``danger`` for warnings."""

Tones = tuple[Colour, Colour]


def seed_of(title: str | None, chapter: int) -> int:
    """Return 64 bits that stand for a chapter of a film."""
    return int.from_bytes(hashlib.sha256(f"{title or ''}\x1f{chapter}".encode()).digest()[:8], "big")


def kind_of(title: str | None, chapter: int) -> int:
    """Return the motif of a chapter, 0-5; neighbouring chapters have different ones."""
    return (seed_of(title, 0) + chapter) % len(_MOTIFS)


def ground(theme: Theme, mood: Mood) -> Colour:
    """Return the flat colour under the motif."""
    return {"plain": theme["bg"], "panel": theme["panel"], "danger": theme["dangersoft"]}[mood]


@lru_cache(4)
def background(
    theme: Theme, mood: Mood, kind: int, seed: int, size: tuple[int, int], scale: float
) -> Image.Image:
    """Return the background at ``size`` px; copy it before painting on it.

    Four are kept: at 4K one takes 25 MB.
    """
    base = ground(theme, mood)
    image = Image.new("RGB", size, base)
    tones = {
        "panel": (theme["panel1"], mix(theme["panel1"], theme["panel2"], 0.55)),
        "plain": (theme["m1"], mix(theme["m1"], theme["m2"], 0.55)),
        "danger": (mix(base, theme["danger"], 0.035), mix(base, theme["danger"], 0.06)),
    }[mood]
    sheet = Sheet(theme)
    _MOTIFS[kind](sheet, tones, seed)
    Painter(image, scale, theme).paint(sheet.ops)
    return image


def _rings(sheet: Sheet, tones: Tones, seed: int) -> None:
    y = -40 if seed & 1 else 760
    for index, radius in enumerate((520, 400, 280, 160)):
        sheet.disc(1330, y, radius, tones[index % 2])


def _bands(sheet: Sheet, tones: Tones, seed: int) -> None:
    shift = seed % 40
    for index, (x, width) in enumerate(((880, 150), (1080, 70), (1190, 240))):
        left = x + shift
        sheet.polygon(
            [(left + 230, -40), (left + 230 + width, -40), (left + width - 230, 760), (left - 230, 760)],
            tones[index % 2],
        )


def _tiles(sheet: Sheet, tones: Tones, seed: int) -> None:
    side = 180
    cells = ((980, 0), (1160, 0), (1160, 180), (1160, 540), (980, 540), (800, 540), (1160, 360))
    for index, (x, y) in enumerate(cells):
        turn = seed >> 2 * index & 3
        corner = (x + turn % 2 * side, y + turn // 2 * side)
        box = (x, y, x + side, y + side)
        sheet.ops.append(Shape(shapes.quarter(corner, box), box, tones[(index + turn) % 2]))


def _hills(sheet: Sheet, tones: Tones, seed: int) -> None:
    for index, (x, y, radius) in enumerate(((1130, 1010, 470), (760, 1190, 560), (1300, 1180, 560))):
        sheet.disc(x - 40 + (seed >> 7 * index) % 80, y, radius, tones[index % 2])
    sheet.disc(1120, 130, 74, tones[0])


def _hexagons(sheet: Sheet, tones: Tones, seed: int) -> None:
    reach = 142
    centres = ((1210, 60), (1080, 285), (1340, 285), (1210, 510), (950, 510), (1080, 735), (820, 735))
    for index, (x, y) in enumerate(centres):
        corners = [
            (x + reach * math.sin(k * math.pi / 3), y - reach * math.cos(k * math.pi / 3)) for k in range(6)
        ]
        sheet.polygon(corners, tones[seed >> index & 1], radius=14)


def _arches(sheet: Sheet, tones: Tones, _seed: int) -> None:
    """Arches standing on the bottom edge."""
    for index, (x, radius) in enumerate(((1060, 300), (1060, 220), (1060, 140), (640, 170), (640, 100))):
        y = 630 if x > 700 else 720
        sheet.disc(x, y, radius, tones[index % 2])
        sheet.rect(x - radius, y, 2 * radius, 200, tones[index % 2])


_MOTIFS: tuple[Callable[[Sheet, Tones, int], None], ...] = (
    _rings, _bands, _tiles, _hills, _hexagons, _arches,
)  # fmt: skip
