"""``python -m services.subtitling``: the subtitling worker."""

from services.runtime.process import run_worker
from services.subtitling.actor import build

if __name__ == "__main__":
    raise SystemExit(run_worker("subtitling", build))
