"""Measures how late each process's event loop runs while it works, on seven processes.

``python -m ops.bench.looplag [--jobs 3] [--voice mock]``. The last line is a JSON object: for each process
the 99th percentile of the lag in milliseconds.
"""

import argparse
import json
import math
import tempfile
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.support.brokers import open_broker
from tests.support.cluster import Cluster, running_cluster

METRIC = "lectern_event_loop_lag_seconds_bucket"
LESSON = Path(__file__).resolve().parents[2] / "examples" / "lesson-ko.md"

Buckets = Mapping[float, float]


def buckets_of(url: str) -> Buckets:
    """Return the cumulative histogram of a process: upper bound in seconds → observations."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:  # noqa: S310
        lines = answer.read().decode().splitlines()
    found = [line for line in lines if line.startswith(METRIC)]
    return {float(line.split('le="')[1].split('"')[0]): float(line.rpartition(" ")[2]) for line in found}


def since(before: Buckets, after: Buckets) -> Buckets:
    """Return what was observed between two looks."""
    return {bound: count - before.get(bound, 0) for bound, count in after.items()}


def quantile(buckets: Buckets, share: float) -> float:
    """Return the bound below which ``share`` of the observations lie, interpolated within its bucket."""
    wanted = share * buckets[math.inf]
    low_bound, low_count = 0.0, 0.0
    for bound, count in sorted(buckets.items()):
        if count >= wanted and count > low_count:
            if math.isinf(bound):
                return low_bound
            return low_bound + (bound - low_bound) * (wanted - low_count) / (count - low_count)
        low_bound, low_count = bound, count
    return 0.0


def lags(cluster: Cluster, jobs: int) -> dict[str, dict[str, float]]:
    """Render ``jobs`` films at once, from text, and return each process's lag meanwhile, in milliseconds."""
    before = {name: buckets_of(process.url) for name, process in cluster.processes.items()}
    text = LESSON.read_text()
    scripts = [
        cluster.approved_script(f"lag-{n}", f"{text}\n\n오늘은 {n}번째 수업입니다.") for n in range(jobs)
    ]
    for job in [cluster.render(f"lag-{n}", script) for n, script in enumerate(scripts)]:
        cluster.film(job)
    found = {}
    for name, process in cluster.processes.items():
        seen = since(before[name], buckets_of(process.url))
        found[name] = {
            "p50_ms": round(quantile(seen, 0.5) * 1000, 1),
            "p99_ms": round(quantile(seen, 0.99) * 1000, 1),
            "max_ms": round(quantile(seen, 1.0) * 1000, 1),
            "looks": seen[math.inf],
        }
    return found


def main(jobs: int, voice: str) -> dict[str, object]:
    """Run it and return the figures."""
    with (
        open_broker() as broker,
        tempfile.TemporaryDirectory(prefix="lectern-lag-") as folder,
        running_cluster(
            broker, Path(folder), TTS_PROVIDER=voice, VIDEO_WIDTH="1280", VIDEO_HEIGHT="720"
        ) as cluster,
    ):
        found = lags(cluster, jobs)
    for name, figures in found.items():
        print(f"{name:12} {figures}", flush=True)
    return {name: figures["p99_ms"] for name, figures in found.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--voice", choices=("mock", "kokoro"), default="mock")
    options = parser.parse_args()
    print(json.dumps(main(options.jobs, options.voice)))
