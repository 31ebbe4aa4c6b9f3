"""Hero illustrations: an icon in a drawn prop (window, phone, sheet, medallion) or on a safety sign.

Signs keep the shapes and colours of ISO 7010 in every theme; the pictograms are Material Design Icons, not
the standard's.
"""

import math
from collections.abc import Sequence

from services.slides.drawing.sheet import Sheet
from services.slides.drawing.themes import (
    SIGN_BLACK,
    SIGN_BLUE,
    SIGN_GREEN,
    SIGN_INK_ON_DARK,
    SIGN_RED,
    SIGN_RED_ON_DARK,
    SIGN_YELLOW,
    WHITE,
)
from services.slides.plan import Hero

SIGNS = frozenset({"prohibit", "warn", "mandatory", "safe", "fire"})
_PLAIN_ICON = "lightbulb_on"
_PLAIN_SIGN = "exclamation_thick"


def draw_hero(sheet: Sheet, kind: Hero, icons: Sequence[str], x: float, y: float, radius: float) -> None:
    """Draw an illustration around (x, y) with the first icon; others become satellites.

    Args:
        sheet: drawn on.
        kind: the prop or sign.
        icons: names, the most telling first; may be empty.
        x: of the centre.
        y: of the centre.
        radius: half the height of its disc, about.
    """
    icon = icons[0] if icons else _PLAIN_SIGN if kind in SIGNS else _PLAIN_ICON
    more = [name for name in icons[1:] if name != icon][:2]
    reach = radius * 1.16
    sheet.picture(x - reach, y - reach, 2 * reach, 2 * reach)
    if kind in SIGNS:
        _draw_sign(sheet, kind, icon, x, y, radius)
    elif kind == "window":
        _draw_window(sheet, icon, more, x, y, radius)
    elif kind == "phone":
        _draw_phone(sheet, icon, more, x, y, radius)
    elif kind == "sheet":
        _draw_sheet(sheet, icon, more, x, y, radius)
    else:
        _draw_medallion(sheet, icon, more, x, y, radius)


def _draw_sign(sheet: Sheet, kind: Hero, icon: str, x: float, y: float, radius: float) -> None:
    dark = sheet.theme.dark
    sheet.disc(x, y, radius * 1.12, sheet.theme["m2"] if dark else sheet.theme["surface"], shadow=1)
    if kind == "prohibit":
        red = SIGN_RED_ON_DARK if dark else SIGN_RED
        sheet.icon(icon, x, y, radius * 0.98, SIGN_INK_ON_DARK if dark else SIGN_BLACK)
        sheet.ring(x, y, radius * 0.84, radius * 0.17, red)
        slash = radius * 0.84 * math.sqrt(0.5)
        sheet.line(x - slash, y - slash, x + slash, y + slash, radius * 0.16, red)
    elif kind == "warn":
        sheet.polygon(_triangle(x, y - radius * 0.06, radius * 0.92), SIGN_BLACK, radius=radius * 0.13)
        inner = _triangle(x, y - radius * 0.048, radius * 0.92 * 0.84)
        sheet.polygon(inner, SIGN_YELLOW, radius=radius * 0.07)
        sheet.icon(icon, x, y + radius * 0.14, radius * 0.74, SIGN_BLACK)
    elif kind == "mandatory":
        sheet.disc(x, y, radius * 0.92, SIGN_BLUE)
        sheet.icon(icon, x, y, radius * 1.1, WHITE)
    else:
        side = radius * 1.5
        colour = SIGN_GREEN if kind == "safe" else SIGN_RED
        sheet.rect(x - side / 2, y - side / 2, side, side, colour, radius=radius * 0.1)
        sheet.icon(icon, x, y, radius * 1.16, WHITE)


def _triangle(x: float, y: float, height: float) -> list[tuple[float, float]]:
    return [(x, y - height), (x + height * 1.06, y + height * 0.84), (x - height * 1.06, y + height * 0.84)]


def draw_satellite(sheet: Sheet, icon: str, x: float, y: float, radius: float, role: str) -> None:
    """Draw a small disc with an icon beside an illustration."""
    sheet.disc(x, y, radius, sheet.theme["surface"], shadow=1)
    sheet.icon(icon, x, y, radius * 1.12, sheet.theme[role])


def _backdrop(sheet: Sheet, x: float, y: float, radius: float) -> None:
    sheet.disc(x, y, radius * 1.16, sheet.theme["soft"])


