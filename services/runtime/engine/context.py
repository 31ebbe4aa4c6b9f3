"""What a handler holds while it works on one record."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from contracts.base import derived_id
from services.runtime.artifacts import Artifacts
from services.runtime.cancel import CancelToken
from services.runtime.kafka.record_names import Record

T = TypeVar("T")
Report = Callable[[float], Awaitable[None]]


class RecordContext:
    """The engine's implementation of :class:`services.runtime.actor.Context`.

    Args:
        event: what is being handled.
        cause: id of the input, from which the ids of the outputs are derived.
        stage: name of the stage.
        artifacts: the store.
        scratch_root: where the scratch folder is made, if the handler asks for one.
        executor: the stage's threads.
        report: publishes progress.
        record: what Kafka gave.
    """

    def __init__(
        self,
        *,
        event: Any,
        cause: UUID | str,
        stage: str,
        artifacts: Artifacts,
        scratch_root: Path,
        executor: Executor,
        report: Report,
        record: Record | None = None,
    ) -> None:
        self.event = event
        self._record = record
        self.artifacts = artifacts
        self._scratch_root = scratch_root
        self._scratch: Path | None = None
        self.cancel = CancelToken()
        self._cause = cause
        self._stage = stage
        self._executor = executor
        self._report = report

    @property
    def record(self) -> Record:
        """The record that the event came in."""
        assert self._record is not None
        return self._record

    @property
    def scratch(self) -> Path:
        """An empty folder of this record's own; made when first asked for, most records need none."""
        if self._scratch is None:
            self._scratch_root.mkdir(parents=True, exist_ok=True)
            self._scratch = Path(tempfile.mkdtemp(prefix=f"{self._stage}-", dir=self._scratch_root))
        return self._scratch

    def close(self) -> None:
        """Remove the scratch folder, whatever is in it."""
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None

    def output_id(self, index: int | str = 0) -> UUID:
        """Return the deterministic id of the ``index``-th output."""
        return derived_id(self._cause, self._stage, index)

    async def run(self, work: Callable[..., T], /, *args: Any) -> T:
        """Run blocking work in a thread; when cancelled, stop it cooperatively and wait for it."""
        future = asyncio.get_running_loop().run_in_executor(self._executor, work, *args)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            self.cancel.cancel()
            while not future.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait((future,))
            future.exception()  # looked at: what a cancelled thread raised is nobody's business
            raise

    async def report(self, share: float) -> None:
        """Report a share of this record's part of its step."""
        await self._report(share)
