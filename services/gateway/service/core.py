"""What both halves of the service stand on."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from contracts.events import JobUpdated
from contracts.rendering import RenderSettings
from services.gateway.batching import MicroBatcher
from services.gateway.ledger.db.sqlite import Ledger
from services.gateway.live import snapshots
from services.gateway.live.hub import Hub
from services.gateway.live.replay_buffer import Watch
from services.runtime.artifacts import Artifacts

Clock = Callable[[], datetime]
NewId = Callable[[], str]
"""Makes a UUID, as text."""


Announce = Callable[[Sequence[JobUpdated]], Awaitable[None]]
"""Tells all gateways how jobs stand; returns once that cannot be lost."""


class SpecSource(Protocol):
    """Where render specs come from: the backend."""

    async def render_spec(self, script_id: str) -> Any:
        """Return the JSON of a script's render spec, ``None`` if there is none."""


LIST_LIMIT = 100
"""Most scripts or jobs of a video, or versions of a script, that a list shows."""


class Core:
    """The service's parts.

    Args:
        ledger: where scripts and jobs stand.
        artifacts: where source texts and render specs go.
        hub: its viewers; fed with the log of updates, see :mod:`services.gateway.live.hub`.
        defaults: how a job is rendered where its options say nothing.
        now: the clock.
        backend: gives render specs, where there is one.
        waits: whether a created job waits for the backend's start.

    Attributes:
        announce: for changes that do not go through the outbox; tells this process alone, unless it is set.
    """

    def __init__(
        self,
        ledger: Ledger,
        artifacts: Artifacts,
        hub: Hub,
        *,
        defaults: RenderSettings,
        now: Clock,
        backend: SpecSource | None = None,
        waits: bool = False,
    ) -> None:
        self.ledger = ledger
        self.artifacts = artifacts
        self.hub = hub
        self.defaults = defaults
        self.now = now
        self.backend = backend
        self.waits = waits
        self.announce: Announce = self._announce_here
        self._standing = MicroBatcher[Watch, JobUpdated | None](self._stand)

    async def standing(self, watch: Watch) -> JobUpdated | None:
        """Return what a viewer is told first, as it stands now or later.

        Those who ask at once share one look: of a look each, when hundreds come back, whoever writes beside
        them has to wait for every single one.

        Raises:
            TransientError: ``LEDGER_UNAVAILABLE``.
        """
        return await self._standing.run(watch)

    async def _stand(self, watches: Sequence[Watch]) -> Sequence[JobUpdated | None]:
        found = await self.ledger.read(snapshots.standing, watches)
        return [found[watch] for watch in watches]

    async def _announce_here(self, jobs: Sequence[JobUpdated]) -> None:
        for job in jobs:
            self.hub.publish(job)
