"""What both halves of the service stand on."""

from collections.abc import Callable
from datetime import datetime

from contracts.rendering import RenderSettings
from services.gateway.hub import Hub
from services.gateway.ledger.database import Ledger
from services.runtime.artifacts import Artifacts

Clock = Callable[[], datetime]
NewId = Callable[[], str]
"""Makes a UUID, as text."""

LIST_LIMIT = 100
"""Most scripts or jobs of a video that a list shows."""


class Core:
    """The service's parts.

    Args:
        ledger: where scripts and jobs stand.
        artifacts: where source texts and render specs go.
        hub: told of every change of a job.
        defaults: how a job is rendered where its options say nothing.
        now: the clock.
    """

    def __init__(
        self, ledger: Ledger, artifacts: Artifacts, hub: Hub, *, defaults: RenderSettings, now: Clock
    ) -> None:
        self.ledger = ledger
        self.artifacts = artifacts
        self.hub = hub
        self.defaults = defaults
        self.now = now
