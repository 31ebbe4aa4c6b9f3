"""Rules for what is no list, no figure and no speech."""

from services.slides.plan import Plan
from services.slides.planning.build import headline_of, plan, reason
from services.slides.planning.cleaning import clipped, has_hangul
from services.slides.planning.scene import Scene
from services.slides.planning.sentences import sentences

_LONGEST_STATEMENT = 70
_LONGEST_LATIN = 96
"""The same of Latin letters, which are about half as wide; more are not read at a glance."""
_LONGEST_SYMBOLS = 24


def symbols(scene: Scene) -> Plan | None:
    """No word at all: what there is, large."""
    if not scene.wordless:
        return None
    shown = scene.caption.text or scene.narration or "–"
    return plan(scene, "statement", clipped(shown, _LONGEST_SYMBOLS), icons=(), emphasis=())


def frame(scene: Scene) -> Plan | None:
    """Nothing but a greeting or a goodbye: what the film, or the chapter, is called."""
    if not scene.framing or scene.caption.listed or scene.caption.text.endswith("?"):
        return None
    headline = scene.heading or scene.title or scene.chapter
    return plan(scene, "statement", headline) if 0 < len(headline) <= _LONGEST_STATEMENT else None


def text(scene: Scene) -> Plan | None:
    """A caption too long to be a headline: running text, no picture."""
    caption = scene.caption.text
    longest = _LONGEST_STATEMENT if has_hangul(caption) or len(sentences(caption)) > 1 else _LONGEST_LATIN
    if scene.caption.listed or len(caption) <= longest:
        return None
    return plan(scene, "text", caption, hero=None)


def statement(scene: Scene) -> Plan:
    """One sentence, with the reason if the author named the sentence."""
    headline = headline_of(scene)
    return plan(scene, "statement", headline, sub=reason(scene, headline) if scene.heading else None)
