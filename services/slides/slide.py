"""Draw a plan: compose it on a sheet, then paint the sheet at the size of the film."""

import io
from dataclasses import dataclass

from PIL import Image

from contracts.events import SceneContext
from services.slides.drawing.backgrounds import Mood, background, ground, kind_of, seed_of
from services.slides.drawing.painter import Painter
from services.slides.drawing.sheet import HEIGHT, WIDTH, Box, Sheet
from services.slides.drawing.themes import Theme, ThemeName, mix, theme
from services.slides.layouts import COMPOSERS
from services.slides.plan import Plan

_COMPRESSION = 6


@dataclass(frozen=True)
class Drawing:
    """A drawn slide.

    Attributes:
        image: RGB, of the size asked for.
        boxes: every text, card and picture, px at 720p, before letterboxing.
        items: cards that can be lit one by one, in order.
        whole: nothing was cut or left out.
    """

    image: Image.Image
    boxes: tuple[Box, ...]
    items: tuple[Box, ...]
    whole: bool

    def png(self) -> bytes:
        """Return the picture as PNG: RGB, no metadata, the same bytes for the same slide."""
        return encode_png(self.image)


def encode_png(image: Image.Image) -> bytes:
    """Return ``image`` as PNG without metadata."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=_COMPRESSION)
    return buffer.getvalue()


def compose(plan: Plan, context: SceneContext, name: ThemeName) -> Sheet:
    """Write a plan on a sheet, without painting it; fast enough to try several plans."""
    sheet = Sheet(_theme_for(plan, name))
    COMPOSERS[plan.layout](sheet, plan, context)
    return sheet


def draw(
    plan: Plan, context: SceneContext, name: ThemeName, width: int = WIDTH, height: int = HEIGHT
) -> Drawing:
    """Draw a plan.

    The slide is 16:9; in another aspect ratio it stands in the middle of its background colour.

    Args:
        plan: what stands on the slide.
        context: the scene's place in the film, for header, motif and language.
        name: the theme.
        width: of the picture in px, from 160.
        height: of the picture in px, from 90.
    """
    sheet = compose(plan, context, name)
    mood = _MOODS.get(plan.layout, "plain")
    scale = min(width / WIDTH, height / HEIGHT)
    size = (min(width, round(WIDTH * scale)), min(height, round(HEIGHT * scale)))
    title, chapter = context.title, context.chapter_number
    image = background(
        sheet.theme, mood, kind_of(title, chapter), seed_of(title, chapter), size, scale
    ).copy()
    Painter(image, scale, sheet.theme).paint(sheet.ops)
    if size != (width, height):
        whole = Image.new("RGB", (width, height), ground(sheet.theme, mood))
        whole.paste(image, ((width - size[0]) // 2, (height - size[1]) // 2))
        image = whole
    return Drawing(image, tuple(sheet.boxes), tuple(sheet.items), sheet.whole)


_MOODS: dict[str, Mood] = {"chapter": "panel", "warning": "danger"}


def _theme_for(plan: Plan, name: ThemeName) -> Theme:
    """Return the theme; a warning stands on the soft red of its family."""
    chosen = theme(name)
    if plan.layout != "warning":
        return chosen
    line = chosen["line"] if chosen.dark else mix(chosen["dangersoft"], chosen["danger"], 0.25)
    disc = mix(chosen["dangersoft"], chosen["danger"], 0.1)
    return chosen.with_roles(bg=chosen["dangersoft"], m2=disc, line=line)
