"""Abbreviations, labels and signs in English, and the words they are read as."""

import re

from services.tts.reading.en.numbers import cardinal, fraction, number, ordinal, roman
from services.tts.reading.en.times import Step
from services.tts.reading.en.units import LONE, PER, UNIT, UNIT_END, one_of, unit_name

_ABBREVIATIONS = {
    "mr.": "mister", "mrs.": "missus", "ms.": "miz", "dr.": "doctor", "prof.": "professor", "jr.": "junior",
    "sr.": "senior", "e.g.": "for example,", "i.e.": "that is,", "etc.": "et cetera", "vs.": "versus",
    "vs": "versus", "approx.": "about", "dept.": "department", "inc.": "incorporated", "ltd.": "limited",
    "corp.": "corporation", "w/o": "without", "w/": "with", "r&d": "R and D", "q&a": "Q and A",
    "wi-fi": "wifi", "50/50": "fifty fifty", "24/7": "twenty four seven", "9/11": "nine eleven",
    "n/a": "not applicable",
    "c++": "C plus plus", "c#": "C sharp", "f#": "F sharp", ".net": "dot net", "u.s.": "U S", "u.k.": "U K",
    "u.n.": "U N", "e.u.": "E U", "ph.d.": "P H D", "d.c.": "D C", "a.k.a.": "also known as",
    "et al.": "et al",
    "incl.": "including", "excl.": "excluding", "cf.": "compare", "est.": "established", "gov.": "governor",
    "mt.": "mount", "max.": "maximum", "tel.": "telephone", "temp.": "temperature", "avg.": "average",
    "qty.": "quantity", "misc.": "miscellaneous", "assoc.": "association", "govt.": "government",
    "k8s": "Kubernetes", "i18n": "internationalization", "a11y": "accessibility", "l10n": "localization",
    "401(k)": "four oh one K", "401k": "four oh one K", "ctrl": "control",
}  # fmt: skip

_BEFORE_NUMBER = {
    "no.": "number", "nos.": "numbers", "fig.": "figure", "figs.": "figures", "p.": "page", "pp.": "pages",
    "ch.": "chapter", "vol.": "volume", "sec.": "section", "art.": "article", "eq.": "equation",
    "min.": "minimum",
    "max.": "maximum", "ext.": "extension", "par.": "paragraph", "app.": "appendix", "ed.": "edition",
    "rev.": "revision", "sect.": "section", "apt.": "apartment", "cl.": "clause", "para.": "paragraph",
    "§§": "sections", "§": "section", "¶": "paragraph", "№": "number",
}  # fmt: skip
"""Words that are these only in front of a number."""

_NUMBERED = (
    "Chapter|Part|Section|Article|Volume|Book|Phase|Type|Level|Class|Category|Appendix|Annex|Grade|Stage|Figure"
    "|Table|Title|Schedule|Act|Group|Division|Zone|Tier|Step|World War|Unit|Module|Factor|Rule|Item"
)
_KINGS = "Henry|Louis|Elizabeth|Charles|George|Edward|William|James|Richard|Pius|Paul|Francis|Napoleon|Philip"

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "Δ": "delta", "∆": "delta", "ε": "epsilon",
    "θ": "theta", "λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma", "Σ": "sigma", "τ": "tau",
    "φ": "phi", "ω": "omega", "Ω": "omega", "η": "eta",
}  # fmt: skip

_OPERATORS = {"+": "plus", "-": "minus", "−": "minus", "x": "times", "×": "times", "*": "times",
              "÷": "divided by",               "/": "divided by"}  # fmt: skip

_LETTERED = (
    "exit|bus|gate|room|apt|apartment|unit|building|platform|seat|row|track|block|bay|form|figure|table|appendix"
    "|section|item|line|route|hall|lot|step|floor|suite|phase|class|grade|group|type|zone"
)
"""What is numbered with a letter behind the number, which is no unit there: exit 12A."""

_STEP_OF = "(?:step|page|part|slide|day|level|lesson|module|phase|question) "
_PEOPLE = "people|adults|workers|users|children|patients|students|respondents|employees|drivers|households"
_OUT_OF = r"(?:rat(?:ed|ing)|scor(?:e|ed|es)|grad(?:e|ed)|mark|got)(?: of| is|:)? "


def _before_number(match: re.Match[str]) -> str:
    return f"{_BEFORE_NUMBER[match[1].lower()]} "


def _extension(match: re.Match[str]) -> str:
    return f"extension {' '.join(map(cardinal, map(int, match[1])))}"


