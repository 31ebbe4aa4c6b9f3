"""What a render says it made is what the action cache did not have."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from services.cli.counters import Counters
from services.runtime.artifacts import ActionResult
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts


async def test_only_what_had_to_be_made_is_counted(tmp_path: Path) -> None:
    counters = Counters()
    made: list[Mapping[str, Any]] = []

    async def ask(action: str, scene: int, facts: Mapping[str, Any]) -> None:
        async def make() -> ActionResult:
            made.append(facts)
            return ActionResult({}, facts)

        await store.remember(action, 1, {"scene": scene}, make)

    async with open_artifacts(ArtifactSettings(lectern_home=tmp_path), counters.add) as store:
        for _ in range(2):
            await ask("tts", 1, {"samples": 48_000})
            await ask("tts", 2, {"samples": 48_000})
            await ask("composition.segment", 1, {"encoded": 13})
            await ask("composition.segment", 2, {"encoded": 500})
            await ask("slides.picture", 1, {})
    assert len(made) == 5
    assert counters == Counters(scenes_synthesised=2, frames_encoded=513)


async def test_what_cannot_be_made_is_not_counted(tmp_path: Path) -> None:
    counters = Counters()

    async def fail() -> ActionResult:
        raise RuntimeError("no voice")

    async with open_artifacts(ArtifactSettings(lectern_home=tmp_path), counters.add) as store:
        with pytest.raises(RuntimeError, match="no voice"):
            await store.remember("tts", 1, {}, fail)
    assert counters == Counters()
