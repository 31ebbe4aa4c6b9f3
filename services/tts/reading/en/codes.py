"""What is dictated rather than said, in English: addresses, paths, versions, telephone numbers, ids."""

import re

from services.tts.reading.en.numbers import cardinal, number, spelled
from services.tts.reading.en.times import Step

_TLD = "com|net|org|edu|gov|kr|io|dev|ai|app|info|co|us|uk|jp|me"
_SIGNS = {".": "dot", "@": "at", "/": "slash", "-": "dash", "_": "underscore", "~": "tilde",
         "\\": "backslash",           "+": "plus", "%": "percent"}  # fmt: skip
_SPELLED_FILES = frozenset(
    (
        "pdf", "txt", "csv", "tsv", "xml", "html", "css", "js", "ts", "jsx", "tsx", "py", "rb", "rs", "go",
        "md",
        "sh", "sql", "png", "jpg", "svg", "mp", "mpg", "avi", "exe", "dll", "ppt", "pptx", "hwp",
    )
)  # fmt: skip
_FILES = (
    "pdf|txt|csv|tsv|xml|html?|css|jsx?|tsx?|py|rb|rs|go|md|sh|sql|png|jpe?g|gif|svg|mp[34]|avi|exe|dll|pptx?|hwpx?"
    "|docx?|xlsx?|json|ya?ml|toml|ini|cfg|conf|log|zip|tar|gz|iso|jar|java|cpp|bak|env|lock"
)


def _address(match: re.Match[str]) -> str:
    text = re.split("[?#]", match.group().split("://")[-1])[0].rstrip("/.")
    return re.sub(r"\bwww\b", "W W W", _dictated(text))


def _local(match: re.Match[str]) -> str:
    port = f" port {spelled(match['port'])} " if match["port"] else ""
    return f" {_dictated(match['host'])}{port}{_dictated(match['path'] or '').rstrip()} "


def _path(match: re.Match[str]) -> str:
    text = match.group()
    return f" {_dictated(text.rstrip('.'))}{'.' if text.endswith('.') else ''} "


def _dictated(text: str) -> str:
    spoken = []
    for piece in re.findall(r"[A-Za-z가-힣]+|[0-9]+|.", text):
        if piece.isdigit():
            spoken.append(spelled(piece) if len(piece) > 4 or piece[0] == "0" else number(piece))
        elif piece.isalpha():
            spelt = piece.lower() in _SPELLED_FILES and spoken[-1:] == ["dot"]
            spoken.append(" ".join(piece.upper()) if spelt else piece)
        else:
            spoken.append(_SIGNS.get(piece, " "))
    return " ".join(spoken)


def _digits(match: re.Match[str]) -> str:
    return f" {', '.join(spelled(part) for part in re.findall('[0-9]+', match.group()))} "


def _labelled(match: re.Match[str]) -> str:
    """Read an id behind its label: digit by digit; letters in it stay."""
    pieces = re.findall(r"[A-Za-z]+|[0-9]+|-", match["id"])
    said = [spelled(piece) if piece.isdigit() else {"-": ","}.get(piece, piece) for piece in pieces]
    hash_sign = " number" if "#" in match["between"] else match["between"].replace(":", ",")
    return f"{match['label']}{hash_sign} {' '.join(said)} "


def _version(match: re.Match[str]) -> str:
    tail = re.sub(r"[.-]", " ", match["tail"] or "")
    return f"{match['lead']}{' point '.join(map(number, match['version'].split('.')))} {tail} "


def _paired(match: re.Match[str]) -> str:
    """Read the lines of a picture: ten eighty P."""
    hundreds, rest = divmod(int(match[1]), 100)
    return (
        f"{cardinal(hundreds)} {cardinal(rest) if rest else 'hundred'} P" if hundreds >= 1 else match.group()
    )


