"""What stages log is for operators: a command that does one thing lets its error tell what went wrong."""

import os

from services.runtime.observability.logs import configure_logs
from services.runtime.settings import RuntimeSettings


def configure_quiet_logs(runtime: RuntimeSettings, *, debug: bool) -> None:
    """Set up logs that nobody sees who did not ask for them."""
    asked = debug or "LECTERN_LOG_LEVEL" in os.environ
    configure_logs(runtime if asked else runtime.model_copy(update={"log_level": "CRITICAL"}))
