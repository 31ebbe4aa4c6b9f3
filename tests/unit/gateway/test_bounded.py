"""What the gateway does with a script's texts grows with them; counted, never timed."""

import json
from typing import Any

from services.gateway.service.script_diff import diff
from tests.support.operations import counted


def script(scenes: int, word: str) -> str:
    every: list[dict[str, Any]] = [
        {"scene_id": number % 2, "narration": f"{word} {number}", "on_screen_text": None}
        for number in range(scenes)
    ]
    return json.dumps({"title": word, "chapters": [{"chapter_id": 1, "title": word, "scenes": every}]})


def test_comparing_4_000_scenes_of_two_ids_costs_at_most_2_3_times_the_lines_of_2_000() -> None:
    def cost(scenes: int) -> int:
        return counted(lambda _: diff(script(scenes, "a"), script(scenes, "b"))).total

    assert cost(4_000) <= 2.3 * cost(2_000)