def _draw_window(sheet: Sheet, icon: str, more: Sequence[str], x: float, y: float, radius: float) -> None:
    theme = sheet.theme
    wide, high = radius * 2.25, radius * 1.62
    left, top = x - wide / 2, y - high / 2
    _backdrop(sheet, x + radius * 0.04, y, radius)
    sheet.rect(left, top, wide, high, theme["surface"], radius=18, shadow=1)
    sheet.rect(left, top, wide, 46, theme["fill"], radius=18, flat_bottom=True)
    for index in range(3):
        sheet.disc(left + 26 + index * 22, top + 23, 6, theme["onfill"], alpha=0.75)
    sheet.disc(left + 60, top + 102, 34, theme["soft"])
    sheet.icon(icon, left + 60, top + 102, 42, theme["onsoft"])
    sheet.rect(left + 110, top + 83, wide * 0.42, 14, theme["line"], radius=7)
    sheet.rect(left + 110, top + 109, wide * 0.28, 12, theme["line"], radius=6, alpha=0.7)
    for index, share in enumerate((0.82, 0.9)):
        row = top + 164 + index * 28
        sheet.rect(left + 28, row, (wide - 56) * share, 12, theme["line"], radius=6, alpha=0.75)
    button = wide * 0.46
    sheet.rect(left + 28, top + high - 66, button, 38, theme["dangerfill"], radius=12)
    sheet.rect(left + 48, top + high - 52, button - 40, 10, theme.on_solid, radius=5)
    sheet.icon("cursor_default", left + 36 + button, top + high - 30, 44, theme["ink"])
    if more:
        draw_satellite(sheet, more[0], left + wide - 44, top + high - 30, radius * 0.26, "accent2")


def _draw_phone(sheet: Sheet, icon: str, more: Sequence[str], x: float, y: float, radius: float) -> None:
    theme = sheet.theme
    wide, high = radius * 1.06, radius * 2.06
    left, top = x - wide / 2, y - high / 2
    _backdrop(sheet, x, y, radius)
    sheet.rect(left, top, wide, high, theme["line"] if theme.dark else theme["ink"], radius=30, shadow=1)
    sheet.rect(left + 9, top + 9, wide - 18, high - 18, theme["surface"], radius=23)
    sheet.rect(x - 26, top + 20, 52, 9, theme["line"], radius=4.5)
    sheet.disc(x, top + 84, 36, theme["soft"])
    sheet.icon(icon, x, top + 84, 44, theme["onsoft"])
    inner = wide - 46
    bubbles = ((0.78, "line", False), (0.6, "fill", True), (0.86, "line", False), (0.5, "fill", True))
    for index, (share, role, right) in enumerate(bubbles):
        bubble = inner * share
        start = left + 23 + (inner - bubble if right else 0)
        sheet.rect(
            start, top + 142 + index * 54, bubble, 40, theme[role], radius=14, alpha=1 if right else 0.8
        )
    if more:
        draw_satellite(sheet, more[0], left + wide + 6, top + high * 0.42, radius * 0.26, "danger")
    if len(more) > 1:
        draw_satellite(sheet, more[1], left - 10, top + high * 0.74, radius * 0.22, "accent2")


def _draw_sheet(sheet: Sheet, icon: str, more: Sequence[str], x: float, y: float, radius: float) -> None:
    theme = sheet.theme
    wide, high = radius * 1.44, radius * 1.86
    left, top = x - wide / 2, y - high / 2
    _backdrop(sheet, x, y, radius)
    sheet.rect(left + 22, top - 12, wide, high, theme["line"] if theme.dark else theme["m2"], radius=16)
    sheet.rect(left, top, wide, high, theme["surface"], radius=16, shadow=1)
    sheet.rect(left + 28, top + 30, wide * 0.5, 16, theme["fill"], radius=8)
    for index, share in enumerate((0.9, 0.78, 0.86, 0.6)):
        sheet.rect(
            left + 28, top + 68 + index * 30, (wide - 56) * share, 12, theme["line"], radius=6, alpha=0.8
        )
    for index, share in enumerate((0.7, 0.5, 0.62)):
        row = top + 204 + index * 38
        sheet.rect(left + 28, row, 24, 24, theme["oksoft"], radius=7)
        sheet.icon("check_bold", left + 40, row + 12, 18, theme["ok"])
        sheet.rect(left + 64, row + 6, (wide - 100) * share, 12, theme["line"], radius=6, alpha=0.8)
    sheet.disc(left + wide - 6, top + high - 34, radius * 0.36, theme["fill"], shadow=1)
    sheet.icon(icon, left + wide - 6, top + high - 34, radius * 0.4, theme["onfill"])
    if more:
        draw_satellite(sheet, more[0], left - 8, top + high * 0.3, radius * 0.22, "accent2")


def _draw_medallion(sheet: Sheet, icon: str, more: Sequence[str], x: float, y: float, radius: float) -> None:
    theme = sheet.theme
    orbit = radius * 0.9
    sheet.disc(x, y, radius * 1.12, theme["soft"])
    sheet.ring(x, y, orbit, 3, theme["fill"], alpha=0.28)
    sheet.disc(x, y, radius * 0.68, theme["fill"], shadow=1)
    sheet.icon(icon, x, y, radius * 0.76, theme["onfill"])
    for name, angle, role in zip(more, (-0.7, 2.3), ("accent2", "accent"), strict=False):
        at_x, at_y = x + orbit * math.cos(angle), y + orbit * math.sin(angle)
        draw_satellite(sheet, name, at_x, at_y, radius * 0.25, role)
    for angle, size, role in ((0.95, 9, "fill2"), (3.7, 6, "fill")):
        sheet.disc(x + orbit * math.cos(angle), y + orbit * math.sin(angle), size, theme[role])
