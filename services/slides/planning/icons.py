"""Which icons a text calls for: the longest stem of the lexicon wins, and a text may call for none."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.slides.plan import Hero
from services.slides.planning import lexicon_en, lexicon_ko

_READ = 1200
"""Characters of a text that are searched; a headline has 40, a long narration's start tells its subject."""

_PARTICLE = re.compile(r"(?:을|를|이|가|은|는|에|의|도|과|와|만|으로|로|에서|까지|부터|이나|나)?(?![가-힣])")
_WORD_EN = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_REGULAR_ENDING = re.compile(r"(?:s|es|d|ed|ing|er|ers|'s|’s)?(?![a-z])")
_HANGUL = re.compile(r"[가-힣]")

# These say little about a text that also calls for something else.
_GENERIC = frozenset((
    "magnify", "shield_check", "alert", "clock_outline", "account_group", "office_building", "message",
    "timer_outline", "numeric", "alert_circle", "hammer_wrench", "human", "water", "web", "help_circle",
    "lightbulb_on", "alert_octagon", "shield_lock", "shield_account", "map_marker", "eye", "timer_alert",
    "domain", "bank", "account_tie", "compass", "ruler", "target", "calendar_check", "send",
    "hand_back_right", "school", "list_status", "cash", "cancel", "account", "forum",
))  # fmt: skip

WINDOW = frozenset((
    "email", "hook", "link_variant", "web", "at", "paperclip", "cursor_default_click", "login",
    "form_textbox_password", "download", "bug", "virus", "laptop", "monitor", "monitor_lock", "cloud",
    "application",
))  # fmt: skip
PHONE = frozenset((
    "cellphone", "cellphone_key", "phone", "message_text", "chat", "two_factor_authentication", "apps",
))  # fmt: skip
SHEET = frozenset((
    "file_document", "file", "file_sign", "account_box", "card_account_details", "clipboard_text",
    "scale_balance", "gavel", "archive_lock", "shredder", "delete_forever", "handshake",
    "book_open_page_variant", "receipt_text", "file_document_multiple", "clipboard_list", "note_text",
))  # fmt: skip
MANDATORY = frozenset((
    "hard_hat", "seatbelt", "safety_goggles", "face_mask", "shoe_formal", "ear_hearing_off", "hand_wash",
))  # fmt: skip
SAFE = frozenset((
    "exit_run", "map_marker_account", "stairs_down", "bandage", "heart_pulse", "heart_flash",
    "medical_bag",
))  # fmt: skip
FIRE = frozenset(("fire_extinguisher", "fire_hydrant", "alarm_bell"))
_PROPS: tuple[tuple[frozenset[str], Hero], ...] = (
    (FIRE, "fire"), (SAFE, "safe"), (MANDATORY, "mandatory"),
    (WINDOW, "window"), (PHONE, "phone"), (SHEET, "sheet"),
)  # fmt: skip

_KEPT = re.compile(
    r"(?:중단|중지|생략|제거|해제|무시|차단|방치|분리)하지|(?:멈추|멈춰|미루|잊|빼|빼먹|빠뜨리|끄|벗|풀)지"
    r"|(?:떼|떼어 ?내|끊|놓치|거르|건너뛰|늦추|막|가리|덮|쌓아 ?두)지"
    r"|\b(?:stop|forget|skip|remove|take off|turn off|switch off|unplug|disable|ignore|delay|interrupt"
    r"|bypass|block|obstruct|cover|tape down)\b",
    re.IGNORECASE,
)
"""Verbs whose object is to be kept: forbidden is to do without it."""
_COUNTERS = frozenset("회개명분초일월년원장번건대층호")
"""After a digit these count: 120회의 is no meeting (회의)."""
_REFUSED = re.compile(r"(?<=[,;] )(?:but |and )?(?:do not|don['’]t|never) [^.;]{0,200}", re.IGNORECASE)
"""What a step forbids beside what it tells to do; its picture would be taken for the act."""
_WORDS_TO_VERB = 4
"""Spaces after a noun's icon: 절대 타지 않습니다 has three, 저장소와 같은 디스크에 두지 않기 five."""


@dataclass(frozen=True)
class Hit:
    """A stem found in a text.

    Attributes:
        start, end: where it stands; for English the end of its word.
        icon: what it calls for; empty for a word that only hides another stem.
        coloured: whether it may be coloured as the point of the text.
    """

    start: int
    end: int
    icon: str
    coloured: bool


_Stem = tuple[str, str, bool]


def _table(
    icons: Mapping[str, Iterable[str]], silent: Iterable[str], uncoloured: frozenset[str]
) -> dict[str, tuple[_Stem, ...]]:
    """Index stems by their first character, the longest first."""
    stems = [(stem, icon, stem not in uncoloured) for icon, words in icons.items() for stem in words]
    stems += [(stem, "", False) for stem in silent]
    table: dict[str, list[_Stem]] = {}
    for stem in sorted(stems, key=lambda entry: (-len(entry[0]), entry[0])):
        table.setdefault(stem[0][0], []).append(stem)
    return {first: tuple(entries) for first, entries in table.items()}


