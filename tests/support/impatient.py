"""The gateway as a process whose engine tries everything but three times: what is given up on shows at once.

What waits for something that is away has no number of tries, here as elsewhere.
"""

import functools
import subprocess
import sys

import services.runtime.engine.engine
from services.gateway.ledger.db import availability
from services.gateway.main import main
from services.runtime.engine.retry import RetryPolicy
from tests.support.processes import Process

TRIES = 3


class ImpatientGateway(Process):
    """See the module. Its log goes through a pipe, so that it is not concerned by a limit on its files."""

    @property
    def _command(self) -> tuple[str, ...]:
        piped = ("bash", "-c", 'exec "$@" > >(exec cat >> "$0") 2>&1', str(self.log))
        return (*piped, sys.executable, "-m", "tests.support.impatient")

    def limit_files(self, size: int | None) -> None:
        """Let no file of it grow past ``size`` bytes, as if the disk were full."""
        limit = f"--fsize={'unlimited' if size is None else size}:unlimited"
        subprocess.run(["prlimit", f"--pid={self.pid}", limit], check=True)


if __name__ == "__main__":
    impatient = functools.partial(
        RetryPolicy, first=0.05, cap=0.2, tries=TRIES, unexpected_tries=TRIES, wait_cap=1.0
    )
    vars(services.runtime.engine.engine)["RetryPolicy"] = impatient
    availability.FRESH_SECONDS = 2.0  # longer than what waits may pause
    sys.exit(main())
