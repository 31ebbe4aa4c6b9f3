"""``lectern ledger``: the ledger's database, made again from the log."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from contracts.errors import ErrorCode, PermanentError
from services.cli.exit_codes import Exit
from services.gateway.rebuild.log import Told
from services.gateway.rebuild.rebuild import Rebuild, Rebuilt
from services.gateway.settings import GatewaySettings
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.observability.logs import configure_logs
from services.runtime.observability.redaction import learn_urls
from services.runtime.settings import RuntimeSettings

LINE_SECONDS = 5.0
"""How often progress is told where there is no terminal."""

NAMED = 20
"""Gaps named on the terminal; the rest are counted."""


async def rebuild_ledger(database_url: str | None, *, replace: bool, check: bool) -> Exit:
    """Make the database again and print what came of it; done, or failed if the log has gaps.

    Raises:
        LecternError: why nothing was done.
    """
    runtime = RuntimeSettings()
    configure_logs(runtime)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a refused commit is how gateways are noticed
    if not runtime.kafka_bootstrap_servers:
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID,
            "KAFKA_BOOTSTRAP_SERVERS is not set; the embedded broker keeps no log to rebuild from",
        )
    url = database_url or GatewaySettings().ledger_url
    learn_urls(url)
    with telling() as told:
        async with open_artifacts(ArtifactSettings()) as artifacts:
            work = Rebuild(runtime, artifacts, datetime.now(UTC), told)
            rebuilt = await (work.check() if check else work.into(url, replace=replace))
    _summarise(rebuilt, check=check)
    return Exit.FAILED if rebuilt.written.gaps else Exit.DONE


@contextmanager
def telling() -> Iterator[Told]:
    """Give what shows progress: a bar for each part of the work, or a line now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what)
            bars.update(tasks[what], completed=done, total=total)

        yield told


def _lines() -> Told:
    said: dict[str, float] = {}
    console = Console(stderr=True)

    def told(what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if total and (done == total or now - said.get(what, 0.0) >= LINE_SECONDS):
            said[what] = now
            console.print(f"{what}: {done:,} of {total:,}", highlight=False)

    return told


def _summarise(rebuilt: Rebuilt, *, check: bool) -> None:
    written = rebuilt.written
    print(f"{'can be rebuilt' if check else 'rebuilt'}: {written.jobs:,} jobs ({written.active:,} under way)")
    print(f"  {written.scripts:,} scripts, {written.callbacks:,} callbacks")
    print(f"  {written.commands:,} commands taken, {written.answers:,} answers kept")
    if rebuilt.dropped:
        print(f"  {rebuilt.dropped:,} events of the replaced database had not been published: they are gone")
    if written.announced:
        print(f"  {written.announced:,} events were due: the next gateway publishes them")
    for place, offset in sorted(rebuilt.set_back.items()):
        print(f"  {place.topic}/{place.partition}: gateways go on from {offset:,}")
    for gap in written.gaps[:NAMED]:
        print(f"  not rebuilt: {gap.kind} {gap.name}: {gap.why}")
    if (more := len(written.gaps) - NAMED) > 0:
        print(f"  and {more:,} more that are not rebuilt")
