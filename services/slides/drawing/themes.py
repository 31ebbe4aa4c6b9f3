"""Themes: named colour roles, and which theme a film gets."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from contracts.events import SceneContext
from contracts.rendering import Theme as ThemeSetting
from contracts.rendering import known_theme
from services.slides.drawing.colors import COLOURS, ROLES
from services.slides.typesetting.text import one_line

ThemeName = Literal[
    "harbor-light", "harbor-dark",
    "signal-light", "signal-dark",
    "grove-light", "grove-dark",
    "plum-light", "plum-dark",
]  # fmt: skip
Family = Literal["harbor", "signal", "grove", "plum"]

Colour = tuple[int, int, int]

SIGN_RED = (0xC8, 0x10, 0x2E)
SIGN_YELLOW = (0xF9, 0xC7, 0x00)
SIGN_BLUE = (0x0B, 0x5C, 0xAD)
SIGN_GREEN = (0x00, 0x79, 0x3A)
SIGN_BLACK = (0x1A, 0x1A, 0x1A)
SIGN_RED_ON_DARK = (0xEF, 0x53, 0x50)
SIGN_INK_ON_DARK = (0xF2, 0xF2, 0xF2)
WHITE = (255, 255, 255)
BLACK = (0, 0, 0)

_SUBJECTS: tuple[tuple[Family, re.Pattern[str]], ...] = (
    (
        "grove",
        re.compile(
            "개인 ?정보|프라이버시|정보 ?주체|영상 ?정보|위치 ?정보|환경|에너지|탄소|재활용|건강"
            r"|privacy|personal (?:data|information)|\bgdpr\b|data protection|environment|recycl|wellbeing",
            re.IGNORECASE,
        ),
    ),
    (
        "plum",
        re.compile(
            "윤리|청렴|성희롱|괴롭힘|인권|차별|부패|청탁|뇌물|준법|다양성|장애인|존중|갑질|공정"
            "|ethic|harass|respect|anti-?corruption|brib|compliance|diversity|inclusion|discriminat|integrity",
            re.IGNORECASE,
        ),
    ),
    (
        "signal",
        re.compile(
            "안전|화재|소방|대피|지게차|추락|감전|재해|보호구|응급|심폐|위험성 ?평가|사다리|크레인|화학|폭염"
            "|밀폐 ?공간|비상|불이 나|소화기"
            r"|safety|\bfire|evacuat|forklift|hazard|injur|first aid|\bppe\b|ladder|emergency|lockout",
            re.IGNORECASE,
        ),
    ),
)


@dataclass(frozen=True)
class Theme:
    """One theme's colours.

    Attributes:
        name: ``family-light`` or ``family-dark``.
        roles: role name to RGB.
    """

    name: str
    roles: tuple[tuple[str, Colour], ...]

    @property
    def dark(self) -> bool:
        """Whether the background is dark."""
        return self.name.endswith("dark")

    def __getitem__(self, role: str) -> Colour:
        return _lookup(self)[role]

    @property
    def shadow(self) -> tuple[Colour, float]:
        """Colour and opacity of a card's shadow."""
        return (BLACK, 0.3) if self.dark else (self["ink"], 0.12)

    @property
    def on_solid(self) -> Colour:
        """Text and icons on ``okfill`` and ``dangerfill``."""
        return self["bg"] if self.dark else WHITE

    def with_roles(self, **changed: Colour) -> "Theme":
        """Return the theme with some roles changed."""
        return Theme(self.name, tuple({**dict(self.roles), **changed}.items()))


@lru_cache(64)
def _lookup(theme: Theme) -> dict[str, Colour]:
    return dict(theme.roles)


def rgb(hexadecimal: str) -> Colour:
    """Return the colour written as six hexadecimal digits."""
    return (int(hexadecimal[:2], 16), int(hexadecimal[2:4], 16), int(hexadecimal[4:], 16))


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Return the colour ``share`` (0-1) of the way from ``a`` to ``b``."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return (red, green, blue)


@lru_cache(16)
def theme(name: ThemeName) -> Theme:
    """Return a theme by name."""
    return Theme(name, tuple((role, rgb(value)) for role, value in zip(ROLES, COLOURS[name], strict=True)))


def family_for(title: str | None) -> Family:
    """Return the family for a film by the keywords of its title; harbor for security, office and the rest.

    Only the title is looked at, because it is equal for every scene of a film: a theme that changed between
    scenes would look like another film.
    """
    text = one_line(title)
    return next((family for family, subject in _SUBJECTS if subject.search(text)), "harbor")


def choose(setting: str, context: SceneContext) -> ThemeName:
    """Return the theme to draw with; ``auto`` is the light theme of the title's family.

    Raises:
        PermanentError: ``SETTINGS_INVALID``, there is no such theme.
    """
    wished = known_theme(setting)
    if wished is ThemeSetting.AUTO:
        return cast("ThemeName", f"{family_for(context.title)}-light")
    return cast("ThemeName", wished.value)
