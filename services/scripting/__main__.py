"""``python -m services.scripting``: the scripting worker."""

from services.runtime.process import run_worker
from services.scripting.actor import build

if __name__ == "__main__":
    raise SystemExit(run_worker("scripting", build))
