"""Draw all slides of a render spec on one picture, to look at a lesson at a glance.

python ops/tools/contact_sheet.py lesson.json sheet.png --theme grove-dark --columns 4
"""

import argparse
import io
import json
from itertools import groupby
from pathlib import Path

from PIL import Image

from contracts.events import SceneContext
from contracts.rendering import RenderSettings, Theme, VisualStyle
from contracts.renderspec import RenderSpec, SpecScene, normalise_render_spec
from services.slides.pictures import Picture, card_of, pages_of

_GAP = 16
_GROUND = (90, 96, 102)


def contexts_of(spec: RenderSpec) -> list[SceneContext]:
    """Return each scene with its place in the film; a chapter is a run of scenes with one title."""
    chapters: list[tuple[str | None, list[SpecScene]]] = [
        (title, list(scenes)) for title, scenes in groupby(spec.scenes, key=lambda scene: scene.chapter)
    ]
    found: list[SceneContext] = []
    for number, (title, scenes) in enumerate(chapters, start=1):
        for place, scene in enumerate(scenes):
            found.append(
                SceneContext(
                    index=len(found),
                    count=len(spec.scenes),
                    language=spec.language,
                    title=spec.title,
                    chapter=title,
                    chapter_number=number,
                    chapter_count=len(chapters),
                    index_in_chapter=place,
                    scenes_in_chapter=len(scenes),
                    scene=scene,
                )
            )
    return found


def pictures_of(contexts: list[SceneContext], settings: RenderSettings) -> list[Picture]:
    """Return the pictures of a film in order, chapter cards included."""
    found: list[Picture] = []
    for context in contexts:
        card = card_of(context, settings)
        found += [card] if card else []
        found += pages_of(context, settings)
    return found


def contact_sheet(pictures: list[Picture], columns: int, width: int) -> Image.Image:
    """Return the pictures in a grid, each ``width`` px wide."""
    slides = [Image.open(io.BytesIO(picture.png())) for picture in pictures]
    height = width * slides[0].height // slides[0].width
    rows = -(-len(slides) // columns)
    size = (columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP)
    sheet = Image.new("RGB", size, _GROUND)
    for index, slide in enumerate(slides):
        row, column = divmod(index, columns)
        at = (_GAP + column * (width + _GAP), _GAP + row * (height + _GAP))
        sheet.paste(slide.resize((width, height), Image.Resampling.LANCZOS), at)
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("spec", type=Path, help="a render spec or script, JSON")
    parser.add_argument("picture", type=Path, help="the PNG to write")
    parser.add_argument("--theme", default="auto", choices=[theme.value for theme in Theme])
    parser.add_argument("--style", default="animated", choices=[style.value for style in VisualStyle])
    parser.add_argument("--columns", type=int, default=4)
    parser.add_argument("--width", type=int, default=480, help="px of one slide on the sheet")
    wishes = parser.parse_args()
    spec = normalise_render_spec(json.loads(wishes.spec.read_text(encoding="utf-8")))
    settings = RenderSettings(visual_style=VisualStyle(wishes.style), theme=wishes.theme)
    pictures = pictures_of(contexts_of(spec), settings)
    contact_sheet(pictures, wishes.columns, wishes.width).save(wishes.picture)
    print(f"{len(pictures)} slides of {len(spec.scenes)} scenes: {wishes.picture}")


if __name__ == "__main__":
    main()
