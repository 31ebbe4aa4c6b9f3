"""The embedded broker forgets everything when it stops; what the ledger has under way must go on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.commands import GenerateScript, StartRender
from contracts.errors import ErrorCode
from contracts.events import JobUpdated, RenderRequested
from contracts.ledger_events import JobRecorded
from contracts.rendering import RenderSettings
from contracts.states import JobState, ScriptState
from services.gateway.ledger import outbox, recovery
from services.gateway.ledger.db.sqlite import SqliteLedger
from services.gateway.live.hub import Hub
from services.gateway.service import Service
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPEC = {"scenes": [{"scene_id": 1, "narration": "안녕하세요."}]}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    ledger = SqliteLedger(f"sqlite:///{tmp_path / 'ledger.db'}")
    await ledger.open()
    async with open_artifacts(ArtifactSettings(artifact_store="local", lectern_home=tmp_path)) as artifacts:
        yield Service(ledger, artifacts, Hub(), defaults=RenderSettings(), now=lambda: NOW)
    await ledger.close()


async def _restart(service: Service) -> int:
    """Lose what was published, as an in-memory broker does, and recover."""
    waiting = await service.ledger.read(outbox.pending, 100)
    await service.ledger.write(outbox.published, [item.id for item in waiting])
    return await service.ledger.write(recovery.announce_again, now=NOW)


async def test_an_active_job_is_announced_again_with_the_same_ids(service: Service) -> None:
    await service.create_job(StartRender(job_id="j1", video_id="v1", render_spec=SPEC))
    first = [item.event for item in await service.ledger.read(outbox.pending, 100)]
    assert await _restart(service) == 1
    again = [item.event for item in await service.ledger.read(outbox.pending, 100)]
    # nothing new is known, and there are no viewers after a restart
    assert [type(event) for event in first[:2]] == [JobRecorded, JobUpdated]
    assert again == first[2:]
    assert [type(event) for event in again] == [RenderRequested]
    assert (await service.get_job("j1")).state is JobState.QUEUED


async def test_a_job_that_has_ended_is_not_announced(service: Service) -> None:
    await service.create_job(StartRender(job_id="j1", video_id="v1", render_spec=SPEC))
    await service.cancel("j1")
    assert await _restart(service) == 0
    assert await service.ledger.read(outbox.pending, 100) == []


async def test_a_script_that_nobody_writes_any_more_fails(service: Service) -> None:
    wish = GenerateScript(video_id="v1", script_id="s1", source_text="보안")
    assert (await service.generate_script(wish)).state is ScriptState.GENERATING
    await _restart(service)
    script = await service.get_script("s1")
    assert (script.state, script.error_code) == (ScriptState.FAILED, ErrorCode.SCRIPT_GENERATION_FAILED)
