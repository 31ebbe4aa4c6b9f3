"""Measures how long a cancelled job's work goes on, over many random moments, on seven processes.

``python -m ops.bench.cancel [--moments 200] [--seed 1]``. The last line is a JSON object: seconds from the
accepted cancel to the last event, write and busy 200 ms of a worker of that job, and the files left over.
"""

import argparse
import json
import tempfile
from pathlib import Path

from tests.support.brokers import open_broker
from tests.support.cancels import Canceled, Canceling, quantile
from tests.support.cluster import running_cluster
from tests.support.tap import tapping

PICTURE = {"VIDEO_WIDTH": "1280", "VIDEO_HEIGHT": "720"}
"""Large enough that the encode of one scene takes longer than the deadline of two seconds."""


def main(moments: int, seed: int) -> dict[str, object]:
    """Cancel ``moments`` jobs and return the figures."""
    found: list[Canceled] = []
    with (
        open_broker() as broker,
        tempfile.TemporaryDirectory(prefix="lectern-cancel-") as folder,
        running_cluster(broker, Path(folder), **PICTURE) as cluster,
        tapping(broker.bootstrap_servers) as tap,
    ):
        canceling = Canceling(cluster, tap, seed)
        within = canceling.whole()
        print(f"an undisturbed job takes {within:.1f} s", flush=True)
        while len(found) < moments:
            cluster.forget_artifacts()
            one = canceling.once(within)
            if one is None:
                continue
            found.append(one)
            print(f"{len(found)}: {one}", flush=True)
    return {
        "moments": len(found),
        "seed": seed,
        "job_s": round(within, 2),
        **{
            f"{kind}_{name}_s": round(quantile([getattr(one, kind) for one in found], share), 2)
            for kind in ("latency", "event", "write", "cpu")
            for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
        },
        "files_left": sum(len(one.left) for one in found),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(json.dumps(main(options.moments, options.seed)))
