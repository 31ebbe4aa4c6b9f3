"""Runs a service as ``python -m services.<name>`` does, in a process whose event loop can be blocked.

SIGUSR1 stops the main thread, which runs the event loop, for :data:`BLOCK_SECONDS`; its other threads go on.
The product knows nothing of this, nor of guarantees that :mod:`tests.chaos.removals` takes away.
"""

import runpy
import signal
import sys
import time

from tests.chaos.removals import remove_from_environment

BLOCK_SECONDS = 15.0
"""Longer than the session timeout and than the broker's patience with heartbeats."""


def _block(_signal: int, _frame: object) -> None:
    time.sleep(BLOCK_SECONDS)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _block)
    remove_from_environment()
    name = sys.argv.pop(1)
    runpy.run_module(f"services.{name}", run_name="__main__", alter_sys=True)
