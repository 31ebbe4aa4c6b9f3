"""Measures a gateway, one process or ``--gateways`` of them, on a real Apache Kafka, as in production.

Tokens are on, limits are on, the relay runs.

creates  job creates over HTTP, each of another video, on SQLite and on PostgreSQL, at several concurrencies;
         afterwards exactly so many jobs must stand in the ledger, and events in Kafka
sockets  viewers of /ws/videos/{id}/render-progress, 50 a video: updates of running jobs go from the log in
         Kafka to every viewer, as they do in each gateway of several; latency counts from the moment that an
         update was due; before, each job tells five at half the rate, which are not counted. --rates takes
         several rates of deliveries, one wave of jobs each, to see how far it goes
path     the same, but told by reports of a stage, which this one gateway folds, writes into the ledger and
         announces in the log before it tells them; at --path-rates
stalled  sockets with 1 % more of them, which stop reading in the middle; half of those watch many videos. The
         ratio is of what a second's p99 usually is (the median of the seconds) before and from then on
churn    connections that open and go; what they leave behind
peer     the same viewers on a plain FastAPI WebSocket with a queue and a task each, which sends on what it
         reads from Kafka, side by side

A short run: python -m ops.bench.gateway --parts sockets --sockets 500 --rates 1000 --seconds 5. The last line
is a JSON object with the figures. Gateway, Kafka and the load share the machine's cores: on a machine that
does anything else, trust the ratios.
"""

import argparse
import asyncio
import json
import resource
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ops.bench.gateway_creates import CONNECTIONS, Run, creates
from ops.bench.gateway_fanout import Wave, churn, naive, waves
from ops.bench.gateway_rig import Measured, running_gateway, running_gateways, running_naive
from ops.bench.gateway_waves import Source
from ops.kafka.node import KafkaNode
from services.runtime.kafka.topics_admin import create_topics
from tests.support.postgres import postgres_server

PARTS = ("creates", "sockets", "path", "stalled", "churn", "peer")
DATABASES = ("sqlite", "postgresql")

Figures = dict[str, Any]