_SOFTWARE = (
    "Python|Java|Node|Kafka|Ubuntu|Debian|Android|iOS|macOS|Django|React|Kubernetes|PostgreSQL|Postgres|MySQL|Redis"
    "|Docker|Go|Rust|PHP|Ruby|Spring|Linux|kernel|release|Windows|OpenSSL|Java|Swift|Kotlin|Angular|Vue|Maven|Gradle"
)
_LABELS = (
    "PIN|code|passcode|password|OTP|order|ticket|invoice|employee I?D|account|serial|tracking"
    "|reference|ref|booking"
    "|reservation|confirmation|case|claim|badge|batch|lot|card|SSN|ID|policy|part|model|license|permit|certificate"
    "|ZIP code|ZIP|postcode|registration|ending in|text|port|RFC|UN|CAS|KB|member"
)

ADDRESSES: tuple[Step, ...] = (
    (re.compile(r"[0-9]{19,}"), lambda m: spelled(m.group())),
    (
        re.compile(
            r"\b[a-z]{2,10}://(?P<host>localhost|[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::(?P<port>[0-9]{1,5}))?"
            r"(?P<path>/[\w./-]*)?(?:[?#]\S*)?"
        ),
        _local,
    ),
    (
        re.compile(
            rf"\b(?:https?://)?[\w.+-]{{1,64}}@?(?:[\w-]{{1,63}}\.){{0,6}}(?:{_TLD})\b(?:/[\w./-]*)?(?:[?#]\S*)?",
            re.IGNORECASE | re.ASCII,
        ),
        lambda m: _address(m) if "." in m.group() or "@" in m.group() else m.group(),
    ),
    (
        re.compile(r"(?<![\w.])[A-Z]:(?:\\[\w.-]{1,100}){1,20}\\?"),
        lambda m: _path(m).replace(":", " colon ", 1),
    ),
    (re.compile(r"(?<![0-9] )(?<![\w/.)~$%])(?:~|\.{1,2})?(?:/[A-Za-z_.@][\w.@+-]{0,100}){1,30}/?"), _path),
    (
        re.compile(
            rf"(?<![\w/.@-])(?:[\w-]{{1,60}}/){{0,20}}[\w-]{{1,60}}(?:\.(?:{_FILES})){{1,2}}(?![\w/])",
            re.ASCII,
        ),
        lambda m: _dictated(m.group()),
    ),
    (re.compile(r"(?<![\w-])--(?=[a-z])"), lambda _: " dash dash "),
    (re.compile(r"(?<=[a-z] )-(?=[a-zA-Z]\b)"), lambda _: " dash "),
    (
        re.compile(r"(?<![\w.])([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::([0-9]{1,5}))?(?![\w.]*[0-9])"),
        lambda m: " dot ".join(map(number, m[1].split("."))) + (f" port {spelled(m[2])}" if m[2] else ""),
    ),
    (
        re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}(?![\w:])"),
        lambda m: " ".join(spelled(c) if c.isdigit() else c.upper() for c in m.group() if c != ":"),
    ),
    (
        re.compile(
            r"(?P<lead>\bv\.?\s?|\bV(?=[0-9]{1,3}\.)|\b[Vv]er(?:sion|\.)?\s?)(?P<version>[0-9]+(?:\.[0-9]+)*)(?P<tail>-[a-z]{1,8}(?:\.?[0-9]{1,4})?)?"
            r"(?![0-9])"
        ),
        lambda m: "version " + _version(m).removeprefix(m["lead"]),
    ),
    (
        re.compile(
            rf"(?P<lead>\b(?:{_SOFTWARE}) )(?P<version>[0-9]{{1,3}}(?:\.[0-9]+){{1,3}})(?P<tail>)(?![0-9%])"
        ),
        lambda m: _version(m) if not re.search(r"\.0[0-9]", m["version"]) else m.group(),
    ),
)
"""Addresses, paths and versions, in the order in which they are looked for; dates are read after them."""

