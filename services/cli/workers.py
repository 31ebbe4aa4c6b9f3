"""The six stages by name; each is loaded when it is asked for, with its own libraries alone."""

import importlib
from typing import Final

from services.runtime.actor import Actor

WORKERS: Final = ("scripting", "tts", "subtitling", "slides", "composition", "upload")
"""In the order of the flow."""


def build_worker(name: str) -> Actor:
    """Return the actor of a stage, with the settings of the environment.

    Raises:
        ValidationError: a setting is wrong.
        ImportError: the stage's libraries are not installed.
    """
    actor: Actor = importlib.import_module(f"services.{name}.actor").build()
    return actor
