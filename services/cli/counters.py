"""What this process has made, from what the action cache answers: what it found there was made before."""

from dataclasses import dataclass
from typing import Final

from services.runtime.artifacts import Remembered

SPEECH: Final = "tts"
SEGMENT: Final = "composition.segment"
"""Names of the actions that are counted."""


@dataclass
class Counters:
    """Counts what had to be made.

    Attributes:
        scenes_synthesised: scenes whose speech was made.
        frames_encoded: frames that went through an encoder for the segments that were made.
    """

    scenes_synthesised: int = 0
    frames_encoded: int = 0

    def add(self, action: str, result: Remembered) -> None:
        """Count an action's result."""
        if result.hit:
            return
        if action == SPEECH:
            self.scenes_synthesised += 1
        elif action == SEGMENT:
            self.frames_encoded += result.facts["encoded"]
