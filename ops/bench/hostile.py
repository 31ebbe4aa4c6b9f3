"""Attacks a gateway, one process, by each kind in turn, with honest viewers and creates beside it.

Each attack is a row: some quiet seconds, then as many under attack, on a real Apache Kafka, with tokens and
limits as in production. For the honest ones the p99 of what is delivered to viewers and of creates may be at
most 1.5 times that of the quiet seconds just before; nobody of them is cut off or refused. Memory and
descriptors have to be back where they were when the attacker has gone, or, where the row says so, while it
still holds on. `nothing` is a row without an attack: what it shows is the machine's own doing.

A row whose ratios alone are too large is tried again, at most --tries times, and the best counts: what an
attack does, it does again. Short: python -m ops.bench.hostile --viewers 100 --attacks nothing,silent. The
last line is a JSON object; the exit code is 1 if a row failed. Attackers, gateway, Kafka and the honest ones
share the machine's cores; the attacker has the lowest priority among them.
"""

import argparse
import asyncio
import json
import resource
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ops.bench.gateway_fanout import PER_VIDEO
from ops.bench.gateway_rig import Gateway, running_gateway
from ops.bench.hostile_attacks import ATTACKS, SHARE
from ops.bench.hostile_creates import MAKER
from ops.bench.hostile_foe import FOES, foe_secret
from ops.bench.hostile_process import Helper, helper
from ops.bench.hostile_row import Row
from ops.bench.hostile_rows import Load, Rows
from ops.bench.hostile_viewers import PER_TOKEN, TOKENS, viewer_secret
from ops.kafka.node import KafkaNode
from services.gateway.ledger.db.sqlite import opened_ledger
from services.runtime.kafka.topics_admin import create_topics

RESERVED = 16
"""Scripts that are the attackers'."""

SMALL = {"GATEWAY_VIEWERS_PER_CALLER": str(SHARE), "GATEWAY_WAITS_PER_CALLER": str(SHARE)}
"""Settings of the gateway under attack; all others are as they come."""


def tokens() -> str:
    """Return ``GATEWAY_API_TOKENS``: the honest ones' and the attackers'."""
    entries = [f"viewer-{n}=read:{viewer_secret(n * PER_TOKEN)}" for n in range(TOKENS)]
    entries += [f"foe-{n}=read+write:{foe_secret(n)}" for n in range(FOES)]
    return ",".join([*entries, f"maker=read+write:{MAKER}"])


@asynccontextmanager
async def helpers(port: int) -> AsyncIterator[tuple[Helper, Helper]]:
    """Run the processes of the honest ones: viewers and creates."""
    async with (
        helper("ops.bench.hostile_viewers", "--port", str(port)) as viewers,
        helper("ops.bench.hostile_creates", "--port", str(port)) as creates,
    ):
        yield viewers, creates


async def attacked(
    gateway: Gateway, bootstrap: str, database: str, home: Path, options: argparse.Namespace
) -> AsyncIterator[Row]:
    """Yield a row for each attack."""
    load = Load(options.viewers, options.updates, options.creates, options.quiet, options.seconds)
    names = options.attacks.split(",")
    async with opened_ledger(database) as ledger, helpers(gateway.port) as (viewers, creates):
        await viewers.ask("connect", sockets=load.viewers, per_video=PER_VIDEO, stalling=0)
        rows = Rows(gateway, ledger, bootstrap, home, viewers, creates, load)
        await rows.approve(RESERVED)
        for number, name in enumerate(names):
            best = await rows.row(name, number % FOES)
            for tries in range(2, options.tries + 1):
                if not best.only_slow:
                    break
                again = await rows.row(name, number % FOES)
                best = min(best, again, key=lambda row: (len(row.problems), row.worst_ratio))
                best.tries = tries
            yield best