def _roman(match: re.Match[str]) -> str:
    return f"{match[1]} {cardinal(roman(match[2]))}"


def _street(match: re.Match[str]) -> str:
    return {"st": "street", "ave": "avenue", "rd": "road", "blvd": "boulevard", "ln": "lane"}[
        match[1].lower()
    ]


def _fraction(match: re.Match[str]) -> str:
    whole, top, bottom = match["whole"], int(match["top"]), int(match["bottom"])
    unit = f" {unit_name(match['unit'], plural=True)}" if match["unit"] else ""
    natural = bottom >= 2 and top < bottom and (bottom <= 10 or bottom in (12, 16, 20, 32, 64, 100, 1000))
    if not natural:
        joint = "over" if match["unit"] or top >= bottom else "slash"
        head = f"{cardinal(int(whole))} " if whole else ""
        return f" {head}{cardinal(top)} {joint} {cardinal(bottom)}{unit} "
    said = fraction(top, bottom)
    if whole:
        said = f"{cardinal(int(whole))} and {said.replace('one half', 'a half')}"
    return f" {said}{unit} "


def _lone(match: re.Match[str]) -> str:
    behind = match.string[max(0, match.start() - 4) : match.start()]
    if behind[-1:].isdigit() or behind[-2:-1].isdigit():  # its number stands before it
        return match.group()
    return unit_name(match.group(), plural=behind != "per ")


def _power(match: re.Match[str]) -> str:
    base, sign, power = match[1], match[2], match[3]
    if not sign and power in "23" and not base.isdigit():
        return f"{base} {'squared' if power == '2' else 'cubed'} "
    return f"{base} to the power of {'minus ' if sign else ''}{cardinal(int(power))} "


def _equation(match: re.Match[str]) -> str:
    return re.sub(r"\s*([-+x×*÷/−])\s*", lambda m: f" {_OPERATORS[m[1]]} ", match.group())


WORDS: tuple[Step, ...] = (
    (re.compile(r"\bext\.? ([0-9]{2,6})\b"), _extension),
    (
        re.compile(rf"(?<![\w.])(?<![0-9] )({one_of(_BEFORE_NUMBER)})\s?(?=[#0-9])", re.IGNORECASE),
        _before_number,
    ),
    (
        re.compile(rf"(?<![\w.])(?:{one_of(_ABBREVIATIONS)})(?!\w)", re.IGNORECASE),
        lambda m: m.group() if m.group() in ("W/", "W/O") else _ABBREVIATIONS[m.group().lower()],
    ),
    (re.compile(r"\bNo\.(?= of )"), lambda _: "number"),
    (re.compile(r"\bSt\.(?= [A-Z])(?<!\w [A-Z]t\.)"), lambda _: "saint"),
    (re.compile(r"(?<=[a-z] )(St|Ave|Rd|Blvd|Ln)\.(?! [A-Z][a-z]+ville)"), _street),
    (re.compile(r"\b(?:[A-Z]\.){2,6}(?!\w)"), lambda m: " ".join(m.group().replace(".", ""))),
)
"""Abbreviations, ahead of all that is counted."""

LABELS: tuple[Step, ...] = (
    (
        re.compile(rf"\b({_LETTERED}) ([0-9]{{1,4}})([A-Z])\b", re.IGNORECASE),
        lambda m: f"{m[1]} {number(m[2])} {m[3].upper() if m[3] == 'a' else m[3]}",
    ),
    (re.compile(r"(?<!\w)([ap])\.m\b\.?", re.IGNORECASE), lambda m: f"{m[1].upper()} M"),
    (re.compile(r"(?<![\w&])#\s?(?=[0-9])"), lambda _: " number "),
    (re.compile(r"(?<![\w&])#(?=[A-Za-z])"), lambda _: " hashtag "),
    (
        re.compile(
            rf"\b({_NUMBERED}) ([IVX]{{2,5}}|[VX](?![\w'])|I(?=[,.:;)]|$| (?:of|and|or|to|trial"
            rf"|error)\b))(?!\w)"
        ),
        _roman,
    ),
    (re.compile(rf"\b({_KINGS}) ([IVX]{{1,5}})(?![\w'])"), lambda m: f"{m[1]} the {ordinal(roman(m[2]))}"),
    (
        re.compile(r"(?<![0-9])([0-9]{1,9})(?:st|nd|rd|th)\b(?:\s?[-–~]\s?(?=[0-9]+(?:st|nd|rd|th)\b))?"),
        lambda m: f"{ordinal(int(m[1]))}{'' if m.group()[-1].isalpha() else ' to '}",
    ),
)
"""Numbers that are names: ordinals, Roman numerals, #1."""