NUMBERS: tuple[Step, ...] = (
    (
        re.compile(r"\b0x([0-9A-Fa-f]{1,16})\b"),
        lambda m: f"zero x {' '.join(spelled(c) or c.upper() for c in m[1])}",
    ),
    (
        re.compile(r"(?<![\w.])([0-9]{1,4}(?:\.[0-9]{1,4}){2,})(?![\w.]*[0-9])(?!\.[0-9])"),
        lambda m: (
            " point ".join(map(number, m[1].split(".")))
            if not re.fullmatch(r"[0-9]{3}\.[0-9]{3,4}\.[0-9]{4}", m[1])
            else ", ".join(map(spelled, m[1].split(".")))
        ),
    ),
    (re.compile(r"\b(HTTP)/(?=[0-9])"), lambda m: f"{m[1]} "),
    (
        re.compile(r"\b((?:HTTP|error|status|code)\s)([45]0[1-9]|[1-5][1-9][0-9])\b", re.IGNORECASE),
        lambda m: m[1] + spelled(m[2]),
    ),
    (re.compile(r"\b404\b"), lambda m: spelled(m.group())),
    (re.compile(r"\bCVE-([0-9]{4})-([0-9]{4,7})\b"), lambda m: f"CVE {spelled(m[1])}, {spelled(m[2])}"),
    (
        re.compile(
            rf"\b(?P<label>(?:{_LABELS}))(?P<between>(?: (?:numbers?|no\.?|ID|code))?(?: is"
            rf"|:)?\s?#?)(?<![A-Za-z])"
            r"(?P<id>(?=[A-Z-]{0,6}[0-9])(?:(?:[A-Z0-9]{1,10}-){1,4}[A-Z0-9]{1,10}|[0-9]{3,18}|[A-Z]{1,4}[0-9]{3,12}))(?![\w.,]*[0-9])",
            re.IGNORECASE,
        ),
        _labelled,
    ),
    (
        re.compile(
            r"(?<![\w-])(?!(?:19|20)[0-9]{2}-(?:19|20)[0-9]{2}(?![\w-]))(?:\+?[0-9]{1,3}[- ])?"
            r"(?:\(?[0-9]{2,4}\)?[- ]){0,2}[0-9]{3,4}-[0-9]{4}(?![\w-]|\s?[%$€£°])"
        ),
        _digits,
    ),
    (re.compile(r"(?<![\w*])\+[0-9]{1,3}(?:[- ][0-9]{1,4}){2,5}(?![\w-])"), _digits),
    (
        re.compile(r"(?<![\w-])[0-9]{1,18}(?:-[0-9]{1,18}){0,3}-?[*●xX]{3,20}(?:-[0-9*]{1,12}){0,3}(?!\w)"),
        _digits,
    ),
    (re.compile(r"(?<![\w*●-])(?:[*●]{2,20}|[xX]{3,20})(?:-[*●xX]{1,8}){0,4}-?[0-9]{2,8}(?!\w)"), _digits),
    (re.compile(r"(?<![\w-])(?=[0-9-]{0,40}[0-9]{3})(?:[0-9]{2,12}-){2,5}[0-9]{1,12}(?![\w-])"), _digits),
    (
        re.compile(r"\b(?:ISBN|CAS|SSN)\b[ :]?(?P<id>[0-9]{1,7}(?:-[0-9]{1,7}){1,5})"),
        lambda m: f"{m.group()[: m.start('id') - m.start()]} {', '.join(map(spelled, m['id'].split('-')))}",
    ),
    (re.compile(r"\b([A-Z])([0-9]{6,12})\b"), lambda m: f"{m[1]} {spelled(m[2])}"),
    (
        re.compile(
            r"\b((?:call|dial|phone|ring|text|or|and|hotline|emergency|to) )(911|119|112|999|113"
            r"|110)\b(?! [a-z]+s\b)",
            re.IGNORECASE,
        ),
        lambda m: m[1] + spelled(m[2]),
    ),
    (
        re.compile(
            r"(?<![\d,.-])(?:911|999)\b(?![,.][0-9])(?! (?:people|employees|cases|users|units"
            r"|items)\b)|\b(?:911|999|119|112)(?= (?:calls|operator|dispatch))"
        ),
        lambda m: spelled(m.group()),
    ),
    (re.compile(r"\b([0-9]{3,4})p\b"), _paired),
)
"""Telephone numbers and ids, in the order in which they are looked for."""
