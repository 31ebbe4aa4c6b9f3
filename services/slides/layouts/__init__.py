"""The layouts: one module each, all with ``compose(sheet, plan, context)``."""

from collections.abc import Callable, Mapping

from contracts.events import SceneContext
from services.slides.drawing.sheet import Sheet
from services.slides.layouts import (
    bullets,
    chapter,
    comparison,
    flow,
    number,
    question,
    quote,
    statement,
    steps,
    summary,
    term,
    text,
    timeline,
    warning,
)
from services.slides.plan import Layout, Plan

Compose = Callable[[Sheet, Plan, SceneContext], None]
"""Writes a plan on a sheet; what does not fit leaves the sheet not whole, never overflows."""

COMPOSERS: Mapping[Layout, Compose] = {
    "chapter": chapter.compose,
    "statement": statement.compose,
    "text": text.compose,
    "bullets": bullets.compose,
    "steps": steps.compose,
    "flow": flow.compose,
    "timeline": timeline.compose,
    "comparison": comparison.compose,
    "number": number.compose,
    "warning": warning.compose,
    "quote": quote.compose,
    "question": question.compose,
    "term": term.compose,
    "summary": summary.compose,
}

AVAILABLE: frozenset[Layout] = frozenset(COMPOSERS)
"""Names of the layouts that can be drawn."""
