"""Measures one gateway process on a real Apache Kafka, with tokens on and the outbox relay running.

(c) job creates over HTTP, on SQLite and on PostgreSQL.

The last line is a JSON object with the figures.
"""

import argparse
import asyncio
import json
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ops.bench.gateway_creates import CONNECTIONS, Run, creates
from ops.kafka.node import KafkaNode
from services.runtime.provision import create_topics
from tests.support.postgres import postgres_server


def show(console: Console, title: str, runs: list[Run]) -> None:
    table = Table("connections", "creates/s", "p50 ms", "p99 ms", "gateway CPU ms", "drained s", title=title)
    for run in runs:
        table.add_row(
            run.name,
            f"{run.rate:,.0f}",
            f"{run.p50_ms:.1f}",
            f"{run.p99_ms:.1f}",
            f"{run.cpu_ms:.2f}",
            f"{run.drained:.1f}",
        )
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--creates", type=int, default=5_000)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--connections", default=",".join(map(str, CONNECTIONS)))
    options = parser.parse_args()
    console = Console()
    with (
        tempfile.TemporaryDirectory(prefix="lectern-bench-") as name,
        KafkaNode(Path(name) / "kafka") as node,
    ):
        folder = Path(name)
        bootstrap = node.bootstrap_servers
        asyncio.run(create_topics(bootstrap))
        connections = [int(n) for n in options.connections.split(",")]
        for database in options.databases.split(","):
            if database == "sqlite":
                url = f"sqlite:///{folder / 'ledger.db'}"
                runs = asyncio.run(creates(bootstrap, folder / database, url, options.creates, connections))
            else:
                with postgres_server() as server:
                    url = server.new_database()
                    runs = asyncio.run(
                        creates(bootstrap, folder / database, url, options.creates, connections)
                    )
            show(console, database, runs)
            print(json.dumps({"database": database, "creates_per_s": max(r.rate for r in runs)}))


if __name__ == "__main__":
    main()