class Bench:
    """One run of the benchmark.

    Args:
        node: its Kafka.
        folder: for all files.
        options: from the command line.
    """

    def __init__(self, node: KafkaNode, folder: Path, options: argparse.Namespace) -> None:
        self._bootstrap = node.bootstrap_servers
        self._kafka = Measured(node.pid)
        self._folder = folder
        self._options = options
        self._console = Console(width=130)

    def creates(self) -> Figures:
        """Measure creates on each database; the lower rate is the one that counts."""
        figures: Figures = {}
        best: list[Run] = []
        for database in self._options.databases.split(","):
            with ExitStack() as stack:
                if database == "postgresql":
                    url = stack.enter_context(postgres_server()).new_database()
                else:
                    url = self._sqlite(f"creates-{database}")
                runs = asyncio.run(
                    creates(
                        self._bootstrap,
                        self._folder / f"creates-{database}",
                        url,
                        self._options.creates,
                        [int(number) for number in self._options.connections.split(",")],
                    )
                )
            self._show_creates(database, runs)
            *plain, keyed = runs
            best.append(max(plain, key=lambda run: run.rate))
            figures |= {
                f"creates_{database}_per_s": round(best[-1].rate),
                f"creates_{database}_p99_ms": round(best[-1].p99_ms, 1),
                f"creates_{database}_cpu_ms": round(best[-1].cpu_ms, 2),
                f"creates_{database}_keyed_per_s": round(keyed.rate),
            }
        worst = min(best, key=lambda run: run.rate)
        return {"creates_per_s": round(worst.rate), "creates_p99_ms": round(worst.p99_ms, 1), **figures}

    def sockets(self) -> Figures:
        """Measure the fan-out at each rate."""
        runs, facts = self._waves("sockets", self._rates, "updates")
        good = best(runs)
        return {
            "sockets": good.sockets,
            "deliveries_per_s": round(good.delivered),
            "delivery_p50_ms": round(good.p50_ms, 1),
            "delivery_p99_ms": round(good.p99_ms, 1),
            "loop_lag_p99_ms": round(good.lag_p99_ms, 1),
            "gateway_cores": round(good.gateway_cpu, 2),
            **{name: round(value, 1) for name, value in facts.items()},
            "waves": [run.json() for run in runs],
        }

    def path(self) -> Figures:
        """Measure the whole path of a report at each rate."""
        rates = [float(rate) for rate in self._options.path_rates.split(",")]
        runs, _ = self._waves("path", rates, "reports")
        good = best(runs)
        return {
            "path_deliveries_per_s": round(good.delivered),
            "path_delivery_p50_ms": round(good.p50_ms, 1),
            "path_delivery_p99_ms": round(good.p99_ms, 1),
            "path_waves": [run.json() for run in runs],
        }

    def stalled(self) -> Figures:
        """Measure what viewers that stop reading do to the others."""
        [run], _ = self._waves("stalled", self._rates[:1], "updates", stall=True)
        return {
            "stalled_p99_ratio": round(run.after_p99_ms / max(run.before_p99_ms, 0.001), 3),
            "stalled_before_p99_ms": round(run.before_p99_ms, 1),
            "stalled_after_p99_ms": round(run.after_p99_ms, 1),
            "stalled_gone_s": run.stalled_gone_s and round(run.stalled_gone_s, 1),
            "stalled_ends_lost": run.ends_lost,
        }

    def churn(self) -> Figures:
        """Measure what connections leave behind."""
        folder, url = self._folder / "churn", self._sqlite("churn")
        with running_gateway(self._bootstrap, folder, url) as gateway:
            told = asyncio.run(churn(gateway, url, self._options.connections_churned))
        self._console.print(f"churn: {told}")
        return {f"churn_{name}": round(value, 1) for name, value in told.items()}

    def peer(self) -> Figures:
        """Measure gateway and peer with the same viewers at the same rate."""
        [ours], _ = self._waves("peer", self._rates[:1], "updates")
        with running_naive(self._bootstrap, self._folder / "naive") as server:
            theirs = asyncio.run(
                naive(
                    server,
                    self._kafka,
                    self._bootstrap,
                    sockets=self._options.sockets,
                    rate=self._rates[0],
                    seconds=self._options.seconds,
                )
            )
        self._show_waves("peer: a queue and a task for each", [theirs])
        return {
            "peer_p99_ms": round(theirs.p99_ms, 1),
            "peer_p99_ratio": round(theirs.p99_ms / max(ours.p99_ms, 0.001), 2),
            "peer_cpu_ratio": round(theirs.gateway_cpu / max(ours.gateway_cpu, 0.001), 2),
        }

    @property
    def _rates(self) -> list[float]:
        return [float(rate) for rate in self._options.rates.split(",")]

    def _sqlite(self, name: str) -> str:
        (self._folder / name).mkdir(exist_ok=True)
        return f"sqlite:///{self._folder / name / 'ledger.db'}"

    def _waves(
        self, name: str, rates: list[float], source: Source, *, stall: bool = False
    ) -> tuple[list[Wave], dict[str, float]]:
        url = self._sqlite(name)
        count = self._options.gateways
        with running_gateways(self._bootstrap, self._folder / name, url, count) as gateways:
            runs, facts = asyncio.run(
                waves(
                    gateways,
                    self._kafka,
                    self._bootstrap,
                    url,
                    sockets=self._options.sockets,
                    rates=rates,
                    seconds=self._options.seconds,
                    source=source,
                    stall=stall,
                )
            )
        self._show_waves(name, runs)
        return runs, facts

    def _show_creates(self, database: str, runs: Sequence[Run]) -> None:
        table = Table("connections", "creates/s", "p50 ms", "p99 ms", "gateway CPU ms", "drained s")
        table.title = f"creates on {database}"
        for run in runs:
            numbers = (run.rate, run.p50_ms, run.p99_ms, run.cpu_ms, run.drained)
            table.add_row(run.name, *(f"{number:,.2f}" for number in numbers))
        self._console.print(table)

    def _show_waves(self, name: str, runs: Sequence[Wave]) -> None:
        columns = ("deliveries/s", "p50 ms", "p99 ms", "max ms", "missing %", "ends lost", "lag p99 ms")
        table = Table(*columns, "cores: gateway", "viewers", "Kafka", "publisher", title=name)
        for run in runs:
            numbers = (run.delivered, run.p50_ms, run.p99_ms, run.max_ms, run.missing * 100)
            cores = (run.gateway_cpu, run.viewers_cpu, run.kafka_cpu, run.publisher_cpu)
            table.add_row(
                *(f"{number:,.1f}" for number in numbers),
                str(run.ends_lost),
                f"{run.lag_p99_ms:.1f}",
                *(f"{number:.2f}" for number in cores),
            )
        self._console.print(table)


def best(runs: Sequence[Wave]) -> Wave:
    """Return the run that told most in time; the first one if none was in time."""
    return max((run for run in runs if run.good), key=lambda run: run.delivered, default=runs[0])


def main(arguments: Sequence[str]) -> Figures:
    """Run the benchmark and return its figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", default=",".join(PARTS), help="which measurements (default: all)")
    parser.add_argument("--creates", type=int, default=5_000, help="creates at each concurrency")
    parser.add_argument("--databases", default=",".join(DATABASES))
    parser.add_argument("--connections", default=",".join(map(str, CONNECTIONS)), help="concurrencies")
    parser.add_argument("--sockets", type=int, default=10_000, help="a multiple of 50")
    parser.add_argument("--rates", default="25000", help="deliveries a second, of one wave each")
    parser.add_argument("--path-rates", default="5000", help="the same, of reports that go the whole path")
    parser.add_argument("--seconds", type=float, default=15, help="of a wave; a job has 95 reports to tell")
    parser.add_argument("--gateways", type=int, default=1, help="processes that the sockets are spread over")
    parser.add_argument("--connections-churned", type=int, default=50_000)
    options = parser.parse_args(arguments)
    parts = options.parts.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")
    if options.sockets < 50 or options.sockets % 50:
        parser.error("--sockets must be a multiple of 50")
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    figures: Figures = {}
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as name:
        folder = Path(name)
        with KafkaNode(folder / "kafka") as node:
            asyncio.run(create_topics(node.bootstrap_servers))
            bench = Bench(node, folder, options)
            for part in parts:
                figures |= getattr(bench, part)()
    return figures


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