RATIOS: tuple[Step, ...] = (
    (LONE, _lone),
    (re.compile(r"(?<=[a-z]{3})/([mk]?m\^[23])"), lambda m: f" per {unit_name(m[1], plural=False)}"),
    (
        re.compile(r"(?<![\w.])[0-9.]{1,12}(?:\s?[-+x×*÷/−]\s?[0-9.]{1,12}){1,8}(?=\s?=)"),
        _equation,
    ),
    (re.compile(r"(?<=[0-9])\s?[x×]\s?(?=10\^)"), lambda _: " times "),
    (
        re.compile(r"(?<![\w^/])(?!(?:[mck]?m|s|ft)\^)([0-9]{1,9}|[A-Za-z]{1,2})\^(-?)([0-9]{1,3})(?![\w/])"),
        _power,
    ),
    (
        re.compile(rf"\b({_OUT_OF})([0-9]{{1,3}})/([0-9]{{1,3}})(?![\w/])", re.IGNORECASE),
        lambda m: f"{m[1]}{number(m[2])} out of {number(m[3])}",
    ),
    (
        re.compile(rf"\b({_STEP_OF})([0-9]{{1,3}})/([0-9]{{1,3}})(?![\w/])", re.IGNORECASE),
        lambda m: f"{m[1]}{number(m[2])} of {number(m[3])}",
    ),
    (
        re.compile(rf"(?<![\w/.])([0-9]{{1,3}})/(10|100)(?= (?:{_PEOPLE})\b)"),
        lambda m: f"{number(m[1])} out of {number(m[2])}",
    ),
    (
        re.compile(r"(?<![\w.])([0-9](?:\.[0-9]{1,9})?)[eE](\+|-?)([0-9]{1,3})(?!\w)"),
        lambda m: (
            f"{number(m[1])} times ten to the power of {'minus ' if m[2] == '-' else ''}{cardinal(int(m[3]))}"
        ),
    ),
    (
        re.compile(r"(?<![\w'])([0-9]{1,3})'(?=\s?[x×])|(?<=[x×] )([0-9]{1,3})'(?!\w)"),
        lambda m: f"{m[1] or m[2]} ft",
    ),
    (
        re.compile(r"(?<![\w'])([0-9]{1,2})' ?([0-9]{1,2})(?:\"|'')"),
        lambda m: f"{number(m[1])} foot {number(m[2])} ",
    ),
    (
        re.compile(
            r"(?<=[0-9])\"(?=\s?[x×]|\s(?:pipe|valve|fitting|bolt|screw|drill|board|plywood|hose|nail|monitor|screen|display|wide"
            r"|tall|long|thick|deep|diameter))"
        ),
        lambda _: " inch ",
    ),
    (
        re.compile(
            r"(?<![0-9/.,])(?:(?P<whole>[0-9]{1,4})[ -])?(?P<top>[0-9]{1,4})/"
            r"(?P<bottom>[0-9]{1,4})(?![0-9/]|[A-Za-z])"
            rf"(?:[ -]?(?P<unit>{UNIT}){UNIT_END})?"
        ),
        _fraction,
    ),
    (re.compile(r"(?<=[0-9])\s?÷\s?(?=[0-9])"), lambda _: " divided by "),
    (
        re.compile(r"(?<![0-9.,])([0-9]{1,3})((?: [0-9]{3}){1,4})(?![0-9,.]*[0-9])"),
        lambda m: m.group().replace(" ", ""),
    ),
)
"""Fractions, powers and sums."""

SIGNS: tuple[Step, ...] = (
    (PER, lambda m: f" per {unit_name(m[1], plural=False)}"),
    (re.compile(rf"[{''.join(_GREEK)}]"), lambda m: f" {_GREEK[m.group()]} "),
    (re.compile("√"), lambda _: " square root of "),
    (re.compile("∞"), lambda _: " infinity "),
    (re.compile("≠"), lambda _: " not equal to "),
    (re.compile("±"), lambda _: " plus or minus "),
    (re.compile("[≥≧⩾]|>="), lambda _: " at least "),
    (re.compile("[≤≦⩽]|<="), lambda _: " at most "),
    (re.compile(r"(?<=[A-Za-z]) ?< ?(?=[A-Za-z])"), lambda _: " less than "),
    (re.compile("≈"), lambda _: " about "),
    (re.compile("°"), lambda _: " degrees "),
    (re.compile("[×÷]"), lambda m: {"×": " times ", "÷": " divided by "}[m.group()]),
)
"""Signs on their own."""
