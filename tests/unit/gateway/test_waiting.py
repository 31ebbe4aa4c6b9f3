"""Whoever waits for a script, or for a job's end, can be cancelled in any moment of it."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from contracts.commands import GenerateScript, StartRender
from contracts.events import ScriptRequested
from contracts.states import JobState, ScriptState
from tests.support.cancel_points import Moment, cancelled_at, where
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import Harness, uploaded

SPEC = {"scenes": [{"scene_id": 1, "narration": "안녕하세요."}]}


async def cancelled_everywhere(
    moment: Moment,
    wait: Callable[[str], Coroutine[Any, Any, Any]],
    news: Callable[[str], Awaitable[None]],
) -> str:
    """Cancel at each wait in turn, each with an id of its own; return the one that was not reached.

    Args:
        moment: of each wait.
        wait: waits for the script or job of an id.
        news: makes it what is waited for, as soon as nothing else is.
    """
    for number in itertools.count(1):
        name = f"n-{number}"
        work = wait(name)

        async def tell(work: Coroutine[Any, Any, Any] = work, name: str = name) -> None:
            await eventually(lambda: any(place in where(work) for place in ("Event.wait", "wait_for")))
            await news(name)

        telling = asyncio.create_task(tell())
        reached = await cancelled_at(work, number, moment)
        if not reached:
            await telling
            assert number > 3, "it did not wait at all"
            return name
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
    raise AssertionError


@pytest.mark.parametrize("moment", Moment)
async def test_a_cancel_that_meets_the_written_script_is_not_lost(harness: Harness, moment: Moment) -> None:
    """A Ctrl-C that did was lost: ``lectern render`` went on to its end, with exit code 0."""
    service = harness.gateway.service

    async def written(script_id: str) -> None:
        [request] = await harness.publishes(ScriptRequested, script_id)
        await harness.tell(await harness.generated(request))

    last = await cancelled_everywhere(
        moment,
        lambda name: service.generate_script(
            GenerateScript(video_id="v", script_id=name, source_text="비밀번호는 길게."), wait=30
        ),
        written,
    )
    assert (await service.get_script(last)).state is ScriptState.DRAFT


@pytest.mark.parametrize("moment", Moment)
async def test_a_cancel_that_meets_the_end_of_a_job_is_not_lost(harness: Harness, moment: Moment) -> None:
    service = harness.gateway.service

    async def ended(job_id: str) -> None:
        created = await service.create_job(StartRender(job_id=job_id, video_id=job_id, render_spec=SPEC))
        assert created.created
        await service.ended_job(job_id, wait=30)

    last = await cancelled_everywhere(moment, ended, lambda name: harness.tell(uploaded(name, name)))
    assert (await service.get_job(last)).state is JobState.COMPLETED