_KO = _table(lexicon_ko.ICONS, lexicon_ko.SILENT, lexicon_ko.UNCOLOURED)
_EN = _table(lexicon_en.ICONS, lexicon_en.SILENT, lexicon_en.UNCOLOURED)


def hits(text: str) -> tuple[Hit, ...]:
    """Return the stems in ``text`` in the order they stand, without overlaps: the longest at each place."""
    text = text[:_READ]
    found = [*_hits_ko(text), *_hits_en(text)]
    kept: list[Hit] = []
    end = 0
    for hit in sorted(found, key=lambda h: (h.start, -h.end)):
        if hit.start >= end:
            kept.append(hit)
            end = hit.end
    return tuple(hit for hit in kept if hit.icon)


def _hits_ko(text: str) -> Iterable[Hit]:
    for at, first in enumerate(text):
        for stem, icon, coloured in _KO.get(first, ()):
            end = at + len(stem)
            if text.startswith(stem, at) and _is_word(text, at, stem):
                yield Hit(at, end, icon, coloured)
                break


def _is_word(text: str, at: int, stem: str) -> bool:
    """Return whether a stem is meant: 120회의 counts, and one syllable must be a noun of its own."""
    if stem[0] in _COUNTERS and at > 0 and text[at - 1].isdigit():
        return False
    return len(stem) > 1 or _stands_alone(text, at)


def _stands_alone(text: str, at: int) -> bool:
    """Return whether the syllable at ``at`` is a noun of its own: else ``문`` would hit ``문장``."""
    return not (at and _HANGUL.match(text[at - 1])) and _PARTICLE.match(text, at + 1) is not None


def _hits_en(text: str) -> Iterable[Hit]:
    lower = text.lower()
    if len(lower) != len(text):
        return
    for word in _WORD_EN.finditer(text):
        for stem, icon, coloured in _EN.get(lower[word.start()], ()):
            bare = stem.rstrip("*")
            end = word.start() + len(bare)
            if lower.startswith(bare, word.start()) and (stem != bare or _REGULAR_ENDING.match(lower, end)):
                yield Hit(word.start(), max(end, word.end()), icon, coloured)
                break


def find_icons(text: str) -> tuple[str, ...]:
    """Return the icons that ``text`` calls for, the most telling first, each once."""
    found = sorted(hits(text), key=lambda hit: (hit.icon in _GENERIC, hit.start))
    return tuple(dict.fromkeys(hit.icon for hit in found))


def last_icon(text: str) -> str | None:
    """Return the icon of the last noun of ``text``, which in Korean stands nearest the verb.

    ``고객 명단을 메신저로 보내지 않습니다`` is about the messenger.
    """
    nouns = [hit for hit in hits(text) if hit.coloured and hit.icon not in _GENERIC]
    return nouns[-1].icon if nouns else None


def point_icons(points: Sequence[str]) -> tuple[str | None, ...]:
    """Return an icon for each point; all ``None`` if half of them lack one: no decoration."""
    used: set[str] = set()
    icons: list[str | None] = []
    for point in points:
        icon = next((icon for icon in find_icons(_REFUSED.sub("", point)) if icon not in used), None)
        icons.append(icon)
        used.update(filter(None, [icon]))
    if icons.count(None) * 2 >= len(icons):
        return (None,) * len(icons)
    return tuple(icons)


def hero_of(icons: Sequence[str]) -> Hero | None:
    """Return what the first of ``icons`` is drawn in; ``None`` without icons."""
    if not icons:
        return None
    return next((hero for members, hero in _PROPS if icons[0] in members), "medallion")


def warning_hero(icons: Sequence[str], *, prohibits: bool, act: str = "") -> Hero:
    """Return the sign of a warning: the red ring with its slash for acts, else the yellow triangle.

    What stands in the ring is read as forbidden. Where ``act``, the prohibition in words, keeps it (a heart
    massage that must not be stopped, a helmet that must not be taken off) or names it only in passing, far
    from its verb, the triangle is drawn.
    """
    if (
        prohibits
        and icons
        and icons[0] not in WINDOW | SHEET
        and not (_KEPT.search(act) or _far(act, icons[0]))
    ):
        return "prohibit"
    return "warn"


def _far(act: str, icon: str) -> bool:
    """Return whether more words part the noun of ``icon`` from the Korean verb than a verb has objects."""
    ends = [hit.end for hit in hits(act) if hit.icon == icon]
    return bool(ends) and _HANGUL.search(act) is not None and act[ends[-1] :].count(" ") > _WORDS_TO_VERB


def shared_icons(acts: Sequence[str]) -> tuple[str, ...]:
    """Return the icons that each of ``acts`` calls for: the picture of one says little of the others."""
    found = [find_icons(act) for act in acts]
    return tuple(icon for icon in found[0] if all(icon in others for others in found)) if found else ()
