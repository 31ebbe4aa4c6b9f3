"""The faces, which of them holds a character, and how wide a string is.

Text faces come from the OFL packages ``manimgx-fonts-cjk`` (Noto Sans CJK, variable weight 100-900; the
default instance is Thin, so the axis is always set) and ``manimgx-fonts``; icons from
``fonticon-materialdesignicons7`` (Apache-2.0).
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont
from PIL import ImageFont

EM = 1000
"""Size at which advances are measured; they grow linearly with size (checked to 0.1 %, 28-1000 px)."""

_EMOJI_BLOCK = 0x1F000
_SCRIPTS = (
    "Arabic", "Hebrew", "Thai", "Devanagari", "Armenian", "Bengali", "Ethiopic", "Georgian", "Gujarati",
    "Gurmukhi", "Kannada", "Khmer", "Lao", "Malayalam", "Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu",
)  # fmt: skip


@dataclass(frozen=True)
class Face:
    """A font file, the face inside it, and the heaviest weight at which it looks right beside Noto CJK."""

    package: str
    file: str
    index: int = 0
    heaviest: int = 700

    @property
    def path(self) -> Path:
        """Where the file is installed."""
        return Path(str(files(self.package) / self.file))


FACES: tuple[Face, ...] = (
    Face("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc", index=1, heaviest=900),
    Face("manimgx_fonts", "NotoEmoji[wght].ttf"),
    Face("manimgx_fonts", "NotoSansSymbols[wght].ttf"),
    Face("manimgx_fonts", "NotoSans[wght].ttf", heaviest=900),
    *(Face("manimgx_fonts", f"NotoSans{script}[wght].ttf") for script in _SCRIPTS),
)
"""In order of preference; index 1 of the collection is the Korean face."""

CJK, EMOJI = 0, 1
_ICON_FILE = ("fonticon_mdi7", "fonts/materialdesignicons-webfont.ttf")


@cache
def coverage(face: int) -> frozenset[int]:
    """Return the code points that ``FACES[face]`` holds."""
    found = FACES[face]
    if found.path.suffix == ".ttc":
        with TTCollection(found.path, lazy=True) as collection:
            return frozenset(collection.fonts[found.index].getBestCmap())
    with TTFont(found.path, lazy=True) as font:
        return frozenset(font.getBestCmap())


@lru_cache(20_000)
def face_of(cluster: str) -> int | None:
    """Return the first face that holds all of ``cluster`` (joiners aside), else its base; ``None``: no face.

    Emoji prefer the monochrome emoji face, which matches the icons, over Noto CJK's few.
    """
    points = [ord(c) for c in cluster if c not in "\u200c\u200d\ufe0e\ufe0f"] or [ord(cluster[0])]
    order = (EMOJI, CJK, *range(2, len(FACES))) if _is_emoji(cluster) else range(len(FACES))
    for wanted in (points, points[:1]):
        for face in order:
            if all(point in coverage(face) for point in wanted):
                return face
    return None


def _is_emoji(cluster: str) -> bool:
    return ord(cluster[0]) >= _EMOJI_BLOCK or "\ufe0f" in cluster


def weight_for(face: int, weight: int) -> int:
    """Return the weight that stands for ``weight`` in this face."""
    return min(weight, FACES[face].heaviest)


@lru_cache(512)
def text_font(face: int, size: float, weight: int) -> ImageFont.FreeTypeFont:
    """Return a face at ``size`` pixels and ``weight`` 100-900, shaped by HarfBuzz."""
    found = FACES[face]
    font = ImageFont.truetype(str(found.path), size, index=found.index, layout_engine=ImageFont.Layout.RAQM)
    axis = font.get_variation_axes()[0]
    font.set_variation_by_axes([min(max(weight, axis["minimum"] or 0), axis["maximum"] or 900)])
    return font


@lru_cache(128)
def icon_font(size: float) -> ImageFont.FreeTypeFont:
    """Return the icon font at ``size`` pixels."""
    package, file = _ICON_FILE
    return ImageFont.truetype(
        str(Path(str(files(package) / file))), size, layout_engine=ImageFont.Layout.BASIC
    )


@lru_cache(60_000)
def advance(face: int, weight: int, string: str) -> float:
    """Return the width of ``string`` in em."""
    return text_font(face, EM, weight_for(face, weight)).getlength(string) / EM