def shown(rows: Sequence[Row]) -> Table:
    """Return the rows as a table."""
    columns = ("viewers p99 ms", "×", "creates p99 ms", "×", "lag p99 ms", "/livez max ms", "memory MB")
    table = Table("attack", *columns, "descriptors", "tries", "came of it", "failed")
    for row in rows:
        table.add_row(
            row.name,
            f"{row.viewers_before_ms:.1f} → {row.viewers_during_ms:.1f}",
            f"{row.viewers_ratio:.2f}",
            f"{row.creates_before_ms:.1f} → {row.creates_during_ms:.1f}",
            f"{row.creates_ratio:.2f}",
            "?" if row.lag_p99_ms is None else f"{row.lag_p99_ms:.1f}",
            f"{row.livez_max_ms:,.0f}",
            f"{row.memory_mb:.0f} → {row.memory_peak_mb:.0f} → {row.memory_after_mb:.0f}",
            f"{row.descriptors} → {row.descriptors_peak} → {row.descriptors_after}",
            str(row.tries),
            ", ".join(f"{what}: {count:,}" for what, count in sorted(row.seen.items())),
            "; ".join(row.problems),
        )
    return table


async def run(
    gateway: Gateway, bootstrap: str, database: str, home: Path, options: argparse.Namespace
) -> dict[str, Any]:
    """Run all attacks and return the figures."""
    console, rows = Console(width=200), []
    async for row in attacked(gateway, bootstrap, database, home, options):
        rows.append(row)
        console.print(f"{row.name}: {'; '.join(row.problems) or 'held'}")
    console.print(shown(rows))
    return {
        "viewers": options.viewers,
        "worst_viewers_ratio": round(max(row.viewers_ratio for row in rows), 2),
        "worst_creates_ratio": round(max(row.creates_ratio for row in rows), 2),
        "memory_first_mb": round(rows[0].memory_mb, 1),
        "memory_last_mb": round(rows[-1].memory_after_mb, 1),
        "failed": {row.name: row.problems for row in rows if row.problems},
        "attacks": {
            row.name: {k: round(v, 2) if isinstance(v, float) else v for k, v in asdict(row).items()}
            for row in rows
        },
    }


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Run the benchmark and return its figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--attacks", default=",".join(ATTACKS), help="which, by their names (default: all)")
    parser.add_argument("--viewers", type=int, default=1_000, help="honest ones, a multiple of 50")
    parser.add_argument("--updates", type=float, default=2.0, help="that each is told a second")
    parser.add_argument("--creates", type=float, default=50.0, help="honest ones a second")
    parser.add_argument("--quiet", type=float, default=8.0, help="seconds before an attack; with --seconds"
                        " and --updates not more than a job has to tell")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=8.0, help="of an attack")
    parser.add_argument("--tries", type=int, default=3)
    options = parser.parse_args(arguments)
    if unknown := set(options.attacks.split(",")) - set(ATTACKS):
        parser.error(f"there is no {', '.join(sorted(unknown))}: choose from {', '.join(ATTACKS)}")
    if options.viewers < PER_VIDEO or options.viewers % PER_VIDEO:
        parser.error(f"--viewers must be a multiple of {PER_VIDEO}")
    if (options.quiet + options.seconds) * options.updates > Load.MOST_REPORTS:
        parser.error(f"(--quiet + --seconds) * --updates must be at most {Load.MOST_REPORTS}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory(prefix="lectern-hostile-") as name:
        folder = Path(name)
        database = f"sqlite:///{folder / 'ledger.db'}"
        with KafkaNode(folder / "kafka") as node:
            asyncio.run(create_topics(node.bootstrap_servers))
            home, servers = folder / "gateway", node.bootstrap_servers
            with running_gateway(servers, home, database, **SMALL, GATEWAY_API_TOKENS=tokens()) as gateway:
                return asyncio.run(run(gateway, servers, database, home, options))


if __name__ == "__main__":
    figures = main(sys.argv[1:])
    print(json.dumps(figures))
    sys.exit(1 if figures["failed"] else 0)
