"""Colours of the eight themes: a frozen table of sRGB hex values.

Tones of HCT hues (computed once with ``material-color-utilities`` 0.2.6): equal tones give equal contrast in
every theme. Lowest WCAG contrast, light / dark: ink on bg 15.5 / 15.7, ink2 on bg 8.7 / 10.4, accent on bg
6.0 / 10.5, onfill on fill 6.0 / 7.4, accent2 on soft2 5.0 / 6.7, danger on its soft 5.2 / 10.1.
"""

from collections.abc import Mapping

ROLES = (
    "bg", "m1", "m2", "surface", "line", "ink", "ink2", "accent", "fill",
    "onfill", "soft", "onsoft", "accent2", "fill2", "soft2", "ok", "okfill", "oksoft",
    "danger", "dangerfill", "dangersoft", "panel", "panel1", "panel2", "onpanel", "onpanel2", "pop",
)  # fmt: skip
"""bg, m1, m2: background and motif. surface, line: cards. ink, ink2: text. accent, fill, onfill, soft,
onsoft: the first hue. accent2, fill2, soft2: the second. ok, danger: green and red. panel, onpanel, pop: the
chapter card."""

COLOURS: Mapping[str, tuple[str, ...]] = {
    "harbor-light": (
        "f5f6fc", "edf0ff", "dee5fa", "ffffff", "d1d8e3", "141e2a", "414750", "005ac1", "0e60c7",
        "ffffff", "e2e9ff", "004494", "b13a1a", "f56b47", "ffe6df", "00652d", "207d3f", "dcf4db",
        "bd2924", "d23931", "ffe9e6", "004494", "004faa", "065dc5", "ffffff", "d8e2ff", "ffa992",
    ),
    "harbor-dark": (
        "121820", "151e29", "192532", "222831", "414750", "ebf1fc", "c0c7d2", "adc6ff", "80aaff",
        "001a41", "28395a", "d8e2ff", "ffb4a1", "ff9478", "5f291b", "80da91", "65be78", "1c3621",
        "ffb4ab", "ff7164", "2a1614", "002a61", "083572", "214583", "f8f9ff", "c3d4ff", "ff9c82",
    ),
    "signal-light": (
        "f5f6fd", "ffede8", "ffded4", "ffffff", "d3d7e3", "161e2b", "424751", "a43c10", "ab4115",
        "ffffff", "ffe4db", "812800", "3263a8", "6997df", "e3ebff", "00652d", "207d3f", "dcf4db",
        "bd2924", "d23931", "ffe9e6", "812800", "943103", "a83f13", "ffffff", "ffdbcf", "9bbfff",
    ),
    "signal-dark": (
        "131820", "161e2a", "1b2432", "232831", "424751", "ecf1fd", "c2c6d2", "ffb59b", "ff8c61",
        "380d00", "592d1d", "ffdbcf", "a9c7ff", "85b2fc", "2a3a54", "80da91", "65be78", "1c3621",
        "ffb4ab", "ff7164", "2a1614", "531801", "622309", "773217", "f9f9ff", "ffc8b6", "8cb7ff",
    ),
    "grove-light": (
        "f2f8f3", "e4f4ef", "d1ebe4", "ffffff", "ccdad4", "0e211b", "3d4945", "006b5f", "007064",
        "ffffff", "c3f3e9", "005047", "8e5700", "d48400", "ffe7d1", "00652d", "207d3f", "dcf4db",
        "bd2924", "d23931", "ffe9e6", "005047", "005d53", "006d61", "ffffff", "85f6e3", "ffad46",
    ),
    "grove-dark": (
        "0e1a16", "0f211b", "122821", "1e2a26", "3d4945", "e6f4ed", "bccac3", "67d9c7", "47bdac",
        "00201c", "1d3f39", "85f6e3", "ffb866", "f99b00", "543100", "80da91", "65be78", "1c3621",
        "ffb4ab", "ff7164", "2a1614", "00332c", "003f37", "005047", "effdf5", "76e7d5", "ffa113",
    ),
    "plum-light": (
        "fcf4fc", "fbecfc", "f2dff6", "ffffff", "ded4e2", "221a2a", "4b4450", "7a4a98", "7f4e9e",
        "ffffff", "f8e2ff", "61317f", "007152", "4aa682", "daf0e3", "00652d", "207d3f", "dcf4db",
        "bd2924", "d23931", "ffe9e6", "61317f", "6d3d8b", "7d4c9b", "ffffff", "f4d9ff", "74d0a9",
    ),
    "plum-dark": (
        "1b161f", "221b29", "292031", "2b2630", "4b4450", "f8edfc", "cdc3d1", "e5b5ff", "cc96ec",
        "30004b", "44334d", "f4d9ff", "7cd8b1", "66c29c", "1f3f32", "80da91", "65be78", "1c3621",
        "ffb4ab", "ff7164", "2a1614", "3c204e", "482b5a", "583b6b", "fff7fe", "ecc7ff", "6bc7a1",
    ),
}  # fmt: skip
"""Theme name to one value for each of ``ROLES``, without ``#``."""
